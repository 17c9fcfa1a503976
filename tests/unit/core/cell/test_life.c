/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The life of a cell: who gets it, who goes on, who ends it.
 */
#include <string.h>

#include "fixture.h"

#define ALICE	1u
#define BOB	2u

static unsigned turns;		/* of ring 3 */
static unsigned yields;		/* before each reply */

/* Replies 8 bytes after some yields; the slice is over at each of them. */
static void worker(void *gate)
{
	fixture_cell.slice_end = 0;
	if (turns++ < yields)
		fixture_sys(gate, SVSM_CELL_YIELD, 0, 0, 0);
	else
		fixture_sys(gate, SVSM_CELL_REPLY, 8, 0, 0);
}

static void crasher(void *gate)
{
	turns++;
	fixture_poke(DATA, 99);
	*(uint64_t *)svsm_cell_buffer(&fixture_cell) = 98;
	fixture_vector(gate, 14, 7);
}

static void setup(void)
{
	fixture_setup();
	turns = yields = 0;
	fake_cell = worker;
	fixture_config.restarts = 2;
	fixture_start();
	fixture_cell.ready = true;
}

START_TEST(a_reply_frees_the_cell_for_others)
{
	size_t reply = 0;

	ck_assert_int_eq(fixture_call(ALICE, 5, &reply), SVSM_OK);
	ck_assert_uint_eq(reply, 8);
	ck_assert_int_eq(fixture_cell.state, SVSM_CELL_IDLE);
	ck_assert_int_eq(fixture_call(BOB, 5, &reply), SVSM_OK);
}
END_TEST

START_TEST(while_one_has_it_others_are_busy)
{
	(void)fixture_take(ALICE, 5, SVSM_OK);
	(void)fixture_take(BOB, 5, SVSM_EBUSY);
	(void)fixture_take(ALICE, 5, SVSM_EBUSY);
	svsm_cell_give(&fixture_cell);
	(void)fixture_take(BOB, 5, SVSM_OK);
}
END_TEST

START_TEST(a_suspended_call_goes_on_where_it_was)
{
	size_t reply = 0;

	yields = 3;
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_int_eq(fixture_call(ALICE, 5, &reply), SVSM_EAGAIN);
		ck_assert_int_eq(fixture_cell.state, SVSM_CELL_SUSPENDED);
		(void)fixture_take(BOB, 5, SVSM_EBUSY);
	}
	ck_assert(fixture_take(ALICE, 5, SVSM_OK));
	ck_assert_int_eq(svsm_cell_run(&fixture_cell, 0, SIZE_MAX, &reply),
			 SVSM_OK);
	ck_assert_uint_eq(turns, 4);
	svsm_cell_give(&fixture_cell);
}
END_TEST

START_TEST(taken_and_given_back_without_a_run_it_is_as_before)
{
	size_t reply;

	yields = 1;
	ck_assert(!fixture_take(ALICE, 5, SVSM_OK));
	svsm_cell_give(&fixture_cell);
	ck_assert_int_eq(fixture_cell.state, SVSM_CELL_IDLE);
	ck_assert_int_eq(fixture_call(ALICE, 5, &reply), SVSM_EAGAIN);
	ck_assert(fixture_take(ALICE, 5, SVSM_OK));
	svsm_cell_give(&fixture_cell);
	ck_assert_int_eq(fixture_cell.state, SVSM_CELL_SUSPENDED);
}
END_TEST

/* The caller asks for something else: the old call ends without a reply. */
START_TEST(a_call_that_its_caller_left_is_finished_for_nobody)
{
	size_t reply = 77;

	yields = 2;
	ck_assert_int_eq(fixture_call(ALICE, 5, &reply), SVSM_EAGAIN);
	ck_assert_int_eq(fixture_call(ALICE, 6, &reply), SVSM_EAGAIN);
	ck_assert_uint_eq(fixture_cell.fn, 5);
	ck_assert_int_eq(fixture_call(ALICE, 6, &reply), SVSM_EAGAIN);
	ck_assert_int_eq(fixture_cell.state, SVSM_CELL_IDLE);
	ck_assert_uint_eq(reply, 77);
	ck_assert_int_eq(fixture_call(ALICE, 6, &reply), SVSM_OK);
	ck_assert_uint_eq(fixture_cell.fn, 6);
}
END_TEST

START_TEST(a_caller_that_stays_away_does_not_keep_the_cell)
{
	size_t reply;

	yields = 2;
	ck_assert_int_eq(fixture_call(ALICE, 5, &reply), SVSM_EAGAIN);
	(void)fixture_take(BOB, 5, SVSM_EBUSY);
	fixture_cell.config.patience = 1;
	ck_assert_int_eq(fixture_call(BOB, 5, &reply), SVSM_EAGAIN);
	fixture_cell.config.patience = SVSM_CELL_PATIENCE;
	(void)fixture_take(ALICE, 5, SVSM_EBUSY);
	ck_assert_int_eq(fixture_call(BOB, 5, &reply), SVSM_EAGAIN);
	ck_assert_int_eq(fixture_call(BOB, 5, &reply), SVSM_OK);
}
END_TEST

START_TEST(a_fault_kills_the_cell_and_wipes_it)
{
	size_t reply = 77;

	fake_cell = crasher;
	ck_assert_int_eq(fixture_call(ALICE, 5, &reply), SVSM_ESTATE);
	ck_assert_int_eq(fixture_cell.state, SVSM_CELL_DEAD);
	ck_assert_int_eq(fixture_cell.death, SVSM_CELL_FAULTED);
	ck_assert_uint_eq(fixture_cell.vector, 14);
	ck_assert_uint_eq(fixture_cell.detail, 7);
	ck_assert_uint_eq(reply, 77);
	ck_assert(fixture_is_wiped());
	ck_assert(svsm_page_check(&svsm_pages));
}
END_TEST

START_TEST(it_is_started_again_as_often_as_it_may)
{
	size_t reply;

	for (unsigned i = 0; i < 3; i++) {
		fake_cell = crasher;
		ck_assert_int_eq(fixture_call(ALICE, 5, &reply), SVSM_ESTATE);
		ck_assert_int_eq(fixture_cell.state, SVSM_CELL_DEAD);
		if (i == 2)
			break;
		ck_assert(!fixture_take(BOB, 5, SVSM_OK));
		ck_assert_uint_eq(fixture_peek(DATA), DATA_WORD);
		ck_assert(!fixture_cell.ready);
		svsm_cell_give(&fixture_cell);
	}
	(void)fixture_take(BOB, 5, SVSM_ESTATE);
}
END_TEST

static void spoils_all(void *gate)
{
	struct cell_layout own;

	ck_assert_int_eq(cell_layout(fixture_image, &own), SVSM_OK);
	for (uint64_t va = DATA; va < own.end; va += 0x800)
		if (cell_space_find(&fixture_cell, va, true))
			fixture_poke(va, ~0ull);
	fixture_vector(gate, turns++ % 32, 0);
}

/* By each exception that there is, but for NMI and #HV, which are none. */
START_TEST(a_thousand_lives_cost_no_page)
{
	size_t left = svsm_page_count_free(&svsm_pages);
	uint64_t used = fixture_cell.account.used;
	size_t reply;

	fixture_cell.config.restarts = 1001;
	fixture_cell.config.slice = 0;
	fixture_cell.config.slices = 1;
	fake_cell = spoils_all;
	for (unsigned i = 0; i < 1000; i++) {
		while (fixture_call(ALICE, 5, &reply) == SVSM_EAGAIN)
			;
		ck_assert_int_eq(fixture_cell.state, SVSM_CELL_DEAD);
		ck_assert(fixture_is_wiped());
	}
	ck_assert_uint_eq(fixture_cell.restarts, 999);
	ck_assert_uint_eq(fixture_cell.account.used, used);
	ck_assert_uint_eq(svsm_page_count_free(&svsm_pages), left);
	ck_assert(svsm_page_check(&svsm_pages));
}
END_TEST

static bool no_random(bool seed, uint64_t *word)
{
	(void)seed;
	*word = 0;
	return false;
}

START_TEST(what_cannot_be_started_again_stays_dead)
{
	size_t reply;

	fake_cell = crasher;
	ck_assert_int_eq(fixture_call(ALICE, 5, &reply), SVSM_ESTATE);
	fake_random = no_random;
	(void)fixture_take(ALICE, 5, SVSM_EHOST);
	ck_assert_int_eq(fixture_cell.state, SVSM_CELL_DEAD);
	ck_assert_int_eq(fixture_cell.death, SVSM_CELL_UNREADY);
	fake_random = NULL;
	ck_assert(!fixture_take(ALICE, 5, SVSM_OK));
	svsm_cell_give(&fixture_cell);
	ck_assert_int_eq(fixture_cell.state, SVSM_CELL_IDLE);
}
END_TEST

/* What another CPU sees of a cell that runs for too long. */
static void looper(void *gate)
{
	uint64_t *entry = &fixture_cell.root[0];
	const uint64_t *pdpt;

	turns++;
	(void)fixture_take(BOB, 5, SVSM_EBUSY);
	ck_assert(!fixture_cell.revoked);
	fixture_cell.config.patience = 0;
	fixture_cell.since = 0;
	(void)fixture_take(BOB, 5, SVSM_EBUSY);
	ck_assert(fixture_cell.revoked);
	pdpt = (uint64_t *)(*entry & SVSM_PTE_ADDRESS & ~fake_cbit_mask());
	ck_assert(!(pdpt[0] & SVSM_PTE_PRESENT));
	(void)fixture_take(BOB, 5, SVSM_EBUSY);
	/* It may still get as far as a reply. */
	fixture_sys(gate, SVSM_CELL_REPLY, 8, 0, 0);
}

START_TEST(who_runs_for_too_long_loses_its_memory_and_dies)
{
	size_t reply = 77;

	fake_cell = looper;
	ck_assert_int_eq(fixture_call(ALICE, 5, &reply), SVSM_ESTATE);
	ck_assert_int_eq(fixture_cell.death, SVSM_CELL_TOO_LONG);
	ck_assert_uint_eq(reply, 77);
	ck_assert(fixture_is_wiped());
	fake_cell = worker;
	ck_assert_int_eq(fixture_call(BOB, 5, &reply), SVSM_EAGAIN);
	ck_assert_int_eq(fixture_call(BOB, 5, &reply), SVSM_OK);
}
END_TEST

static uint64_t vector;

static void interrupted(void *gate)
{
	turns++;
	if (turns == 3)
		fixture_sys(gate, SVSM_CELL_REPLY, 0, 0, 0);
	else
		fixture_vector(gate, vector, 0);
}

START_TEST(an_interrupt_suspends_it_only_when_its_slice_is_over)
{
	size_t reply;

	fake_cell = interrupted;
	for (vector = 2; vector <= 28; vector += 26) {
		turns = 0;
		ck_assert_int_eq(fixture_call(ALICE, 5, &reply), SVSM_OK);
		ck_assert_uint_eq(turns, 3);
		turns = 0;
		fixture_cell.config.slice = 0;
		ck_assert_int_eq(fixture_call(ALICE, 5, &reply), SVSM_EAGAIN);
		ck_assert_uint_eq(turns, 1);
		ck_assert_int_eq(fixture_call(ALICE, 5, &reply), SVSM_EAGAIN);
		ck_assert_int_eq(fixture_call(ALICE, 5, &reply), SVSM_OK);
		fixture_cell.config.slice = SVSM_CELL_SLICE;
	}
}
END_TEST

START_TEST(an_interrupt_after_its_patience_kills_it)
{
	size_t reply;

	fake_cell = interrupted;
	vector = 28;
	fixture_cell.config.slice = 0;
	fixture_cell.config.patience = 500;
	ck_assert_int_eq(fixture_call(ALICE, 5, &reply), SVSM_ESTATE);
	ck_assert_int_eq(fixture_cell.death, SVSM_CELL_TOO_LONG);
}
END_TEST

START_TEST(a_request_without_end_is_ended)
{
	size_t reply;

	yields = UINT32_MAX;
	fixture_cell.config.slices = 50;
	for (unsigned i = 0; i < 50; i++)
		ck_assert_int_eq(fixture_call(ALICE, 5, &reply), SVSM_EAGAIN);
	ck_assert_int_eq(fixture_call(ALICE, 5, &reply), SVSM_ESTATE);
	ck_assert_int_eq(fixture_cell.death, SVSM_CELL_TOO_MANY);
	yields = 0;
	/* It gets ready, then it replies. */
	ck_assert_int_eq(fixture_call(ALICE, 5, &reply), SVSM_EAGAIN);
	ck_assert_int_eq(fixture_call(ALICE, 5, &reply), SVSM_OK);
}
END_TEST

START_TEST(it_is_started_once)
{
	ck_assert_int_eq(svsm_cell_start(&fixture_cell, &fixture_config),
			 SVSM_ESTATE);
}
END_TEST

/* Two CPUs, every schedule with up to three turns: one at a time. */
static unsigned inside, most;

static void alone(void *gate)
{
	inside++;
	most = inside > most ? inside : most;
	fake_step();
	inside--;
	fixture_sys(gate, SVSM_CELL_REPLY, 0, 0, 0);
}

static void caller(void *arg)
{
	struct svsm_cell_ticket ticket = { (uintptr_t)arg, 1 };
	enum svsm_status status;
	size_t reply;
	bool begun;

	do {
		status = svsm_cell_take(&fixture_cell, &ticket, &begun);
		if (status == SVSM_EBUSY)
			svsm_plat_pause();
	} while (status == SVSM_EBUSY);
	ck_assert_int_eq(status, SVSM_OK);
	ck_assert_int_eq(svsm_cell_run(&fixture_cell, 1, 0, &reply), SVSM_OK);
	svsm_cell_give(&fixture_cell);
}

static void explore_before(void)
{
	fixture_setup();
	fixture_start();
	fixture_cell.ready = true;
	fake_cell = alone;
}

static void explore_after(void)
{
	ck_assert_uint_eq(most, 1);
	ck_assert_int_eq(fixture_cell.state, SVSM_CELL_IDLE);
	fixture_teardown();
}

START_TEST(two_cpus_are_in_it_one_after_the_other)
{
	struct fake_part part[] = {
		{ .index = 1, .apic_id = 1, .fn = caller, .arg = (void *)1 },
		{ .index = 2, .apic_id = 2, .fn = caller, .arg = (void *)2 },
	};
	struct fake_explore explore = {
		.schedule = { .part = part, .parts = 2 },
		.before = explore_before, .after = explore_after,
		.most_turns = 2, .limit = 2000, .at_least = 200, .seed = 1,
	};

	fixture_teardown();
	inside = most = 0;
	fake_explore(&explore);
	ck_assert_uint_ge(explore.count, 200);
	setup();
}
END_TEST

UNIT_MAIN("core: cell life", setup, fixture_teardown,
	  a_reply_frees_the_cell_for_others,
	  while_one_has_it_others_are_busy,
	  a_suspended_call_goes_on_where_it_was,
	  taken_and_given_back_without_a_run_it_is_as_before,
	  a_call_that_its_caller_left_is_finished_for_nobody,
	  a_caller_that_stays_away_does_not_keep_the_cell,
	  a_fault_kills_the_cell_and_wipes_it,
	  it_is_started_again_as_often_as_it_may, a_thousand_lives_cost_no_page,
	  what_cannot_be_started_again_stays_dead,
	  who_runs_for_too_long_loses_its_memory_and_dies,
	  an_interrupt_suspends_it_only_when_its_slice_is_over,
	  an_interrupt_after_its_patience_kills_it,
	  a_request_without_end_is_ended, it_is_started_once,
	  two_cpus_are_in_it_one_after_the_other)
