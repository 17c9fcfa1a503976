/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * the page allocator fails at the n-th request of an operation, for
 * every n until the operation succeeds; nothing is lost and nothing broken.
 */
#include <string.h>

#include "slab_fixture.h"

#define MANY	200u

static struct svsm_slab_magazine magazine[SVSM_HEAP_CLASSES];
static struct svsm_slab_cache cache;
static struct svsm_heap heap;
static void *block[MANY];

static const struct svsm_slab_hooks *const both[] = {
	&svsm_slab_hooks_none, &svsm_slab_hooks_debug,
};

/* Take MANY objects, or as many as there are; give them back. */
static bool fill_cache(void)
{
	unsigned n = 0;
	bool done;

	while (n < MANY && svsm_slab_alloc(&cache, &block[n]) == SVSM_OK)
		n++;
	done = n == MANY;
	ck_assert(svsm_slab_check(&cache));
	ck_assert_uint_ge(fixture_owner.used, (size_t)n * cache.stride);
	while (n > 0)
		fixture_free(&cache, block[--n]);
	return done;
}

static const struct svsm_slab_hooks *hooks;	/* one of both */

static bool cache_step(unsigned n)
{
	size_t before = svsm_page_count_free(&fixture_pool);
	bool done;

	fixture_make(&cache, &(struct svsm_slab_config){
		.name = "failing", .size = 100, .hooks = hooks,
		.magazine = magazine, .cpus = 1 });
	fake_fail_from(n);
	done = fill_cache();
	fake_fail_at(0);
	fixture_end(&cache);
	ck_assert(svsm_page_check(&fixture_pool));
	ck_assert_uint_eq(svsm_page_count_free(&fixture_pool), before);
	return !done;
}

START_TEST(hostile_R_11_a_cache_that_gets_no_pages)
{
	for (unsigned i = 0; i < 2; i++) {
		hooks = both[i];
		ck_assert_uint_ge(unit_each_step(cache_step), 5);
	}
}
END_TEST

static void make_heap(void)
{
	heap = (struct svsm_heap){ 0 };
	ck_assert_int_eq(svsm_heap_init(&heap, &fixture_owner,
		&(struct svsm_heap_config){
			.name = "failing", .hooks = hooks,
			.magazine = magazine, .cpus = 1 }), SVSM_OK);
}

/* One of each call, with blocks of slabs and of pages; all or nothing. */
static enum svsm_status use_heap(void)
{
	void *a = NULL, *b = NULL, *c = NULL, *d = NULL;
	enum svsm_status status = svsm_heap_alloc(&heap, 100, &a);

	if (status == SVSM_OK) {
		memset(a, 0x3c, 100);
		status = svsm_heap_calloc(&heap, 30, 500, &b);
	}
	if (status == SVSM_OK)
		status = svsm_heap_aligned(&heap, 1024, 900, &c);
	if (status == SVSM_OK)
		status = svsm_heap_realloc(&heap, c, 9000, &c);
	if (status == SVSM_OK)
		status = svsm_heap_realloc(&heap, b, 50, &b);
	if (status == SVSM_OK)
		status = svsm_heap_aligned(&heap, 8192, 20, &d);
	ck_assert(svsm_heap_check(&heap));
	ck_assert(!a || fixture_is_all(a, 0x3c, 100));
	fixture_heap_free(&heap, a);
	fixture_heap_free(&heap, b);
	fixture_heap_free(&heap, c);
	fixture_heap_free(&heap, d);
	return status;
}

/* A heap asks twice: it gives back what it held in reserve in between. */
static bool heap_step(unsigned n)
{
	size_t before = svsm_page_count_free(&fixture_pool);
	enum svsm_status status;

	make_heap();
	fake_fail_from(n);
	status = use_heap();
	ck_assert(status == SVSM_OK || status == SVSM_ENOMEM);
	fake_fail_at(0);
	ck_assert_int_eq(svsm_heap_fini(&heap), SVSM_OK);
	ck_assert_uint_eq(svsm_page_count_free(&fixture_pool), before);
	return status != SVSM_OK;
}

START_TEST(hostile_R_11_a_heap_that_gets_no_pages)
{
	for (unsigned i = 0; i < 2; i++) {
		hooks = both[i];
		ck_assert_uint_ge(unit_each_step(heap_step), 5);
	}
}
END_TEST

START_TEST(hostile_R_11_a_heap_recovers_from_a_single_failure)
{
	for (unsigned i = 0; i < 2; i++) {
		hooks = both[i];
		for (unsigned n = 1; n < 10; n++) {
			make_heap();
			fake_fail_at(n);
			ck_assert_int_eq(use_heap(), SVSM_OK);
			fake_fail_at(0);
			ck_assert_int_eq(svsm_heap_fini(&heap), SVSM_OK);
		}
	}
}
END_TEST

/* The same by the owner's limit, in steps of one smallest block. */
static bool limit_step(unsigned n)
{
	enum svsm_status status;

	make_heap();
	fixture_owner.limit = (n - 1) * 16;
	status = use_heap();
	ck_assert(status == SVSM_OK || status == SVSM_ENOMEM);
	ck_assert_int_eq(svsm_heap_fini(&heap), SVSM_OK);
	ck_assert_uint_eq(fixture_owner.used, 0);
	return status != SVSM_OK;
}

START_TEST(hostile_R_11_an_owner_that_reaches_its_limit)
{
	for (unsigned i = 0; i < 2; i++) {
		hooks = both[i];
		ck_assert_uint_lt(unit_each_step(limit_step), 1u << 16);
	}
}
END_TEST

UNIT_MAIN("slab failures", fixture_setup, fixture_teardown,
	hostile_R_11_a_cache_that_gets_no_pages,
	hostile_R_11_a_heap_that_gets_no_pages,
	hostile_R_11_a_heap_recovers_from_a_single_failure,
	hostile_R_11_an_owner_that_reaches_its_limit)
