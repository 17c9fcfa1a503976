/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Group R of the hostile cases, slab: wrong frees and overwritten memory, in
 * plain caches (what images have) and in checked ones.
 */
#include <stdio.h>
#include <string.h>

#include <slab_internal.h>

#include "slab_fixture.h"

#define SIZE	48u

static const struct svsm_slab_hooks *const both[] = {
	&svsm_slab_hooks_none, &svsm_slab_hooks_debug,
};

static struct svsm_slab_magazine magazine[1];
static struct svsm_slab_cache cache;

static void make(struct svsm_slab_cache *made,
		 const struct svsm_slab_hooks *hooks)
{
	struct svsm_slab_config config = {
		.name = "victim", .size = SIZE, .hooks = hooks,
		.magazine = made == &cache ? magazine : NULL,
		.cpus = made == &cache,
	};

	memset(magazine, 0, sizeof(magazine));
	fixture_make(made, &config);
}

/* A refusal changes nothing: not the cache, not the owner, not the block. */
static void
refused(void *object, enum svsm_status wanted, const void *block, size_t n)
{
	struct svsm_slab_cache before = cache;
	size_t used = fixture_owner.used;
	uint8_t content[SIZE];

	memcpy(content, block, n);
	ck_assert_int_eq(svsm_slab_free(&cache, object), wanted);
	before.lock = cache.lock;
	ck_assert_mem_eq(&before, &cache, sizeof(cache));
	ck_assert_uint_eq(fixture_owner.used, used);
	ck_assert_mem_eq(content, block, n);
	ck_assert(svsm_slab_check(&cache));
}

/* The statement ends the VM, and the log names the block. */
#define traps(block, statement)						\
	do {								\
		char name[32];						\
									\
		snprintf(name, sizeof(name), "%p", (void *)(block));	\
		fixture_log[0] = '\0';					\
		ck_assert_int_eq(fake_reason_of(statement),		\
				 SVSM_REASON_HEAP);			\
		ck_assert_ptr_nonnull(strstr(fixture_log, name));	\
	} while (0)

START_TEST(hostile_R_01_double_free)
{
	for (unsigned i = 0; i < 2; i++) {
		void *object, *other;

		make(&cache, both[i]);
		object = fixture_alloc(&cache);
		other = fixture_alloc(&cache);
		memset(other, 0x11, SIZE);
		fixture_free(&cache, object);
		refused(object, SVSM_EDOUBLE, other, SIZE);
		/* Also when it is in its slab and no more at hand. */
		svsm_slab_drain(&cache);
		refused(object, SVSM_EDOUBLE, other, SIZE);
		fixture_free(&cache, other);
		fixture_end(&cache);
	}
}
END_TEST

START_TEST(hostile_R_01_double_free_after_the_slab_has_gone)
{
	for (unsigned i = 0; i < 2; i++) {
		uint8_t local = 0;
		void *object;

		make(&cache, both[i]);
		object = fixture_alloc(&cache);
		fixture_free(&cache, object);
		svsm_slab_drain(&cache);
		ck_assert_uint_eq(cache.slabs, 0);
		refused(object, SVSM_EFOREIGN, &local, 1);
		fixture_end(&cache);
	}
}
END_TEST

START_TEST(hostile_R_01_a_double_free_that_raced_is_found_in_the_slab)
{
	void *object;

	make(&cache, &svsm_slab_hooks_none);
	object = fixture_alloc(&cache);
	fixture_free(&cache, object);
	/* As another CPU would have left it that looked at the same time. */
	magazine[0].object[magazine[0].count++] = object;
	fixture_free(&cache, fixture_alloc(&cache));
	traps(object, svsm_slab_drain(&cache));
	fixture_forget();
}
END_TEST

START_TEST(hostile_R_02_interior_pointer)
{
	for (unsigned i = 0; i < 2; i++) {
		char *object;

		make(&cache, both[i]);
		object = fixture_alloc(&cache);
		memset(object, 0x22, SIZE);
		for (unsigned at = 1; at < cache.stride; at++)
			refused(object + at, SVSM_EINTERIOR, object, SIZE);
		/* The header, and the rest behind the last object. */
		for (unsigned at = 0; at < cache.first; at++)
			refused((char *)slab_of(&cache, object) + at,
				SVSM_EINTERIOR, object, SIZE);
		refused((char *)slab_of(&cache, object) + cache.first +
			cache.count * cache.stride - 1, SVSM_EINTERIOR, object,
			SIZE);
		fixture_free(&cache, object);
		fixture_end(&cache);
	}
}
END_TEST

START_TEST(hostile_R_03_foreign_pointer)
{
	static uint8_t fixed[64];
	uint8_t local[64] = { 0 };
	void *page;

	ck_assert_int_eq(svsm_page_alloc(&fixture_account, 0, &page), SVSM_OK);
	for (unsigned i = 0; i < 2; i++) {
		make(&cache, both[i]);
		refused(local, SVSM_EFOREIGN, local, SIZE);
		refused(fixed, SVSM_EFOREIGN, fixed, SIZE);
		refused((void *)1, SVSM_EFOREIGN, local, SIZE);
		refused((void *)0xfee00000, SVSM_EFOREIGN, local, SIZE);
		refused((void *)UINTPTR_MAX, SVSM_EFOREIGN, local, SIZE);
		refused((void *)0x8000000000000000ull, SVSM_EFOREIGN, local,
			SIZE);
		/* A page of the same pool that is nobody's slab, or free. */
		refused(page, SVSM_EFOREIGN, page, SIZE);
		refused((char *)page + SVSM_PAGE_BYTES, SVSM_EFOREIGN, page,
			SIZE);
		fixture_end(&cache);
	}
	ck_assert_int_eq(svsm_page_free(&fixture_account, page, 0), SVSM_OK);
}
END_TEST

START_TEST(hostile_R_03_object_of_another_cache)
{
	for (unsigned i = 0; i < 2; i++) {
		struct svsm_slab_cache other;
		void *object;

		make(&cache, both[i]);
		make(&other, both[i]);
		object = fixture_alloc(&other);
		refused(object, SVSM_EOWNER, object, SIZE);
		fixture_free(&other, object);
		fixture_end(&other);
		fixture_end(&cache);
	}
}
END_TEST

START_TEST(hostile_R_04_free_of_nothing)
{
	for (unsigned i = 0; i < 2; i++) {
		uint8_t local = 0;

		make(&cache, both[i]);
		refused(NULL, SVSM_OK, &local, 1);
		fixture_end(&cache);
	}
}
END_TEST

START_TEST(a_checked_cache_logs_what_it_refuses)
{
	char name[32];
	char *object;

	make(&cache, &svsm_slab_hooks_debug);
	object = fixture_alloc(&cache);
	ck_assert_int_eq(svsm_slab_free(&cache, object + 8), SVSM_EINTERIOR);
	snprintf(name, sizeof(name), "%p", (void *)(object + 8));
	ck_assert_ptr_nonnull(strstr(fixture_log, name));
	ck_assert_ptr_nonnull(strstr(fixture_log, "EINTERIOR"));
	fixture_free(&cache, object);
	fixture_end(&cache);
}
END_TEST

START_TEST(hostile_R_13_write_past_the_end)
{
	static const unsigned past[] = { 1, 8, 64 };

	for (unsigned i = 0; i < 3; i++)
		for (unsigned whole = 0; whole < 2; whole++) {
			uint8_t *object;

			make(&cache, &svsm_slab_hooks_debug);
			object = fixture_alloc(&cache);
			/* That one byte alone, and all up to it. */
			memset(object + SIZE + (whole ? 0 : past[i] - 1), 0x5a,
			       whole ? past[i] : 1);
			traps(object, fake_ignore(svsm_slab_free(&cache,
								 object)));
			fixture_forget();
		}
}
END_TEST

START_TEST(hostile_R_14_write_after_free)
{
	for (unsigned at = 0; at < SIZE; at += SIZE - 1) {
		uint8_t *object;

		make(&cache, &svsm_slab_hooks_debug);
		object = fixture_alloc(&cache);
		fixture_free(&cache, object);
		ck_assert(fixture_is_all(object, 0xdd, SIZE));
		object[at] ^= 1;
		traps(object, svsm_slab_drain(&cache));
		fixture_forget();
	}
}
END_TEST

START_TEST(hostile_R_14_write_long_after_free)
{
	uint8_t *object, *other;
	void *next;

	make(&cache, &svsm_slab_hooks_debug);
	other = fixture_alloc(&cache);
	object = fixture_alloc(&cache);
	fixture_free(&cache, object);
	/* Out of the quarantine, into the slab; the slab stays. */
	svsm_slab_drain(&cache);
	object[8] = 0;
	traps(object, fake_ignore(svsm_slab_alloc(&cache, &next)));
	(void)other;
	fixture_forget();
}
END_TEST

START_TEST(hostile_R_14_a_freed_block_is_not_reused_at_once)
{
	void *object, *other;

	make(&cache, &svsm_slab_hooks_debug);
	object = fixture_alloc(&cache);
	fixture_free(&cache, object);
	for (unsigned i = 0; i < 16; i++) {
		other = fixture_alloc(&cache);
		ck_assert_ptr_ne(other, object);
		fixture_free(&cache, other);
	}
	fixture_end(&cache);
}
END_TEST

/* Each bit of the header, before each use that reads it. */
START_TEST(hostile_R_15_header_bits_flipped)
{
	for (unsigned bit = 0; bit < 8 * offsetof(struct slab, unused); bit++) {
		uint8_t *byte;
		struct slab *slab;
		void *object, *next;

		make(&cache, &svsm_slab_hooks_none);
		cache.cpus = 0;
		object = fixture_alloc(&cache);
		slab = slab_of(&cache, object);
		byte = (uint8_t *)slab + bit / 8;
		*byte ^= (uint8_t)(1u << bit % 8);
		ck_assert(!svsm_slab_check(&cache));
		traps(slab, fake_ignore(svsm_slab_alloc(&cache, &next)));
		cache.lock = (struct svsm_lock){ 0 };
		traps(slab, fake_ignore(svsm_slab_free(&cache, object)));
		cache.lock = (struct svsm_lock){ 0 };
		fixture_forget();
	}
}
END_TEST

/* Allocate until all is gone or the object comes a second time. */
static void alloc_all(const void *object, void **next)
{
	for (unsigned i = 1; i < cache.count; i++)
		if (svsm_slab_alloc(&cache, next) == SVSM_OK && *next == object)
			break;
}

/* Each bit of each state byte: found, or the status is a refusal. */
START_TEST(hostile_R_15_state_bits_flipped)
{
	for (unsigned bit = 0; bit < 8; bit++) {
		struct slab *slab;
		void *object, *next;

		make(&cache, &svsm_slab_hooks_none);
		cache.cpus = 0;
		object = fixture_alloc(&cache);
		slab = slab_of(&cache, object);
		/* A live object's: it cannot be freed any more. */
		slab->state[0] ^= (uint8_t)(1u << bit);
		next = NULL;
		ck_assert_int_ne(svsm_slab_free(&cache, object), SVSM_OK);
		ck_assert(!svsm_slab_check(&cache));
		slab->state[0] ^= (uint8_t)(1u << bit);
		/* The next free one's: no live object is handed out, and none
		 * twice, before it is found. */
		slab->state[slab->head] ^= (uint8_t)(1u << bit);
		ck_assert(!svsm_slab_check(&cache));
		ck_assert_int_eq(fake_reason_of(alloc_all(object, &next)),
				 SVSM_REASON_HEAP);
		ck_assert_ptr_ne(next, object);
		cache.lock = (struct svsm_lock){ 0 };
		fixture_forget();
	}
}
END_TEST

START_TEST(hostile_R_20_an_owners_count_neither_wraps_nor_goes_below_zero)
{
	fixture_owner.limit = SIZE_MAX;
	fixture_owner.used = SIZE_MAX - 100;
	ck_assert_uint_eq(slab_charge(&fixture_owner, 64, 15), 1);
	ck_assert_uint_eq(slab_charge(&fixture_owner, 64, 15), 0);
	ck_assert_uint_eq(fixture_owner.used, SIZE_MAX - 36);
	fixture_owner.used = 63;
	ck_assert_int_eq(fake_reason_of(slab_uncharge(&fixture_owner, 64)),
			 SVSM_REASON_ASSERT);
	ck_assert_uint_eq(fixture_owner.used, 63);
	fixture_owner.used = 0;
	fixture_account.objects = 0;
}
END_TEST

UNIT_MAIN("hostile R slab", fixture_setup, fixture_teardown,
	hostile_R_01_double_free,
	hostile_R_01_double_free_after_the_slab_has_gone,
	hostile_R_01_a_double_free_that_raced_is_found_in_the_slab,
	hostile_R_02_interior_pointer,
	hostile_R_03_foreign_pointer,
	hostile_R_03_object_of_another_cache,
	hostile_R_04_free_of_nothing,
	a_checked_cache_logs_what_it_refuses,
	hostile_R_13_write_past_the_end,
	hostile_R_14_write_after_free,
	hostile_R_14_write_long_after_free,
	hostile_R_14_a_freed_block_is_not_reused_at_once,
	hostile_R_15_header_bits_flipped,
	hostile_R_15_state_bits_flipped,
	hostile_R_20_an_owners_count_neither_wraps_nor_goes_below_zero)
