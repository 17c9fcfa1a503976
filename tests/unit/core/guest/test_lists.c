/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Lists of pages for PVALIDATE: where they may be, what their header may say,
 * and that nothing in them is read twice. H-08, H-11, I-01 to I-04, I-14, I-15.
 */
#include <string.h>

#include "fixture.h"

START_TEST(a_list_starts_where_next_says)
{
	const uint64_t entries[] = {
		FREE_PAGES | VALIDATE, (FREE_PAGES + PAGE) | VALIDATE,
		(FREE_PAGES + 2 * PAGE) | VALIDATE,
	};

	guest_list(LIST, 3, 1, entries);
	ck_assert_uint_eq(pvalidate_at(LIST), SVSM_SUCCESS);
	ck_assert_uint_eq(guest_list_next(LIST), 3);
	ck_assert_int_eq(guest_owner(FREE_PAGES), SVSM_OWN_INVALID);
	ck_assert_int_eq(guest_owner(FREE_PAGES + PAGE), SVSM_OWN_GUEST);
	ck_assert_int_eq(guest_owner(FREE_PAGES + 2 * PAGE), SVSM_OWN_GUEST);
	guest_oracle();
}
END_TEST

START_TEST(a_full_list_in_the_calling_area_is_served_in_one_call)
{
	guest_list_pages(CA0 + 8, 510, FREE_PAGES, VALIDATE);
	ck_assert_uint_eq(pvalidate_at(CA0 + 8), SVSM_SUCCESS);
	ck_assert_uint_eq(guest_list_next(CA0 + 8), 510);
	ck_assert_int_eq(guest_owner(FREE_PAGES + 509 * PAGE), SVSM_OWN_GUEST);
	guest_oracle();
	guest_list_pages(CA0 + 8, 510, FREE_PAGES, 0);
	ck_assert_uint_eq(pvalidate_at(CA0 + 8), SVSM_SUCCESS);
	ck_assert_uint_eq(fake_counters().flushes, 1);
	guest_oracle();
}
END_TEST

START_TEST(a_short_list_at_the_end_of_its_page)
{
	const uint64_t entry = FREE_PAGES | VALIDATE;

	guest_list(LIST + 0xff0, 1, 0, &entry);
	ck_assert_uint_eq(pvalidate_at(LIST + 0xff0), SVSM_SUCCESS);
	ck_assert_int_eq(guest_owner(FREE_PAGES), SVSM_OWN_GUEST);
	ck_assert_uint_eq(guest_list_next(LIST + 0xff0), 1);
	guest_oracle();
}
END_TEST

START_TEST(I_01_a_list_at_a_bad_address)
{
	static const struct {
		uint64_t gpa, result;
	} cases[] = {
		{ LIST + 1, SVSM_ERR_INVALID_PARAMETER },
		{ LIST + 4, SVSM_ERR_INVALID_PARAMETER },
		{ REGION, SVSM_ERR_INVALID_ADDRESS },
		{ VMSA0, SVSM_ERR_INVALID_ADDRESS },
		{ REGION + REGION_LEN - 8, SVSM_ERR_INVALID_ADDRESS },
		{ FREE_PAGES, SVSM_ERR_INVALID_ADDRESS },	/* invalid */
		{ MEMORY, SVSM_ERR_INVALID_ADDRESS },
		{ 0x2000, SVSM_ERR_INVALID_ADDRESS },	/* another's CA */
		{ 1ull << 51 | LIST, SVSM_ERR_INVALID_ADDRESS },
		{ 1ull << 63, SVSM_ERR_INVALID_ADDRESS },
		{ ~7ull, SVSM_ERR_INVALID_ADDRESS },
		{ ~0xfffull, SVSM_ERR_INVALID_ADDRESS },
	};

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(cases); i++) {
		ck_assert_uint_eq(pvalidate_at(cases[i].gpa), cases[i].result);
		guest_oracle();
	}
	ck_assert_uint_eq(guest_create(1, 0x5000, 0x6000), SVSM_SUCCESS);
	ck_assert_uint_eq(pvalidate_at(0x5000), SVSM_ERR_INVALID_ADDRESS);
	guest_oracle();
}
END_TEST

START_TEST(I_02_a_count_that_cannot_be)
{
	static const unsigned counts[] = { 0, 512, 0x8000, 0xffff };

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(counts); i++) {
		guest_list(LIST, counts[i], 0, NULL);
		ck_assert_uint_eq(pvalidate_at(LIST),
				  SVSM_ERR_INVALID_PARAMETER);
		guest_oracle();
	}
	/* 511 fit at the start of a page, one less 8 bytes further on. */
	guest_list(LIST + 8, 511, 0, NULL);
	ck_assert_uint_eq(pvalidate_at(LIST + 8), SVSM_ERR_INVALID_PARAMETER);
	guest_list(LIST + 0xff8, 1, 0, NULL);
	ck_assert_uint_eq(pvalidate_at(LIST + 0xff8),
			  SVSM_ERR_INVALID_PARAMETER);
	guest_oracle();
}
END_TEST

START_TEST(I_03_a_next_behind_the_end)
{
	static const unsigned nexts[] = { 2, 3, 0xffff };
	const uint64_t entries[] = { FREE_PAGES | VALIDATE,
		(FREE_PAGES + PAGE) | VALIDATE };

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(nexts); i++) {
		guest_list(LIST, 2, nexts[i], entries);
		ck_assert_uint_eq(pvalidate_at(LIST),
				  SVSM_ERR_INVALID_PARAMETER);
		ck_assert_uint_eq(guest_list_next(LIST), nexts[i]);
		guest_oracle();
	}
	ck_assert_int_eq(guest_owner(FREE_PAGES), SVSM_OWN_INVALID);
}
END_TEST

/* Linux leaves there what another call had in the buffer: core_protocol.h. */
START_TEST(I_04_old_bytes_in_the_header_change_nothing)
{
	const uint64_t entry = FREE_PAGES | VALIDATE;
	uint32_t old = 0xdeadbeef;

	guest_list(LIST, 1, 0, &entry);
	ck_assert(fake_guest_write(LIST + 4, &old, sizeof(old)));
	ck_assert_uint_eq(pvalidate_at(LIST), SVSM_SUCCESS);
	ck_assert_int_eq(guest_owner(FREE_PAGES), SVSM_OWN_GUEST);
	guest_oracle();
}
END_TEST

/* -------------------------------------------------------- lists that change */

/* A second vCPU rewrites each word as soon as we have read it. */
static void flip(uint64_t gpa, void *bytes, size_t n)
{
	(void)gpa;
	memset(bytes, 0xff, n);
}

START_TEST(I_14_I_15_H_08_words_that_flip_are_read_once)
{
	const uint64_t entries[] = { FREE_PAGES | VALIDATE,
		(FREE_PAGES + PAGE) | VALIDATE };
	uint64_t gpa;

	guest_list(LIST, 2, 0, entries);
	fake_fetch_reset();
	fake_after_fetch = flip;
	/* The pending byte is ours to clear in any case. */
	ck_assert_uint_eq(pvalidate_at(LIST), SVSM_SUCCESS);
	fake_after_fetch = NULL;
	ck_assert_uint_le(fake_fetch_max(&gpa), 1);
	ck_assert_uint_eq(fake_fetch_count(LIST, true), 1);
	ck_assert_uint_eq(fake_fetch_count(LIST + 8, true), 1);
	ck_assert_uint_eq(guest_list_next(LIST), 2);
	ck_assert_int_eq(guest_owner(FREE_PAGES + PAGE), SVSM_OWN_GUEST);
	guest_oracle();
}
END_TEST

/* Some entries come with the header, the others later: each of them once. */
START_TEST(I_15_a_list_of_any_length_is_read_once)
{
	static const unsigned counts[] = { 1, 6, 7, 8, 256, 263, 264, 300 };
	uint64_t entries[300];
	uint64_t gpa;

	for (size_t c = 0; c < SVSM_ARRAY_SIZE(counts); c++) {
		guest_restart();
		for (unsigned i = 0; i < counts[c]; i++)
			entries[i] = (FREE_PAGES + i * PAGE) | VALIDATE;
		guest_list(LIST, counts[c], counts[c] / 3, entries);
		fake_fetch_reset();
		fake_after_fetch = flip;
		ck_assert_uint_eq(pvalidate_at(LIST), SVSM_SUCCESS);
		fake_after_fetch = NULL;
		ck_assert_uint_le(fake_fetch_max(&gpa), 1);
		for (unsigned i = 0; i < counts[c]; i++)
			ck_assert_int_eq(guest_owner(FREE_PAGES + i * PAGE),
					 i < counts[c] / 3 ? SVSM_OWN_INVALID :
					 SVSM_OWN_GUEST);
		guest_oracle();
	}
}
END_TEST

START_TEST(H_11_a_list_whose_page_the_host_has_taken)
{
	const uint64_t entry = FREE_PAGES | VALIDATE;

	guest_list(LIST, 1, 0, &entry);
	fake_host_invalidate(LIST);
	ck_assert_uint_eq(pvalidate_at(LIST), SVSM_ERR_INVALID_ADDRESS);
	ck_assert_int_eq(guest_owner(FREE_PAGES), SVSM_OWN_INVALID);
}
END_TEST

static unsigned take_list_behind;

/* After the n-th fetch from it. */
static void take_list(uint64_t gpa, void *bytes, size_t n)
{
	(void)bytes;
	(void)n;
	if (gpa / PAGE == LIST / PAGE && --take_list_behind == 0)
		fake_host_invalidate(LIST);
}

START_TEST(H_11_a_list_that_the_host_takes_behind_its_header)
{
	/* More than come with it. */
	guest_list_pages(LIST, 10, FREE_PAGES, VALIDATE);
	take_list_behind = 1;
	fake_after_fetch = take_list;
	ck_assert_uint_eq(pvalidate_at(LIST), SVSM_ERR_INVALID_ADDRESS);
	fake_after_fetch = NULL;
	ck_assert(!fake_rmp(LIST)->validated);
	guest_expect_first(FREE_PAGES, 10, 0);
	ck_assert(!fake_rmp(FREE_PAGES)->validated);
	guest_oracle();
}
END_TEST

START_TEST(H_11_a_long_list_whose_page_the_host_takes_half_way)
{
	guest_list_pages(LIST, 300, FREE_PAGES, VALIDATE);
	take_list_behind = 2;
	fake_after_fetch = take_list;
	ck_assert_uint_eq(pvalidate_at(LIST), SVSM_ERR_INVALID_ADDRESS);
	fake_after_fetch = NULL;
	/* What it had of the list is done. */
	guest_expect_first(FREE_PAGES, 300, 256);
	guest_oracle();
}
END_TEST

UNIT_MAIN("lists", guest_setup, guest_teardown,
	  a_list_starts_where_next_says,
	  a_full_list_in_the_calling_area_is_served_in_one_call,
	  a_short_list_at_the_end_of_its_page, I_01_a_list_at_a_bad_address,
	  I_02_a_count_that_cannot_be, I_03_a_next_behind_the_end,
	  I_04_old_bytes_in_the_header_change_nothing,
	  I_14_I_15_H_08_words_that_flip_are_read_once,
	  I_15_a_list_of_any_length_is_read_once,
	  H_11_a_list_whose_page_the_host_has_taken,
	  H_11_a_list_that_the_host_takes_behind_its_header,
	  H_11_a_long_list_whose_page_the_host_takes_half_way)
