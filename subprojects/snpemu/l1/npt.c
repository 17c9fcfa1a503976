// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Nested page tables. */
#include "mm.h"
#include "npt.h"

#define LEVELS		5u
#define ENTRIES		512u
#define TABLE_BITS	(NPT_PRESENT | NPT_WRITE | NPT_USER | NPT_ACCESSED)
#define ADDRESS		0x000ffffffffff000ull

/* Both views of all memory fit twice over, on machines of few vCPUs. */
#define TABLES_EXTRA	512u
#define TABLES_OF_ALL	65536u

static unsigned limit;

uint64_t npt_set_limit(uint64_t memory, unsigned vcpus)
{
	uint64_t wanted = 2 * (memory / HUGE_SIZE) + TABLES_EXTRA;
	uint64_t share = TABLES_OF_ALL / vcpus;

	limit = (unsigned)(wanted < share ? wanted : share);
	return (uint64_t)vcpus * (limit + 2 * NPT_TREES) * PAGE_SIZE;
}

void npt_init(struct npt *npt)
{
	for (unsigned tree = 0; tree < NPT_TREES; tree++) {
		npt->root[tree] = mm_frame_alloc();
		npt->detached[tree] = mm_frame_alloc();
	}
}

uint64_t npt_root(const struct npt *npt, unsigned tree)
{
	return mm_pa(npt->root[tree]);
}

bool npt_has_room(const struct npt *npt)
{
	return npt->tables + LEVELS - 1 <= limit;
}

static uint64_t *table_get(struct npt *npt)
{
	uint64_t *table = npt->spare;

	npt->tables++;
	if (!table)
		return mm_frame_alloc();
	npt->spare = *(void **)table;
	return memset(table, 0, PAGE_SIZE);
}

static void table_put(struct npt *npt, uint64_t *table)
{
	*(void **)table = npt->spare;
	npt->spare = table;
	npt->tables--;
}

static unsigned slot(uint64_t key, unsigned level)
{
	return (key >> (12 + 9 * (level - 1))) & (ENTRIES - 1);
}

uint64_t *npt_entry(struct npt *npt, unsigned tree, uint64_t key, bool make)
{
	uint64_t *table = npt->root[tree];

	for (unsigned level = LEVELS; level > 1; level--) {
		uint64_t *entry = &table[slot(key, level)];

		if (!*entry) {
			if (!make)
				return NULL;
			*entry = mm_pa(table_get(npt)) | TABLE_BITS;
			npt->filled |= 1u << tree;
		}
		table = mm_phys(*entry & ADDRESS);
	}
	return &table[slot(key, 1)];
}

static void detach(uint64_t *root, uint64_t *detached)
{
	for (unsigned i = 0; i < ENTRIES; i++) {
		if (!root[i])
			continue;
		detached[i] = root[i];
		__atomic_store_n(&root[i], 0, __ATOMIC_SEQ_CST);
	}
}

bool npt_detach(struct npt *npt, uint32_t trees)
{
	trees &= npt->filled;
	for (unsigned tree = 0; tree < NPT_TREES; tree++) {
		if (trees & 1u << tree)
			detach(npt->root[tree], npt->detached[tree]);
	}
	npt->filled &= ~trees;
	npt->leaving |= trees;
	return trees;
}

/* The tables below an entry of a table at @level. */
static void release_below(struct npt *npt, uint64_t entry, unsigned level)
{
	uint64_t *table = mm_phys(entry & ADDRESS);

	for (unsigned i = 0; level > 2 && i < ENTRIES; i++) {
		if (table[i])
			release_below(npt, table[i], level - 1);
	}
	table_put(npt, table);
}

static void release(struct npt *npt, uint64_t *detached)
{
	for (unsigned i = 0; i < ENTRIES; i++) {
		if (!detached[i])
			continue;
		release_below(npt, detached[i], LEVELS);
		detached[i] = 0;
	}
}

void npt_release(struct npt *npt)
{
	for (unsigned tree = 0; tree < NPT_TREES; tree++) {
		if (npt->leaving & 1u << tree)
			release(npt, npt->detached[tree]);
	}
	npt->leaving = 0;
}
