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

#define PAGE	SVSM_PAGE_BYTES
#define PAGES	1024u
#define HUGE	SVSM_HUGE_BYTES
/** Of the allocator's own in a span of PAGES pages that fills its tree. */
#define OWN	3u

static struct svsm_page_pool pool;
static struct svsm_page_span span, other_span;
static struct svsm_page_account account;
static char *memory;

static void setup(void)
{
	fake_setup();
	memory = aligned_alloc(PAGES * PAGE, PAGES * PAGE);
	ck_assert_ptr_nonnull(memory);
	memset(memory, 0, PAGES * PAGE);
	pool = (struct svsm_page_pool){ 0 };
	account = (struct svsm_page_account)SVSM_PAGE_ACCOUNT(&pool, "test");
}

static void teardown(void)
{
	ck_assert(svsm_page_check(&pool));
	free(memory);
	fake_teardown();
}

static void add_all(void)
{
	ck_assert_int_eq(svsm_page_fill(&pool, &span, memory, PAGES * PAGE),
			 SVSM_OK);
}

static void *alloc(unsigned order)
{
	void *block;

	ck_assert_int_eq(svsm_page_alloc(&account, order, &block), SVSM_OK);
	return block;
}

static void release(void *block, unsigned order)
{
	ck_assert_int_eq(svsm_page_free(&account, block, order), SVSM_OK);
}

static bool is_zero(const char *p, size_t n)
{
	return n == 0 || (!*p && !memcmp(p, p + 1, n - 1));
}

/* ------------------------------------------------------------------- spans */

START_TEST(metadata_is_at_most_a_64th)
{
	for (size_t pages = 1; pages < 3000; pages++)
		for (size_t at = 0; at < 5; at++) {
			size_t len = pages * PAGE;

			ck_assert_uint_gt(svsm_page_meta_bytes(memory +
						at * PAGE, len), 0);
			ck_assert_uint_le(svsm_page_meta_bytes(memory +
						at * PAGE, len), len / 64);
		}
}
END_TEST

START_TEST(a_span_keeps_its_metadata_at_its_start)
{
	add_all();
	ck_assert_uint_eq(svsm_page_count_free(&pool), PAGES - OWN);
	ck_assert_int_eq(svsm_page_free(&account, memory, 0), SVSM_EFOREIGN);
	ck_assert(svsm_page_check(&pool));
}
END_TEST

START_TEST(R_09_declare_refuses_what_is_no_range)
{
	void *meta = aligned_alloc(PAGE, 4 * PAGE);

	ck_assert_int_eq(svsm_page_declare(&pool, &span, memory + 8, 8192,
					   NULL), SVSM_EINVAL);
	ck_assert_int_eq(svsm_page_declare(&pool, &span, memory, 4097, NULL),
			 SVSM_EINVAL);
	ck_assert_int_eq(svsm_page_declare(&pool, &span, memory, 0, NULL),
			 SVSM_EINVAL);
	ck_assert_int_eq(svsm_page_declare(&pool, &span, memory, PAGE, NULL),
			 SVSM_EINVAL);
	ck_assert_int_eq(svsm_page_declare(&pool, &span, (void *)~0xfffull,
					   8192, meta), SVSM_EINVAL);
	ck_assert_int_eq(svsm_page_declare(&pool, &span, memory, 8192,
					   (char *)meta + 4), SVSM_EINVAL);
	ck_assert_int_eq(svsm_page_declare(&pool, &span, (void *)PAGE,
					   SIZE_MAX - 0x1fff, meta),
			 SVSM_EINVAL);
	ck_assert_uint_eq(svsm_page_meta_bytes((void *)PAGE,
					       SIZE_MAX - 0x1fff), 0);
	ck_assert_ptr_null(pool.spans);
	free(meta);
}
END_TEST

START_TEST(R_09_spans_never_overlap)
{
	ck_assert_int_eq(svsm_page_fill(&pool, &span, memory + 8 * PAGE,
					8 * PAGE), SVSM_OK);
	for (size_t at = 1; at < 16; at++)
		ck_assert_int_eq(svsm_page_declare(&pool, &other_span,
						   memory + at * PAGE,
						   8 * PAGE, NULL),
				 SVSM_EEXIST);
	ck_assert_int_eq(svsm_page_fill(&pool, &other_span,
					memory + 16 * PAGE, 8 * PAGE),
			 SVSM_OK);
	ck_assert_uint_eq(svsm_page_count_free(&pool), 14);
}
END_TEST

START_TEST(R_10_neighbouring_spans_are_never_joined)
{
	void *block;

	ck_assert_int_eq(svsm_page_fill(&pool, &span, memory, 0x4000),
			 SVSM_OK);
	ck_assert_int_eq(svsm_page_fill(&pool, &other_span, memory + 0x4000,
					0x4000), SVSM_OK);
	ck_assert_int_eq(svsm_page_alloc(&account, 2, &block), SVSM_ENOMEM);
}
END_TEST

START_TEST(pages_come_in_any_order_and_only_once)
{
	static uint64_t meta[64];

	ck_assert_uint_le(svsm_page_meta_bytes(memory, 16 * PAGE),
			  sizeof(meta));
	ck_assert_int_eq(svsm_page_declare(&pool, &span, memory, 16 * PAGE,
					   meta), SVSM_OK);
	for (size_t i = 0; i < 16; i++) {
		size_t page = i * 7 % 16;

		ck_assert_int_eq(svsm_page_add(&pool, memory + page * PAGE,
					       PAGE), SVSM_OK);
		ck_assert(svsm_page_check(&pool));
		ck_assert_int_eq(svsm_page_add(&pool, memory + page * PAGE,
					       PAGE), SVSM_EEXIST);
		ck_assert_int_eq(svsm_page_add(&pool, memory, 16 * PAGE),
				 SVSM_EEXIST);
	}
	ck_assert_ptr_eq(alloc(4), memory);
	ck_assert_int_eq(svsm_page_add(&pool, memory + 4 * PAGE, PAGE),
			 SVSM_EEXIST);
}
END_TEST

START_TEST(add_refuses_what_is_in_no_span)
{
	ck_assert_int_eq(svsm_page_fill(&pool, &span, memory + 8 * PAGE,
					8 * PAGE), SVSM_OK);
	ck_assert_int_eq(svsm_page_add(&pool, memory, PAGE), SVSM_EFOREIGN);
	ck_assert_int_eq(svsm_page_add(&pool, memory + 8 * PAGE, PAGE),
			 SVSM_EFOREIGN);
	ck_assert_int_eq(svsm_page_add(&pool, memory + 15 * PAGE, 2 * PAGE),
			 SVSM_EFOREIGN);
	ck_assert_int_eq(svsm_page_add(&pool, memory + 9 * PAGE, 0),
			 SVSM_EINVAL);
	ck_assert_int_eq(svsm_page_add(&pool, memory + 9 * PAGE, 1),
			 SVSM_EINVAL);
	ck_assert_int_eq(svsm_page_add(&pool, memory + 1, PAGE), SVSM_EINVAL);
	ck_assert_int_eq(svsm_page_add(&pool, memory + 9 * PAGE, 0 - PAGE),
			 SVSM_EINVAL);
	ck_assert_uint_eq(svsm_page_count_free(&pool), 7);
}
END_TEST

START_TEST(free_pages_can_be_taken_out_and_come_back)
{
	void *page, *block;
	size_t n = 0;

	add_all();
	block = alloc(3);
	while (svsm_page_take_out(&pool, &page) == SVSM_OK) {
		ck_assert(is_zero(page, PAGE));
		ck_assert(page < block ||
			  page >= (void *)((char *)block + 8 * PAGE));
		n++;
	}
	ck_assert_uint_eq(n, PAGES - OWN - 8);
	ck_assert_uint_eq(svsm_page_count_free(&pool), 0);
	ck_assert(svsm_page_check(&pool));
	ck_assert_int_eq(svsm_page_free(&account, memory + OWN * PAGE, 0),
			 SVSM_EFOREIGN);
	ck_assert_int_eq(svsm_page_add(&pool, memory + HUGE, HUGE), SVSM_OK);
	ck_assert_ptr_eq(alloc(9), memory + HUGE);
}
END_TEST

/* ------------------------------------------------------------------ blocks */

START_TEST(blocks_are_aligned_to_their_size_and_apart)
{
	void *blocks[9];

	add_all();
	for (unsigned order = 0; order < 9; order++) {
		blocks[order] = alloc(order);
		ck_assert_uint_eq((uintptr_t)blocks[order] %
				  (PAGE << order), 0);
		memset(blocks[order], (int)order + 1, PAGE << order);
	}
	for (unsigned order = 0; order < 9; order++) {
		char *last = (char *)blocks[order] + (PAGE << order) - 1;

		ck_assert_int_eq(*(char *)blocks[order], (int)order + 1);
		ck_assert_int_eq(*last, (int)order + 1);
		release(blocks[order], order);
	}
	ck_assert_uint_eq(svsm_page_count_free(&pool), PAGES - OWN);
}
END_TEST

START_TEST(an_order_may_be_as_large_as_the_span)
{
	size_t bytes = svsm_page_meta_bytes(memory, PAGES * PAGE);
	void *meta = calloc(1, bytes);
	void *block;

	ck_assert_int_eq(svsm_page_declare(&pool, &span, memory, PAGES * PAGE,
					   meta), SVSM_OK);
	ck_assert_int_eq(svsm_page_add(&pool, memory, PAGES * PAGE), SVSM_OK);
	block = alloc(10);
	ck_assert_ptr_eq(block, memory);
	ck_assert_int_eq(svsm_page_free(&account, block, 9), SVSM_EORDER);
	release(block, 10);
	ck_assert(svsm_page_check(&pool));
	pool = (struct svsm_page_pool){ 0 };
	free(meta);
}
END_TEST

START_TEST(R_19_what_is_handed_out_is_zero)
{
	add_all();
	for (unsigned turn = 0; turn < 3; turn++) {
		char *block = alloc(3);

		ck_assert(is_zero(block, PAGE << 3));
		memset(block, 0xa5, PAGE << 3);
		release(block, 3);
	}
}
END_TEST

/* A block is cleared when it is given back, not when it is reused. */
START_TEST(R_18_nothing_of_a_freed_block_is_left)
{
	char *block;

	add_all();
	block = alloc(4);
	memset(block, 0xa5, PAGE << 4);
	release(block, 4);
	ck_assert(is_zero(memory + OWN * PAGE, (PAGES - OWN) * PAGE));
}
END_TEST

START_TEST(a_clean_block_is_not_cleared_again)
{
	char *block;

	add_all();
	block = alloc(1);
	block[77] = 1;
	ck_assert_int_eq(svsm_page_free_clean(&account, block, 1), SVSM_OK);
	/* A lie, but it shows that nobody looked. */
	ck_assert_int_eq(block[77], 1);
	block[77] = 0;
}
END_TEST

START_TEST(the_owners_word_is_zero_before_and_after)
{
	char *block;

	add_all();
	block = alloc(1);
	for (size_t i = 0; i < 2; i++) {
		uintptr_t *word = svsm_page_word(&pool, block + i * PAGE + 9);

		ck_assert_uint_eq(*word, 0);
		*word = 42 + i;
	}
	ck_assert_uint_eq(*svsm_page_word(&pool, block), 42);
	ck_assert_ptr_null(svsm_page_word(&pool, memory));
	ck_assert_ptr_null(svsm_page_word(&pool, memory + PAGES * PAGE));
	ck_assert_ptr_null(svsm_page_word(&pool, NULL));
	release(block, 1);
	ck_assert_uint_eq(*svsm_page_word(&pool, block), 0);
	ck_assert_uint_eq(*svsm_page_word(&pool, block + PAGE), 0);
}
END_TEST

/* ------------------------------------------------------------- wrong frees */

START_TEST(R_01_R_02_R_03_R_04_a_wrong_free_is_told_apart_and_changes_nothing)
{
	static struct svsm_page_account other =
		SVSM_PAGE_ACCOUNT(&pool, "other");
	char local, *block;
	void *theirs;
	size_t before;

	add_all();
	block = alloc(2);
	ck_assert_int_eq(svsm_page_alloc(&other, 1, &theirs), SVSM_OK);
	before = svsm_page_count_free(&pool);
	ck_assert_int_eq(svsm_page_free(&account, block + PAGE, 2),
			 SVSM_EINTERIOR);
	ck_assert_int_eq(svsm_page_free(&account, block + PAGE, 0),
			 SVSM_EINTERIOR);
	ck_assert_int_eq(svsm_page_free(&account, block + 16, 2),
			 SVSM_EINTERIOR);
	ck_assert_int_eq(svsm_page_free(&account, block, 1), SVSM_EORDER);
	ck_assert_int_eq(svsm_page_free(&account, block, 3), SVSM_EORDER);
	ck_assert_int_eq(svsm_page_free(&account, block, SVSM_PAGE_ORDERS),
			 SVSM_EINVAL);
	ck_assert_int_eq(svsm_page_free(&account, theirs, 1), SVSM_EOWNER);
	ck_assert_int_eq(svsm_page_free(&account, &local, 0), SVSM_EFOREIGN);
	ck_assert_int_eq(svsm_page_free(&account, (void *)1, 0),
			 SVSM_EFOREIGN);
	ck_assert_int_eq(svsm_page_free(&account, memory, 0), SVSM_EFOREIGN);
	ck_assert_int_eq(svsm_page_free(&account, NULL, 0), SVSM_OK);
	ck_assert_int_eq(svsm_page_free(&account, memory + 512 * PAGE, 0),
			 SVSM_EDOUBLE);
	ck_assert_uint_eq(svsm_page_count_free(&pool), before);
	ck_assert(svsm_page_check(&pool));
	release(block, 2);
	ck_assert_int_eq(svsm_page_free(&account, block, 2), SVSM_EDOUBLE);
	ck_assert_int_eq(svsm_page_free(&other, theirs, 1), SVSM_OK);
}
END_TEST

START_TEST(R_08_an_order_too_large_is_refused)
{
	void *block = &block;

	add_all();
	ck_assert_int_eq(svsm_page_alloc(&account, SVSM_PAGE_ORDERS, &block),
			 SVSM_EINVAL);
	ck_assert_int_eq(svsm_page_alloc(&account, ~0u, &block), SVSM_EINVAL);
	ck_assert_int_eq(svsm_page_alloc(&account, 10, &block), SVSM_ENOMEM);
	ck_assert_int_eq(svsm_page_alloc(&account, SVSM_PAGE_ORDERS - 1,
					 &block), SVSM_ENOMEM);
	ck_assert_ptr_eq(block, &block);
}
END_TEST

START_TEST(everything_can_be_taken_and_given_back)
{
	static void *blocks[PAGES];
	size_t n = 0;
	void *huge;

	add_all();
	while (svsm_page_alloc(&account, 0, &blocks[n]) == SVSM_OK)
		n++;
	ck_assert_uint_eq(n, PAGES - OWN);
	for (size_t i = 0; i < n; i += 2)
		release(blocks[i], 0);
	ck_assert_int_eq(svsm_page_alloc(&account, 1, &huge), SVSM_ENOMEM);
	for (size_t i = 1; i < n; i += 2)
		release(blocks[i], 0);
	/* All joined again: the second 2 MiB are one block. */
	ck_assert_ptr_eq(alloc(9), memory + HUGE);
}
END_TEST

/* ------------------------------------------------------------------ oracle */

/* The oracle of the other tests must be able to say no. */
START_TEST(the_check_finds_damage)
{
	void *block;

	add_all();
	block = alloc(3);
	for (size_t i = 1; i < 2 * PAGES; i++) {
		span.node[i] ^= 0x20;
		ck_assert(!svsm_page_check(&pool));
		span.node[i] ^= 0x20;
	}
	span.owner[((uintptr_t)block - span.start) / PAGE] ^= 4;
	ck_assert(!svsm_page_check(&pool));
	span.owner[((uintptr_t)block - span.start) / PAGE] ^= 4;
	pool.free++;
	ck_assert(!svsm_page_check(&pool));
	pool.free--;
	account.used++;
	ck_assert(!svsm_page_check(&pool));
	account.used--;
}
END_TEST

UNIT_MAIN("page", setup, teardown,
	  metadata_is_at_most_a_64th,
	  a_span_keeps_its_metadata_at_its_start,
	  R_09_declare_refuses_what_is_no_range,
	  R_09_spans_never_overlap,
	  R_10_neighbouring_spans_are_never_joined,
	  pages_come_in_any_order_and_only_once,
	  add_refuses_what_is_in_no_span,
	  free_pages_can_be_taken_out_and_come_back,
	  blocks_are_aligned_to_their_size_and_apart,
	  an_order_may_be_as_large_as_the_span,
	  R_19_what_is_handed_out_is_zero,
	  R_18_nothing_of_a_freed_block_is_left,
	  a_clean_block_is_not_cleared_again,
	  the_owners_word_is_zero_before_and_after,
	  R_01_R_02_R_03_R_04_a_wrong_free_is_told_apart_and_changes_nothing,
	  R_08_an_order_too_large_is_refused,
	  everything_can_be_taken_and_given_back,
	  the_check_finds_damage)
