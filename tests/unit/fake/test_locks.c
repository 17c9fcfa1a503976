/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The fake's lock checker notices what would stop CPUs for ever only once in a
 * while: S-01, S-07, R-17.
 */
#include <string.h>

#include <svsm/ghcb_msr.h>
#include <svsm/heap.h>
#include <svsm/lock.h>

#include "fake.h"
#include "unit.h"

static struct svsm_lock a, b, c;

static void take(struct svsm_lock *first, struct svsm_lock *second)
{
	svsm_lock_acquire(first);
	svsm_lock_acquire(second);
	svsm_lock_release(second);
	svsm_lock_release(first);
}

/* -------------------------------------------------------------------- S-01 */

static void inverted(void)
{
	take(&a, &b);
	take(&b, &a);
}

static void inverted_by_another_lock(void)
{
	take(&a, &b);
	take(&b, &c);
	take(&c, &a);
}

static void inverted_long_ago(void)
{
	take(&b, &c);
	take(&a, &b);
	take(&c, &a);
}

static void other_order(void *arg)
{
	(void)arg;
	take(&b, &a);
}

static void inverted_by_another_cpu(void)
{
	take(&a, &b);
	fake_cpu_start(1, 1, other_order, NULL);
	fake_ignore(fake_cpu_join(1));
}

/* What was tried is held as well. */
static void inverted_behind_a_try(void)
{
	take(&a, &b);
	if (svsm_lock_try(&b))
		svsm_lock_acquire(&a);
}

static void taken_twice(void)
{
	svsm_lock_acquire(&a);
	svsm_lock_acquire(&a);
}

static void release_b(void *arg)
{
	(void)arg;
	svsm_lock_release(&b);
}

static void released_by_another_cpu(void)
{
	svsm_lock_acquire(&b);
	fake_cpu_start(1, 1, release_b, NULL);
	fake_ignore(fake_cpu_join(1));
}

START_TEST(S_01_locks_in_two_orders_are_noticed_at_the_second)
{
	ck_assert(unit_aborts(inverted, "lock order"));
	ck_assert(unit_aborts(inverted_by_another_lock, "lock order"));
	ck_assert(unit_aborts(inverted_long_ago, "lock order"));
	ck_assert(unit_aborts(inverted_by_another_cpu, "lock order"));
	ck_assert(unit_aborts(inverted_behind_a_try, "lock order"));
}
END_TEST

START_TEST(S_01_a_lock_that_is_held_or_anothers_is_noticed)
{
	ck_assert(unit_aborts(taken_twice, "which it holds"));
	ck_assert(unit_aborts(released_by_another_cpu, "another one holds"));
}
END_TEST

START_TEST(S_01_what_cannot_wait_for_ever_is_no_order)
{
	take(&a, &b);
	take(&a, &b);
	take(&a, &c);
	svsm_lock_acquire(&b);
	ck_assert_int_eq(svsm_lock_acquire_within(&a, 1), SVSM_OK);
	svsm_lock_release(&b);
	svsm_lock_release(&a);
	take(&b, &c);
	take(&a, &c);
}
END_TEST

/* More locks than the checker remembers: none is wrong. */
START_TEST(S_01_many_locks_are_no_mistake)
{
	static struct svsm_lock many[1000];

	for (unsigned i = 1; i < SVSM_ARRAY_SIZE(many); i++)
		take(&many[i - 1], &many[i]);
	ck_assert(unit_aborts(inverted, "lock order"));
}
END_TEST

/* -------------------------------------------------------------------- S-07 */

static void switched_with_a_lock(void)
{
	svsm_lock_acquire(&a);
	fake_ignore(svsm_ghcb_msr_run_vmpl(2));
}

static void halted_with_a_lock(void)
{
	svsm_lock_acquire(&a);
	svsm_plat_halt();
}

static void hold(void *arg)
{
	svsm_lock_acquire(arg);
}

static void ended_with_a_lock(void)
{
	fake_cpu_start(1, 1, hold, &a);
	fake_ignore(fake_cpu_join(1));
}

START_TEST(S_07_no_lock_is_held_where_a_cpu_may_stay_away)
{
	ck_assert(unit_aborts(switched_with_a_lock, "switch to a guest with"));
	ck_assert(unit_aborts(halted_with_a_lock, "halt with"));
	ck_assert(unit_aborts(ended_with_a_lock, "ends with"));
	fake_ignore(svsm_ghcb_msr_run_vmpl(2));
	svsm_plat_halt();
}
END_TEST

/* -------------------------------------------------------------------- */

static struct svsm_page_pool pool;
static struct svsm_page_account account;
static struct svsm_slab_owner owner;
static struct svsm_slab_cache cache;
static struct svsm_heap heap;
static struct svsm_slab_magazine magazine[1], class_magazine[SVSM_HEAP_CLASSES];
static void *page, *object, *block;

/* Each allocator has something at hand: no lock is needed for the next one. */
static void make_allocators(void)
{
	static struct svsm_page_span span;
	const struct svsm_slab_config config = {
		.name = "cache", .size = 64, .magazine = magazine, .cpus = 1,
		.hooks = &svsm_slab_hooks_none,
	};
	const struct svsm_heap_config heap_config = {
		.name = "heap", .magazine = class_magazine, .cpus = 1,
		.hooks = &svsm_slab_hooks_none,
	};

	ck_assert_int_eq(svsm_page_fill(&pool, &span, fake_region(0), 1 << 20),
			 SVSM_OK);
	account = (struct svsm_page_account)SVSM_PAGE_ACCOUNT(&pool, "test");
	svsm_slab_owner_init(&owner, &account, SIZE_MAX);
	ck_assert_int_eq(svsm_slab_init(&cache, &owner, &config), SVSM_OK);
	ck_assert_int_eq(svsm_heap_init(&heap, &owner, &heap_config), SVSM_OK);
	ck_assert_int_eq(svsm_page_alloc(&account, 0, &page), SVSM_OK);
	ck_assert_int_eq(svsm_slab_alloc(&cache, &object), SVSM_OK);
	ck_assert_int_eq(svsm_heap_alloc(&heap, 64, &block), SVSM_OK);
}

static void alloc_page(void *arg)
{
	fake_ignore(svsm_page_alloc(&account, 0, arg));
}

static void free_page(void *arg)
{
	(void)arg;
	fake_ignore(svsm_page_free(&account, page, 0));
}

static void alloc_object(void *arg)
{
	fake_ignore(svsm_slab_alloc(&cache, arg));
}

static void free_object(void *arg)
{
	(void)arg;
	fake_ignore(svsm_slab_free(&cache, object));
}

static void alloc_block(void *arg)
{
	fake_ignore(svsm_heap_alloc(&heap, 64, arg));
}

static void free_block(void *arg)
{
	(void)arg;
	fake_ignore(svsm_heap_free(&heap, block));
}

static void (*const calls[])(void *out) = {
	alloc_page, free_page, alloc_object, free_object, alloc_block,
	free_block,
};
static void (*call)(void *out);

static void call_in_a_handler(void)
{
	void *out;

	fake_handler(call, &out);
}

/* The log's, say: taken by somebody who holds the pool's. */
static void call_with_a_later_lock(void)
{
	void *out;

	take(&pool.lock, &a);
	svsm_lock_acquire(&a);
	call(&out);
}

static void call_with_the_pools_lock(void)
{
	void *out;

	svsm_lock_acquire(&pool.lock);
	call(&out);
}

START_TEST(R_17_no_allocation_in_a_handler)
{
	make_allocators();
	for (size_t i = 0; i < SVSM_ARRAY_SIZE(calls); i++) {
		call = calls[i];
		ck_assert_msg(unit_aborts(call_in_a_handler, "a handler waits"),
			      "call %zu", i);
	}
}
END_TEST

START_TEST(R_17_no_allocation_with_a_lock_that_comes_later)
{
	make_allocators();
	for (size_t i = 0; i < SVSM_ARRAY_SIZE(calls); i++) {
		call = calls[i];
		ck_assert_msg(unit_aborts(call_with_a_later_lock, "lock order"),
			      "call %zu", i);
		ck_assert_msg(unit_aborts(call_with_the_pools_lock,
					  "which it holds") ||
			      unit_aborts(call_with_the_pools_lock,
					  "lock order"), "call %zu", i);
	}
}
END_TEST

/* With a lock that comes before, and anywhere else, they are free to. */
START_TEST(R_17_other_allocations_are_no_mistake)
{
	void *out;

	make_allocators();
	for (size_t i = 0; i < SVSM_ARRAY_SIZE(calls); i++) {
		svsm_lock_acquire(&b);
		calls[i](&out);
		svsm_lock_release(&b);
	}
}
END_TEST

UNIT_MAIN("locks", fake_setup, fake_teardown,
	S_01_locks_in_two_orders_are_noticed_at_the_second,
	S_01_a_lock_that_is_held_or_anothers_is_noticed,
	S_01_what_cannot_wait_for_ever_is_no_order,
	S_01_many_locks_are_no_mistake,
	S_07_no_lock_is_held_where_a_cpu_may_stay_away,
	R_17_no_allocation_in_a_handler,
	R_17_no_allocation_with_a_lock_that_comes_later,
	R_17_other_allocations_are_no_mistake)
