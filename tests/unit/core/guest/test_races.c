/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * vCPUs as threads that all call as fast as they can: H-07. Chosen schedules
 * are in test_schedules.c.
 */
#include <stdio.h>
#include <time.h>

#include "player.h"

#define FLOOD_MS	1500
#define FLOOD_LONG_MS	60000
#define PATIENCE_MS	60000	/* a loaded machine starts threads late */
#define LEAST_CALLS	20u

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t flood_end;

static bool served;	/* each had its calls, and its share of all */

static void count_calls(unsigned *total, unsigned *least)
{
	*total = 0;
	*least = UINT32_MAX;
	for (unsigned i = 0; i < PLAYERS; i++) {
		unsigned calls = __atomic_load_n(&players[i].calls,
						 __ATOMIC_RELAXED);

		*total += calls;
		if (calls < *least)
			*least = calls;
	}
}

/* Long enough, and until all are served; until then all of them flood. */
static bool goes_on(void)
{
	int64_t now = milliseconds();
	unsigned total, least;

	if (now < flood_end)
		return true;
	count_calls(&total, &least);
	if (least >= LEAST_CALLS && least * 100ull >= total)
		__atomic_store_n(&served, true, __ATOMIC_RELAXED);
	return !__atomic_load_n(&served, __ATOMIC_RELAXED) &&
	       now < flood_end + PATIENCE_MS;
}

/* Validates a page of its own and rescinds it again. */
static void flood(void *arg)
{
	struct player *p = arg;
	uint64_t page = PRIZE + p->apic_id * 0x10000;
	bool valid = false;

	while (goes_on()) {
		uint64_t entry = page | (valid ? 0 : VALIDATE);
		struct svsm_abi_pvalidate header = { .count = 1 };

		fake_guest_write(p->list, &header, sizeof(header));
		fake_guest_write(p->list + 8, &entry, sizeof(entry));
		p->rax = CORE(SVSM_CORE_PVALIDATE);
		p->rcx = p->list;
		player_call(p);
		if (p->result == SVSM_SUCCESS)
			valid = !valid;
	}
}

START_TEST(H_07_a_flood_from_all_vcpus_starves_nobody)
{
	unsigned total, least;

	served = false;
	flood_end = milliseconds() + (unit_long() ? FLOOD_LONG_MS : FLOOD_MS);
	for (unsigned i = 0; i < PLAYERS; i++)
		fake_cpu_start(i + 1, i + 1, flood, &players[i]);
	for (unsigned i = 0; i < PLAYERS; i++)
		ck_assert_int_eq(fake_cpu_join(i + 1), FAKE_NO_TERMINATION);
	count_calls(&total, &least);
	printf("# H-07: %u calls, the least served vCPU %u\n", total, least);
	ck_assert(served);
	guest_oracle();
}
END_TEST

UNIT_MAIN("races", players_setup, guest_teardown,
	  H_07_a_flood_from_all_vcpus_starves_nobody)
