/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Neighbours that are handled together, and what stops in the middle of them.
 * I-12, I-18.
 */
#include <string.h>

#include "fixture.h"

START_TEST(I_12_neighbours_go_on_behind_one_that_only_the_rmp_knows)
{
	static const unsigned places[] = { 0, 2, 4 };

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(places); i++) {
		uint64_t stale = FREE_PAGES + places[i] * PAGE;

		guest_restart();
		fake_make_svsm(stale, PAGE);
		memset(fake_peek_private(stale), 0x66, PAGE);
		ck_assert_uint_eq(guest_pvalidate_pages(FREE_PAGES, 5,
							VALIDATE | IGNORE),
				  SVSM_SUCCESS);
		ck_assert_uint_eq(guest_list_next(LIST), 5);
		ck_assert(guest_is_clear(FREE_PAGES, 5 * PAGE));
		for (unsigned p = 0; p < 5; p++)
			ck_assert(guest_can_write(FREE_PAGES + p * PAGE));
		ck_assert_int_eq(guest_owner(FREE_PAGES + 4 * PAGE),
				 SVSM_OWN_GUEST);
		guest_oracle();
	}
}
END_TEST

START_TEST(I_12_neighbours_that_are_valid_are_cleared_together)
{
	unsigned executed;

	guest_give(FREE_PAGES, 6);
	memset(fake_peek_private(FREE_PAGES), 0x66, 6 * PAGE);
	executed = fake_counters().pvalidates;
	ck_assert_uint_eq(guest_pvalidate_pages(FREE_PAGES, 5,
						VALIDATE | IGNORE),
			  SVSM_SUCCESS);
	ck_assert_uint_eq(guest_list_next(LIST), 5);
	ck_assert(guest_is_clear(FREE_PAGES, 5 * PAGE));
	ck_assert(!guest_is_clear(FREE_PAGES + 5 * PAGE, PAGE));
	ck_assert_uint_eq(fake_counters().pvalidates, executed);
	guest_oracle();
}
END_TEST

/* The host has one of them valid already. */
static uint64_t validate_with_stale(unsigned count, unsigned bad)
{
	fake_make_svsm(FREE_PAGES + bad * PAGE, PAGE);
	return guest_pvalidate_pages(FREE_PAGES, count, VALIDATE);
}

START_TEST(I_18_a_failure_among_neighbours)
{
	static const unsigned places[] = { 0, 1, 31, 32, 39 };

	for (size_t p = 0; p < SVSM_ARRAY_SIZE(places); p++) {
		guest_restart();
		ck_assert_uint_eq(validate_with_stale(40, places[p]),
				  SVSM_ERR_UNCHANGED);
		ck_assert_uint_eq(guest_list_next(LIST), places[p]);
		guest_expect_first(FREE_PAGES, 40, places[p]);
	}
}
END_TEST

UNIT_MAIN("runs", guest_setup, guest_teardown,
	  I_12_neighbours_go_on_behind_one_that_only_the_rmp_knows,
	  I_12_neighbours_that_are_valid_are_cleared_together,
	  I_18_a_failure_among_neighbours)
