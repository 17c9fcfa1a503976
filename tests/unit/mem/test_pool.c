/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The pool of shared memory: blocks, wrong frees, N-14, a host that refuses
 * and one that writes into everything it can.
 */
#include <stdlib.h>
#include <string.h>

#include <svsm/pool.h>

#include "dice.h"
#include "machine.h"

#define ORDER	2u
#define LEN	(PAGE << ORDER)
#define UNITS	(LEN / SVSM_POOL_UNIT)
#define OPS	20000u

static struct svsm_pool pool;
static size_t free_before;

static void setup(void)
{
	machine_setup();
	memset(&pool, 0, sizeof(pool));
	free_before = svsm_page_count_free(&machine_pool);
	ck_assert_int_eq(svsm_pool_init(&pool, &machine_account, ORDER),
			 SVSM_OK);
}

static struct svsm_umem take(size_t size)
{
	struct svsm_umem block;

	ck_assert_int_eq(svsm_pool_alloc(&pool, size, &block), SVSM_OK);
	return block;
}

static uint64_t at(const struct svsm_umem *block)
{
	return block->range.start.v;
}

START_TEST(blocks_are_shared_clear_and_aligned)
{
	static const size_t size[] = { 1, 64, 65, 200, 1024, 4095, 4096, 5000 };
	uint8_t byte = 1;

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(size); i++) {
		struct svsm_umem block = take(size[i]);
		uint64_t align = SVSM_POOL_UNIT;

		while (align < size[i])
			align *= 2;
		ck_assert_uint_eq(at(&block) % align, 0);
		ck_assert_uint_eq(svsm_umem_len(&block), size[i]);
		ck_assert_uint_eq(svsm_pool_used(&pool), align);
		ck_assert_int_eq(svsm_umem_read(&block, size[i] - 1, &byte, 1),
				 SVSM_OK);
		ck_assert_uint_eq(byte, 0);
		ck_assert_int_eq(svsm_umem_write(&block, 0, "\x5a", 1),
				 SVSM_OK);
		ck_assert_uint_eq(*(uint8_t *)fake_peek_shared(at(&block)),
				  0x5a);
		ck_assert_int_eq(svsm_pool_free(&pool, &block), SVSM_OK);
		ck_assert_uint_eq(*(uint8_t *)fake_peek_shared(at(&block)), 0);
	}
	ck_assert_uint_eq(svsm_pool_used(&pool), 0);
}
END_TEST

START_TEST(pages_are_converted_once)
{
	unsigned exits = fake_counters().exits;
	unsigned writes = fake_counters().pte_sets;
	struct svsm_umem block[16];

	for (unsigned r = 0; r < 10; r++) {
		for (unsigned i = 0; i < 16; i++)
			block[i] = take(512);
		for (unsigned i = 0; i < 16; i++)
			ck_assert_int_eq(svsm_pool_free(&pool, &block[i]),
					 SVSM_OK);
	}
	ck_assert_uint_eq(fake_counters().exits, exits);
	ck_assert_uint_eq(fake_counters().pte_sets, writes);
}
END_TEST

START_TEST(what_cannot_be_had_is_refused)
{
	struct svsm_umem block = { .range.len = 77 };
	struct svsm_pool none = { 0 };

	ck_assert_int_eq(svsm_pool_alloc(&pool, 0, &block), SVSM_EINVAL);
	ck_assert_int_eq(svsm_pool_alloc(&pool, LEN + 1, &block), SVSM_EINVAL);
	ck_assert_int_eq(svsm_pool_alloc(&pool, SIZE_MAX, &block),
			 SVSM_EINVAL);
	ck_assert_int_eq(svsm_pool_init(&none, &machine_account,
					SVSM_POOL_ORDERS), SVSM_EINVAL);
	ck_assert_int_eq(svsm_pool_alloc(&none, 64, &block), SVSM_ENOMEM);
	ck_assert_int_eq(svsm_pool_free(&none, &block), SVSM_EFOREIGN);
	ck_assert_int_eq(svsm_pool_fini(&none), SVSM_EBUSY);
	(void)take(LEN / 2);
	ck_assert_int_eq(svsm_pool_alloc(&pool, LEN, &block), SVSM_ENOMEM);
	(void)take(LEN / 2);
	ck_assert_int_eq(svsm_pool_alloc(&pool, 1, &block), SVSM_ENOMEM);
	ck_assert_uint_eq(svsm_umem_len(&block), 77);
	ck_assert_uint_eq(svsm_pool_used(&pool), LEN);
}
END_TEST

START_TEST(wrong_frees_are_told_apart_and_change_nothing)
{
	struct svsm_umem block = take(256), other = take(64), wrong;
	struct svsm_range piece = block.range;
	struct svsm_umem large = take(2 * PAGE);

	wrong = block;
	wrong.range.start.v += 64;
	ck_assert_int_eq(svsm_pool_free(&pool, &wrong), SVSM_EINTERIOR);
	wrong.range.start.v -= 63;
	ck_assert_int_eq(svsm_pool_free(&pool, &wrong), SVSM_EINTERIOR);
	wrong = large;
	wrong.range.start.v += PAGE;
	ck_assert_int_eq(svsm_pool_free(&pool, &wrong), SVSM_EINTERIOR);
	wrong = block;
	wrong.range.len = 64;
	ck_assert_int_eq(svsm_pool_free(&pool, &wrong), SVSM_EORDER);
	wrong.range.len = ~0ull;
	ck_assert_int_eq(svsm_pool_free(&pool, &wrong), SVSM_EORDER);
	wrong.range.start.v = (uintptr_t)pool.start - 64;
	ck_assert_int_eq(svsm_pool_free(&pool, &wrong), SVSM_EFOREIGN);
	wrong.range.start.v = (uintptr_t)pool.start + LEN;
	ck_assert_int_eq(svsm_pool_free(&pool, &wrong), SVSM_EFOREIGN);
	wrong.range.start.v = 0;
	ck_assert_int_eq(svsm_pool_free(&pool, &wrong), SVSM_EFOREIGN);
	wrong = block;
	wrong.own = &machine_own;
	ck_assert_int_eq(svsm_pool_free(&pool, &wrong), SVSM_EFOREIGN);
	wrong = block;
	wrong.list = &piece;
	ck_assert_int_eq(svsm_pool_free(&pool, &wrong), SVSM_EFOREIGN);
	wrong = block;
	wrong.pages = &piece.start.v;
	ck_assert_int_eq(svsm_pool_free(&pool, &wrong), SVSM_EFOREIGN);
	ck_assert_uint_eq(svsm_pool_used(&pool), 256 + 64 + 2 * PAGE);
	ck_assert_int_eq(svsm_pool_free(&pool, &block), SVSM_OK);
	ck_assert_int_eq(svsm_pool_free(&pool, &block), SVSM_EDOUBLE);
	ck_assert_int_eq(svsm_pool_free(&pool, &other), SVSM_OK);
	ck_assert_int_eq(svsm_pool_free(&pool, &large), SVSM_OK);
	ck_assert_uint_eq(svsm_pool_used(&pool), 0);
}
END_TEST

START_TEST(N_14_a_block_that_the_device_still_owns_is_nobodys)
{
	struct svsm_umem held = take(PAGE), large = take(2 * PAGE), block;

	ck_assert_int_eq(svsm_pool_quarantine(&pool, &held), SVSM_OK);
	ck_assert_int_eq(svsm_pool_quarantine(&pool, &held), SVSM_EBUSY);
	ck_assert_int_eq(svsm_pool_free(&pool, &held), SVSM_EBUSY);
	ck_assert_int_eq(svsm_pool_quarantine(&pool, &large), SVSM_OK);
	while (svsm_pool_alloc(&pool, 64, &block) == SVSM_OK) {
		ck_assert(!svsm_range_overlaps(&block.range, &held.range));
		ck_assert(!svsm_range_overlaps(&block.range, &large.range));
		block.range.len = 64;
	}
	ck_assert_int_eq(svsm_pool_fini(&pool), SVSM_EBUSY);
	memset(fake_peek_shared(at(&held)), 0xdd, PAGE);
	ck_assert_uint_eq(svsm_pool_reclaim(&pool), 2);
	ck_assert_uint_eq(svsm_pool_reclaim(&pool), 0);
	ck_assert_uint_eq(*(uint8_t *)fake_peek_shared(at(&held)), 0);
	ck_assert_int_eq(svsm_pool_free(&pool, &held), SVSM_EDOUBLE);
	(void)take(2 * PAGE);
	(void)take(PAGE);
}
END_TEST

START_TEST(pages_go_back_private_and_clean)
{
	struct svsm_umem block = take(PAGE);
	uint8_t *page = pool.start;

	memset(fake_peek_shared(at(&block)), 0xdd, PAGE);
	ck_assert_int_eq(svsm_pool_fini(&pool), SVSM_EBUSY);
	ck_assert_int_eq(svsm_pool_free(&pool, &block), SVSM_OK);
	ck_assert_int_eq(svsm_pool_fini(&pool), SVSM_OK);
	ck_assert_uint_eq(svsm_page_count_free(&machine_pool), free_before);
	for (uint64_t i = 0; i < LEN; i++)
		ck_assert(page[i] == 0);
	ck_assert_int_eq(svsm_pool_fini(&pool), SVSM_EBUSY);
	ck_assert_int_eq(svsm_pool_alloc(&pool, 64, &block), SVSM_ENOMEM);
	fake_oracle(8);
}
END_TEST

static bool refuse_all(struct fake_exit *exit)
{
	fake_ghcb_answer(exit->ghcb, 0, 1ull << 32);
	return true;
}

START_TEST(a_host_that_refuses_the_end_leaves_the_pool_as_it_was)
{
	struct svsm_umem block;

	fake_before_exit = refuse_all;
	ck_assert_int_eq(svsm_pool_fini(&pool), SVSM_EHOST);
	fake_before_exit = NULL;
	block = take(LEN);
	ck_assert_int_eq(svsm_pool_free(&pool, &block), SVSM_OK);
	ck_assert_int_eq(svsm_pool_fini(&pool), SVSM_OK);
	ck_assert_uint_eq(svsm_page_count_free(&machine_pool), free_before);
}
END_TEST

static bool init_step(unsigned n)
{
	struct svsm_pool second = { 0 };
	size_t before = svsm_page_count_free(&machine_pool);
	enum svsm_status status;

	fake_fail_at(n);
	status = svsm_pool_init(&second, &machine_account, ORDER);
	fake_fail_at(0);
	if (status == SVSM_OK) {
		ck_assert_int_eq(svsm_pool_fini(&second), SVSM_OK);
		return false;
	}
	ck_assert_int_eq(status, SVSM_ENOMEM);
	ck_assert_ptr_null(second.start);
	ck_assert_uint_eq(svsm_page_count_free(&machine_pool), before);
	return true;
}

START_TEST(without_memory_there_is_no_pool)
{
	ck_assert_uint_eq(unit_each_step(init_step), 1);
	fake_oracle(16);
}
END_TEST

/* ------------------------------------------------------------------- model */

static uint8_t taken[UNITS];	/* by a live block */
static struct svsm_umem live[UNITS];
static size_t count, in_use;

static size_t units_of(const struct svsm_umem *block)
{
	size_t units = 1;

	while (units * SVSM_POOL_UNIT < svsm_umem_len(block))
		units *= 2;
	return units;
}

/* Is an aligned run of so many units free? */
static bool has_room(size_t units)
{
	for (size_t i = 0; i < UNITS; i += units)
		if (!memchr(taken + i, 1, units))
			return true;
	return false;
}

static void set_taken(const struct svsm_umem *block, uint8_t to)
{
	size_t first = (at(block) - (uintptr_t)pool.start) / SVSM_POOL_UNIT;
	size_t units = units_of(block);

	for (size_t i = 0; i < units; i++) {
		ck_assert(taken[first + i] != to);
		taken[first + i] = to;
	}
	in_use = to ? in_use + units : in_use - units;
}

static void alloc_one(void)
{
	struct svsm_umem block = { .range.len = 1 + dice(8) };
	enum svsm_status status;

	block.range.len <<= dice(11);
	if (block.range.len > LEN)
		block.range.len = LEN;
	status = svsm_pool_alloc(&pool, block.range.len, &live[count]);
	ck_assert_int_eq(status, has_room(units_of(&block)) ? SVSM_OK :
			 SVSM_ENOMEM);
	if (status == SVSM_OK)
		set_taken(&live[count++], 1);
}

static void free_one(void)
{
	size_t i = dice(count);

	ck_assert_int_eq(svsm_pool_free(&pool, &live[i]), SVSM_OK);
	set_taken(&live[i], 0);
	live[i] = live[--count];
}

/* All that the pool decides on is out of the host's reach. */
START_TEST(blocks_do_not_overlap_whatever_the_host_writes)
{
	uint64_t ops = unit_steps(OPS, 10);

	dice_start(0x5eed0007);
	for (uint64_t i = 0; i < ops; i++) {
		if (dice(64) == 0)
			memset(fake_peek_shared((uintptr_t)pool.start +
						dice(4) * PAGE),
			       (int)dice(256), PAGE);
		if (count && dice(2))
			free_one();
		else
			alloc_one();
		ck_assert_uint_eq(svsm_pool_used(&pool),
				  in_use * SVSM_POOL_UNIT);
	}
	while (count)
		free_one();
	ck_assert_int_eq(svsm_pool_fini(&pool), SVSM_OK);
}
END_TEST

UNIT_MAIN("pool", setup, machine_teardown,
	  blocks_are_shared_clear_and_aligned, pages_are_converted_once,
	  what_cannot_be_had_is_refused,
	  wrong_frees_are_told_apart_and_change_nothing,
	  N_14_a_block_that_the_device_still_owns_is_nobodys,
	  pages_go_back_private_and_clean,
	  a_host_that_refuses_the_end_leaves_the_pool_as_it_was,
	  without_memory_there_is_no_pool,
	  blocks_do_not_overlap_whatever_the_host_writes)
