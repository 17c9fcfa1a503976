// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/*
 * Page state changes: what the guest asks for, done with RMPUPDATE and
 * PSMASH.
 *
 * The list stays in the shared buffer; each entry is read once.
 */
#include "ghcb.h"
#include "hostside.h"
#include "mm.h"
#include "nomem.h"
#include "pages.h"
#include "psclist.h"

/* A host may resume the guest before the list is done; a test makes it. */
static unsigned batch = PSC_ENTRIES_MAX;

static bool is_huge(uint64_t gpa)
{
	const struct rmp_entry *entry;
	bool huge;

	spin_lock(&rmp_lock);
	entry = rmp_entry_of(&rmp, page_spa(gpa));
	huge = entry && entry->assigned && entry->size == RMP_2M;
	spin_unlock(&rmp_lock);
	return huge;
}

/* A page that already is what is asked for keeps its content and state. */
static bool change_4k(struct vcpu *v, uint64_t gpa, bool private)
{
	if (nomem_kind(gpa) == NOMEM_UNBACKED)
		return true;		/* said, and nothing done */
	if (!mm_is_memory(gpa))
		return false;
	if (host_rmp_is_assigned(gpa) == private)
		return true;
	if (private) {
		counter_add(v, COUNTER_PSC_PRIVATE, 1);
		return !host_rmp_assign(v, gpa, false);
	}
	if (is_huge(gpa) && host_rmp_psmash(v, gpa & ~HUGE_MASK))
		return false;
	counter_add(v, COUNTER_PSC_SHARED, 1);
	return !host_rmp_release(v, gpa, false);
}

static unsigned assigned_in_2m(uint64_t gpa)
{
	unsigned assigned = 0;

	for (unsigned i = 0; i < PSC_PAGES_2M; i++)
		assigned += host_rmp_is_assigned(gpa + i * PAGE_SIZE);
	return assigned;
}

/* As one page, when all of it is in one state; false: go page by page. */
static bool change_2m(struct vcpu *v, uint64_t gpa, bool private)
{
	if (!mm_is_memory(gpa) || !mm_is_memory(gpa + HUGE_SIZE - PAGE_SIZE))
		return false;
	if (private) {
		if (assigned_in_2m(gpa) || host_rmp_assign(v, gpa, true))
			return false;
		counter_add(v, COUNTER_PSC_PRIVATE, PSC_PAGES_2M);
		return true;
	}
	if (!is_huge(gpa) || host_rmp_release(v, gpa, true))
		return false;
	counter_add(v, COUNTER_PSC_SHARED, PSC_PAGES_2M);
	return true;
}

/* Returns how many pages of the entry are finished now. */
static unsigned change(struct vcpu *v, const struct psc_entry *entry)
{
	bool private = entry->op == PSC_PRIVATE;
	unsigned pages = entry->huge ? PSC_PAGES_2M : 1;
	unsigned done = entry->done;

	if (entry->op == PSC_SMASH && is_huge(entry->gpa))
		return host_rmp_psmash(v, entry->gpa & ~HUGE_MASK) ?
			done : pages;
	if (entry->op == PSC_SMASH || entry->op == PSC_UNSMASH)
		return pages;		/* a hint */
	if (entry->huge && !done && change_2m(v, entry->gpa, private))
		return pages;
	while (done < pages &&
	       change_4k(v, entry->gpa + done * PAGE_SIZE, private))
		done++;
	return done;
}

static uint64_t refuse(const struct vcpu *v, uint64_t raw, uint64_t error)
{
	log_line("vCPU %u VMPL%u: page state change %lx refused, %lx",
		 v->index, v->vmpl, (unsigned long)raw, (unsigned long)error);
	return error;
}

static uint64_t process_entry(struct vcpu *v, uint64_t *slot)
{
	uint64_t raw = __atomic_load_n(slot, __ATOMIC_RELAXED);
	struct psc_entry entry;
	unsigned done;

	counter_add(v, COUNTER_PSC_ENTRY, 1);
	if (!psc_decode(raw, &entry))
		return refuse(v, raw, PSC_ERROR_ENTRY);
	done = change(v, &entry);
	__atomic_store_n(slot, psc_progress(raw, done), __ATOMIC_RELAXED);
	if (done < (entry.huge ? PSC_PAGES_2M : 1))
		return refuse(v, raw, PSC_ERROR_GENERIC);
	return 0;
}

void psc_set_batch(unsigned entries)
{
	__atomic_store_n(&batch, entries ? entries : PSC_ENTRIES_MAX,
			 __ATOMIC_RELAXED);
}

/* The bytes of the shared buffer from SW_SCRATCH on. */
static uint64_t room(const struct ghcb_request *r, const uint8_t *list)
{
	return GHCB_SHARED_SIZE -
	       (uint64_t)(list - (r->page + GHCB_SHARED_BUFFER));
}

void nae_page_state_change(struct ghcb_request *r)
{
	uint8_t *list = ghcb_scratch(r, sizeof(struct psc_header));
	struct psc_header *shared = (struct psc_header *)list;
	struct psc_header header;
	uint64_t *slot;

	if (!list)
		return;
	if ((uintptr_t)list & 7 || r->info1 || r->info2) {
		ghcb_refuse(r, GHCB_ERROR_INVALID_INPUT);
		return;
	}
	memcpy(&header, list, sizeof(header));
	trace(TRACE_GHCB, "entries %u to %u", header.cur_entry,
	      header.end_entry);
	if (!psc_header_valid(&header, room(r, list))) {
		log_line("vCPU %u VMPL%u: bad page state change list: "
			 "entries %u to %u", r->v->index, r->v->vmpl,
			 header.cur_entry, header.end_entry);
		r->result2 = PSC_ERROR_HEADER;
		return;
	}
	slot = (uint64_t *)(list + sizeof(header));
	for (unsigned n = __atomic_load_n(&batch, __ATOMIC_RELAXED);
	     n && header.cur_entry <= header.end_entry; n--) {
		r->result2 = process_entry(r->v, &slot[header.cur_entry]);
		if (r->result2)
			return;
		header.cur_entry++;
		__atomic_store_n(&shared->cur_entry, header.cur_entry,
				 __ATOMIC_RELAXED);
	}
}

uint32_t psc_msr(struct vcpu *v, uint64_t value)
{
	unsigned op = value >> 52 & 0xf;
	uint64_t gpa = value & 0x000ffffffffff000ull;

	counter_add(v, COUNTER_PSC_ENTRY, 1);
	if (value >> 56 || (op != PSC_PRIVATE && op != PSC_SHARED) ||
	    !change_4k(v, gpa, op == PSC_PRIVATE))
		return 1u << 31;
	return 0;
}
