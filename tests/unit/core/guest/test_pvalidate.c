/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * PVALIDATE of one page: group I of the hostile cases, and what it is for.
 */
#include <string.h>

#include <svsm/rmp.h>

#include "fixture.h"

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

/* The way of Linux and OVMF: 2 MiB, 80001006, then 512 small ones. */
START_TEST(large_entries_work_where_the_host_has_large_pages)
{
	guest_restart_with(FAKE_INVALID_2M, 64);
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
	guest_restart_with(FAKE_INVALID_2M, 64);
	ck_assert_uint_eq(guest_pvalidate(HUGE | VALIDATE | LARGE),
			  SVSM_SUCCESS);
	ck_assert_uint_eq(guest_pvalidate(HUGE + PAGE), SVSM_SUCCESS);
	ck_assert_int_eq(guest_owner(HUGE + PAGE), SVSM_OWN_INVALID);
	ck_assert_int_eq(guest_owner(HUGE), SVSM_OWN_GUEST);
	guest_oracle();
}
END_TEST

/* -------------------------------------------------------------- bad entries */

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

START_TEST(I_05_page_sizes_that_do_not_exist)
{
	static const uint64_t bad[] = {
		HUGE | VALIDATE | 2, HUGE | VALIDATE | 3, HUGE | 2, HUGE | 3,
		HUGE | VALIDATE | IGNORE | 2, HUGE | VALIDATE | IGNORE | 3,
		FREE_PAGES | VALIDATE | LARGE, FREE_PAGES | LARGE,
	};

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(bad); i++) {
		ck_assert_uint_eq(guest_pvalidate(bad[i]),
				  SVSM_ERR_INVALID_PARAMETER);
		ck_assert_uint_eq(guest_list_next(LIST), 0);
		guest_oracle();
	}
	ck_assert_int_eq(guest_owner(HUGE), SVSM_OWN_INVALID);
	ck_assert_int_eq(guest_owner(FREE_PAGES), SVSM_OWN_INVALID);
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
		ck_assert_uint_eq(guest_list_next(LIST), 0);
		ck_assert_int_eq(guest_owner(HUGE), SVSM_OWN_INVALID);
		ck_assert_int_eq(guest_owner(4 * HUGE), SVSM_OWN_INVALID);
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
		ck_assert_uint_eq(guest_list_next(LIST), 0);
		guest_oracle();
	}
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

/* ----------------------------------------------------------- the same again */

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

/* ----------------------------------------------------- what the host can do */

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
	guest_deaf_cpu_start();
	reason = fake_reason_of(guest_pvalidate(FREE_PAGES));
	guest_deaf_cpu_end();
	ck_assert_int_eq(reason, SVSM_REASON_TLB_SYNC);
}
END_TEST

UNIT_MAIN("pvalidate", guest_setup, guest_teardown,
	  a_page_is_validated_cleared_and_granted,
	  a_rescinded_page_is_out_of_reach_at_once,
	  large_entries_work_where_the_host_has_large_pages,
	  large_entries_over_small_pages_are_left_to_the_guest,
	  large_entries_over_a_mixture_are_left_to_the_guest,
	  a_small_page_of_a_large_entry_can_be_rescinded,
	  I_04_reserved_bits_of_an_entry, I_05_page_sizes_that_do_not_exist,
	  I_07_a_large_entry_over_somebody_elses_page,
	  I_08_I_09_entries_beyond_memory,
	  I_19_a_live_calling_area_cannot_be_given_up,
	  I_11_a_page_that_comes_and_goes_is_cleared_each_time,
	  I_12_a_page_that_is_valid_already,
	  I_12_a_page_that_is_invalid_already,
	  I_12_a_page_that_only_the_rmp_says_is_valid,
	  H_11_a_page_to_be_cleared_that_the_host_has_taken,
	  B_09_a_page_taken_between_validation_and_grant_ends_the_vm,
	  B_04_a_frame_of_ours_behind_a_guest_page_shows_nothing,
	  B_15_a_flush_that_is_not_acknowledged_ends_the_vm)
