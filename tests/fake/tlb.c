/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * TLBs. What was unmapped in the arena stays in those of VMPL0's other CPUs
 * until they flush, and so does, in all of them, what was behind a page that
 * is rescinded. Permissions that are revoked stay with each lower VMSA until
 * its PCPU_ID is 0: then the processor flushes when it runs the next time.
 * Nothing may be done meanwhile that a CPU with an old translation would spoil.
 */
#include <svsm/abi/vmsa.h>

#include "internal.h"

#define MAX_STALE	4096u
#define MAX_VMSAS	63u
/** Of somebody, where no VMSA is known; a broadcast alone drops it. */
#define UNKNOWN_VMSA	(1ull << MAX_VMSAS)

bool fake_no_broadcast;

static struct stale {
	uintptr_t va;
	uint64_t gpa, len;
	uint64_t cpus;		/* that may still have it, a bit each */
} stale[MAX_STALE];
static unsigned stale_count;

_Static_assert(FAKE_MAX_CPUS <= 64, "a bit each");

/* Does this CPU go on with what it knows? One that is away flushes first. */
static bool can_use(unsigned i)
{
	const struct cpu *cpu = &fake_cpus[i];

	if (cpu == fake_self())
		return true;
	return i > 0 && cpu->present &&
		!__atomic_load_n(&cpu->svsm.tlb_away, __ATOMIC_SEQ_CST);
}

static bool any_can_use(uint64_t cpus)
{
	for (unsigned i = 0; i < FAKE_MAX_CPUS; i++)
		if (cpus & 1ull << i && can_use(i))
			return true;
	return false;
}

static uint64_t vmsas[MAX_VMSAS];
static unsigned vmsa_count;
static uint64_t running;	/* those that have run since they forgot */

void fake_tlb_reset(void)
{
	stale_count = 0;
	vmsa_count = 0;
	running = 0;
	fake_no_broadcast = true;
}

/* ------------------------------------------------------------ lower levels */

static struct svsm_abi_vmsa *vmsa_at(unsigned i)
{
	return fake_peek_private(vmsas[i]);
}

void fake_tlb_add_vmsa(uint64_t gpa)
{
	for (unsigned i = 0; i < vmsa_count; i++)
		if (vmsas[i] == gpa)
			return;
	if (vmsa_count == MAX_VMSAS)
		fake_violation("more than %u VMSAs", MAX_VMSAS);
	vmsas[vmsa_count++] = gpa;
}

void fake_make_vmsa(uint64_t gpa)
{
	fake_rmp(gpa)->vmsa = true;
	fake_tlb_add_vmsa(gpa);
}

/* Drop what these VMSAs have of all pages. */
static void drop_stale(uint64_t gone)
{
	for (uint64_t p = fake.stale_from; p < fake.stale_end; p++) {
		if (!fake.stale_vmsas[p])
			continue;
		fake.stale_vmsas[p] &= ~gone;
		if (fake.stale_vmsas[p])
			continue;
		fake.stale[p] = 0;
		fake_mapping_refresh(p * SVSM_PAGE_BYTES, SVSM_PAGE_BYTES);
	}
}

/* Who has been told to flush does so before it runs again. */
static void settle(void)
{
	uint64_t gone = 0;

	for (unsigned i = 0; i < vmsa_count; i++)
		if (running & 1ull << i && !vmsa_at(i)->pcpu_id)
			gone |= 1ull << i;
	if (!gone)
		return;
	running &= ~gone;
	drop_stale(gone);
}

/* All that can run have run, and have used all that they may. */
static uint64_t run_all(void)
{
	uint64_t all = 0;

	for (unsigned i = 0; i < vmsa_count; i++) {
		if (!fake_rmp(vmsas[i])->vmsa)
			continue;
		vmsa_at(i)->pcpu_id = 1;
		all |= 1ull << i;
	}
	running |= all;
	return vmsa_count ? all : UNKNOWN_VMSA;
}

void fake_tlb_lost(uint64_t first, uint64_t end, unsigned perms)
{
	uint64_t who;

	settle();
	who = run_all();
	for (uint64_t p = first; p < end && who; p++) {
		fake.stale[p] |= (uint8_t)perms;
		fake.stale_vmsas[p] |= who;
	}
	if (fake.stale_from == fake.stale_end)
		fake.stale_from = fake.stale_end = first;
	if (first < fake.stale_from)
		fake.stale_from = first;
	if (end > fake.stale_end)
		fake.stale_end = end;
}

/* What has lost its mark does not run, until it has it again. */
static bool is_live(uint64_t page)
{
	uint64_t who = fake.stale_vmsas[page];

	for (unsigned i = 0; i < vmsa_count; i++)
		if (who & 1ull << i && fake_rmp(vmsas[i])->vmsa)
			return true;
	return who & UNKNOWN_VMSA;
}

unsigned fake_tlb_stale(uint64_t gpa)
{
	uint64_t page = gpa / SVSM_PAGE_BYTES;

	if (!fake.stale_vmsas[page])
		return 0;
	settle();
	return is_live(page) ? fake.stale[page] : 0;
}

bool fake_tlb_settle(uint64_t gpa)
{
	uint64_t page = gpa / SVSM_PAGE_BYTES;
	bool had;

	fake_lock();
	had = fake.stale_vmsas[page];
	if (had) {
		settle();
		had = !is_live(page);
		fake_mapping_refresh(page * SVSM_PAGE_BYTES, SVSM_PAGE_BYTES);
	}
	fake_unlock();
	return had;
}

/* ----------------------------------------- pages behind addresses, our CPUs */

static uint64_t present_cpus(void)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < FAKE_MAX_CPUS; i++)
		if (fake_cpus[i].present)
			mask |= 1ull << i;
	return mask;
}

/*
 * A thread that comes back says so and then flushes, before it uses anything:
 * between the two it looks like one that was not waited for. In a schedule
 * there is no such moment.
 */
static bool comes_back(unsigned i)
{
	return !fake_is_scheduled() &&
	       __atomic_load_n(&fake_cpus[i].svsm.tlb_seen, __ATOMIC_SEQ_CST) <
	       fake_self()->svsm.tlb_seen;
}

static void check_nested(uint64_t page)
{
	for (unsigned i = 0; i < FAKE_MAX_CPUS; i++)
		if (fake.nested[page] & 1ull << i && can_use(i) &&
		    !comes_back(i))
			fake_violation("%#lx validated before CPU %u has "
				       "flushed what was there",
				       (unsigned long)(page * SVSM_PAGE_BYTES),
				       i);
}

void fake_tlb_changed(uint64_t gpa, uint64_t len, bool valid)
{
	uint64_t end = (gpa + len) / SVSM_PAGE_BYTES;

	for (uint64_t p = gpa / SVSM_PAGE_BYTES; p < end; p++) {
		if (valid)
			check_nested(p);
		fake.nested[p] = valid ? 0 : present_cpus();
	}
}

static void drop_nested(uint64_t cpus)
{
	for (uint64_t p = 0; p < fake.bytes / SVSM_PAGE_BYTES; p++)
		fake.nested[p] &= ~cpus;
}

/* --------------------------------------------------- mappings of the arena */

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
		if (stale[i].va < va + len &&
				va < stale[i].va + stale[i].len &&
				any_can_use(stale[i].cpus))
			fake_violation("%#lx mapped again before other CPUs "
				       "have flushed", (unsigned long)va);
	}
}

void fake_tlb_check_gpa(uint64_t gpa, uint64_t len)
{
	for (unsigned i = 0; i < stale_count; i++) {
		if (stale[i].gpa < gpa + len &&
				gpa < stale[i].gpa + stale[i].len &&
				any_can_use(stale[i].cpus))
			fake_violation("%#lx granted while our CPUs may still "
				       "use it", (unsigned long)gpa);
	}
}

void svsm_plat_tlb_flush(void)
{
	fake_seam(1);
	fake_lock();
	fake.count.flushes++;
	fake.count.own_flushes++;
	drop(1ull << fake_self()->svsm.index);
	drop_nested(1ull << fake_self()->svsm.index);
	fake_unlock();
}

bool svsm_plat_tlb_broadcast(void)
{
	if (fake_no_broadcast)
		return false;
	fake_seam(1);
	fake_lock();
	fake.count.flushes++;
	fake.count.broadcasts++;
	drop(~0ull);
	drop_nested(~0ull);
	drop_stale(~0ull);
	fake_unlock();
	return true;
}
