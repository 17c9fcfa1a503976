/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Caches of single pages, on one CPU and among several.
 */
#include <stdlib.h>
#include <string.h>

#include <svsm/page.h>

#include "fake.h"
#include "unit.h"

#define PAGE	SVSM_PAGE_BYTES
#define PAGES	512u
#define OWN	2u
#define BATCH	(SVSM_PAGE_CACHED / 2)
#define CPUS	4u

static struct svsm_page_pool pool;
static struct svsm_page_span span;
static struct svsm_page_account account, other;
static struct svsm_page_cache caches[CPUS], other_caches[CPUS];
static char *memory;

static void setup(void)
{
	fake_setup();
	memory = aligned_alloc(PAGES * PAGE, PAGES * PAGE);
	ck_assert_ptr_nonnull(memory);
	memset(memory, 0, PAGES * PAGE);
	ck_assert_int_eq(svsm_page_fill(&pool, &span, memory, PAGES * PAGE),
			 SVSM_OK);
	ck_assert_int_eq(svsm_page_account_open(&account, &pool, "cached", 0,
						SIZE_MAX), SVSM_OK);
	ck_assert_int_eq(svsm_page_account_open(&other, &pool, "other", 0,
						SIZE_MAX), SVSM_OK);
	svsm_page_account_cache(&account, caches, CPUS);
}

static void teardown(void)
{
	ck_assert(svsm_page_check(&pool));
	free(memory);
	fake_teardown();
}

static void *alloc(void)
{
	void *page;

	ck_assert_int_eq(svsm_page_alloc(&account, 0, &page), SVSM_OK);
	return page;
}

static void release(void *page)
{
	ck_assert_int_eq(svsm_page_free(&account, page, 0), SVSM_OK);
}

static size_t all_free(void)
{
	ck_assert_int_eq(svsm_page_drain(&pool), SVSM_OK);
	return svsm_page_count_free(&pool);
}

START_TEST(a_cache_fills_by_batches_and_gives_back)
{
	void *page = alloc();

	ck_assert_uint_eq(caches[0].count, BATCH);
	ck_assert_uint_eq(account.used, 1 + BATCH);
	ck_assert(svsm_page_check(&pool));
	release(page);
	ck_assert_uint_eq(caches[0].count, BATCH + 1);
	ck_assert_uint_eq(all_free(), PAGES - OWN);
	ck_assert_uint_eq(account.used, 0);
}
END_TEST

START_TEST(a_full_cache_is_halved)
{
	void *page[3 * SVSM_PAGE_CACHED];

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(page); i++)
		page[i] = alloc();
	for (size_t i = 0; i < SVSM_ARRAY_SIZE(page); i++) {
		release(page[i]);
		ck_assert_uint_le(caches[0].count, SVSM_PAGE_CACHED);
		ck_assert(svsm_page_check(&pool));
	}
	ck_assert_uint_eq(all_free(), PAGES - OWN);
}
END_TEST

START_TEST(what_comes_from_a_cache_is_zero)
{
	char *page = alloc(), *again;

	memset(page, 0xa5, PAGE);
	*svsm_page_word(&pool, page) = 5;
	release(page);
	again = alloc();
	ck_assert_ptr_eq(page, again);
	ck_assert(!*again && !memcmp(again, again + 1, PAGE - 1));
	ck_assert_uint_eq(*svsm_page_word(&pool, page), 0);
}
END_TEST

START_TEST(R_01_a_page_in_a_cache_is_not_given_back_again)
{
	char *page = alloc();

	release(page);
	ck_assert_int_eq(svsm_page_free(&account, page, 0), SVSM_EDOUBLE);
	ck_assert_int_eq(svsm_page_free(&account, page + 8, 0),
			 SVSM_EINTERIOR);
	ck_assert_int_eq(svsm_page_free(&other, page, 0), SVSM_EDOUBLE);
	ck_assert_int_eq(svsm_page_free(&account, page, 1), SVSM_EDOUBLE);
}
END_TEST

START_TEST(wrong_frees_go_past_the_cache)
{
	char *page = alloc(), local;
	void *theirs;

	ck_assert_int_eq(svsm_page_alloc(&other, 0, &theirs), SVSM_OK);
	ck_assert_int_eq(svsm_page_free(&account, theirs, 0), SVSM_EOWNER);
	ck_assert_int_eq(svsm_page_free(&account, page + 8, 0),
			 SVSM_EINTERIOR);
	ck_assert_int_eq(svsm_page_free(&account, &local, 0), SVSM_EFOREIGN);
	ck_assert_int_eq(svsm_page_free(&account, page, 1), SVSM_EORDER);
}
END_TEST

/* */
START_TEST(a_damaged_page_does_not_leave_the_cache)
{
	void *page = alloc(), *out = NULL;
	size_t i = ((uintptr_t)page - span.start) / PAGE;

	release(page);
	for (unsigned bit = 0; bit < 16; bit++) {
		span.owner[i] ^= (uint16_t)(1u << bit);
		ck_assert_int_eq(svsm_page_alloc(&account, 0, &out),
				 SVSM_ECORRUPT);
		ck_assert_ptr_null(out);
		span.owner[i] ^= (uint16_t)(1u << bit);
		caches[0].page[caches[0].count++] = page;
	}
	span.node[512 + i + OWN] ^= 0x80;
	ck_assert_int_eq(svsm_page_alloc(&account, 0, &out), SVSM_ECORRUPT);
	span.node[512 + i + OWN] ^= 0x80;
	caches[0].page[caches[0].count++] = page;
	ck_assert(svsm_page_check(&pool));
	caches[0].page[0] = memory;
	ck_assert(!svsm_page_check(&pool));
	ck_assert_int_eq(svsm_page_drain(&pool), SVSM_ECORRUPT);
	/* The page whose address was lost is charged for ever. */
	ck_assert_uint_eq(account.used, 1);
}
END_TEST

START_TEST(a_cache_hides_nothing_from_this_cpu)
{
	void *page;
	size_t n = 0;

	release(alloc());
	while (svsm_page_alloc(&other, 0, &page) == SVSM_OK)
		n++;
	ck_assert_uint_eq(n, PAGES - OWN);
	ck_assert_int_eq(svsm_page_free(&other, page, 0), SVSM_OK);
	ck_assert_int_eq(svsm_page_take_out(&pool, &page), SVSM_OK);
}
END_TEST

START_TEST(a_cache_hides_nothing_from_a_guarantee)
{
	static struct svsm_page_account poor;
	void *page;

	release(alloc());
	ck_assert_int_eq(svsm_page_account_open(&poor, &pool, "poor",
						PAGES - OWN, PAGES), SVSM_OK);
	ck_assert_int_eq(svsm_page_alloc(&account, 0, &page), SVSM_ENOMEM);
	for (unsigned i = 0; i < PAGES - OWN; i++)
		ck_assert_int_eq(svsm_page_alloc(&poor, 0, &page), SVSM_OK);
}
END_TEST

START_TEST(caches_stay_empty_when_little_is_free)
{
	void *block, *page;

	ck_assert_int_eq(svsm_page_alloc(&other, 8, &block), SVSM_OK);
	ck_assert_int_eq(svsm_page_alloc(&other, 7, &block), SVSM_OK);
	ck_assert_int_eq(svsm_page_alloc(&other, 6, &block), SVSM_OK);
	page = alloc();
	ck_assert_uint_eq(caches[0].count, 0);
	release(page);
	ck_assert_uint_eq(caches[0].count, 0);
}
END_TEST

START_TEST(a_limit_counts_what_is_cached)
{
	static struct svsm_page_account poor;
	void *page[4];

	ck_assert_int_eq(svsm_page_account_open(&poor, &pool, "poor", 0, 4),
			 SVSM_OK);
	svsm_page_account_cache(&poor, other_caches, CPUS);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_int_eq(svsm_page_alloc(&poor, 0, &page[i]), SVSM_OK);
	ck_assert_int_eq(svsm_page_alloc(&poor, 0, &page[0]), SVSM_ENOMEM);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_int_eq(svsm_page_free(&poor, page[i], 0), SVSM_OK);
	/* A block of two has to come from what is cached. */
	ck_assert_int_eq(svsm_page_alloc(&poor, 1, (void **)&page), SVSM_OK);
	ck_assert_uint_eq(other_caches[0].count, 0);
	ck_assert_int_eq(svsm_page_free(&poor, page[0], 1), SVSM_OK);
	ck_assert_int_eq(svsm_page_account_close(&poor), SVSM_OK);
}
END_TEST

/* -------------------------------------------------------------- other CPUs */

static void give_back_and_keep(void *arg)
{
	release(arg);
	ck_assert_uint_gt(caches[1].count, 0);
}

static void look_once(void *arg)
{
	void *page;

	(void)arg;
	page = alloc();
	release(page);
}

START_TEST(another_cpu_empties_its_cache_when_it_is_asked_to)
{
	void *page;
	size_t n = 0, kept;

	fake_cpu_start(1, 1, give_back_and_keep, alloc());
	ck_assert_int_eq(fake_cpu_join(1), FAKE_NO_TERMINATION);
	kept = caches[1].count;
	while (svsm_page_alloc(&other, 0, &page) == SVSM_OK)
		n++;
	ck_assert_uint_eq(n, PAGES - OWN - kept);
	ck_assert_int_eq(svsm_page_free(&other, page, 0), SVSM_OK);
	fake_cpu_start(1, 1, look_once, NULL);
	ck_assert_int_eq(fake_cpu_join(1), FAKE_NO_TERMINATION);
	ck_assert_uint_eq(caches[1].count, 0);
	ck_assert_uint_eq(svsm_page_count_free(&pool), kept + 1);
}
END_TEST

/* threads that free what another one has allocated. */
#define SLOTS	16u

static void *slot[SLOTS];
static bool churn_failed[CPUS];

static unsigned next(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 16;
}

/* Fill an empty slot; what is there is given back, whoever put it there. */
static bool churn_step(unsigned cpu, unsigned i)
{
	void *page = NULL, *old;

	if (svsm_page_alloc(&account, 0, &page) == SVSM_ENOMEM)
		return true;
	if (!page || *(uint64_t *)page || *svsm_page_word(&pool, page))
		return false;
	*(uint64_t *)page = cpu + 1;
	*svsm_page_word(&pool, page) = cpu + 1;
	old = __atomic_exchange_n(&slot[i], page, __ATOMIC_ACQ_REL);
	return !old || svsm_page_free(&account, old, 0) == SVSM_OK;
}

static bool churn_block(unsigned order)
{
	void *block;
	enum svsm_status status = svsm_page_alloc(&other, order, &block);

	if (status == SVSM_ENOMEM)
		return true;
	return status == SVSM_OK &&
	       svsm_page_free(&other, block, order) == SVSM_OK;
}

static void churn(void *arg)
{
	unsigned cpu = (unsigned)(uintptr_t)arg, seed = cpu + 1;

	for (unsigned long i = unit_steps(50000, 20); i > 0; i--) {
		if (!churn_step(cpu, next(&seed) % SLOTS) ||
		    (i % 8 == 0 && !churn_block(next(&seed) % 10))) {
			churn_failed[cpu] = true;
			return;
		}
	}
	churn_failed[cpu] = svsm_page_drain(&pool) != SVSM_OK;
}

START_TEST(R_16_threads_lose_no_page)
{
	for (unsigned cpu = 1; cpu < CPUS; cpu++)
		fake_cpu_start(cpu, cpu, churn, (void *)(uintptr_t)cpu);
	for (unsigned cpu = 1; cpu < CPUS; cpu++) {
		ck_assert_int_eq(fake_cpu_join(cpu), FAKE_NO_TERMINATION);
		ck_assert_msg(!churn_failed[cpu], "CPU %u", cpu);
	}
	ck_assert(svsm_page_check(&pool));
	for (unsigned i = 0; i < SLOTS; i++)
		if (slot[i])
			release(slot[i]);
	ck_assert_uint_eq(all_free(), PAGES - OWN);
	ck_assert_uint_eq(account.used + other.used, 0);
	for (size_t i = OWN * PAGE; i < PAGES * PAGE; i += 8)
		if (*(uint64_t *)(memory + i))
			ck_abort_msg("not clear: %zx", i);
}
END_TEST

UNIT_MAIN("page_cache", setup, teardown,
	  a_cache_fills_by_batches_and_gives_back,
	  a_full_cache_is_halved,
	  what_comes_from_a_cache_is_zero,
	  R_01_a_page_in_a_cache_is_not_given_back_again,
	  wrong_frees_go_past_the_cache,
	  a_damaged_page_does_not_leave_the_cache,
	  a_cache_hides_nothing_from_this_cpu,
	  a_cache_hides_nothing_from_a_guarantee,
	  caches_stay_empty_when_little_is_free,
	  a_limit_counts_what_is_cached,
	  another_cpu_empties_its_cache_when_it_is_asked_to,
	  R_16_threads_lose_no_page)
