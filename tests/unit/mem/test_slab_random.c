/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Random sequences of slab calls against a naive model: a list of what is
 * live, with what was written into it.
 */
#include <string.h>

#include "slab_fixture.h"

#define STEPS	250000u		/* of each cache: 10^6 in all */
#define LIVE	3000u

/** What the model knows of one object. */
struct shadow {
	void *object;
	uint8_t value;
};

static struct svsm_slab_magazine magazine[1];
static struct svsm_slab_cache cache;
static struct shadow shadow[LIVE];
static unsigned live;
static uint64_t state;

static uint64_t draw(uint64_t n)
{
	return fixture_random(&state) % n;
}

/* In the naive model nothing overlaps. */
static void apart(const void *object)
{
	for (unsigned i = 0; i < live; i++) {
		uintptr_t a = (uintptr_t)object;
		uintptr_t b = (uintptr_t)shadow[i].object;

		must((a > b ? a - b : b - a) >= cache.size);
	}
}

static void take(bool look)
{
	struct shadow *new = &shadow[live];

	if (live == LIVE) {
		must(svsm_slab_alloc(&cache, &new->object) == SVSM_ENOMEM);
		return;
	}
	new->object = fixture_alloc(&cache);
	if (!(cache.flags & SVSM_SLAB_UNINIT))
		must(fixture_is_all(new->object, 0, cache.size));
	if (look)
		apart(new->object);
	new->value = (uint8_t)draw(256);
	memset(new->object, new->value, cache.size);
	live++;
}

static void give(unsigned i)
{
	struct shadow old = shadow[i];

	must(fixture_is_all(old.object, old.value, cache.size));
	fixture_free(&cache, old.object);
	shadow[i] = shadow[--live];
}

/* A wrong free, of an address near a live object. */
static void misuse(void)
{
	char *object = shadow[draw(live)].object;
	size_t off = 1 + draw(cache.stride - 1);

	must(svsm_slab_free(&cache, object + off) != SVSM_OK);
}

static void step(unsigned i, unsigned bias)
{
	switch (draw(100)) {
	case 0:
		svsm_slab_drain(&cache);
		break;
	case 1:
		if (live > 0)
			misuse();
		break;
	default:
		if (live == 0 || draw(100) < bias)
			take(i % 512 == 0);
		else
			give((unsigned)draw(live));
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
					  (size_t)live * cache.stride);
		}
	}
	while (live > 0)
		give(live - 1);
	fixture_end(&cache);
}

static void setup(void)
{
	fixture_setup();
	state = fixture_seed();
	memset(magazine, 0, sizeof(magazine));
	live = 0;
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
