// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Ranges that the host's memory map calls memory and that are none. */
#include "config.h"
#include "mm.h"
#include "nomem.h"
#include "npt.h"
#include "pages.h"
#include "progress.h"
#include "tlb.h"
#include "vcpu.h"

#define RANGES	8u

static struct range {
	uint64_t kind, start, end;
} ranges[RANGES];

static unsigned count;

_Static_assert(sizeof(struct range) == 3 * sizeof(uint64_t), "numbers");

void nomem_init(void)
{
	unsigned numbers = config_numbers("no-memory", &ranges[0].kind,
					  3 * RANGES);

	count = numbers / 3;
	for (unsigned i = 0; i < count; i++) {
		const struct range *r = &ranges[i];

		if (r->kind < NOMEM_READONLY || r->kind > NOMEM_UNBACKED ||
		    (r->start | r->end) & PAGE_MASK || r->start >= r->end)
			machine_stop(STOP_REFUSED, "no-memory: bad range %lx",
				     r->start);
	}
}

enum nomem nomem_kind(uint64_t gpa)
{
	for (unsigned i = 0; i < count; i++) {
		if (gpa >= ranges[i].start && gpa < ranges[i].end)
			return (enum nomem)ranges[i].kind;
	}
	return NOMEM_NOT;
}

bool nomem_is_absent(uint64_t gpa)
{
	enum nomem kind = nomem_kind(gpa);

	return kind == NOMEM_MMIO || kind == NOMEM_UNBACKED;
}

static const char *denial(uint64_t gpa, bool write)
{
	enum nomem kind = nomem_kind(gpa);

	if (kind == NOMEM_UNBACKED)
		return "has no memory there";
	if (kind == NOMEM_READONLY && write)
		return "keeps it read-only";
	return NULL;
}

bool nomem_denies(struct vcpu *v, uint64_t gpa, bool write)
{
	const char *why = denial(gpa, write);

	if (why)
		progress_denied(v, gpa, why);
	return why;
}

bool nomem_denies_instruction(struct vcpu *v, uint64_t gpa)
{
	if (!nomem_is_absent(gpa))
		return false;
	progress_denied(v, gpa, nomem_kind(gpa) == NOMEM_MMIO ?
			"has a device there" : "has no memory there");
	return true;
}

uint64_t nomem_bits(uint64_t gpa, uint64_t bits)
{
	enum nomem kind = nomem_kind(gpa);

	if (kind == NOMEM_READONLY || kind == NOMEM_LOST)
		bits &= ~NPT_WRITE;
	return bits;
}

/* Under the lock, out of the guest; a flush may have been faster. */
static void drop_copy(struct vcpu *v, struct lost_page *slot)
{
	uint64_t *entry = tlb_entry(v, slot->tree, slot->gpa, slot->view,
				    false);

	if (entry)
		__atomic_store_n(entry, 0, __ATOMIC_SEQ_CST);
	slot->used = false;
}

/* Two at a time, as one instruction may need; the older one goes. */
static struct lost_page *free_slot(struct vcpu *v)
{
	struct lost_page *slot = &v->lost[v->lost_next++ % LOST_PAGES];

	if (slot->used)
		drop_copy(v, slot);
	if (!slot->copy)
		slot->copy = mm_frame_alloc();
	return slot;
}

bool nomem_map_copy(struct vcpu *v, uint64_t gpa, enum view view,
		    unsigned tree, const void *frame)
{
	struct lost_page *slot;

	if (nomem_kind(gpa) != NOMEM_LOST)
		return false;
	slot = free_slot(v);
	slot->used = true;
	slot->gpa = gpa & ~PAGE_MASK;
	slot->tree = tree;
	slot->view = view;
	memcpy(slot->copy, frame, PAGE_SIZE);
	__atomic_store_n(tlb_entry(v, tree, gpa, view, true),
			 mm_pa(slot->copy) | NPT_PRESENT | NPT_USER |
			 NPT_ACCESSED | NPT_DIRTY | NPT_WRITE | NPT_NX,
			 __ATOMIC_SEQ_CST);
	return true;
}

void nomem_leave(struct vcpu *v, uint32_t code)
{
	if (!count || code == EXIT_NPF)
		return;
	for (unsigned i = 0; i < LOST_PAGES; i++) {
		struct lost_page *slot = &v->lost[i];

		if (!slot->used)
			continue;
		spin_lock(&rmp_lock);
		drop_copy(v, slot);
		spin_unlock(&rmp_lock);
	}
}

void *nomem_frame(struct vcpu *v, uint64_t gpa, bool write, void *frame)
{
	static uint8_t nowhere[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
	const char *why = denial(gpa, write);

	if (why) {
		progress_report();
		machine_stop(STOP_NO_PROGRESS, "no progress on vCPU %u at VMPL "
			     "%u, RIP %lx, page %lx: the host %s", v->index,
			     v->vmpl, vcpu_vmsa(v)->s.rip, gpa & ~PAGE_MASK,
			     why);
	}
	return write && nomem_kind(gpa) == NOMEM_LOST ? nowhere : frame;
}
