/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Group R where it is about pages: what test_page.c, test_page_cache.c and
 * the exhaustive walk (tests/proofs/exhaustive/buddy.c) do not have.
 */
#include <string.h>

#include <svsm/page.h>
#include <svsm/share.h>

#include "machine.h"

#define PAGES	(POOL_LEN / PAGE - 1)	/* one is metadata */
#define LARGE	5u			/* order of the large request */
/* Places for it; the first is not whole. */
#define LARGES	((POOL_LEN / PAGE >> LARGE) - 1)

static void *block[PAGES];

static unsigned take_all(unsigned order)
{
	unsigned n = 0;

	while (svsm_page_alloc(&machine_account, order, &block[n]) == SVSM_OK)
		n++;
	return n;
}

/* there is no size; the smallest order is a page. R-07: an alignment is
 * an order. */
START_TEST(R_05_R_07_an_order_is_a_size_and_an_alignment)
{
	for (unsigned order = 0; order < SVSM_PAGE_ORDERS; order++) {
		void *out = NULL;
		enum svsm_status status;

		status = svsm_page_alloc(&machine_account, order, &out);
		ck_assert_int_eq(status, order <= LARGE ? SVSM_OK :
							   SVSM_ENOMEM);
		if (status != SVSM_OK) {
			ck_assert_ptr_null(out);
			continue;
		}
		ck_assert_uint_eq((uintptr_t)out % (PAGE << order), 0);
		ck_assert_int_eq(svsm_page_free(&machine_account, out, order),
				 SVSM_OK);
	}
	fake_oracle(0);
}
END_TEST

/* Four blocks, or none. */
static enum svsm_status four(void **out)
{
	enum svsm_status status = SVSM_OK;
	unsigned n = 0;

	while (n < 4 && status == SVSM_OK) {
		status = n % 2 ?
			svsm_share_alloc(&machine_account, n, &out[n]) :
			svsm_page_alloc(&machine_account, n, &out[n]);
		n += status == SVSM_OK;
	}
	while (status != SVSM_OK && n--)
		ck_assert_int_eq(n % 2 ?
			svsm_share_free(&machine_account, out[n], n) :
			svsm_page_free(&machine_account, out[n], n), SVSM_OK);
	return status;
}

static bool four_step(unsigned n)
{
	size_t before = svsm_page_count_free(&machine_pool);
	enum svsm_status status;
	void *out[4];

	fake_fail_at(n);
	status = four(out);
	if (status == SVSM_OK)
		return false;
	ck_assert(fake_fail_fired());
	ck_assert_int_eq(status, SVSM_ENOMEM);
	ck_assert_uint_eq(svsm_page_count_free(&machine_pool), before);
	ck_assert_uint_eq(machine_account.used, 0);
	fake_oracle(20);
	return true;
}

START_TEST(R_11_a_failure_at_any_step_leaves_nothing_behind)
{
	ck_assert_uint_eq(unit_each_step(four_step), 4);
	ck_assert_uint_eq(machine_account.used, 15);
}
END_TEST

/* The same by the pool itself: so many pages are left and no more. */
START_TEST(R_11_a_pool_that_is_exhausted_at_any_step_unwinds)
{
	struct svsm_page_account *account = &machine_account;
	enum svsm_status status = SVSM_ENOMEM;
	void *out[4];

	for (account->limit = 0; status != SVSM_OK; account->limit++) {
		status = four(out);
		if (status == SVSM_OK)
			break;
		ck_assert_int_eq(status, SVSM_ENOMEM);
		ck_assert_uint_eq(account->used, 0);
		fake_oracle(20);
	}
	ck_assert_uint_eq(account->limit, 15);
}
END_TEST

/*
 * The bound: fewer live blocks than there are places for the large one, and
 * it can be had, wherever they lie. One live page in each place, and it
 * cannot: that is as bad as it gets.
 */
START_TEST(R_12_fragmentation_costs_one_place_per_live_block)
{
	unsigned n = take_all(0), kept = 0;
	void *page[LARGES + 1], *out;

	ck_assert_uint_eq(n, PAGES);
	/* The worst guest keeps one page of each place, and frees the rest. */
	for (unsigned i = 0; i < n; i++) {
		uintptr_t at = (uintptr_t)block[i] - REGION - POOL;

		if (at % (PAGE << LARGE) == PAGE && at >= PAGE << LARGE)
			page[kept++] = block[i];
		else
			ck_assert_int_eq(svsm_page_free(&machine_account,
							block[i], 0), SVSM_OK);
	}
	ck_assert_uint_eq(kept, LARGES);
	ck_assert_int_eq(svsm_page_alloc(&machine_account, LARGE, &out),
			 SVSM_ENOMEM);
	/* Whichever one it gives back: now it works. */
	for (unsigned i = 0; i < kept; i++) {
		ck_assert_int_eq(svsm_page_free(&machine_account, page[i], 0),
				 SVSM_OK);
		ck_assert_int_eq(svsm_page_alloc(&machine_account, LARGE,
						 &out), SVSM_OK);
		ck_assert_ptr_eq(out, (char *)page[i] - PAGE);
		ck_assert_int_eq(svsm_page_free(&machine_account, out, LARGE),
				 SVSM_OK);
		fake_oracle(0);
		ck_assert_int_eq(svsm_page_alloc(&machine_account, 1, &out),
				 SVSM_OK);
		/* The lowest address that does: holes are filled first. */
		ck_assert_ptr_eq(out, (char *)fake_region(POOL) + 2 * PAGE);
		ck_assert_int_eq(svsm_page_free(&machine_account, out, 1),
				 SVSM_OK);
		/* As it was. */
		n = take_all(0);
		for (unsigned j = 0; j < n; j++)
			if (block[j] != page[i])
				ck_assert_int_eq(svsm_page_free(
					&machine_account, block[j], 0),
					SVSM_OK);
	}
}
END_TEST

UNIT_MAIN("hostile_r_page", machine_setup, machine_teardown,
	  R_05_R_07_an_order_is_a_size_and_an_alignment,
	  R_11_a_failure_at_any_step_leaves_nothing_behind,
	  R_11_a_pool_that_is_exhausted_at_any_step_unwinds,
	  R_12_fragmentation_costs_one_place_per_live_block)
