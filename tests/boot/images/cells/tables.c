/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Who can reach what while a cell runs, by the tables themselves: see tables.h.
 */
#include <svsm/log.h>
#include <svsm/paging.h>
#include <svsm/platform.h>

#include "tables.h"

#define LEVELS		4u
#define ENTRIES		512u
#define FRAMES		256u

#define PTE_USER	(1ull << 2)
#define PTE_GLOBAL	(1ull << 8)

extern const char svsm_cell_gate[];

/** Where a walk is: at[level] of table[level] comes next. */
struct walk {
	const uint64_t *table[LEVELS];
	unsigned at[LEVELS];
	unsigned level;
	struct tables_found found;
	uint64_t frame[FRAMES];
	unsigned frames;
};

static uint64_t frame_of(uint64_t entry)
{
	return entry & SVSM_PTE_ADDRESS & ~svsm_plat_cell().cbit;
}

/* The addresses that an entry stands for begin here. */
static uint64_t address_of(const struct walk *w)
{
	uint64_t va = 0;

	for (unsigned i = 0; i <= w->level; i++)
		va |= (uint64_t)w->at[i] << (39 - 9 * i);
	return va;
}

static bool is_new(struct walk *w, uint64_t frame)
{
	for (unsigned i = 0; i < w->frames; i++)
		if (w->frame[i] == frame)
			return false;
	if (w->frames == FRAMES)
		return false;
	w->frame[w->frames++] = frame;
	return true;
}

static bool page_is_right(struct walk *w, const struct svsm_cell *cell,
			  uint64_t entry)
{
	uint64_t va = address_of(w), frame = frame_of(entry);

	if (!is_new(w, frame) ||
	    ((entry & SVSM_PTE_WRITE) && !(entry & SVSM_PTE_NX)))
		return false;
	if (entry & PTE_USER) {
		w->found.user++;
		return va >= SVSM_CELL_BASE && va < SVSM_CELL_END;
	}
	w->found.supervisor++;
	if (va != frame)
		return false;
	return entry & SVSM_PTE_WRITE ? va == (uintptr_t)cell->gate :
		va == (uintptr_t)svsm_cell_gate;
}

static bool entry_is_right(struct walk *w, const struct svsm_cell *cell,
			   uint64_t entry)
{
	if (!(entry & svsm_plat_cell().cbit) ||
	    (entry & (PTE_GLOBAL | SVSM_PTE_HUGE)))
		return false;
	return w->level < LEVELS - 1 || page_is_right(w, cell, entry);
}

static void look_at(struct walk *w, const struct svsm_cell *cell,
		    uint64_t entry)
{
	if (entry_is_right(w, cell, entry))
		return;
	w->found.wrong++;
	svsm_error("level %u, 0x%lx: 0x%lx", w->level,
		   (unsigned long)address_of(w), (unsigned long)entry);
}

/* The next one in the order of addresses: below this one, or behind it. */
static void step(struct walk *w, uint64_t entry)
{
	if ((entry & SVSM_PTE_PRESENT) && w->level < LEVELS - 1) {
		w->level++;
		w->table[w->level] = (const uint64_t *)frame_of(entry);
		w->at[w->level] = 0;
		return;
	}
	while (++w->at[w->level] == ENTRIES && w->level)
		w->level--;
}

struct tables_found tables_look(const struct svsm_cell *cell)
{
	static struct walk walk;
	struct walk *w = &walk;

	*w = (struct walk){ .table = { cell->root } };
	while (w->at[0] < ENTRIES) {
		uint64_t entry = w->table[w->level][w->at[w->level]];

		if (entry)
			look_at(w, cell, entry);
		step(w, entry);
	}
	return w->found;
}
