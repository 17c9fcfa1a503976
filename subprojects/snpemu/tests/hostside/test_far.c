/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* Memory far up: which system pages its addresses have, and when there are no
 * more. */
#include <check.h>

#include "far.h"
#include "tests.h"

#define PAGE	0x1000ull
#define WINDOW	0x140000000ull
#define TOP	0xfffffffff000ull
#define UP	0x8000000000ull

START_TEST(addresses_far_up_have_pages_of_the_window)
{
	far_init(WINDOW);
	ck_assert(far_add(UP, 2 * PAGE));
	ck_assert(far_add(TOP, PAGE));
	ck_assert_uint_eq(far_page(), WINDOW + 3 * PAGE);
	ck_assert_uint_eq(far_spa(UP + PAGE + 5), WINDOW + PAGE + 5);
	ck_assert_uint_eq(far_spa(TOP), WINDOW + 2 * PAGE);
	ck_assert_uint_eq(far_gpa(WINDOW + PAGE), UP + PAGE);
	ck_assert_uint_eq(far_gpa(WINDOW + 2 * PAGE), TOP);
	ck_assert_uint_eq(far_gpa(WINDOW + 3 * PAGE), WINDOW + 3 * PAGE);
}
END_TEST

START_TEST(other_addresses_have_the_page_of_their_number)
{
	far_init(WINDOW);
	ck_assert(far_add(UP, PAGE));
	ck_assert_uint_eq(far_spa(0x1234), 0x1234);
	ck_assert_uint_eq(far_spa(WINDOW - 1), WINDOW - 1);
	ck_assert_uint_eq(far_spa(UP - 1), UP - 1);
	ck_assert_uint_eq(far_spa(UP + PAGE), UP + PAGE);
	ck_assert_uint_eq(far_gpa(0x1000), 0x1000);
}
END_TEST

/* Or two addresses would have one page. */
START_TEST(the_windows_own_addresses_have_none)
{
	far_init(WINDOW);
	ck_assert(far_add(UP, PAGE));
	ck_assert_uint_eq(far_spa(WINDOW) & ~(PAGE - 1), FAR_NOWHERE);
	ck_assert(far_add(WINDOW, PAGE));
	ck_assert_uint_eq(far_spa(WINDOW), WINDOW + PAGE);
}
END_TEST

START_TEST(there_is_no_more_room_than_the_window_has)
{
	far_init(WINDOW);
	ck_assert(!far_add(UP, (FAR_PAGES + 1) * PAGE));
	ck_assert(!far_add(WINDOW - PAGE, PAGE));
	ck_assert(!far_add(0 - 2 * PAGE, 2 * PAGE));
	ck_assert(far_add(UP, (FAR_PAGES - 1) * PAGE));
	ck_assert(!far_add(UP - PAGE, 2 * PAGE));
	ck_assert_uint_ne(far_page(), FAR_NOWHERE);
	ck_assert_uint_eq(far_page(), FAR_NOWHERE);
	ck_assert(!far_add(TOP, PAGE));
}
END_TEST

START_TEST(there_are_so_many_ranges)
{
	far_init(WINDOW);
	for (unsigned i = 0; i < FAR_RANGES; i++)
		ck_assert(far_add(UP + 2 * i * PAGE, PAGE));
	ck_assert(!far_add(TOP, PAGE));
}
END_TEST

TCase *far_case(void)
{
	TCase *tc = tcase_create("far");

	tcase_add_test(tc, addresses_far_up_have_pages_of_the_window);
	tcase_add_test(tc, other_addresses_have_the_page_of_their_number);
	tcase_add_test(tc, the_windows_own_addresses_have_none);
	tcase_add_test(tc, there_is_no_more_room_than_the_window_has);
	tcase_add_test(tc, there_are_so_many_ranges);
	return tc;
}
