/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * TLBs of VMPL0's CPUs: what was unmapped in the arena stays in those of the
 * other CPUs until they flush. Nothing may be done meanwhile that a CPU with
 * an old translation would spoil.
 */
#include "internal.h"

#define MAX_STALE	4096u

bool fake_no_broadcast;

static struct stale {
	uintptr_t va;
	uint64_t gpa, len;
	uint64_t cpus;		/* that may still have it, a bit each */
} stale[MAX_STALE];
static unsigned stale_count;

_Static_assert(FAKE_MAX_CPUS <= 64, "a bit each");

void fake_tlb_reset(void)
{
	stale_count = 0;
	fake_no_broadcast = false;
}

static bool in_arena(uintptr_t va)
{
	return va - (uintptr_t)fake_arena() < FAKE_ARENA_BYTES;
}

static uint64_t other_cpus(void)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < FAKE_MAX_CPUS; i++)
		if (fake_cpus[i].present && &fake_cpus[i] != fake_self())
			mask |= 1ull << i;
	return mask;
}

/* Forget who has flushed, and entries that nobody has any more. */
static void drop(uint64_t cpus)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < stale_count; i++) {
		stale[i].cpus &= ~cpus;
		if (stale[i].cpus)
			stale[kept++] = stale[i];
	}
	stale_count = kept;
}

void fake_tlb_unmapped(const struct mapping *map)
{
	uint64_t cpus = other_cpus();

	if (!map || !cpus || !in_arena(map->va))
		return;
	if (stale_count == MAX_STALE)
		fake_violation("%u unmapped pages without a flush", MAX_STALE);
	stale[stale_count++] = (struct stale){ map->va, map->gpa, map->len,
		cpus };
}

void fake_tlb_check_va(uintptr_t va, uint64_t len)
{
	for (unsigned i = 0; i < stale_count; i++) {
		if (stale[i].va < va + len && va < stale[i].va + stale[i].len)
			fake_violation("%#lx mapped again before other CPUs "
				       "have flushed", (unsigned long)va);
	}
}

void fake_tlb_check_gpa(uint64_t gpa, uint64_t len)
{
	for (unsigned i = 0; i < stale_count; i++) {
		if (stale[i].gpa < gpa + len &&
				gpa < stale[i].gpa + stale[i].len)
			fake_violation("%#lx granted while our CPUs may still "
				       "use it", (unsigned long)gpa);
	}
}

void svsm_plat_tlb_flush(void)
{
	fake_seam(1);
	fake_lock();
	fake.count.own_flushes++;
	drop(1ull << fake_self()->svsm.index);
	fake_unlock();
}

bool svsm_plat_tlb_broadcast(void)
{
	if (fake_no_broadcast)
		return false;
	fake_seam(1);
	fake_lock();
	fake.count.broadcasts++;
	drop(~0ull);
	fake_unlock();
	return true;
}
