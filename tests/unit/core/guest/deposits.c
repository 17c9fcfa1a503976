/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * See deposits.h.
 */
#include <string.h>

#include <svsm/paging.h>

#include "deposits.h"

#define ROOT	0x60000u	/* page tables' root, in the region */

static struct svsm_page_account tables =
	SVSM_PAGE_ACCOUNT(&svsm_pages, "tables");

void deposit_place(void)
{
	fake_pool_reset(&svsm_deposits);
	svsm_paging_init(fake_region(ROOT), fake_cbit_mask());
	svsm_paging_set_pages(&tables);
	svsm_guest.deposit.start = fake_arena();
}

void deposit_setup(void)
{
	guest_setup();
	deposit_place();
}

void deposit_restart(void)
{
	guest_teardown();
	deposit_setup();
}

uint64_t deposit_at(uint64_t list)
{
	return guest_call(CORE(SVSM_CORE_DEPOSIT_MEM), list, 0, 0);
}

uint64_t withdraw_at(uint64_t list)
{
	return guest_call(CORE(SVSM_CORE_WITHDRAW_MEM), list, 0, 0);
}

void deposit_pages(uint64_t gpa, unsigned n)
{
	guest_give(gpa, n);
	for (unsigned i = 0; i < n; i++)
		memset(fake_peek_private(gpa + i * PAGE), 0x5a, PAGE);
	guest_list_pages(LIST, n, gpa, 0);
	ck_assert_uint_eq(deposit_at(LIST), SVSM_SUCCESS);
	ck_assert_uint_eq(guest_list_next(LIST), n);
	guest_expect_pages();
}

unsigned withdraw_pages(unsigned n)
{
	guest_list(LIST, n, 0, (const uint64_t[510]){ 0 });
	ck_assert_uint_eq(withdraw_at(LIST), SVSM_SUCCESS);
	return *(uint16_t *)fake_peek_private(LIST);
}

uint64_t withdrawn(unsigned i)
{
	return ((uint64_t *)fake_peek_private(LIST))[1 + i];
}

uint8_t available(void)
{
	return ((uint8_t *)fake_peek_private(CA0))[1];
}

size_t deposits(void)
{
	ck_assert(svsm_page_check(&svsm_deposits));
	return svsm_page_count_free(&svsm_deposits);
}
