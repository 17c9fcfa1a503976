// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Nested page faults. */
#include "config.h"
#include "convert.h"
#include "deliver.h"
#include "fault.h"
#include "insn.h"
#include "mm.h"
#include "nomem.h"
#include "npt.h"
#include "pages.h"
#include "progress.h"
#include "report.h"
#include "tlb.h"
#include "vcpu.h"
#include "walk.h"

/* Neighbours that are mapped along: a fault costs far more than an entry. */
#define FILL_PAGES	64

#define MAX_REPEATS	100000

struct nested_fault {
	struct vcpu *v;
	unsigned tree;
	uint64_t gpa;		/* without C-bit */
	enum view view;
	enum rmp_kind kind;
};

static enum rmp_kind fault_kind(uint64_t info)
{
	if (info & NPF_TABLE_WALK)
		return info & NPF_WRITE ? RMP_WALK_UPDATE : RMP_WALK;
	if (info & NPF_FETCH)
		return RMP_FETCH;
	return info & NPF_WRITE ? RMP_WRITE : RMP_READ;
}

static struct nested_fault describe(struct vcpu *v)
{
	const struct vmcb_control *control = &v->vmcb->control;
	uint64_t address = control->exit_info2;
	uint64_t cbit = 1ull << config.cbit;
	struct nested_fault nf = {
		.v = v, .tree = v->npt_running, .gpa = address & ~cbit,
		.kind = fault_kind(control->exit_info1),
	};
	bool unpaged = nf.tree & 1;

	if (unpaged || address & cbit)
		nf.view = VIEW_PRIVATE;
	else if (nf.kind == RMP_READ || nf.kind == RMP_WRITE)
		nf.view = VIEW_SHARED;
	else
		nf.view = VIEW_FORCED;
	return nf;
}

static struct rmp_outcome check(const struct nested_fault *nf,
				enum rmp_kind kind, uint64_t gpa)
{
	struct rmp_access access = {
		.who = RMP_WHO_SNP_GUEST, .kind = kind,
		.private = nf->view != VIEW_SHARED,
		.guest = { GUEST_ASID, nf->v->vmpl, nf->v->vmcb->save.cpl },
		.place = page_place(gpa),
	};

	return rmp_check(&rmp, &access);
}

/* The permissions that this level has cached from now on. */
static uint64_t private_bits(const struct nested_fault *nf,
			     const struct rmp_entry *entry)
{
	uint8_t perms = entry->perms[nf->v->vmpl];
	uint64_t bits = 0;

	if (perms & RMP_PERM_WRITE && !entry->in_use)
		bits |= entry->vmsa ? NPT_WRITE | NPT_VMSA : NPT_WRITE;
	if (perms & RMP_PERM_EXEC_USER)
		bits |= NPT_EXEC_USER;
	if (perms & RMP_PERM_EXEC_SUPER)
		bits |= NPT_EXEC_SUPER;
	if (!(bits & NPT_EXEC_USER) || !(bits & NPT_EXEC_SUPER))
		bits |= NPT_NX;
	return bits;
}

static bool is_write(const struct nested_fault *nf)
{
	return nf->kind == RMP_WRITE || nf->kind == RMP_WALK_UPDATE;
}

static void set_entry(uint64_t *entry, uint64_t gpa, const void *frame,
		      uint64_t bits)
{
	__atomic_store_n(entry, mm_pa(frame) | NPT_PRESENT | NPT_USER |
			 NPT_ACCESSED | NPT_DIRTY | nomem_bits(gpa, bits),
			 __ATOMIC_SEQ_CST);
}

static void map_private(const struct nested_fault *nf, uint64_t gpa,
			uint64_t *entry)
{
	uint64_t spa = page_spa(gpa);
	uint64_t bits = private_bits(nf, rmp_entry_of(&rmp, spa));

	if (bits & NPT_VMSA)
		tlb_note_vmsa(nf->v, spa);
	set_entry(entry, gpa, page_private_frame(spa), bits);
}

/* Plain memory around the page that the same access could reach. */
static void fill_around(const struct nested_fault *nf)
{
	uint64_t span = FILL_PAGES * PAGE_SIZE;
	uint64_t gpa = nf->gpa & ~(span - 1);
	uint64_t *slot = tlb_entry(nf->v, nf->tree, gpa, nf->view, true);

	for (uint64_t end = gpa + span; gpa < end; gpa += PAGE_SIZE, slot++) {
		const struct rmp_entry *entry;

		if (*slot)
			continue;
		entry = rmp_entry_of(&rmp, page_spa(gpa));
		if (entry && !entry->vmsa &&
		    check(nf, nf->kind, gpa).exit == RMP_EXIT_NONE)
			map_private(nf, gpa, slot);
	}
}

static void map_shared(const struct nested_fault *nf, uint64_t *slot)
{
	const struct rmp_entry *entry = rmp_entry_of(&rmp, page_spa(nf->gpa));
	uint64_t bits = NPT_NX;

	if (!entry || !entry->assigned)
		bits |= NPT_WRITE;
	set_entry(slot, nf->gpa, page_host_frame(page_spa(nf->gpa)), bits);
}

static uint64_t *entry_of(const struct nested_fault *nf, bool make)
{
	return tlb_entry(nf->v, nf->tree, nf->gpa, nf->view, make);
}

/*
 * Nested tables know no user and supervisor code. Where a page grants only one
 * of the two it is executable for a single entry, after a check of the CPL
 * against what the TLB has, not against the RMP. True when it grants it.
 */
static bool execute_once(const struct nested_fault *nf)
{
	uint64_t needed = nf->v->vmcb->save.cpl == 3 ? NPT_EXEC_USER :
						       NPT_EXEC_SUPER;
	uint64_t *entry = entry_of(nf, false);

	if (nf->kind != RMP_FETCH || !entry || !(*entry & NPT_NX) ||
	    !(*entry & needed))
		return false;
	*entry &= ~NPT_NX;
	nf->v->transient = entry;
	return true;
}

static const void *frame_of(const struct nested_fault *nf)
{
	uint64_t spa = page_spa(nf->gpa);

	return nf->view == VIEW_SHARED ? page_host_frame(spa) :
					 page_private_frame(spa);
}

static bool fill_locked(struct nested_fault *nf, struct rmp_outcome *out)
{
	*out = (struct rmp_outcome){ .exit = RMP_EXIT_NONE };
	if (execute_once(nf))
		return true;
	*out = check(nf, nf->kind, nf->gpa);
	if (out->exit != RMP_EXIT_NONE)
		return false;
	tlb_make_room(nf->v);
	if (is_write(nf) && nomem_map_copy(nf->v, nf->gpa, nf->view, nf->tree,
					   frame_of(nf)))
		return true;
	if (nf->view == VIEW_SHARED) {
		map_shared(nf, entry_of(nf, true));
		return true;
	}
	map_private(nf, nf->gpa, entry_of(nf, true));
	if (!execute_once(nf) && nf->view == VIEW_PRIVATE)
		fill_around(nf);
	return true;
}

static bool fill(struct nested_fault *nf, struct rmp_outcome *out)
{
	bool done;

	spin_lock(&rmp_lock);
	done = fill_locked(nf, out);
	spin_unlock(&rmp_lock);
	return done;
}

/* A guest that leaves out the C-bit where hardware does not look at it. */
static void warn_forced(const struct nested_fault *nf)
{
	static uint32_t warned;

	if (!__atomic_exchange_n(&warned, 1, __ATOMIC_RELAXED))
		log_line("note: vCPU %u VMPL %u RIP %lx uses page %lx as %s "
			 "without C-bit; it is private all the same",
			 nf->v->index, nf->v->vmpl, vcpu_vmsa(nf->v)->s.rip,
			 nf->gpa & ~PAGE_MASK,
			 nf->kind == RMP_FETCH ? "code" : "page table");
}

static void refuse(const struct nested_fault *nf,
		   const struct rmp_outcome *out)
{
	struct fault fault = {
		.kind = FAULT_DENIED, .gpa = nf->gpa, .access = nf->kind,
		.private = nf->view != VIEW_SHARED, .outcome = *out,
	};
	uint64_t va;

	switch (out->exit) {
	case RMP_EXIT_VC:
		va = insn_linear_address(nf->v, nf->gpa,
					 nf->kind == RMP_FETCH);
		trace(TRACE_NPF, "gpa %lx va %lx not validated, rip %lx",
		      nf->gpa, va, vcpu_vmsa(nf->v)->s.rip);
		deliver_not_validated(nf->v, va);
		break;
	case RMP_EXIT_RETRY:
		nf->v->npf_repeats = 0;
		vcpu_vmsa_wanted(nf->v, nf->gpa);
		break;
	default:
		if (!convert_denied(nf->v, nf->gpa, out))
			report_denied(nf->v, &fault);
	}
}

/*
 * The host maps devices with a reserved bit set, which faults before the RMP is
 * asked: the C-bit makes no difference. Code and tables are never there.
 */
static bool is_device_access(const struct nested_fault *nf)
{
	return (nf->kind == RMP_READ || nf->kind == RMP_WRITE) &&
	       !mm_is_memory(nf->gpa);
}

/*
 * A fault that filling does not cure is our mistake; do not spin on it. Any
 * other exit in between is progress.
 */
static void count_repeats(const struct nested_fault *nf)
{
	struct vcpu *v = nf->v;
	uint64_t key = v->vmcb->control.exit_info2;

	v->npf_repeats = v->npf_gpa == key && v->exit_count == v->npf_exit + 1 ?
		v->npf_repeats + 1 : 0;
	v->npf_gpa = key;
	v->npf_exit = v->exit_count;
	if (v->npf_repeats < MAX_REPEATS)
		return;
	report_registers(v);
	progress_report();
	machine_stop(STOP_FAULT, "nested fault at %lx (info %lx) on vCPU %u "
		     "comes back for ever", key,
		     v->vmcb->control.exit_info1, v->index);
}

void nested_page_fault(struct vcpu *v)
{
	struct nested_fault nf = describe(v);
	struct rmp_outcome out;

	if (nomem_denies(v, nf.gpa, is_write(&nf)))
		return;
	count_repeats(&nf);
	counter_add(v, COUNTER_NPT_FILL, 1);
	if (is_device_access(&nf)) {
		deliver_vc(v, EXIT_NPF);
		return;
	}
	if (nf.view == VIEW_FORCED)
		warn_forced(&nf);
	if (nf.view == VIEW_SHARED)
		convert_page(v, nf.gpa, false);
	if (fill(&nf, &out))
		trace(TRACE_NPF, "fill tree %u gpa %lx view %u info %lx rip "
		      "%lx", nf.tree, nf.gpa, nf.view,
		      v->vmcb->control.exit_info1, vcpu_vmsa(v)->s.rip);
	else
		refuse(&nf, &out);
}
