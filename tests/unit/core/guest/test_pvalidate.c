/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * PVALIDATE by the guest: group I of the hostile cases, and what it is for.
 */
#include <string.h>

#include <svsm/rmp.h>

#include "fixture.h"

#define VALIDATE	SVSM_PVALIDATE_VALID
#define IGNORE		SVSM_PVALIDATE_IGNORE_CF
#define LARGE		1ull

static uint64_t pvalidate_at(uint64_t gpa)
{
	return guest_call(CORE(SVSM_CORE_PVALIDATE), gpa, 0, 0);
}

START_TEST(a_page_is_validated_cleared_and_granted)
{
	uint8_t byte = 0xff;

	ck_assert_uint_eq(guest_pvalidate(FREE_PAGES | VALIDATE),
			  SVSM_SUCCESS);
	ck_assert_uint_eq(guest_list_next(LIST), 1);
	ck_assert_int_eq(guest_owner(FREE_PAGES), SVSM_OWN_GUEST);
	ck_assert_uint_eq(fake_perms(FREE_PAGES, 1), SVSM_PERM_ALL);
	ck_assert_uint_eq(fake_perms(FREE_PAGES, 2), SVSM_PERM_ALL);
	ck_assert_uint_eq(fake_perms(FREE_PAGES, 3), 0);
	ck_assert(fake_guest_read(FREE_PAGES + 5, &byte, 1));
	ck_assert_uint_eq(byte, 0);
	ck_assert(guest_is_clear(FREE_PAGES, PAGE));
	ck_assert_uint_eq(fake_counters().flushes, 0);
	guest_oracle();
}
END_TEST

START_TEST(a_rescinded_page_is_out_of_reach_at_once)
{
	uint8_t byte;

	guest_give(FREE_PAGES, 1);
	ck_assert_uint_eq(guest_pvalidate(FREE_PAGES), SVSM_SUCCESS);
	ck_assert_int_eq(guest_owner(FREE_PAGES), SVSM_OWN_INVALID);
	ck_assert(!fake_rmp(FREE_PAGES)->validated);
	ck_assert(!fake_guest_read(FREE_PAGES, &byte, 1));
	ck_assert_uint_eq(fake_counters().flushes, 1);
	guest_oracle();
}
END_TEST

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
	static uint64_t entries[510];

	for (unsigned i = 0; i < 510; i++)
		entries[i] = (FREE_PAGES + i * PAGE) | VALIDATE;
	guest_list(CA0 + 8, 510, 0, entries);
	ck_assert_uint_eq(pvalidate_at(CA0 + 8), SVSM_SUCCESS);
	ck_assert_uint_eq(guest_list_next(CA0 + 8), 510);
	ck_assert_int_eq(guest_owner(FREE_PAGES + 509 * PAGE), SVSM_OWN_GUEST);
	guest_oracle();
	for (unsigned i = 0; i < 510; i++)
		entries[i] &= ~VALIDATE;
	guest_list(CA0 + 8, 510, 0, entries);
	ck_assert_uint_eq(pvalidate_at(CA0 + 8), SVSM_SUCCESS);
	ck_assert_uint_eq(fake_counters().flushes, 1);
	guest_oracle();
}
END_TEST

/* The way of Linux and OVMF: 2 MiB, 80001006, then 512 small ones. */
START_TEST(large_entries_work_where_the_host_has_large_pages)
{
	guest_teardown();
	guest_setup_with(FAKE_INVALID_2M, 64);
	ck_assert_uint_eq(guest_pvalidate(HUGE | VALIDATE | LARGE),
			  SVSM_SUCCESS);
	ck_assert(guest_is_clear(HUGE, HUGE));
	ck_assert_uint_eq(fake_perms(HUGE + 77 * PAGE, 2), SVSM_PERM_ALL);
	ck_assert_int_eq(guest_owner(2 * HUGE - PAGE), SVSM_OWN_GUEST);
	ck_assert_int_eq(fake_rmp(HUGE)->size, RMP_2M);
	guest_oracle();
	ck_assert_uint_eq(guest_pvalidate(HUGE | LARGE), SVSM_SUCCESS);
	ck_assert_int_eq(guest_owner(HUGE), SVSM_OWN_INVALID);
	guest_oracle();
}
END_TEST

START_TEST(large_entries_over_small_pages_are_left_to_the_guest)
{
	ck_assert_uint_eq(guest_pvalidate(HUGE | VALIDATE | LARGE),
			  0x80001006);
	ck_assert_uint_eq(guest_list_next(LIST), 0);
	ck_assert_int_eq(guest_owner(HUGE), SVSM_OWN_INVALID);
	guest_oracle();
	for (unsigned i = 0; i < 512; i++)
		ck_assert_uint_eq(guest_pvalidate((HUGE + i * PAGE) | VALIDATE),
				  SVSM_SUCCESS);
	guest_oracle();
	ck_assert_uint_eq(guest_pvalidate(HUGE | LARGE), 0x80001006);
	ck_assert_int_eq(guest_owner(HUGE), SVSM_OWN_GUEST);
	guest_oracle();
}
END_TEST

START_TEST(large_entries_over_a_mixture_are_left_to_the_guest)
{
	guest_give(HUGE + 5 * PAGE, 1);
	ck_assert_uint_eq(guest_pvalidate(HUGE | VALIDATE | LARGE),
			  0x80001006);
	ck_assert_uint_eq(guest_pvalidate(HUGE | LARGE), 0x80001006);
	ck_assert_int_eq(guest_owner(HUGE + 5 * PAGE), SVSM_OWN_GUEST);
	guest_oracle();
}
END_TEST

/* The host splits a 2 MiB page at its pleasure, also between our steps. */
START_TEST(a_small_page_of_a_large_entry_can_be_rescinded)
{
	guest_teardown();
	guest_setup_with(FAKE_INVALID_2M, 64);
	ck_assert_uint_eq(guest_pvalidate(HUGE | VALIDATE | LARGE),
			  SVSM_SUCCESS);
	ck_assert_uint_eq(guest_pvalidate(HUGE + PAGE), SVSM_SUCCESS);
	ck_assert_int_eq(guest_owner(HUGE + PAGE), SVSM_OWN_INVALID);
	ck_assert_int_eq(guest_owner(HUGE), SVSM_OWN_GUEST);
	guest_oracle();
}
END_TEST

/* -------------------------------------------------------------- the list */

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

START_TEST(I_04_reserved_bits_of_an_entry)
{
	for (unsigned bit = 4; bit < 12; bit++) {
		ck_assert_uint_eq(guest_pvalidate(FREE_PAGES | VALIDATE |
						  1ull << bit),
				  SVSM_ERR_INVALID_PARAMETER);
		ck_assert_uint_eq(guest_list_next(LIST), 0);
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

START_TEST(I_05_page_sizes_that_do_not_exist)
{
	ck_assert_uint_eq(guest_pvalidate(HUGE | VALIDATE | 2),
			  SVSM_ERR_INVALID_PARAMETER);
	ck_assert_uint_eq(guest_pvalidate(HUGE | VALIDATE | 3),
			  SVSM_ERR_INVALID_PARAMETER);
	ck_assert_uint_eq(guest_pvalidate(FREE_PAGES | VALIDATE | LARGE),
			  SVSM_ERR_INVALID_PARAMETER);
	guest_oracle();
}
END_TEST

START_TEST(I_07_a_large_entry_over_somebody_elses_page)
{
	/* Each in the middle of another 2 MiB. */
	ck_assert_uint_eq(guest_create(1, HUGE + 5 * PAGE, 4 * HUGE + PAGE),
			  SVSM_SUCCESS);
	for (uint64_t flags = 0; flags < 16; flags += 4) {
		ck_assert_uint_eq(guest_pvalidate(HUGE | flags | LARGE),
				  SVSM_ERR_INVALID_ADDRESS);
		ck_assert_uint_eq(guest_pvalidate((4 * HUGE) | flags | LARGE),
				  SVSM_ERR_INVALID_ADDRESS);
		/* The region holds our CPUID and secrets pages. */
		ck_assert_uint_eq(guest_pvalidate(REGION | flags | LARGE),
				  SVSM_ERR_INVALID_ADDRESS);
		guest_oracle();
	}
}
END_TEST

START_TEST(I_08_I_09_entries_beyond_memory)
{
	static const uint64_t bad[] = {
		MEMORY, MEMORY | LARGE, 1ull << 51 | FREE_PAGES,
		1ull << 47 | FREE_PAGES, ~0xfffull, ~0x1fffffull | LARGE,
		1ull << 63, REGION - PAGE, REGION, REGION + REGION_LEN,
	};

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(bad); i++) {
		ck_assert_uint_eq(guest_pvalidate(bad[i] | VALIDATE),
				  SVSM_ERR_INVALID_ADDRESS);
		ck_assert_uint_eq(guest_pvalidate(bad[i] | VALIDATE | IGNORE),
				  SVSM_ERR_INVALID_ADDRESS);
		ck_assert_uint_eq(guest_pvalidate(bad[i]),
				  SVSM_ERR_INVALID_ADDRESS);
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

START_TEST(I_11_a_page_that_comes_and_goes_is_cleared_each_time)
{
	uint8_t secret = 0x77;

	for (unsigned i = 0; i < 3; i++) {
		ck_assert_uint_eq(guest_pvalidate(FREE_PAGES | VALIDATE),
				  SVSM_SUCCESS);
		ck_assert(guest_is_clear(FREE_PAGES, PAGE));
		ck_assert(fake_guest_write(FREE_PAGES + 99, &secret, 1));
		ck_assert_uint_eq(guest_pvalidate(FREE_PAGES), SVSM_SUCCESS);
		guest_oracle();
	}
}
END_TEST

START_TEST(I_12_a_page_that_is_valid_already)
{
	uint8_t mark = 0x55;
	unsigned executed;

	guest_give(FREE_PAGES, 1);
	ck_assert(fake_guest_write(FREE_PAGES, &mark, 1));
	executed = fake_counters().pvalidates;
	ck_assert_uint_eq(guest_pvalidate(FREE_PAGES | VALIDATE),
			  SVSM_ERR_UNCHANGED);
	ck_assert_uint_eq(guest_list_next(LIST), 0);
	ck_assert(fake_guest_read(FREE_PAGES, &mark, 1));
	ck_assert_uint_eq(mark, 0x55);
	guest_oracle();
	ck_assert_uint_eq(guest_pvalidate(FREE_PAGES | VALIDATE | IGNORE),
			  SVSM_SUCCESS);
	ck_assert(guest_is_clear(FREE_PAGES, PAGE));
	ck_assert(fake_guest_read(FREE_PAGES, &mark, 1));
	/* B-03: the instruction was not executed a second time. */
	ck_assert_uint_eq(fake_counters().pvalidates, executed);
	guest_oracle();
}
END_TEST

START_TEST(I_12_a_page_that_is_invalid_already)
{
	ck_assert_uint_eq(guest_pvalidate(FREE_PAGES), SVSM_ERR_UNCHANGED);
	ck_assert_uint_eq(guest_pvalidate(FREE_PAGES | IGNORE), SVSM_SUCCESS);
	ck_assert_uint_eq(guest_list_next(LIST), 1);
	guest_oracle();
}
END_TEST

/* Launched by somebody without our knowledge: RMP and map differ. */
START_TEST(I_12_a_page_that_only_the_rmp_says_is_valid)
{
	fake_make_svsm(FREE_PAGES, PAGE);
	memset(fake_peek_private(FREE_PAGES), 0x66, PAGE);
	ck_assert_uint_eq(guest_pvalidate(FREE_PAGES | VALIDATE),
			  SVSM_ERR_UNCHANGED);
	ck_assert_uint_eq(fake_perms(FREE_PAGES, 2), 0);
	guest_oracle();
	ck_assert_uint_eq(guest_pvalidate(FREE_PAGES | VALIDATE | IGNORE),
			  SVSM_SUCCESS);
	ck_assert(guest_is_clear(FREE_PAGES, PAGE));
	guest_oracle();
}
END_TEST

START_TEST(I_13_many_large_entries_end_in_time)
{
	static uint64_t entries[15];
	unsigned calls = 0;
	uint64_t result;
	unsigned next = 0;

	guest_teardown();
	guest_setup_with(FAKE_INVALID_2M, 64);
	for (unsigned i = 0; i < 15; i++)
		entries[i] = (i + 1) * HUGE | VALIDATE | LARGE;
	guest_list(LIST, 15, 0, entries);
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
	ck_assert_uint_eq(next, 15);
	ck_assert_uint_eq(calls, 2);
}
END_TEST

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
	static const unsigned counts[] = { 1, 6, 7, 8, 128, 135, 136, 300 };
	uint64_t entries[300];
	uint64_t gpa;

	for (size_t c = 0; c < SVSM_ARRAY_SIZE(counts); c++) {
		guest_teardown();
		guest_setup();
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

		guest_teardown();
		guest_setup();
		for (unsigned i = 0; i < 100; i++)
			entries[i] = (FREE_PAGES + i * PAGE) | VALIDATE;
		entries[bad] = REGION | VALIDATE;
		guest_list(LIST, 100, 0, entries);
		ck_assert_uint_eq(pvalidate_at(LIST), SVSM_ERR_INVALID_ADDRESS);
		ck_assert_uint_eq(guest_list_next(LIST), bad);
		for (unsigned i = 0; i < 100; i++)
			ck_assert_int_eq(guest_owner(FREE_PAGES + i * PAGE),
					 i < bad ? SVSM_OWN_GUEST :
					 SVSM_OWN_INVALID);
		guest_oracle();
	}
}
END_TEST

/* Neighbours are handled together; the host has one of them valid already. */
static uint64_t list_with_stale_page(unsigned count, unsigned bad)
{
	uint64_t entries[40];

	for (unsigned i = 0; i < count; i++)
		entries[i] = (FREE_PAGES + i * PAGE) | VALIDATE;
	fake_make_svsm(FREE_PAGES + bad * PAGE, PAGE);
	guest_list(LIST, count, 0, entries);
	return pvalidate_at(LIST);
}

static void check_first_pages_only(unsigned count, unsigned done)
{
	ck_assert_uint_eq(guest_list_next(LIST), done);
	for (unsigned i = 0; i < count; i++) {
		uint64_t gpa = FREE_PAGES + i * PAGE;

		ck_assert_int_eq(guest_owner(gpa), i < done ?
				 SVSM_OWN_GUEST : SVSM_OWN_INVALID);
		ck_assert_uint_eq(fake_perms(gpa, 2), i < done ?
				  SVSM_PERM_ALL : 0);
	}
}

START_TEST(I_18_a_failure_among_neighbours)
{
	static const unsigned places[] = { 0, 1, 31, 32, 39 };

	for (size_t p = 0; p < SVSM_ARRAY_SIZE(places); p++) {
		guest_teardown();
		guest_setup();
		ck_assert_uint_eq(list_with_stale_page(40, places[p]),
				  SVSM_ERR_UNCHANGED);
		check_first_pages_only(40, places[p]);
	}
}
END_TEST

/*
 * Joining what is behind them needs no room, splitting them again does: with
 * none left, neighbours go page by page, and the first needs some.
 */
START_TEST(I_18_a_failure_among_neighbours_when_the_map_is_full)
{
	guest_teardown();
	guest_setup_with(FAKE_INVALID_4K, 32);
	ck_assert_uint_eq(guest_pvalidate((FREE_PAGES + 20 * PAGE) | VALIDATE),
			  SVSM_SUCCESS);
	for (unsigned i = 0; svsm_own_has_room(&svsm_guest.own, 1); i++)
		ck_assert_uint_eq(guest_pvalidate((FREE_PAGES +
				  (64 + 2 * i) * PAGE) | VALIDATE),
				  SVSM_SUCCESS);
	ck_assert_uint_eq(list_with_stale_page(20, 7), SVSM_ERR_BUSY);
	check_first_pages_only(20, 0);
	guest_oracle();
}
END_TEST

START_TEST(small_and_large_entries_mix)
{
	const uint64_t entries[] = {
		HUGE | VALIDATE | LARGE, (3 * HUGE) | VALIDATE,
		(3 * HUGE + PAGE) | VALIDATE, (2 * HUGE) | VALIDATE | LARGE,
		(3 * HUGE), HUGE | LARGE, (3 * HUGE + 2 * PAGE) | VALIDATE,
	};

	guest_teardown();
	guest_setup_with(FAKE_INVALID_2M, 64);
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
	uint64_t entries[100];

	guest_give(FREE_PAGES, 100);
	memset(fake_peek_private(FREE_PAGES), 0x77, 100 * PAGE);
	for (unsigned i = 0; i < 100; i++)
		entries[i] = (FREE_PAGES + i * PAGE) | VALIDATE | IGNORE;
	guest_list(LIST, 100, 0, entries);
	ck_assert_uint_eq(pvalidate_all(100), 1);
	ck_assert_uint_eq(fake_counters().flushes, 0);
	ck_assert(guest_is_clear(FREE_PAGES, 100 * PAGE));
}
END_TEST

START_TEST(H_11_a_page_to_be_cleared_that_the_host_has_taken)
{
	guest_give(FREE_PAGES, 2);
	fake_host_invalidate(FREE_PAGES);
	ck_assert_uint_eq(guest_pvalidate(FREE_PAGES | VALIDATE | IGNORE),
			  SVSM_ERR_INVALID_ADDRESS);
	ck_assert_uint_eq(guest_list_next(LIST), 0);
	ck_assert_uint_eq(guest_pvalidate((FREE_PAGES + PAGE) | VALIDATE |
					  IGNORE), SVSM_SUCCESS);
}
END_TEST

START_TEST(I_19_a_live_calling_area_cannot_be_given_up)
{
	ck_assert_uint_eq(guest_pvalidate(CA0), SVSM_ERR_INVALID_ADDRESS);
	ck_assert_uint_eq(guest_pvalidate(CA0 | VALIDATE | IGNORE),
			  SVSM_ERR_INVALID_ADDRESS);
	ck_assert_uint_eq(guest_pvalidate(0x2000), SVSM_ERR_INVALID_ADDRESS);
	guest_oracle();
}
END_TEST

/* ------------------------------------------------------ what else can fail */

START_TEST(H_09_a_full_map_is_answered_and_changes_nothing)
{
	unsigned i;
	uint64_t result = SVSM_SUCCESS;

	guest_teardown();
	guest_setup_with(FAKE_INVALID_4K, 32);
	for (i = 0; i < 64 && result == SVSM_SUCCESS; i++)
		result = guest_pvalidate((FREE_PAGES + 2 * i * PAGE) |
					 VALIDATE);
	ck_assert_uint_eq(result, SVSM_ERR_BUSY);
	ck_assert_uint_eq(guest_list_next(LIST), 0);
	ck_assert_int_eq(guest_owner(FREE_PAGES + 2 * (i - 1) * PAGE),
			 SVSM_OWN_INVALID);
	guest_oracle();
	/* What joins runs always works, and makes room. */
	ck_assert_uint_eq(guest_pvalidate((FREE_PAGES + PAGE) | VALIDATE),
			  SVSM_SUCCESS);
	ck_assert_uint_eq(guest_pvalidate((FREE_PAGES + 2 * i * PAGE) |
					  VALIDATE), SVSM_SUCCESS);
	guest_oracle();
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

/* After the header, with what was fetched beside it. */
static void take_the_list(uint64_t gpa, void *bytes, size_t n)
{
	(void)bytes;
	(void)n;
	if (gpa / PAGE == LIST / PAGE)
		fake_host_invalidate(LIST);
}

START_TEST(H_11_a_long_list_whose_page_the_host_takes_half_way)
{
	uint64_t entries[8];

	for (unsigned i = 0; i < 8; i++)
		entries[i] = (FREE_PAGES + i * PAGE) | VALIDATE;
	guest_list(LIST, 8, 0, entries);
	fake_after_fetch = take_the_list;
	ck_assert_uint_eq(pvalidate_at(LIST), SVSM_ERR_INVALID_ADDRESS);
	fake_after_fetch = NULL;
	for (unsigned i = 0; i < 8; i++)
		ck_assert_int_eq(guest_owner(FREE_PAGES + i * PAGE),
				 SVSM_OWN_INVALID);
}
END_TEST

START_TEST(B_09_a_page_taken_between_validation_and_grant_ends_the_vm)
{
	int reason;

	guest_give(FREE_PAGES, 1);
	fake_host_invalidate(FREE_PAGES);
	reason = fake_reason_of(guest_pvalidate(FREE_PAGES));
	ck_assert_int_eq(reason, SVSM_REASON_PAGE_LOST);
}
END_TEST

/* B-04: whatever the host puts behind the page, the guest sees zeros. */
START_TEST(B_04_a_frame_of_ours_behind_a_guest_page_shows_nothing)
{
	int reason;

	fake_host_remap(FREE_PAGES, REGION + 0x8000);
	reason = fake_reason_of(guest_pvalidate(FREE_PAGES | VALIDATE));
	ck_assert_int_eq(reason, FAKE_NO_TERMINATION);
	ck_assert(guest_is_clear(FREE_PAGES, PAGE));
}
END_TEST

START_TEST(B_15_a_flush_that_is_not_acknowledged_ends_the_vm)
{
	int reason;

	guest_give(FREE_PAGES, 1);
	fake_flush_fails = true;
	reason = fake_reason_of(guest_pvalidate(FREE_PAGES));
	fake_flush_fails = false;
	ck_assert_int_eq(reason, SVSM_REASON_TLB_SYNC);
}
END_TEST

UNIT_MAIN("pvalidate", guest_setup, guest_teardown,
	  a_page_is_validated_cleared_and_granted,
	  a_rescinded_page_is_out_of_reach_at_once,
	  a_list_starts_where_next_says,
	  a_full_list_in_the_calling_area_is_served_in_one_call,
	  large_entries_work_where_the_host_has_large_pages,
	  large_entries_over_small_pages_are_left_to_the_guest,
	  large_entries_over_a_mixture_are_left_to_the_guest,
	  a_small_page_of_a_large_entry_can_be_rescinded,
	  I_01_a_list_at_a_bad_address, I_02_a_count_that_cannot_be,
	  I_03_a_next_behind_the_end, I_04_reserved_bits_of_an_entry,
	  I_04_old_bytes_in_the_header_change_nothing,
	  I_05_page_sizes_that_do_not_exist,
	  I_07_a_large_entry_over_somebody_elses_page,
	  I_08_I_09_entries_beyond_memory,
	  I_10_a_list_that_takes_its_own_page_away,
	  I_11_a_page_that_comes_and_goes_is_cleared_each_time,
	  I_12_a_page_that_is_valid_already,
	  I_12_a_page_that_is_invalid_already,
	  I_12_a_page_that_only_the_rmp_says_is_valid,
	  I_13_many_large_entries_end_in_time,
	  I_14_I_15_H_08_words_that_flip_are_read_once,
	  I_15_a_list_of_any_length_is_read_once,
	  a_short_list_at_the_end_of_its_page,
	  I_18_a_failure_in_the_middle_leaves_the_rest,
	  I_18_a_failure_anywhere_in_a_long_list,
	  I_18_a_failure_among_neighbours,
	  I_18_a_failure_among_neighbours_when_the_map_is_full,
	  small_and_large_entries_mix,
	  a_mixed_list_flushes_once, a_page_that_comes_back_is_flushed_before,
	  pages_around_what_was_taken_away_need_no_flush,
	  a_run_into_what_was_taken_away_waits,
	  pages_that_are_only_cleared_are_not_flushed,
	  H_11_a_page_to_be_cleared_that_the_host_has_taken,
	  I_19_a_live_calling_area_cannot_be_given_up,
	  H_09_a_full_map_is_answered_and_changes_nothing,
	  H_11_a_list_whose_page_the_host_has_taken,
	  H_11_a_long_list_whose_page_the_host_takes_half_way,
	  B_09_a_page_taken_between_validation_and_grant_ends_the_vm,
	  B_04_a_frame_of_ours_behind_a_guest_page_shows_nothing,
	  B_15_a_flush_that_is_not_acknowledged_ends_the_vm)
