/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * DEPOSIT_MEM and WITHDRAW_MEM: group K of the hostile cases, and what they
 * are for.
 */
#include <string.h>

#include <svsm/rmp.h>

#include "deposits.h"

#define BATCH	64u

static struct svsm_page_account user =
	SVSM_PAGE_ACCOUNT(&svsm_deposits, "user");

START_TEST(deposited_pages_are_clear_and_ours_alone)
{
	uint64_t *block;
	uint8_t byte = 1;

	deposit_pages(FREE_PAGES, 4);
	ck_assert_uint_eq(deposits(), 4);
	ck_assert_uint_eq(available(), 1);
	for (unsigned i = 0; i < 4; i++) {
		uint64_t gpa = FREE_PAGES + i * PAGE;

		ck_assert_int_eq(guest_owner(gpa), SVSM_OWN_DEPOSIT);
		ck_assert_uint_eq(fake_perms(gpa, 1) | fake_perms(gpa, 2) |
				  fake_perms(gpa, 3), 0);
		ck_assert(!fake_guest_write(gpa, &byte, 1));
	}
	ck_assert_int_eq(svsm_page_alloc(&user, 2, (void **)&block), SVSM_OK);
	for (unsigned i = 0; i < 4 * PAGE / sizeof(*block); i++)
		if (block[i])
			ck_abort_msg("word %u is not clear", i);
	ck_assert_int_eq(svsm_page_free(&user, block, 2), SVSM_OK);
	ck_assert_uint_eq(fake_counters().flushes, 1);
	guest_oracle();
}
END_TEST

START_TEST(K_06_withdrawn_pages_are_clear_and_the_guests)
{
	char *page;

	deposit_pages(FREE_PAGES, 5);
	/* What a service leaves behind is not for the guest. */
	ck_assert_int_eq(svsm_page_alloc(&user, 0, (void **)&page), SVSM_OK);
	for (size_t at = 0; at < PAGE; at += sizeof(fake_canary))
		memcpy(page + at, fake_canary, sizeof(fake_canary));
	ck_assert_int_eq(svsm_page_free(&user, page, 0), SVSM_OK);
	ck_assert_uint_eq(withdraw_pages(3), 3);
	ck_assert_uint_eq(deposits(), 2);
	ck_assert_uint_eq(available(), 1);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t gpa = withdrawn(i);

		ck_assert(gpa >= FREE_PAGES && gpa < FREE_PAGES + 5 * PAGE);
		ck_assert_int_eq(guest_owner(gpa), SVSM_OWN_GUEST);
		ck_assert(guest_can_write(gpa));
		ck_assert(guest_is_clear(gpa, PAGE));
	}
	ck_assert_uint_eq(withdraw_pages(64), 2);
	ck_assert_uint_eq(available(), 0);
	ck_assert_uint_eq(withdraw_pages(1), 0);
	guest_expect_pages();
	guest_oracle();
}
END_TEST

START_TEST(a_page_in_use_is_not_withdrawn)
{
	void *page;

	deposit_pages(FREE_PAGES, 2);
	ck_assert_int_eq(svsm_page_alloc(&user, 0, &page), SVSM_OK);
	ck_assert_uint_eq(withdraw_pages(2), 1);
	memset(page, 0x77, PAGE);
	ck_assert_int_eq(svsm_page_free(&user, page, 0), SVSM_OK);
	ck_assert_uint_eq(withdraw_pages(2), 1);
	guest_expect_pages();
	guest_oracle();
}
END_TEST

START_TEST(K_04_what_cannot_be_deposited)
{
	static const struct {
		uint64_t entry, result;
	} cases[] = {
		{ REGION, SVSM_ERR_INVALID_ADDRESS },
		{ VMSA0, SVSM_ERR_INVALID_ADDRESS },
		{ CA0, SVSM_ERR_INVALID_ADDRESS },
		{ 0x2000, SVSM_ERR_INVALID_ADDRESS },	/* another's CA */
		{ VMSA1, SVSM_ERR_INVALID_ADDRESS },
		{ LIST, SVSM_ERR_INVALID_ADDRESS },
		{ FREE_PAGES, SVSM_ERR_INVALID_ADDRESS },	/* twice */
		{ FREE_PAGES + 9 * PAGE, SVSM_ERR_INVALID_ADDRESS },
		{ MEMORY, SVSM_ERR_INVALID_ADDRESS },
		{ 0xfee00000, SVSM_ERR_INVALID_ADDRESS },
		{ 1ull << 51 | FREE_PAGES, SVSM_ERR_INVALID_ADDRESS },
		{ ~0xfffull, SVSM_ERR_INVALID_ADDRESS },
		{ (FREE_PAGES + PAGE) | 4, SVSM_ERR_INVALID_PARAMETER },
		{ (FREE_PAGES + PAGE) | 0x800, SVSM_ERR_INVALID_PARAMETER },
		{ (FREE_PAGES + PAGE) | 2, SVSM_ERR_INVALID_PARAMETER },
		{ (FREE_PAGES + PAGE) | 1, SVSM_ERR_INVALID_PARAMETER },
		{ HUGE | 1, SVSM_ERR_INSTRUCTION(SVSM_RMP_SIZE) },
	};

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(cases); i++) {
		const uint64_t entries[] = {
			FREE_PAGES, cases[i].entry, FREE_PAGES + PAGE,
		};

		deposit_restart();
		ck_assert_uint_eq(guest_create(1, VMSA1, VMSA1 + PAGE),
				  SVSM_SUCCESS);
		guest_give(FREE_PAGES, 2);
		guest_list(LIST, 3, 0, entries);
		ck_assert_uint_eq(deposit_at(LIST), cases[i].result);
		guest_expect_pages();
		ck_assert_uint_eq(guest_list_next(LIST), 1);
		ck_assert_uint_eq(deposits(), 1);
		ck_assert_int_eq(guest_owner(FREE_PAGES), SVSM_OWN_DEPOSIT);
		ck_assert_int_eq(guest_owner(FREE_PAGES + PAGE),
				 SVSM_OWN_GUEST);
		guest_oracle();
	}
}
END_TEST

START_TEST(K_04_lists_that_cannot_be)
{
	static const struct {
		uint64_t at;
		unsigned count;
		uint64_t deposit, withdraw;
	} cases[] = {
		{ LIST + 4, 1, SVSM_ERR_INVALID_PARAMETER,
		  SVSM_ERR_INVALID_PARAMETER },
		{ LIST + 0xff0, 2, SVSM_ERR_INVALID_PARAMETER,
		  SVSM_ERR_INVALID_PARAMETER },
		{ LIST, 512, SVSM_ERR_INVALID_PARAMETER,
		  SVSM_ERR_INVALID_PARAMETER },
		{ LIST, 0, SVSM_ERR_INVALID_PARAMETER, SVSM_SUCCESS },
		{ REGION, 1, SVSM_ERR_INVALID_ADDRESS,
		  SVSM_ERR_INVALID_ADDRESS },
		{ MEMORY, 1, SVSM_ERR_INVALID_ADDRESS,
		  SVSM_ERR_INVALID_ADDRESS },
	};

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(cases); i++) {
		if (cases[i].at < MEMORY)
			*(uint64_t *)fake_peek_private(cases[i].at & ~7ull) =
				cases[i].count;
		ck_assert_uint_eq(deposit_at(cases[i].at), cases[i].deposit);
		ck_assert_uint_eq(withdraw_at(cases[i].at), cases[i].withdraw);
		guest_oracle();
	}
}
END_TEST

START_TEST(a_long_list_goes_in_parts)
{
	guest_give(FREE_PAGES, 150);
	guest_list_pages(LIST, 150, FREE_PAGES, 0);
	ck_assert_uint_eq(deposit_at(LIST), SVSM_ERR_INCOMPLETE);
	ck_assert_uint_eq(guest_list_next(LIST), BATCH);
	ck_assert_uint_eq(deposit_at(LIST), SVSM_ERR_INCOMPLETE);
	ck_assert_uint_eq(deposit_at(LIST), SVSM_SUCCESS);
	ck_assert_uint_eq(guest_list_next(LIST), 150);
	ck_assert_uint_eq(fake_counters().flushes, 3);
	ck_assert_uint_eq(deposits(), 150);
	ck_assert_uint_eq(withdraw_pages(510), BATCH);
	guest_expect_pages();
	guest_oracle();
}
END_TEST

START_TEST(S_09_deposits_are_bounded)
{
	unsigned given = 0;
	uint64_t result;

	guest_give(FREE_PAGES, SVSM_DEPOSIT_PAGES + 8);
	do {
		guest_list_pages(LIST, 64, FREE_PAGES + given * PAGE, 0);
		result = deposit_at(LIST);
		given += guest_list_next(LIST);
	} while (result == SVSM_SUCCESS && given < SVSM_DEPOSIT_PAGES);
	ck_assert_uint_eq(given, SVSM_DEPOSIT_PAGES);
	guest_list_pages(LIST, 8, FREE_PAGES + given * PAGE, 0);
	ck_assert_uint_eq(deposit_at(LIST), SVSM_ERR_BUSY);
	ck_assert_uint_eq(guest_list_next(LIST), 0);
	ck_assert_uint_eq(withdraw_pages(8), 8);
	guest_list_pages(LIST, 8, FREE_PAGES + given * PAGE, 0);
	ck_assert_uint_eq(deposit_at(LIST), SVSM_SUCCESS);
	guest_expect_pages();
	guest_oracle();
}
END_TEST

START_TEST(K_08_pages_come_and_go_and_none_is_lost)
{
	deposit_pages(FREE_PAGES, 3);
	ck_assert_uint_eq(withdraw_pages(3), 3);
	guest_expect_pages();
	for (unsigned round = 0; round < 500; round++) {
		unsigned n = 1 + round % 40;

		guest_list_pages(LIST, 3, FREE_PAGES, 0);
		ck_assert_uint_eq(deposit_at(LIST), SVSM_SUCCESS);
		ck_assert_uint_eq(withdraw_pages(n), n < 3 ? n : 3);
		while (withdraw_pages(1))
			;
		ck_assert_uint_eq(deposits(), 0);
	}
	ck_assert_int_eq(guest_owner(FREE_PAGES + 2 * PAGE), SVSM_OWN_GUEST);
	guest_expect_pages();
	guest_oracle();
}
END_TEST

static bool tables_step(unsigned n)
{
	uint64_t result;

	deposit_restart();
	guest_give(FREE_PAGES, 2);
	guest_list_pages(LIST, 2, FREE_PAGES, 0);
	fake_fail_at(n);
	result = deposit_at(LIST);
	if (!fake_fail_fired()) {
		ck_assert_uint_eq(result, SVSM_SUCCESS);
		return false;
	}
	ck_assert_uint_eq(result, SVSM_ERR_BUSY);
	ck_assert_uint_eq(guest_list_next(LIST), 0);
	ck_assert_int_eq(guest_owner(FREE_PAGES), SVSM_OWN_GUEST);
	ck_assert_uint_eq(fake_perms(FREE_PAGES, 2), SVSM_PERM_ALL);
	ck_assert_uint_eq(deposits(), 0);
	guest_expect_pages();
	guest_oracle();
	ck_assert_uint_eq(deposit_at(LIST), SVSM_SUCCESS);
	return true;
}

START_TEST(without_pages_for_tables_nothing_changes)
{
	unsigned steps = unit_each_step(tables_step);

	ck_assert(steps >= 1 && steps < 7);
}
END_TEST

START_TEST(an_svsm_without_a_place_for_deposits_says_so)
{
	svsm_guest.deposit.start = NULL;
	guest_give(FREE_PAGES, 1);
	guest_list_pages(LIST, 1, FREE_PAGES, 0);
	ck_assert_uint_eq(deposit_at(LIST), SVSM_ERR_UNSUPPORTED_CALL);
	ck_assert_uint_eq(withdraw_pages(1), 0);
	guest_oracle();
}
END_TEST

/* ------------------------------------------------- room in the owners' map */

#define RUNS	64u	/* of a small map */

static void small_map_setup(void)
{
	guest_restart_with(FAKE_INVALID_4K, RUNS);
	deposit_place();
}

static uint64_t every_other(unsigned i)
{
	return HUGE + 2 * i * PAGE;
}

/* Every other page from the @from-th on, until a call says something else. */
static unsigned alternate(unsigned from, unsigned to, uint64_t *result)
{
	unsigned i = from;

	*result = SVSM_SUCCESS;
	while (i < to && *result == SVSM_SUCCESS) {
		*result = guest_pvalidate(every_other(i) |
					  SVSM_PVALIDATE_VALID);
		i += *result == SVSM_SUCCESS;
	}
	return i;
}

static void deposit_one(uint64_t gpa)
{
	guest_list(LIST, 1, 0, &gpa);
	ck_assert_uint_eq(deposit_at(LIST), SVSM_SUCCESS);
}

START_TEST(S_09_a_deposit_makes_room_in_a_full_map)
{
	unsigned i, given = 0;
	uint64_t result;

	small_map_setup();
	guest_give(FREE_PAGES, SVSM_GUEST_MORE_RUNS + 1);
	for (i = 0; ; given++) {
		unsigned before = i;

		i = alternate(i, 4000, &result);
		if (result != SVSM_NEED_PAGES(1))
			break;
		ck_assert_int_eq(guest_owner(every_other(i)),
				 SVSM_OWN_INVALID);
		ck_assert_uint_gt(i, before);
		deposit_one(FREE_PAGES + given * PAGE);
		guest_expect_pages();
		ck_assert_uint_eq(available(), 0);
	}
	/* Two runs a page, and the bound. */
	ck_assert_uint_eq(result, SVSM_ERR_BUSY);
	ck_assert_uint_eq(given, SVSM_GUEST_MORE_RUNS);
	ck_assert_uint_ge(i, SVSM_GUEST_MORE_RUNS * 128);
	ck_assert_uint_lt(i, SVSM_GUEST_MORE_RUNS * 128 + RUNS);
	ck_assert(svsm_own_check(&svsm_guest.own));
	/* None of the pages comes back, and all else goes on. */
	ck_assert_uint_eq(withdraw_pages(64), 0);
	guest_list_pages(LIST, 1, FREE_PAGES + given * PAGE, 0);
	ck_assert_uint_eq(deposit_at(LIST), SVSM_ERR_BUSY);
	ck_assert_int_eq(guest_owner(FREE_PAGES + given * PAGE),
			 SVSM_OWN_GUEST);
	ck_assert_uint_eq(guest_pvalidate(every_other(0)), SVSM_SUCCESS);
	ck_assert_uint_eq(guest_pvalidate(every_other(i) |
					  SVSM_PVALIDATE_VALID), SVSM_SUCCESS);
	guest_oracle();
}
END_TEST

/* More pages would not help: it is not the map that is full. */
START_TEST(S_09_a_call_that_is_busy_otherwise_asks_for_no_pages)
{
	uint64_t vmsa = FREE_PAGES + PAGE;

	for (unsigned i = 0; i < SVSM_VCPUS_PER_CPU; i++, vmsa += 2 * PAGE)
		ck_assert_uint_eq(guest_create(1, vmsa, vmsa + PAGE),
				  SVSM_SUCCESS);
	ck_assert_uint_eq(guest_create(1, vmsa, vmsa + PAGE), SVSM_ERR_BUSY);
	ck_assert_uint_eq(deposits(), 0);
	guest_oracle();
}
END_TEST

START_TEST(S_09_a_full_map_without_a_place_for_deposits_is_busy)
{
	uint64_t result;

	small_map_setup();
	svsm_guest.deposit.start = NULL;
	ck_assert_uint_lt(alternate(0, 100, &result), 100);
	ck_assert_uint_eq(result, SVSM_ERR_BUSY);
	guest_oracle();
}
END_TEST

START_TEST(a_list_goes_on_where_the_map_was_full)
{
	uint64_t entries[200];
	unsigned calls = 0;
	uint64_t result;

	small_map_setup();
	guest_give(FREE_PAGES, 2);
	for (unsigned i = 0; i < 200; i++)
		entries[i] = every_other(i) | SVSM_PVALIDATE_VALID;
	guest_list(FREE_PAGES + PAGE, 200, 0, entries);
	do {
		result = guest_call(CORE(SVSM_CORE_PVALIDATE),
				    FREE_PAGES + PAGE, 0, 0);
		if (result == SVSM_NEED_PAGES(1)) {
			guest_give(FREE_PAGES + (2 + calls) * PAGE, 1);
			deposit_one(FREE_PAGES + (2 + calls) * PAGE);
			guest_expect_pages();
		}
	} while (result == SVSM_NEED_PAGES(1) && ++calls < 9);
	ck_assert_uint_eq(result, SVSM_SUCCESS);
	ck_assert_uint_eq(calls, 2);
	ck_assert_int_eq(guest_owner(every_other(199)), SVSM_OWN_GUEST);
	guest_oracle();
}
END_TEST

/* Linux's way: again, as long as a call is incomplete. */
START_TEST(pages_deposited_before_become_room_without_a_word)
{
	unsigned i = 0, incomplete = 0;
	uint64_t result;

	small_map_setup();
	deposit_pages(FREE_PAGES, 3);
	while (i < 300) {
		i = alternate(i, 300, &result);
		if (result != SVSM_SUCCESS) {
			ck_assert_uint_eq(result, SVSM_ERR_INCOMPLETE);
			ck_assert_uint_eq(deposits(), 3 - ++incomplete);
		}
	}
	ck_assert_uint_eq(incomplete, 3);
	ck_assert_uint_eq(withdraw_pages(3), 0);
	guest_expect_pages();
	guest_oracle();
}
END_TEST

START_TEST(a_full_map_takes_one_page_of_a_long_list)
{
	uint64_t result;

	small_map_setup();
	guest_give(FREE_PAGES, 20);
	ck_assert_uint_gt(alternate(0, 100, &result), 10);
	ck_assert_uint_eq(result, SVSM_NEED_PAGES(1));
	guest_list_pages(LIST, 20, FREE_PAGES, 0);
	ck_assert_uint_eq(deposit_at(LIST), SVSM_ERR_INCOMPLETE);
	ck_assert_uint_eq(guest_list_next(LIST), 1);
	ck_assert_uint_eq(deposits(), 0);
	ck_assert_uint_eq(deposit_at(LIST), SVSM_SUCCESS);
	ck_assert_uint_eq(deposits(), 19);
	guest_expect_pages();
	ck_assert_uint_eq(withdraw_pages(64), 19);
	guest_oracle();
}
END_TEST

/* What a deposit into a full map needs may be wanting; the nodes that are
 * kept for it are there for the next. */
static bool full_map_step(unsigned n)
{
	uint64_t result, answer;

	small_map_setup();
	guest_give(FREE_PAGES, 1);
	ck_assert_uint_gt(alternate(0, 100, &result), 10);
	guest_list_pages(LIST, 1, FREE_PAGES, 0);
	fake_fail_at(n);
	result = deposit_at(LIST);
	guest_expect_pages();
	guest_oracle();
	if (guest_owner(FREE_PAGES) == SVSM_OWN_GUEST)
		deposit_one(FREE_PAGES);
	while (alternate(90, 91, &answer) != 91)
		ck_assert_uint_eq(answer, SVSM_ERR_INCOMPLETE);
	ck_assert(svsm_own_check(&svsm_guest.own));
	ck_assert(fake_fail_fired() || result == SVSM_SUCCESS);
	return fake_fail_fired();
}

START_TEST(R_11_a_deposit_into_a_full_map_fails_at_every_step)
{
	unsigned steps = unit_each_step(full_map_step);

	ck_assert(steps >= 3 && steps < 19);
}
END_TEST

UNIT_MAIN("deposit", deposit_setup, guest_teardown,
	  deposited_pages_are_clear_and_ours_alone,
	  K_06_withdrawn_pages_are_clear_and_the_guests,
	  a_page_in_use_is_not_withdrawn,
	  K_04_what_cannot_be_deposited, K_04_lists_that_cannot_be,
	  a_long_list_goes_in_parts, S_09_deposits_are_bounded,
	  K_08_pages_come_and_go_and_none_is_lost,
	  without_pages_for_tables_nothing_changes,
	  an_svsm_without_a_place_for_deposits_says_so,
	  S_09_a_deposit_makes_room_in_a_full_map,
	  S_09_a_call_that_is_busy_otherwise_asks_for_no_pages,
	  S_09_a_full_map_without_a_place_for_deposits_is_busy,
	  a_list_goes_on_where_the_map_was_full,
	  pages_deposited_before_become_room_without_a_word,
	  a_full_map_takes_one_page_of_a_long_list,
	  R_11_a_deposit_into_a_full_map_fails_at_every_step)
