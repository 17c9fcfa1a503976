/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Random sequences of slab calls against a naive model: a list of what is
 * live, with what was written into it.
 */
#include <string.h>

#include "dice.h"
#include "shadow.h"
#include "slab_fixture.h"

#define STEPS	250000u		/* of each cache: 10^6 in all */
#define LIVE	SHADOWS

static struct svsm_slab_magazine magazine[1];
static struct svsm_slab_cache cache;

/* In the naive model nothing overlaps. */
static void apart(const void *object)
{
	for (unsigned i = 0; i < shadows; i++) {
		uintptr_t a = (uintptr_t)object;
		uintptr_t b = (uintptr_t)shadow[i].block;

		must((a > b ? a - b : b - a) >= cache.size);
	}
}

static void take(bool look)
{
	void *object;

	if (shadows == LIVE) {
		must(svsm_slab_alloc(&cache, &object) == SVSM_ENOMEM);
		return;
	}
	object = fixture_alloc(&cache);
	if (!(cache.flags & SVSM_SLAB_UNINIT))
		must(fixture_is_all(object, 0, cache.size));
	if (look)
		apart(object);
	shadow_add(object, cache.size);
}

static void give(struct shadow *it)
{
	must(fixture_is_all(it->block, it->value, it->size));
	fixture_free(&cache, it->block);
	shadow_remove(it);
}

/* A wrong free, of an address near a live object. */
static void misuse(void)
{
	size_t off = 1 + dice(cache.stride - 1);

	must(svsm_slab_free(&cache, shadow_any()->block + off) != SVSM_OK);
}

static void step(unsigned i, unsigned bias)
{
	switch (dice(100)) {
	case 0:
		svsm_slab_drain(&cache);
		break;
	case 1:
		if (shadows > 0)
			misuse();
		break;
	default:
		if (shadows == 0 || dice(100) < bias)
			take(i % 512 == 0);
		else
			give(shadow_any());
	}
}

static void run(const struct svsm_slab_config *config)
{
	fixture_make(&cache, config);
	fixture_owner.limit = (size_t)LIVE * cache.stride;
	/* Grows and shrinks in turn, so that slabs come and go. */
	for (unsigned i = 0; i < STEPS; i++) {
		step(i, i / 10000 % 2 ? 35 : 65);
		if (i % 1000 == 0) {
			ck_assert(svsm_slab_check(&cache));
			ck_assert(svsm_page_check(&fixture_pool));
			ck_assert_uint_ge(fixture_owner.used,
					  (size_t)shadows * cache.stride);
		}
	}
	while (shadows > 0)
		give(&shadow[shadows - 1]);
	fixture_end(&cache);
}

static void setup(void)
{
	fixture_setup();
	shadow_reset();
	memset(magazine, 0, sizeof(magazine));
}

START_TEST(a_plain_cache_does_what_the_model_does)
{
	run(&(struct svsm_slab_config){
		.name = "plain", .size = 64, .magazine = magazine, .cpus = 1,
		.hooks = &svsm_slab_hooks_none });
}
END_TEST

START_TEST(a_secret_cache_does_what_the_model_does)
{
	run(&(struct svsm_slab_config){
		.name = "secret", .size = 24, .magazine = magazine, .cpus = 1,
		.flags = SVSM_SLAB_SECRET, .hooks = &svsm_slab_hooks_none });
}
END_TEST

START_TEST(a_cache_of_large_objects_does_what_the_model_does)
{
	run(&(struct svsm_slab_config){
		.name = "large", .size = 1500, .align = 64,
		.magazine = magazine,
		.cpus = 1, .hold = 3, .flags = SVSM_SLAB_UNINIT,
		.hooks = &svsm_slab_hooks_none });
}
END_TEST

START_TEST(a_checked_cache_does_what_the_model_does)
{
	run(&(struct svsm_slab_config){
		.name = "checked", .size = 40,
		.hooks = &svsm_slab_hooks_debug });
}
END_TEST

UNIT_MAIN("slab random", setup, fixture_teardown,
	a_plain_cache_does_what_the_model_does,
	a_secret_cache_does_what_the_model_does,
	a_cache_of_large_objects_does_what_the_model_does,
	a_checked_cache_does_what_the_model_does)
