/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * An SVSM that lets a cell do its worst, and looks at itself after each time.
 * It ends when a page of the cell's code is lost, which no cell can do.
 */
#include <svsm/assert.h>
#include <svsm/cell.h>
#include <svsm/page.h>
#include <svsm/platform.h>
#include <svsm/rmp.h>
#include <svsm/string.h>
#include <svsm/svsm.h>

#include "ask.h"
#include "hostile.h"
#include "tables.h"

SVSM_IMAGE(.name = "cells");
SVSM_CELL_DECLARE(hostile);

#define VECTOR_PF	14u

extern const char svsm_cell_gate[], svsm_boot_stack[];

static struct svsm_cell cell;
static struct svsm_cell_memory memory;
static struct svsm_page_account storage =
	SVSM_PAGE_ACCOUNT(&svsm_pages, "storage");
static uint64_t witness[1024];
static size_t pages;
static unsigned held, asked;

static enum svsm_status ask_it(uint32_t fn, uint64_t *word)
{
	unsigned again;

	return ask(&cell, fn, word, &again);
}

static uint32_t mxcsr(void)
{
	uint32_t value;

	__asm__ volatile("stmxcsr %0" : "=m"(value));
	return value;
}

static uint64_t flags(void)
{
	uint64_t value;

	__asm__ volatile("pushfq; pop %0" : "=r"(value));
	return value;
}

/* Nothing of ours is different, and the cell serves (again). */
static bool all_is_well(void)
{
	uint64_t word = 0;

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(witness); i++)
		if (witness[i] != i * 0x9e3779b97f4a7c15ull)
			return false;
	return ask_it(HOSTILE_ECHO, &word) == SVSM_OK && word == 1 &&
	       cell.account.used == pages && svsm_page_check(&svsm_pages) &&
	       mxcsr() == 0x1f80 && !(flags() & 0x40700) &&
	       svsm_plat_cpu()->self == svsm_plat_cpu();
}

static void note(const char *what, uint32_t which, bool good)
{
	asked++;
	good = all_is_well() && good;
	held += good;
	if (!good)
		svsm_error("%s %u: status, death %u, vector %lu, %lu", what,
			   which, cell.death, (unsigned long)cell.vector,
			   (unsigned long)cell.detail);
}

static void dies(uint32_t which, uint64_t word, enum svsm_cell_death death,
		 unsigned vector)
{
	bool good;

	cell.death = SVSM_CELL_ALIVE;
	good = ask_it(which, &word) == SVSM_ESTATE && cell.death == death &&
	       (vector == ANY || cell.vector == vector);
	note("dies", which, good);
}

static void survives(uint32_t which)
{
	uint64_t word = 0;

	note("survives", which,
	     ask_it(which, &word) == SVSM_OK && word == 1);
}

/* Data, stack and buffer are a page at least, the heap is 32. */
static void tables(void)
{
	struct tables_found found = tables_look(&cell);

	note("tables", found.wrong, !found.wrong && found.supervisor == 2 &&
	     found.user >= 3 + 32);
}

static void instructions(void)
{
	static const uint8_t vectors[] = {
#define X(name, text, vector) vector,
		HOSTILE_INSNS(X)
#undef X
	};

	for (uint32_t i = 0; i < HOSTILE_INSN_COUNT; i++)
		dies(i, 0, SVSM_CELL_FAULTED, vectors[i]);
}

static void touches(uint32_t how, uint64_t address)
{
	dies(how, address, SVSM_CELL_FAULTED, VECTOR_PF);
}

/* What is ours, the guest's, or nobody's, in every way. */
static void addresses(void)
{
	const uint64_t at[] = {
		0, 0x1000, 0x100000, SVSM_CELL_BASE - 8, SVSM_CELL_END,
		svsm_launch()->region_start, (uintptr_t)svsm_cell_gate,
		(uintptr_t)cell.gate, (uintptr_t)cell.root,
		(uintptr_t)witness, (uintptr_t)svsm_boot_stack,
		(uintptr_t)__builtin_frame_address(0),
		(uintptr_t)svsm_plat_cpu(), svsm_launch()->secrets_page,
		0x8000000000, 0x7ffffffff000,
		/* holes between its own parts */
		cell.stack_end, cell.heap - 8, cell.user_buffer - 8,
		cell.heap + 32 * SVSM_PAGE_BYTES,
	};

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(at); i++) {
		touches(HOSTILE_READ, at[i]);
		touches(HOSTILE_WRITE, at[i]);
		touches(HOSTILE_EXECUTE, at[i]);
	}
	/* Its own, but not in this way. */
	touches(HOSTILE_WRITE, svsm_cell_image_hostile.text_start);
	touches(HOSTILE_WRITE, SVSM_CELL_BASE);
	touches(HOSTILE_EXECUTE, SVSM_CELL_BASE);
	touches(HOSTILE_EXECUTE, svsm_cell_image_hostile.data_start);
	touches(HOSTILE_EXECUTE, cell.stack_end - 8);
	touches(HOSTILE_EXECUTE, cell.user_buffer);
	touches(HOSTILE_EXECUTE, cell.heap);
}

/* The host can do this to an SVSM, and nobody else. */
static void lose_text(void)
{
	const struct svsm_cell_image *image = SVSM_CELL_NAMED(hostile);
	uintptr_t text = (uintptr_t)image +
			 (image->text_start - SVSM_CELL_BASE);

	svsm_assert(svsm_rmp_rescind((void *)text, SVSM_PAGE_4K) == SVSM_OK);
	svsm_plat_tlb_flush();	/* the translation would live on */
	survives(HOSTILE_ECHO);
}

_Noreturn void svsm_main(void)
{
	const struct svsm_cell_config config = {
		.image = SVSM_CELL_NAMED(hostile), .slice = 1,
		.slices = 100, .restarts = 1000, .store = &memory.store,
	};

	svsm_cell_memory_init(&memory, &storage);
	svsm_assert(svsm_cell_start(&cell, &config) == SVSM_OK);
	pages = cell.account.used;
	for (size_t i = 0; i < SVSM_ARRAY_SIZE(witness); i++)
		witness[i] = i * 0x9e3779b97f4a7c15ull;
	tables();
	instructions();
	addresses();
	dies(HOSTILE_DEEP, 0, SVSM_CELL_FAULTED, VECTOR_PF);
	dies(HOSTILE_SMASH, 0, SVSM_CELL_FAILED, ANY);
	dies(HOSTILE_RETURN, 0, SVSM_CELL_FAILED, ANY);
	dies(HOSTILE_UNKNOWN_CALL, 0, SVSM_CELL_BAD_CALL, ANY);
	dies(HOSTILE_FOREVER, 0, SVSM_CELL_TOO_MANY, ANY);
	dies(HOSTILE_CPUIDS, 0, SVSM_CELL_TOO_MANY, ANY);
	for (uint32_t i = HOSTILE_ECHO; i <= HOSTILE_FRESH; i++)
		survives(i);
	dies(HOSTILE_UD2, 0, SVSM_CELL_FAULTED, ANY);
	survives(HOSTILE_FRESH);
	tables();
	svsm_info("hostile cells: %u of %u held", held, asked);
	lose_text();
	svsm_terminate(SVSM_REASON_DONE);
}
