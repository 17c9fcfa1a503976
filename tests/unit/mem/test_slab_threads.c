/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Caches that several CPUs use at once.
 */
#include <sched.h>
#include <string.h>

#include "dice.h"
#include "slab_fixture.h"

#define CPUS	FAKE_MAX_CPUS
#define RING	64u
/** Times the steps, with --long; that makes 10^9 of the CPUs that are all at
 *  work at once. */
#define LONGER		20u
#define ALL_LONGER	800u

static struct svsm_slab_magazine magazine[CPUS];
static struct svsm_slab_cache cache;
static unsigned long steps;

/** What one CPU passes to the next: full where it is not NULL. */
struct ring {
	void *object[RING];
};
static struct ring ring[CPUS];

static void make(const struct svsm_slab_hooks *hooks, unsigned flags)
{
	struct svsm_slab_config config = {
		.name = "shared", .size = 48, .hooks = hooks, .flags = flags,
		.magazine = magazine, .cpus = CPUS,
	};

	memset(magazine, 0, sizeof(magazine));
	memset(ring, 0, sizeof(ring));
	fixture_make(&cache, &config);
}

/* The object carries its own address until it is freed. */
static void mark(void *object)
{
	void **word = object;

	if (!(cache.flags & SVSM_SLAB_UNINIT) &&
	    !fixture_is_all(object, 0, 48))
		fake_violation("%p is not fresh", object);
	for (unsigned i = 0; i < 6; i++)
		word[i] = object;
}

static void release(void *object)
{
	void **word = object;

	for (unsigned i = 0; i < 6; i++)
		if (word[i] != object)
			fake_violation("%p is somebody else's, too", object);
	if (svsm_slab_free(&cache, object) != SVSM_OK)
		fake_violation("free of %p refused", object);
}

static void put(struct ring *to, unsigned long i)
{
	void **slot = &to->object[i % RING];
	void *object;

	while (__atomic_load_n(slot, __ATOMIC_ACQUIRE))
		sched_yield();
	if (svsm_slab_alloc(&cache, &object) != SVSM_OK)
		fake_violation("out of memory");
	mark(object);
	__atomic_store_n(slot, object, __ATOMIC_RELEASE);
}

static void get(struct ring *from, unsigned long i)
{
	void **slot = &from->object[i % RING];
	void *object;

	while (!(object = __atomic_load_n(slot, __ATOMIC_ACQUIRE)))
		sched_yield();
	release(object);
	__atomic_store_n(slot, NULL, __ATOMIC_RELEASE);
}

static void produce(void *arg)
{
	(void)arg;
	for (unsigned long i = 0; i < steps; i++)
		put(&ring[0], i);
}

static void cross_free(void)
{
	steps = unit_steps(200000, LONGER);
	fake_cpu_start(1, 1, produce, NULL);
	for (unsigned long i = 0; i < steps; i++)
		get(&ring[0], i);
	ck_assert_int_eq(fake_cpu_join(1), FAKE_NO_TERMINATION);
	fixture_end(&cache);
}

START_TEST(what_one_cpu_takes_another_gives_back)
{
	make(&svsm_slab_hooks_none, 0);
	cross_free();
}
END_TEST

START_TEST(what_one_cpu_takes_another_gives_back_checked)
{
	make(&svsm_slab_hooks_debug, 0);
	cross_free();
}
END_TEST

/* Keeps some, frees some, in an order of its own. */
static void churn(void *arg)
{
	uint64_t state = 1 + svsm_plat_cpu()->index;
	void *kept[32] = { NULL };

	(void)arg;
	for (unsigned long i = 0; i < steps; i++) {
		void **slot = &kept[dice_of(&state, 32)];

		if (*slot) {
			release(*slot);
			*slot = NULL;
		} else if (svsm_slab_alloc(&cache, slot) == SVSM_OK) {
			mark(*slot);
		} else {
			*slot = NULL;
		}
	}
	for (unsigned i = 0; i < 32; i++)
		if (kept[i])
			release(kept[i]);
	svsm_slab_drain(&cache);
}

START_TEST(hostile_R_16_many_cpus_at_once)
{
	make(&svsm_slab_hooks_none, SVSM_SLAB_SECRET);
	steps = unit_steps(20000, ALL_LONGER);
	for (unsigned i = 1; i < CPUS; i++)
		fake_cpu_start(i, i, churn, NULL);
	churn(NULL);
	for (unsigned i = 1; i < CPUS; i++)
		ck_assert_int_eq(fake_cpu_join(i), FAKE_NO_TERMINATION);
	ck_assert_uint_le(fixture_owner.used, cache.stride * SVSM_SLAB_HOLD *
			  (size_t)CPUS);
	fixture_end(&cache);
}
END_TEST

/* Some calls fail for want of memory, and nothing is lost. */
START_TEST(hostile_R_16_many_cpus_at_the_limit)
{
	make(&svsm_slab_hooks_none, 0);
	fixture_owner.limit = cache.stride * 200u;
	steps = unit_steps(20000, LONGER);
	for (unsigned i = 1; i < 16; i++)
		fake_cpu_start(i, i, churn, NULL);
	churn(NULL);
	for (unsigned i = 1; i < 16; i++)
		ck_assert_int_eq(fake_cpu_join(i), FAKE_NO_TERMINATION);
	ck_assert_uint_eq(fixture_owner.used, 0);
	fixture_end(&cache);
}
END_TEST

UNIT_MAIN("slab threads", fixture_setup, fixture_teardown,
	what_one_cpu_takes_another_gives_back,
	what_one_cpu_takes_another_gives_back_checked,
	hostile_R_16_many_cpus_at_once,
	hostile_R_16_many_cpus_at_the_limit)
