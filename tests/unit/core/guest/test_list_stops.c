/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Lists that stop on the way: at a page that is refused, at their own page, at
 * the end of a call's time; and the one flush of each call. I-10, I-13, I-18.
 */
#include <string.h>

#include "fixture.h"

START_TEST(I_18_a_failure_in_the_middle_leaves_the_rest)
{
	const uint64_t entries[] = {
		FREE_PAGES | VALIDATE, REGION | VALIDATE,
		(FREE_PAGES + PAGE) | VALIDATE,
	};

	guest_list(LIST, 3, 0, entries);
	ck_assert_uint_eq(pvalidate_at(LIST), SVSM_ERR_INVALID_ADDRESS);
	ck_assert_uint_eq(guest_list_next(LIST), 1);
	ck_assert_int_eq(guest_owner(FREE_PAGES), SVSM_OWN_GUEST);
	ck_assert_int_eq(guest_owner(FREE_PAGES + PAGE), SVSM_OWN_INVALID);
	guest_oracle();
}
END_TEST

START_TEST(I_18_a_failure_anywhere_in_a_long_list)
{
	static const unsigned places[] = { 0, 30, 31, 32, 33, 63, 64, 99 };
	static uint64_t entries[100];

	for (size_t p = 0; p < SVSM_ARRAY_SIZE(places); p++) {
		unsigned bad = places[p];

		guest_restart();
		for (unsigned i = 0; i < 100; i++)
			entries[i] = (FREE_PAGES + i * PAGE) | VALIDATE;
		entries[bad] = REGION | VALIDATE;
		guest_list(LIST, 100, 0, entries);
		ck_assert_uint_eq(pvalidate_at(LIST), SVSM_ERR_INVALID_ADDRESS);
		ck_assert_uint_eq(guest_list_next(LIST), bad);
		guest_expect_first(FREE_PAGES, 100, bad);
		guest_oracle();
	}
}
END_TEST

START_TEST(I_10_a_list_that_takes_its_own_page_away)
{
	const uint64_t entries[] = { LIST, FREE_PAGES | VALIDATE };

	guest_list(LIST, 2, 0, entries);
	ck_assert_uint_eq(pvalidate_at(LIST), SVSM_ERR_INVALID_ADDRESS);
	ck_assert_int_eq(guest_owner(LIST), SVSM_OWN_INVALID);
	ck_assert_int_eq(guest_owner(FREE_PAGES), SVSM_OWN_INVALID);
	guest_oracle();
}
END_TEST

/* The pages before it in memory together, then its own, which is the end. */
START_TEST(I_10_a_list_among_the_pages_that_it_takes_away)
{
	const uint64_t list = FREE_PAGES + 3 * PAGE;
	const uint64_t entries[] = {
		FREE_PAGES, FREE_PAGES + PAGE, FREE_PAGES + 2 * PAGE, list,
		FREE_PAGES + 4 * PAGE,
	};

	guest_give(FREE_PAGES, 5);
	guest_list(list, 5, 0, entries);
	ck_assert_uint_eq(pvalidate_at(list), SVSM_ERR_INVALID_ADDRESS);
	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(guest_owner(FREE_PAGES + i * PAGE), i < 4 ?
				 SVSM_OWN_INVALID : SVSM_OWN_GUEST);
	ck_assert(guest_can_write(FREE_PAGES + 4 * PAGE));
	guest_oracle();
}
END_TEST

START_TEST(I_13_many_large_entries_end_in_time)
{
	static uint64_t entries[510];
	unsigned calls = 0;
	uint64_t result;
	unsigned next = 0;

	guest_restart_with(FAKE_INVALID_2M, 64);
	/* As many as fit, of few pages, which come and go. */
	for (unsigned i = 0; i < 510; i++)
		entries[i] = (i % 15 + 1) * HUGE | LARGE |
			(i / 15 % 2 ? 0 : VALIDATE);
	guest_list(LIST, 510, 0, entries);
	do {
		result = pvalidate_at(LIST);
		ck_assert_uint_le(guest_list_next(LIST) - next,
				  SVSM_PVALIDATE_BUDGET_PAGES / 512);
		ck_assert(result == SVSM_SUCCESS ||
			  guest_list_next(LIST) > next);
		next = guest_list_next(LIST);
		calls++;
		guest_oracle();
	} while (result == SVSM_ERR_INCOMPLETE);
	ck_assert_uint_eq(result, SVSM_SUCCESS);
	ck_assert_uint_eq(next, 510);
	ck_assert_uint_ge(calls, 510 * 512 / SVSM_PVALIDATE_BUDGET_PAGES);
}
END_TEST

/* ---------------------------------------------------------------- one flush */

START_TEST(small_and_large_entries_mix)
{
	const uint64_t entries[] = {
		HUGE | VALIDATE | LARGE, (3 * HUGE) | VALIDATE,
		(3 * HUGE + PAGE) | VALIDATE, (2 * HUGE) | VALIDATE | LARGE,
		(3 * HUGE), HUGE | LARGE, (3 * HUGE + 2 * PAGE) | VALIDATE,
	};

	guest_restart_with(FAKE_INVALID_2M, 64);
	guest_list(LIST, 7, 0, entries);
	ck_assert_uint_eq(pvalidate_at(LIST), SVSM_SUCCESS);
	ck_assert_int_eq(guest_owner(HUGE), SVSM_OWN_INVALID);
	ck_assert_int_eq(guest_owner(2 * HUGE), SVSM_OWN_GUEST);
	ck_assert_int_eq(guest_owner(3 * HUGE), SVSM_OWN_INVALID);
	ck_assert_int_eq(guest_owner(3 * HUGE + 2 * PAGE), SVSM_OWN_GUEST);
	ck_assert(guest_is_clear(2 * HUGE, HUGE));
	guest_oracle();
}
END_TEST

/* Linux's way: again, as long as a call is incomplete. The number of calls. */
static unsigned pvalidate_all(unsigned count)
{
	unsigned calls = 0, next = 0;
	uint64_t result;

	do {
		unsigned before = fake_counters().flushes;

		result = pvalidate_at(LIST);
		ck_assert_uint_le(fake_counters().flushes - before, 1);
		ck_assert_uint_gt(guest_list_next(LIST), next);
		next = guest_list_next(LIST);
		calls++;
		guest_oracle();
	} while (result == SVSM_ERR_INCOMPLETE);
	ck_assert_uint_eq(result, SVSM_SUCCESS);
	ck_assert_uint_eq(next, count);
	return calls;
}

START_TEST(a_mixed_list_flushes_once)
{
	uint64_t entries[200];

	guest_give(FREE_PAGES, 100);
	for (unsigned i = 0; i < 100; i++) {
		entries[2 * i] = FREE_PAGES + i * PAGE;
		entries[2 * i + 1] = (HUGE + i * PAGE) | VALIDATE;
	}
	guest_list(LIST, 200, 0, entries);
	ck_assert_uint_eq(pvalidate_all(200), 1);
	ck_assert_uint_eq(fake_counters().flushes, 1);
	ck_assert_int_eq(guest_owner(FREE_PAGES + 99 * PAGE),
			 SVSM_OWN_INVALID);
	ck_assert_int_eq(guest_owner(HUGE + 99 * PAGE), SVSM_OWN_GUEST);
}
END_TEST

START_TEST(a_page_that_comes_back_is_flushed_before)
{
	uint64_t entries[60];

	guest_give(FREE_PAGES, 30);
	memset(fake_peek_private(FREE_PAGES), 0x77, 30 * PAGE);
	for (unsigned i = 0; i < 30; i++) {
		entries[2 * i] = FREE_PAGES + i * PAGE;
		entries[2 * i + 1] = entries[2 * i] | VALIDATE;
	}
	guest_list(LIST, 60, 0, entries);
	/* Each call takes back what the last one took away, and the next. */
	ck_assert_uint_eq(pvalidate_all(60), 31);
	ck_assert(guest_is_clear(FREE_PAGES, 30 * PAGE));
	ck_assert_int_eq(guest_owner(FREE_PAGES + 29 * PAGE), SVSM_OWN_GUEST);
}
END_TEST

START_TEST(pages_around_what_was_taken_away_need_no_flush)
{
	const uint64_t entries[] = {
		FREE_PAGES + 4 * PAGE, FREE_PAGES + 5 * PAGE,
		(FREE_PAGES + 3 * PAGE) | VALIDATE,
		(FREE_PAGES + 6 * PAGE) | VALIDATE,
	};

	guest_give(FREE_PAGES + 4 * PAGE, 2);
	guest_list(LIST, 4, 0, entries);
	ck_assert_uint_eq(pvalidate_all(4), 1);
}
END_TEST

START_TEST(a_run_into_what_was_taken_away_waits)
{
	const uint64_t entries[] = {
		FREE_PAGES + 2 * PAGE, FREE_PAGES | VALIDATE,
		(FREE_PAGES + PAGE) | VALIDATE,
		(FREE_PAGES + 2 * PAGE) | VALIDATE,
	};

	guest_give(FREE_PAGES + 2 * PAGE, 1);
	guest_list(LIST, 4, 0, entries);
	ck_assert_uint_eq(pvalidate_all(4), 2);
	ck_assert_uint_eq(fake_counters().flushes, 1);
}
END_TEST

START_TEST(pages_that_are_only_cleared_are_not_flushed)
{
	guest_give(FREE_PAGES, 100);
	memset(fake_peek_private(FREE_PAGES), 0x77, 100 * PAGE);
	guest_list_pages(LIST, 100, FREE_PAGES, VALIDATE | IGNORE);
	ck_assert_uint_eq(pvalidate_all(100), 1);
	ck_assert_uint_eq(fake_counters().flushes, 0);
	ck_assert(guest_is_clear(FREE_PAGES, 100 * PAGE));
}
END_TEST

UNIT_MAIN("list_stops", guest_setup, guest_teardown,
	  I_18_a_failure_in_the_middle_leaves_the_rest,
	  I_18_a_failure_anywhere_in_a_long_list,
	  I_10_a_list_that_takes_its_own_page_away,
	  I_10_a_list_among_the_pages_that_it_takes_away,
	  I_13_many_large_entries_end_in_time, small_and_large_entries_mix,
	  a_mixed_list_flushes_once, a_page_that_comes_back_is_flushed_before,
	  pages_around_what_was_taken_away_need_no_flush,
	  a_run_into_what_was_taken_away_waits,
	  pages_that_are_only_cleared_are_not_flushed)
