/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Accounts of a pool: what each is sure to get, and what it gets at most.
 */
#include <stdlib.h>
#include <string.h>

#include <svsm/page.h>

#include "fake.h"
#include "unit.h"

#define PAGE	SVSM_PAGE_BYTES
#define PAGES	1024u
/** Of the allocator's own in a span of PAGES pages that fills its tree. */
#define OWN	3u

static struct svsm_page_pool pool;
static struct svsm_page_span span;
static struct svsm_page_account account;
static void *memory;

static void setup(void)
{
	fake_setup();
	memory = aligned_alloc(PAGES * PAGE, PAGES * PAGE);
	ck_assert_ptr_nonnull(memory);
	memset(memory, 0, PAGES * PAGE);
	pool = (struct svsm_page_pool){ 0 };
	account = (struct svsm_page_account)SVSM_PAGE_ACCOUNT(&pool, "test");
	ck_assert_int_eq(svsm_page_fill(&pool, &span, memory, PAGES * PAGE),
			 SVSM_OK);
}

static void teardown(void)
{
	ck_assert(svsm_page_check(&pool));
	free(memory);
	fake_teardown();
}

START_TEST(a_guarantee_is_kept_whatever_the_others_take)
{
	static struct svsm_page_account poor;
	void *page;
	size_t n = 0;

	ck_assert_int_eq(svsm_page_account_open(&poor, &pool, "poor", 8, 10),
			 SVSM_OK);
	while (svsm_page_alloc(&account, 0, &page) == SVSM_OK)
		n++;
	ck_assert_uint_eq(n, PAGES - OWN - 8);
	ck_assert_int_eq(svsm_page_take_out(&pool, &page), SVSM_ENOMEM);
	for (unsigned i = 0; i < 8; i++) {
		ck_assert_int_eq(svsm_page_alloc(&poor, 0, &page), SVSM_OK);
		ck_assert(svsm_page_check(&pool));
	}
	ck_assert_int_eq(svsm_page_alloc(&poor, 0, &page), SVSM_ENOMEM);
	ck_assert_uint_eq(poor.used, 8);
}
END_TEST

START_TEST(a_limit_is_a_limit_and_the_peak_is_kept)
{
	static struct svsm_page_account poor;
	void *a, *b;

	ck_assert_int_eq(svsm_page_account_open(&poor, &pool, "poor", 2, 6),
			 SVSM_OK);
	ck_assert_int_eq(svsm_page_alloc(&poor, 2, &a), SVSM_OK);
	ck_assert_int_eq(svsm_page_alloc(&poor, 2, &b), SVSM_ENOMEM);
	ck_assert_int_eq(svsm_page_alloc(&poor, 1, &b), SVSM_OK);
	ck_assert_int_eq(svsm_page_alloc(&poor, 0, &b), SVSM_ENOMEM);
	ck_assert_int_eq(svsm_page_free(&poor, a, 2), SVSM_OK);
	ck_assert_uint_eq(poor.used, 2);
	ck_assert_uint_eq(poor.peak, 6);
	ck_assert_int_eq(svsm_page_account_close(&poor), SVSM_EBUSY);
	ck_assert_int_eq(svsm_page_free(&poor, b, 1), SVSM_OK);
	ck_assert_int_eq(svsm_page_account_close(&poor), SVSM_OK);
	ck_assert_int_eq(svsm_page_account_close(&poor), SVSM_ENOENT);
	ck_assert_uint_eq(pool.reserved, 0);
}
END_TEST

START_TEST(no_more_is_guaranteed_than_there_is)
{
	static struct svsm_page_account a, b;

	ck_assert_int_eq(svsm_page_account_open(&a, &pool, "a", 2, 1),
			 SVSM_EINVAL);
	ck_assert_int_eq(svsm_page_account_open(&a, &pool, "a", PAGES, PAGES),
			 SVSM_ENOMEM);
	ck_assert_int_eq(svsm_page_account_open(&a, &pool, "a", 1000, 1000),
			 SVSM_OK);
	ck_assert_int_eq(svsm_page_account_open(&b, &pool, "b",
						PAGES - OWN - 999, PAGES),
			 SVSM_ENOMEM);
	ck_assert_int_eq(svsm_page_account_open(&b, &pool, "b",
						PAGES - OWN - 1000, PAGES),
			 SVSM_OK);
}
END_TEST

START_TEST(a_pool_has_a_bounded_number_of_accounts)
{
	static struct svsm_page_account many[SVSM_PAGE_ACCOUNTS + 1];
	void *page;

	for (unsigned i = 0; i < SVSM_PAGE_ACCOUNTS; i++) {
		ck_assert_int_eq(svsm_page_account_open(&many[i], &pool, "x",
							0, 1), SVSM_OK);
		ck_assert_int_eq(svsm_page_alloc(&many[i], 0, &page), SVSM_OK);
	}
	ck_assert_int_eq(svsm_page_account_open(&many[SVSM_PAGE_ACCOUNTS],
						&pool, "x", 0, 1),
			 SVSM_ENOMEM);
	ck_assert_int_eq(svsm_page_alloc(&account, 0, &page), SVSM_ENOMEM);
	ck_assert_int_eq(svsm_page_free(&many[SVSM_PAGE_ACCOUNTS - 1], page,
					0), SVSM_OK);
	ck_assert_int_eq(svsm_page_account_close(
				&many[SVSM_PAGE_ACCOUNTS - 1]), SVSM_OK);
	ck_assert_int_eq(svsm_page_alloc(&account, 0, &page), SVSM_OK);
}
END_TEST

UNIT_MAIN("page account", setup, teardown,
	  a_guarantee_is_kept_whatever_the_others_take,
	  a_limit_is_a_limit_and_the_peak_is_kept,
	  no_more_is_guaranteed_than_there_is,
	  a_pool_has_a_bounded_number_of_accounts)
