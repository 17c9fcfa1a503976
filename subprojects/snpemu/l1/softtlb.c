// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Remembered walks of guest page tables. */
#include "cpu.h"
#include "mm.h"
#include "softtlb.h"

#define CR4_WALK	(CR4_PAE | CR4_PSE | CR4_LA57)
#define EFER_WALK	(EFER_LMA | EFER_NXE)

/* Starts at 1: an entry that was never written is of no generation. */
static uint64_t generation[RMP_VMPLS] = { 1, 1, 1, 1 };

void softtlb_forget(unsigned vmpl)
{
	generation[vmpl]++;
}

void softtlb_forget_all(void)
{
	for (unsigned vmpl = 0; vmpl < RMP_VMPLS; vmpl++)
		softtlb_forget(vmpl);
}

static uint64_t walk_mode(const struct vmsa_common *s)
{
	return (s->cr0 & CR0_PG) | (s->cr4 & CR4_WALK) |
	       (s->efer & EFER_WALK) << 32;
}

static struct softtlb_entry *entry_for(struct softtlb *tlb, uint64_t va)
{
	uint64_t page = va / PAGE_SIZE;

	return &tlb->entry[(page ^ page >> 6) % SOFTTLB_ENTRIES];
}

struct softtlb_entry *softtlb_find(struct softtlb *tlb,
				   const struct vmsa_common *s, unsigned vmpl,
				   uint64_t va)
{
	struct softtlb_entry *e = entry_for(tlb, va);

	if (e->page != (va & ~PAGE_MASK) || e->vmpl != vmpl || !e->frame ||
	    e->generation != generation[vmpl] || e->cr3 != s->cr3 ||
	    e->mode != walk_mode(s))
		return NULL;
	for (unsigned i = 0; i < e->levels; i++) {
		if (__atomic_load_n(e->slot[i], __ATOMIC_RELAXED) !=
		    e->value[i])
			return NULL;
	}
	return e;
}

struct softtlb_entry *softtlb_begin(struct softtlb *tlb,
				    const struct vmsa_common *s, unsigned vmpl,
				    uint64_t va)
{
	struct softtlb_entry *e = entry_for(tlb, va);

	*e = (struct softtlb_entry) {
		.page = va & ~PAGE_MASK, .cr3 = s->cr3, .mode = walk_mode(s),
		.generation = generation[vmpl], .vmpl = (uint8_t)vmpl,
	};
	return e;
}
