// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Nested page tables. */
#include "mm.h"
#include "npt.h"

#define LEVELS		5u
#define TABLE_BITS	(NPT_PRESENT | NPT_WRITE | NPT_USER | NPT_ACCESSED)
#define ADDRESS		0x000ffffffffff000ull

static uint64_t *root[NPT_TREES];

void npt_init(void)
{
	for (unsigned tree = 0; tree < NPT_TREES; tree++)
		root[tree] = mm_frame_alloc();
}

uint64_t npt_root(unsigned tree)
{
	return mm_pa(root[tree]);
}

static unsigned slot(uint64_t key, unsigned level)
{
	return (key >> (12 + 9 * (level - 1))) & 511;
}

/* The leaf entry for @key; NULL when tables are missing and not wanted. */
static uint64_t *leaf(unsigned tree, uint64_t key, bool make)
{
	uint64_t *table = root[tree];

	for (unsigned level = LEVELS; level > 1; level--) {
		uint64_t *entry = &table[slot(key, level)];

		if (!*entry) {
			if (!make)
				return NULL;
			*entry = mm_pa(mm_frame_alloc()) | TABLE_BITS;
		}
		table = mm_phys(*entry & ADDRESS);
	}
	return &table[slot(key, 1)];
}

void npt_set(unsigned tree, uint64_t key, uint64_t entry)
{
	uint64_t *pte = leaf(tree, key, true);

	__atomic_store_n(pte, entry, __ATOMIC_SEQ_CST);
}

void npt_clear(unsigned tree, uint64_t key)
{
	uint64_t *pte = leaf(tree, key, false);

	if (pte)
		__atomic_store_n(pte, 0, __ATOMIC_SEQ_CST);
}
