/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The slab allocator as an image has it: plain caches.
 */
#include <string.h>

#include "slab_fixture.h"

#define MANY	1000u

static struct svsm_slab_magazine magazine[2];
static const struct svsm_slab_config plain = {
	.name = "plain", .size = 64, .hooks = &svsm_slab_hooks_none,
	.magazine = magazine, .cpus = 1,
};
static struct svsm_slab_cache cache;
static void *object[MANY];

static void setup(void)
{
	fixture_setup();
	memset(magazine, 0, sizeof(magazine));
	cache = (struct svsm_slab_cache){ 0 };
}

static void teardown(void)
{
	if (cache.owner)
		fixture_end(&cache);
	fixture_teardown();
}

static void take_all(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		object[i] = fixture_alloc(&cache);
}

static void give_all(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		fixture_free(&cache, object[i]);
}

START_TEST(objects_are_apart_aligned_and_zero)
{
	fixture_make(&cache, &plain);
	for (unsigned i = 0; i < MANY; i++) {
		object[i] = fixture_alloc(&cache);
		ck_assert_uint_eq((uintptr_t)object[i] % 16, 0);
		ck_assert(fixture_is_all(object[i], 0, 64));
		memset(object[i], (int)(i % 251) + 1, 64);
	}
	ck_assert(svsm_slab_check(&cache));
	for (unsigned i = 0; i < MANY; i++)
		ck_assert(fixture_is_all(object[i], (int)(i % 251) + 1, 64));
	give_all(MANY);
}
END_TEST

START_TEST(every_size_and_alignment_fits_its_slab)
{
	for (size_t size = 1; size <= SVSM_SLAB_MAX_SIZE; size += 37)
		for (size_t align = 1; align <= SVSM_SLAB_MAX_ALIGN;
		     align *= 2) {
			struct svsm_slab_config config = plain;

			config.size = size;
			config.align = align;
			fixture_make(&cache, &config);
			ck_assert_uint_ge(cache.count, 1);
			ck_assert_uint_le(cache.first + (size_t)cache.count *
					  cache.stride,
					  SVSM_PAGE_BYTES << cache.order);
			take_all(20);
			for (unsigned i = 0; i < 20; i++) {
				must((uintptr_t)object[i] % align == 0);
				memset(object[i], 0xa5, size);
			}
			give_all(20);
			fixture_end(&cache);
		}
}
END_TEST

START_TEST(init_refuses_what_cannot_be)
{
	struct svsm_slab_config bad[8];

	for (unsigned i = 0; i < 8; i++)
		bad[i] = plain;
	bad[0].size = 0;
	bad[1].size = SVSM_SLAB_MAX_SIZE + 1;
	bad[2].size = SIZE_MAX;
	bad[3].align = 24;
	bad[4].align = SVSM_SLAB_MAX_ALIGN * 2;
	bad[5].flags = 4;
	bad[6].hold = SVSM_SLAB_HOLD + 1;
	bad[7].magazine = NULL;
	for (unsigned i = 0; i < 8; i++) {
		ck_assert_int_eq(svsm_slab_init(&cache, &fixture_owner,
						&bad[i]), SVSM_EINVAL);
		ck_assert_ptr_null(cache.owner);
	}
	fixture_make(&cache, &plain);
	ck_assert_int_eq(svsm_slab_init(&cache, &fixture_owner, &plain),
			 SVSM_EEXIST);
}
END_TEST

START_TEST(what_is_at_hand_is_reused_at_once)
{
	void *first;

	fixture_make(&cache, &plain);
	first = fixture_alloc(&cache);
	fixture_free(&cache, first);
	ck_assert_ptr_eq(fixture_alloc(&cache), first);
	fixture_free(&cache, first);
	ck_assert_uint_le(fixture_owner.used, SVSM_SLAB_HOLD * cache.stride);
}
END_TEST

START_TEST(empty_slabs_go_back_but_one)
{
	size_t before = svsm_page_count_free(&fixture_pool);

	fixture_make(&cache, &plain);
	take_all(MANY);
	ck_assert_uint_ge(before - svsm_page_count_free(&fixture_pool),
			  MANY / cache.count);
	give_all(MANY);
	/* The spare, and what the magazine may hold on to. */
	ck_assert_uint_le(cache.slabs, 2);
	svsm_slab_drain(&cache);
	ck_assert_uint_eq(cache.slabs, 0);
	ck_assert_uint_eq(svsm_page_count_free(&fixture_pool), before);
}
END_TEST

START_TEST(one_object_to_and_fro_takes_no_pages)
{
	size_t before;

	fixture_make(&cache, &plain);
	cache.cpus = 0;		/* no magazine: each call reaches the slab */
	fixture_free(&cache, fixture_alloc(&cache));
	before = svsm_page_count_free(&fixture_pool);
	for (unsigned i = 0; i < MANY; i++) {
		fixture_free(&cache, fixture_alloc(&cache));
		ck_assert_uint_eq(svsm_page_count_free(&fixture_pool), before);
	}
}
END_TEST

START_TEST(a_cpu_without_magazine_is_served)
{
	struct svsm_slab_config config = plain;

	config.magazine = NULL;
	config.cpus = 0;
	fixture_make(&cache, &config);
	take_all(MANY);
	ck_assert(svsm_slab_check(&cache));
	ck_assert_uint_eq(fixture_owner.used, MANY * cache.stride);
	give_all(MANY);
	ck_assert_uint_eq(fixture_owner.used, 0);
}
END_TEST

START_TEST(fini_waits_for_the_last_object)
{
	fixture_make(&cache, &plain);
	object[0] = fixture_alloc(&cache);
	ck_assert_int_eq(svsm_slab_fini(&cache), SVSM_EBUSY);
	ck_assert(svsm_slab_check(&cache));
	object[1] = fixture_alloc(&cache);
	give_all(2);
	ck_assert_int_eq(svsm_slab_fini(&cache), SVSM_OK);
	ck_assert_ptr_null(cache.owner);
}
END_TEST

START_TEST(the_owners_limit_is_kept_to_the_byte)
{
	struct svsm_slab_config config = plain;

	config.cpus = 0;
	config.magazine = NULL;
	fixture_owner.limit = 10 * 64 + 63;
	fixture_make(&cache, &config);
	take_all(10);
	ck_assert_int_eq(svsm_slab_alloc(&cache, &object[10]), SVSM_ENOMEM);
	ck_assert_uint_eq(fixture_owner.used, 640);
	fixture_free(&cache, object[9]);
	object[9] = fixture_alloc(&cache);
	give_all(10);
}
END_TEST

START_TEST(caches_of_one_owner_share_its_limit)
{
	struct svsm_slab_config config = plain;
	struct svsm_slab_cache other;

	config.cpus = 0;
	config.magazine = NULL;
	fixture_owner.limit = 8 * 64;
	fixture_make(&cache, &config);
	fixture_make(&other, &config);
	take_all(5);
	for (unsigned i = 5; i < 8; i++)
		object[i] = fixture_alloc(&other);
	ck_assert_int_eq(svsm_slab_alloc(&other, &object[8]), SVSM_ENOMEM);
	fixture_free(&cache, object[4]);
	object[8] = fixture_alloc(&other);
	give_all(4);
	for (unsigned i = 5; i < 9; i++)
		fixture_free(&other, object[i]);
	fixture_end(&other);
}
END_TEST

START_TEST(an_account_knows_what_all_its_owners_have_in_objects)
{
	struct svsm_slab_config config = { .name = "other", .size = 48,
		.hooks = &svsm_slab_hooks_none };
	struct svsm_slab_cache other = { 0 };
	struct svsm_slab_owner second;

	svsm_slab_owner_init(&second, &fixture_account, SIZE_MAX);
	fixture_make(&cache, &plain);
	ck_assert_int_eq(svsm_slab_init(&other, &second, &config), SVSM_OK);
	ck_assert_uint_eq(fixture_account.objects, 0);
	object[0] = fixture_alloc(&cache);
	object[1] = fixture_alloc(&other);
	ck_assert_uint_eq(second.used, 48);
	ck_assert_uint_eq(fixture_account.objects, fixture_owner.used + 48);
	fixture_free(&cache, object[0]);
	svsm_slab_drain(&cache);
	ck_assert_uint_eq(fixture_account.objects, 48);
	fixture_free(&other, object[1]);
	fixture_end(&other);
	ck_assert_uint_eq(fixture_account.objects, 0);
}
END_TEST

START_TEST(a_full_pool_is_no_memory_and_comes_back)
{
	void *block[FIXTURE_PAGES];
	unsigned n = 0;

	fixture_make(&cache, &plain);
	object[0] = fixture_alloc(&cache);
	while (svsm_page_alloc(&fixture_account, 0, &block[n]) == SVSM_OK)
		n++;
	for (unsigned i = 1; i < cache.count; i++)
		object[i] = fixture_alloc(&cache);
	object[MANY - 1] = &cache;
	ck_assert_int_eq(svsm_slab_alloc(&cache, &object[MANY - 1]),
			 SVSM_ENOMEM);
	ck_assert_ptr_eq(object[MANY - 1], &cache);
	ck_assert(svsm_slab_check(&cache));
	while (n > 0)
		ck_assert_int_eq(svsm_page_free(&fixture_account, block[--n],
						0), SVSM_OK);
	object[cache.count] = fixture_alloc(&cache);
	give_all(cache.count + 1u);
}
END_TEST

START_TEST(hostile_R_18_a_secret_is_wiped_before_the_free_returns)
{
	struct svsm_slab_config config = plain;

	config.flags = SVSM_SLAB_SECRET;
	config.size = 100;
	fixture_make(&cache, &config);
	take_all(MANY);
	for (unsigned i = 0; i < MANY; i++)
		memcpy((char *)object[i] + 84, fake_canary, 16);
	for (unsigned i = 0; i < MANY; i++) {
		memset(object[i], 0x5a, 84);
		fixture_free(&cache, object[i]);
		/* Its slab may be gone already: pages are cleared, too. */
		ck_assert(fixture_is_all(object[i], 0, 100));
	}
	take_all(MANY);
	for (unsigned i = 0; i < MANY; i++)
		ck_assert(fixture_is_all(object[i], 0, 100));
	give_all(MANY);
}
END_TEST

START_TEST(hostile_R_19_fresh_objects_never_show_older_content)
{
	fixture_make(&cache, &plain);
	for (unsigned turn = 0; turn < 3; turn++) {
		take_all(MANY);
		for (unsigned i = 0; i < MANY; i++) {
			ck_assert(fixture_is_all(object[i], 0, 64));
			memset(object[i], 0xff, 64);
		}
		give_all(MANY);
	}
}
END_TEST

START_TEST(an_uninit_cache_shows_only_its_own)
{
	struct svsm_slab_config config = plain;

	config.flags = SVSM_SLAB_UNINIT;
	fixture_make(&cache, &config);
	object[0] = fixture_alloc(&cache);
	ck_assert(fixture_is_all(object[0], 0, 64));
	memset(object[0], 0x77, 64);
	fixture_free(&cache, object[0]);
	ck_assert_ptr_eq(fixture_alloc(&cache), object[0]);
	ck_assert(fixture_is_all(object[0], 0x77, 64));
	fixture_free(&cache, object[0]);
}
END_TEST

UNIT_MAIN("slab", setup, teardown,
	objects_are_apart_aligned_and_zero,
	every_size_and_alignment_fits_its_slab,
	init_refuses_what_cannot_be,
	what_is_at_hand_is_reused_at_once,
	empty_slabs_go_back_but_one,
	one_object_to_and_fro_takes_no_pages,
	a_cpu_without_magazine_is_served,
	fini_waits_for_the_last_object,
	the_owners_limit_is_kept_to_the_byte,
	caches_of_one_owner_share_its_limit,
	an_account_knows_what_all_its_owners_have_in_objects,
	a_full_pool_is_no_memory_and_comes_back,
	hostile_R_18_a_secret_is_wiped_before_the_free_returns,
	hostile_R_19_fresh_objects_never_show_older_content,
	an_uninit_cache_shows_only_its_own)
