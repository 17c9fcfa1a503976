/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * DEPOSIT_MEM and WITHDRAW_MEM where instructions are refused, where the host
 * takes pages, and where the map is full: K-04, K-06, H-09, H-11.
 */

#include <svsm/rmp.h>
#include <svsm/tlb.h>

#include "deposits.h"
#include "refuse.h"

static void failures_setup(void)
{
	refuse(0, 0, 0);
	deposit_setup();
}

static void again(void)
{
	guest_teardown();
	failures_setup();
}

static void expect_guests(uint64_t gpa, unsigned n)
{
	for (unsigned i = 0; i < n; i++, gpa += PAGE) {
		ck_assert_int_eq(guest_owner(gpa), SVSM_OWN_GUEST);
		ck_assert(guest_can_write(gpa));
	}
}

/* Three pages; the second is refused at its @n-th step. */
START_TEST(K_04_a_page_that_is_refused_stays_with_the_guest)
{
	for (unsigned n = 4; n <= 6; n++) {
		again();
		guest_give(FREE_PAGES, 3);
		guest_list_pages(LIST, 3, FREE_PAGES, 0);
		refuse(AT(n), SVSM_RMP_INUSE, 0);
		ck_assert_uint_eq(deposit_at(LIST),
				  refuse_result(SVSM_RMP_INUSE));
		ck_assert_uint_eq(guest_list_next(LIST), 1);
		ck_assert_uint_eq(deposits(), 1);
		ck_assert_int_eq(guest_owner(FREE_PAGES), SVSM_OWN_DEPOSIT);
		expect_guests(FREE_PAGES + PAGE, 2);
		guest_expect_pages();
		guest_oracle();
		ck_assert_uint_eq(deposit_at(LIST), SVSM_SUCCESS);
		ck_assert_uint_eq(deposits(), 3);
	}
}
END_TEST

/* Nor can it be given back: it is the guest's all the same, not ours. */
START_TEST(K_04_a_page_that_is_stuck_is_not_ours)
{
	guest_give(FREE_PAGES, 2);
	guest_list_pages(LIST, 2, FREE_PAGES, 0);
	refuse(FROM(2), SVSM_RMP_INUSE, SVSM_RMP_PERMISSION);
	ck_assert_uint_eq(deposit_at(LIST), refuse_result(SVSM_RMP_INUSE));
	refuse(0, 0, 0);
	guest_expect_pages();
	ck_assert_uint_eq(guest_list_next(LIST), 0);
	ck_assert_uint_eq(deposits(), 0);
	ck_assert_int_eq(guest_owner(FREE_PAGES), SVSM_OWN_GUEST);
	guest_oracle();
	ck_assert_uint_eq(deposit_at(LIST), SVSM_SUCCESS);
	ck_assert_uint_eq(deposits(), 2);
	guest_expect_pages();
	guest_oracle();
}
END_TEST

/* Clear, the guest's by the map, and a new PVALIDATE gives access to it. */
START_TEST(K_06_a_withdrawn_page_that_cannot_be_granted)
{
	for (unsigned n = 1; n <= 3; n++) {
		again();
		deposit_pages(FREE_PAGES, 1);
		refuse(AT(n), SVSM_RMP_PERMISSION, 0);
		ck_assert_uint_eq(withdraw_pages(1), 1);
		ck_assert(refused());
		ck_assert_uint_eq(withdrawn(0), FREE_PAGES);
		ck_assert_uint_eq(deposits(), 0);
		ck_assert_int_eq(guest_owner(FREE_PAGES), SVSM_OWN_GUEST);
		ck_assert(guest_is_clear(FREE_PAGES, PAGE));
		guest_expect_pages();
		guest_oracle();
		ck_assert_uint_eq(guest_pvalidate(FREE_PAGES |
						  SVSM_PVALIDATE_VALID |
						  SVSM_PVALIDATE_IGNORE_CF),
				  SVSM_SUCCESS);
		ck_assert(guest_can_write(FREE_PAGES));
	}
}
END_TEST

/* ------------------------------------------------ pages that the host takes */

static uint64_t take_page, take_after;

static void take(uint64_t gpa, void *bytes, size_t n)
{
	(void)bytes;
	(void)n;
	if (gpa == take_after)
		fake_host_invalidate(take_page);
}

/* The list's page goes when its header, or its entries, have been read. */
static uint64_t call_losing(uint64_t page, uint64_t after, uint64_t fn)
{
	uint64_t result;

	take_page = page;
	take_after = after;
	fake_after_fetch = take;
	result = guest_call(CORE(fn), LIST, 0, 0);
	fake_after_fetch = NULL;
	ck_assert(!fake_rmp(page)->validated);
	return result;
}

START_TEST(H_11_a_list_of_deposits_lost_behind_its_header)
{
	guest_give(FREE_PAGES, 10);
	/* More than come with it. */
	guest_list_pages(LIST, 10, FREE_PAGES, 0);
	ck_assert_uint_eq(call_losing(LIST, LIST, SVSM_CORE_DEPOSIT_MEM),
			  SVSM_ERR_INVALID_ADDRESS);
	ck_assert_uint_eq(deposits(), 0);
	expect_guests(FREE_PAGES, 10);
	guest_oracle();
}
END_TEST

/* Too late: they are deposits, and can be withdrawn. */
START_TEST(H_11_a_list_of_deposits_lost_behind_its_entries)
{
	guest_give(FREE_PAGES, 2);
	guest_list_pages(LIST, 2, FREE_PAGES, 0);
	ck_assert_uint_eq(call_losing(LIST, LIST, SVSM_CORE_DEPOSIT_MEM),
			  SVSM_ERR_INVALID_ADDRESS);
	guest_expect_pages();
	ck_assert_uint_eq(deposits(), 2);
	ck_assert_int_eq(guest_owner(FREE_PAGES), SVSM_OWN_DEPOSIT);
	guest_oracle();
	guest_give(LIST, 1);
	ck_assert_uint_eq(withdraw_pages(2), 2);
	expect_guests(FREE_PAGES, 2);
	guest_expect_pages();
	guest_oracle();
}
END_TEST

/* The guest is not told which, but has them. */
START_TEST(H_11_a_list_of_withdrawals_that_is_lost)
{
	deposit_pages(FREE_PAGES, 2);
	guest_list(LIST, 2, 0, (const uint64_t[2]){ 0 });
	ck_assert_uint_eq(call_losing(LIST, LIST, SVSM_CORE_WITHDRAW_MEM),
			  SVSM_ERR_INVALID_ADDRESS);
	ck_assert_uint_eq(deposits(), 0);
	expect_guests(FREE_PAGES, 2);
	ck_assert(guest_is_clear(FREE_PAGES, 2 * PAGE));
	guest_expect_pages();
	guest_oracle();
}
END_TEST

/* Another vCPU gives the list's page up between two looks at it. */
static void give_up(uint64_t gpa, void *bytes, size_t n)
{
	struct svsm_range page = { { LIST }, PAGE };

	(void)bytes;
	(void)n;
	if (gpa != LIST)
		return;
	fake_host_invalidate(LIST);
	ck_assert_int_eq(svsm_own_set(&svsm_guest.own, &page,
				      SVSM_OWN_INVALID), SVSM_OK);
}

START_TEST(H_11_a_list_of_withdrawals_that_the_guest_gives_up)
{
	deposit_pages(FREE_PAGES, 2);
	guest_list(LIST, 2, 0, (const uint64_t[2]){ 0 });
	fake_after_fetch = give_up;
	ck_assert_uint_eq(withdraw_at(LIST), SVSM_ERR_INVALID_ADDRESS);
	fake_after_fetch = NULL;
	ck_assert_uint_eq(deposits(), 0);
	expect_guests(FREE_PAGES, 2);
	guest_expect_pages();
	guest_oracle();
}
END_TEST

/* --------------------------------------------------------------- full, late */

/* Giving back may take room for each page: no more than there is. */
START_TEST(H_09_no_more_is_withdrawn_than_the_map_has_room_for)
{
	unsigned room, back;

	guest_restart_with(FAKE_INVALID_4K, 64);
	deposit_place();
	for (unsigned i = 0; i < 6; i++)
		deposit_pages(FREE_PAGES + 2 * i * PAGE, 1);
	for (uint64_t gpa = HUGE; svsm_own_has_room(&svsm_guest.own, 4);
	     gpa += 2 * PAGE)
		guest_give(gpa, 1);
	room = svsm_guest.own.free / 2;
	ck_assert_uint_lt(room, 6);
	back = withdraw_pages(6);
	ck_assert_uint_eq(back, room);
	ck_assert_uint_eq(deposits(), 6 - room);
	for (unsigned i = 0; i < back; i++)
		expect_guests(withdrawn(i), 1);
	ck_assert_uint_eq(available(), 1);
	guest_expect_pages();
	guest_oracle();
}
END_TEST

/* In an order that cuts what was taken: all of it comes back. */
START_TEST(H_09_pages_that_cannot_be_kept_fit_where_they_fitted_before)
{
	static const unsigned order[] = { 1, 0, 2, 4, 3, 6, 5 };
	uint64_t entries[SVSM_ARRAY_SIZE(order)];
	const unsigned n = SVSM_ARRAY_SIZE(order);

	guest_restart_with(FAKE_INVALID_4K, 64);
	deposit_place();
	deposit_pages(FREE_PAGES + 20 * PAGE, 1);
	ck_assert_uint_eq(withdraw_pages(1), 1);
	guest_give(FREE_PAGES, n);
	for (unsigned i = 0; i < n; i++)
		entries[i] = FREE_PAGES + order[i] * PAGE;
	for (uint64_t gpa = HUGE; svsm_own_has_room(&svsm_guest.own, 3);
	     gpa += 2 * PAGE)
		guest_give(gpa, 1);
	guest_list(LIST, n, 0, entries);
	fake_fail_from(1);
	ck_assert_uint_eq(deposit_at(LIST), SVSM_ERR_BUSY);
	ck_assert(fake_fail_fired());
	fake_fail_at(0);
	ck_assert_uint_eq(deposits(), 0);
	expect_guests(FREE_PAGES, n);
	guest_expect_pages();
	guest_oracle();
}
END_TEST

/* One of our CPUs may still use the page: it must not become the guest's. */
START_TEST(B_15_a_withdrawal_that_a_cpu_does_not_acknowledge_ends_the_vm)
{
	int reason;

	deposit_pages(FREE_PAGES, 1);
	guest_list(LIST, 1, 0, (const uint64_t[1]){ 0 });
	svsm_tlb_join();
	guest_deaf_cpu_start();
	reason = fake_reason_of(withdraw_at(LIST));
	ck_assert_int_eq(reason, SVSM_REASON_TLB_SYNC);
	ck_assert_int_eq(guest_owner(FREE_PAGES), SVSM_OWN_DEPOSIT);
	ck_assert(!guest_can_write(FREE_PAGES));
	guest_deaf_cpu_end();
}
END_TEST

UNIT_MAIN("deposit failures", failures_setup, guest_teardown,
	  K_04_a_page_that_is_refused_stays_with_the_guest,
	  K_04_a_page_that_is_stuck_is_not_ours,
	  K_06_a_withdrawn_page_that_cannot_be_granted,
	  H_11_a_list_of_deposits_lost_behind_its_header,
	  H_11_a_list_of_deposits_lost_behind_its_entries,
	  H_11_a_list_of_withdrawals_that_is_lost,
	  H_11_a_list_of_withdrawals_that_the_guest_gives_up,
	  H_09_no_more_is_withdrawn_than_the_map_has_room_for,
	  H_09_pages_that_cannot_be_kept_fit_where_they_fitted_before,
	  B_15_a_withdrawal_that_a_cpu_does_not_acknowledge_ends_the_vm)
