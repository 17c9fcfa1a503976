/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * Nested page tables: one tree for each VMPL, and one more for each VMPL while
 * its paging is off, where plain addresses are private. Always 4 KiB leaves.
 */
#ifndef SNPEMU_L1_NPT_H
#define SNPEMU_L1_NPT_H

#include <stdbool.h>
#include <stdint.h>

#define NPT_PRESENT	(1ull << 0)
#define NPT_WRITE	(1ull << 1)
#define NPT_USER	(1ull << 2)
#define NPT_ACCESSED	(1ull << 5)
#define NPT_DIRTY	(1ull << 6)
#define NPT_NX		(1ull << 63)

#define NPT_TREES	8u

static inline unsigned npt_tree(unsigned vmpl, bool paged)
{
	return vmpl * 2 + !paged;
}

void npt_init(void);
uint64_t npt_root(unsigned tree);

/* @key is the address the processor looks up, C-bit included. */
void npt_set(unsigned tree, uint64_t key, uint64_t entry);
void npt_clear(unsigned tree, uint64_t key);

#endif
