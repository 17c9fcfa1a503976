/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * Remembered walks of guest page tables.
 *
 * L1 has to read the guest's IDT, GDT, TSS, stack and code for every #VC, and
 * each walk costs many TLB misses of its own. An entry is used only while all
 * table entries of its walk still hold what they held, and while no RMP change
 * has taken anything away: never staler than the tables themselves.
 */
#ifndef SNPEMU_L1_SOFTTLB_H
#define SNPEMU_L1_SOFTTLB_H

#include <stdbool.h>
#include <stdint.h>

#include "rmp.h"
#include "vmsa.h"

#define SOFTTLB_ENTRIES	64u
#define SOFTTLB_LEVELS	5u

struct softtlb_entry {
	uint64_t page;			/* linear address, or ~0 */
	uint64_t cr3;
	uint64_t mode;			/* what else decides how to walk */
	uint64_t generation;		/* of the RMP, for this VMPL */
	uint8_t vmpl;
	uint8_t levels;
	uint16_t kinds;			/* accesses the RMP has allowed */
	uint64_t *slot[SOFTTLB_LEVELS];
	uint64_t value[SOFTTLB_LEVELS];	/* leaf last */
	uint64_t rights;		/* U, W and NX along the way */
	uint8_t *frame;
};

struct softtlb {
	struct softtlb_entry entry[SOFTTLB_ENTRIES];
};

/* Remembered walks of this level end here. Under rmp_lock. */
void softtlb_forget(unsigned vmpl);
void softtlb_forget_all(void);

/* The entry for a linear address when it still holds, else NULL. Locked. */
struct softtlb_entry *softtlb_find(struct softtlb *tlb,
				   const struct vmsa_common *s, unsigned vmpl,
				   uint64_t va);

/* A place to remember a walk in; not found before its frame is set. */
struct softtlb_entry *softtlb_begin(struct softtlb *tlb,
				    const struct vmsa_common *s, unsigned vmpl,
				    uint64_t va);

static inline uint16_t softtlb_kind(enum rmp_kind kind, unsigned cpl)
{
	return (uint16_t)(1u << (kind + (cpl == 3 ? 8 : 0)));
}

#endif
