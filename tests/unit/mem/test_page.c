/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The page allocator, on ordinary memory of the process.
 */
#include <stdlib.h>
#include <string.h>

#include <svsm/page.h>

#include "fake.h"
#include "unit.h"

#define PAGES	1024u
#define HUGE	SVSM_HUGE_BYTES

static struct svsm_page_pool pool;
static char *memory;

static void setup(void)
{
	fake_setup();
	memory = aligned_alloc(HUGE, PAGES * SVSM_PAGE_BYTES);
	ck_assert_ptr_nonnull(memory);
	memset(memory, 0, PAGES * SVSM_PAGE_BYTES);
	pool = (struct svsm_page_pool){ 0 };
}

static void teardown(void)
{
	ck_assert(svsm_page_check(&pool));
	free(memory);
	fake_teardown();
}

static void add_all(void)
{
	ck_assert_int_eq(svsm_page_add(&pool, memory, PAGES * SVSM_PAGE_BYTES),
			 SVSM_OK);
}

static bool is_zero(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

START_TEST(a_pool_keeps_one_byte_per_page_for_itself)
{
	add_all();
	ck_assert_uint_eq(svsm_page_count_free(&pool), PAGES - 1);
	ck_assert(svsm_page_check(&pool));
}
END_TEST

START_TEST(add_refuses_what_is_no_memory)
{
	ck_assert_int_eq(svsm_page_add(&pool, memory + 8, 8192), SVSM_EINVAL);
	ck_assert_int_eq(svsm_page_add(&pool, memory, 4097), SVSM_EINVAL);
	ck_assert_int_eq(svsm_page_add(&pool, memory, 4096), SVSM_EINVAL);
	ck_assert_int_eq(svsm_page_add(&pool, memory, 0), SVSM_EINVAL);
	ck_assert_int_eq(svsm_page_add(&pool, (void *)~0xfffull, 0x2000),
			 SVSM_EINVAL);
	add_all();
	ck_assert_int_eq(svsm_page_add(&pool, memory + 4096, 8192),
			 SVSM_EINVAL);
	ck_assert_uint_eq(pool.spans, 1);
}
END_TEST

START_TEST(a_pool_holds_a_bounded_number_of_ranges)
{
	for (unsigned i = 0; i < SVSM_PAGE_SPANS; i++)
		ck_assert_int_eq(svsm_page_add(&pool, memory + i * 0x4000,
					       0x3000), SVSM_OK);
	ck_assert_int_eq(svsm_page_add(&pool, memory + 0x20000, 0x3000),
			 SVSM_ENOMEM);
	ck_assert_uint_eq(svsm_page_count_free(&pool), 2 * SVSM_PAGE_SPANS);
}
END_TEST

START_TEST(neighbouring_ranges_are_never_joined)
{
	void *block;

	/* 3 pages and 5 pages: together there would be a block of 4. */
	ck_assert_int_eq(svsm_page_add(&pool, memory, 0x4000), SVSM_OK);
	ck_assert_int_eq(svsm_page_add(&pool, memory + 0x4000, 0x4000),
			 SVSM_OK);
	ck_assert_int_eq(svsm_page_alloc(&pool, 2, &block), SVSM_ENOMEM);
}
END_TEST

START_TEST(blocks_are_aligned_to_their_size_and_apart)
{
	void *blocks[SVSM_PAGE_ORDERS];

	add_all();
	for (unsigned order = 0; order < SVSM_PAGE_ORDERS; order++) {
		ck_assert_int_eq(svsm_page_alloc(&pool, order, &blocks[order]),
				 SVSM_OK);
		ck_assert_uint_eq((uintptr_t)blocks[order] %
				  (SVSM_PAGE_BYTES << order), 0);
		memset(blocks[order], (int)order + 1, SVSM_PAGE_BYTES << order);
	}
	for (unsigned order = 0; order < SVSM_PAGE_ORDERS; order++) {
		const char *last = (char *)blocks[order] +
			(SVSM_PAGE_BYTES << order) - 1;

		ck_assert_int_eq(*(char *)blocks[order], (int)order + 1);
		ck_assert_int_eq(*last, (int)order + 1);
		ck_assert_int_eq(svsm_page_free(&pool, blocks[order]),
				 SVSM_OK);
	}
	ck_assert_uint_eq(svsm_page_count_free(&pool), PAGES - 1);
}
END_TEST

START_TEST(what_is_handed_out_is_zero)
{
	void *block;

	add_all();
	for (unsigned turn = 0; turn < 3; turn++) {
		ck_assert_int_eq(svsm_page_alloc(&pool, 3, &block), SVSM_OK);
		ck_assert(is_zero(block, SVSM_PAGE_BYTES << 3));
		memset(block, 0xa5, SVSM_PAGE_BYTES << 3);
		ck_assert_int_eq(svsm_page_free(&pool, block), SVSM_OK);
	}
}
END_TEST

/* a block is cleared when it is given back, not when it is reused. */
START_TEST(nothing_of_a_freed_block_is_left)
{
	void *block;

	add_all();
	ck_assert_int_eq(svsm_page_alloc(&pool, 4, &block), SVSM_OK);
	memset(block, 0xa5, SVSM_PAGE_BYTES << 4);
	ck_assert_int_eq(svsm_page_free(&pool, block), SVSM_OK);
	ck_assert_ptr_null(memchr(memory, 0xa5, PAGES * SVSM_PAGE_BYTES));
}
END_TEST

/* */
START_TEST(a_wrong_free_is_refused_and_changes_nothing)
{
	char local;
	void *block;
	size_t free_before;

	add_all();
	ck_assert_int_eq(svsm_page_alloc(&pool, 2, &block), SVSM_OK);
	free_before = svsm_page_count_free(&pool);
	ck_assert_int_eq(svsm_page_free(&pool, (char *)block + 4096),
			 SVSM_ESTATE);
	ck_assert_int_eq(svsm_page_free(&pool, (char *)block + 16),
			 SVSM_EINVAL);
	ck_assert_int_eq(svsm_page_free(&pool, &local), SVSM_EINVAL);
	ck_assert_int_eq(svsm_page_free(&pool, (void *)1), SVSM_EINVAL);
	ck_assert_int_eq(svsm_page_free(&pool, memory), SVSM_EINVAL);
	ck_assert_int_eq(svsm_page_free(&pool, NULL), SVSM_OK);
	ck_assert_uint_eq(svsm_page_count_free(&pool), free_before);
	ck_assert(svsm_page_check(&pool));
	ck_assert_int_eq(svsm_page_free(&pool, block), SVSM_OK);
	ck_assert_int_eq(svsm_page_free(&pool, block), SVSM_ESTATE);
}
END_TEST

START_TEST(an_order_too_large_is_refused)
{
	void *block = &block;

	add_all();
	ck_assert_int_eq(svsm_page_alloc(&pool, SVSM_PAGE_ORDERS, &block),
			 SVSM_EINVAL);
	ck_assert_int_eq(svsm_page_alloc(&pool, ~0u, &block), SVSM_EINVAL);
	ck_assert_ptr_eq(block, &block);
}
END_TEST

START_TEST(everything_can_be_taken_and_given_back)
{
	static void *blocks[PAGES];
	size_t n = 0;
	void *huge;

	add_all();
	while (svsm_page_alloc(&pool, 0, &blocks[n]) == SVSM_OK)
		n++;
	ck_assert_uint_eq(n, PAGES - 1);
	for (size_t i = 0; i < n; i += 2)
		ck_assert_int_eq(svsm_page_free(&pool, blocks[i]), SVSM_OK);
	ck_assert_int_eq(svsm_page_alloc(&pool, 1, &huge), SVSM_ENOMEM);
	for (size_t i = 1; i < n; i += 2)
		ck_assert_int_eq(svsm_page_free(&pool, blocks[i]), SVSM_OK);
	/* All joined again: the second 2 MiB are one block. */
	ck_assert_int_eq(svsm_page_alloc(&pool, 9, &huge), SVSM_OK);
	ck_assert_ptr_eq(huge, memory + HUGE);
}
END_TEST

/* In a hot loop: ck_assert() reports every success to another process. */
static void must(bool ok, const char *what)
{
	if (!ok)
		ck_abort_msg("%s", what);
}

/* Every sequence of allocations and frees of a pool of 7 pages, 5 deep. */
static void try_all(void **live, unsigned n, unsigned depth)
{
	must(svsm_page_check(&pool), "invariants");
	if (depth == 0)
		return;
	for (unsigned order = 0; order < 3; order++) {
		if (svsm_page_alloc(&pool, order, &live[n]) != SVSM_OK)
			continue;
		try_all(live, n + 1, depth - 1);
		must(svsm_page_free(&pool, live[n]) == SVSM_OK, "free");
	}
	for (unsigned i = 0; i < n; i++) {
		void *block = live[i];
		unsigned order = pool.span[0].state[((uintptr_t)block -
			pool.span[0].start) / SVSM_PAGE_BYTES] & 0x3f;

		must(svsm_page_free(&pool, block) == SVSM_OK, "free");
		live[i] = live[n - 1];
		try_all(live, n - 1, depth - 1);
		live[n - 1] = live[i];
		/* Some block of that size is free: this one was. */
		must(svsm_page_alloc(&pool, order, &live[i]) == SVSM_OK,
		     "again");
	}
}

START_TEST(the_invariants_hold_in_every_short_history)
{
	void *live[8];

	ck_assert_int_eq(svsm_page_add(&pool, memory, 8 * SVSM_PAGE_BYTES),
			 SVSM_OK);
	try_all(live, 0, 5);
}
END_TEST

/* The oracle of the other tests must be able to say no. */
START_TEST(the_check_finds_damage)
{
	add_all();
	pool.span[0].state[5] ^= 0x80;
	ck_assert(!svsm_page_check(&pool));
	pool.span[0].state[5] ^= 0x80;
	pool.free++;
	ck_assert(!svsm_page_check(&pool));
	pool.free--;
}
END_TEST

UNIT_MAIN("page", setup, teardown,
	  a_pool_keeps_one_byte_per_page_for_itself,
	  add_refuses_what_is_no_memory,
	  a_pool_holds_a_bounded_number_of_ranges,
	  neighbouring_ranges_are_never_joined,
	  blocks_are_aligned_to_their_size_and_apart,
	  what_is_handed_out_is_zero,
	  nothing_of_a_freed_block_is_left,
	  a_wrong_free_is_refused_and_changes_nothing,
	  an_order_too_large_is_refused,
	  everything_can_be_taken_and_given_back,
	  the_invariants_hold_in_every_short_history,
	  the_check_finds_damage)
