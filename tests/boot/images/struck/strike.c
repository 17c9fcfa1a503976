/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * See strike.h.
 */
#include <svsm/assert.h>
#include <svsm/ghcb.h>
#include <svsm/percpu.h>
#include <svsm/platform.h>
#include <svsm/svsm.h>

#include "../cells/ask.h"
#include "../cells/hostile.h"
#include "strike.h"

SVSM_CELL_DECLARE(hostile);

#define ICR_NMI		(4ull << 8)
/** How long the cell works: a second or two. */
#define TICKS		(1ull << 32)
#define SLICES		300u

struct svsm_cell strike_cell;

static uint32_t first;		/* APIC ID */
static bool is_endless;

/* In the buffer: the cell says so itself. */
static bool is_at_work(void)
{
	const volatile uint64_t *buffer = strike_cell.buffer;

	return __atomic_load_n(&is_endless, __ATOMIC_RELAXED) || buffer[1];
}

/* What the second CPU does instead of serving. */
_Noreturn void svsm_run(void)
{
	uint64_t icr = ICR_NMI | (uint64_t)first << 32;

	for (;;) {
		svsm_plat_pause();
		if (is_at_work())
			svsm_assert(svsm_ghcb_hv_ipi(svsm_plat_cpu()->ghcb,
						     icr) == SVSM_OK);
	}
}

void strike_start(void)
{
	const struct svsm_cell_config config = {
		.image = SVSM_CELL_NAMED(hostile), .slice = 1,
		.slices = SLICES, .restarts = 1,
	};

	first = svsm_plat_cpu()->apic_id;
	svsm_assert(svsm_cell_start(&strike_cell, &config) == SVSM_OK);
	svsm_assert(svsm_smp_start() == SVSM_OK && svsm_smp_online() == 2);
}

/* Without a call of its own it is suspended by what strikes it alone. The
 * first times are of its start, which makes one. */
bool strike_survives(void)
{
	uint64_t word = 0;
	unsigned again, struck;

	if (ask(&strike_cell, HOSTILE_ECHO, &word, &again) != SVSM_OK)
		return false;
	word = TICKS;
	if (ask(&strike_cell, HOSTILE_LONG, &word, &struck) != SVSM_OK)
		return false;
	svsm_info("struck %u times", struck);
	return word == 1 && struck > 0;
}

bool strike_ends(void)
{
	enum svsm_status status;
	uint64_t word = 0;
	unsigned struck;

	__atomic_store_n(&is_endless, true, __ATOMIC_RELAXED);
	status = ask(&strike_cell, HOSTILE_LOOP, &word, &struck);
	__atomic_store_n(&is_endless, false, __ATOMIC_RELAXED);
	return status == SVSM_ESTATE && struck == SLICES &&
	       strike_cell.death == SVSM_CELL_TOO_MANY;
}
