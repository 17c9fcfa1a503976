/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The heap, plain and checked, with group R of the hostile cases.
 */
#include <stdio.h>
#include <string.h>

#include "slab_fixture.h"

/* What the fixture's pool can have, and what no pool can. */
#define LARGEST	((size_t)2 << 20)
#define BEYOND	((size_t)SVSM_PAGE_BYTES << SVSM_PAGE_ORDERS)

static struct svsm_slab_magazine magazine[SVSM_HEAP_CLASSES];
static struct svsm_heap heap;

static const struct svsm_slab_hooks *const both[] = {
	&svsm_slab_hooks_none, &svsm_slab_hooks_debug,
};

static void make(struct svsm_heap *made, unsigned i, unsigned flags)
{
	struct svsm_heap_config config = {
		.name = "heap", .flags = flags, .hooks = both[i],
		.magazine = made == &heap ? magazine : NULL,
		.cpus = made == &heap,
	};

	memset(magazine, 0, sizeof(magazine));
	*made = (struct svsm_heap){ 0 };
	ck_assert_int_eq(svsm_heap_init(made, &fixture_owner, &config),
			 SVSM_OK);
}

static void end(struct svsm_heap *made)
{
	ck_assert(svsm_heap_check(made));
	ck_assert_int_eq(svsm_heap_fini(made), SVSM_OK);
}

static size_t usable(const void *block)
{
	size_t size = 0;

	ck_assert_int_eq(svsm_heap_size(&heap, block, &size), SVSM_OK);
	return size;
}

START_TEST(every_size_gives_a_zeroed_block_that_is_large_enough)
{
	for (unsigned i = 0; i < 2; i++) {
		make(&heap, i, 0);
		for (size_t size = 1; size < 20000; size += size < 2200 ? 1 :
								       501) {
			void *block = fixture_heap_alloc(&heap, size);

			ck_assert_uint_eq((uintptr_t)block % 16, 0);
			ck_assert(fixture_is_all(block, 0, size));
			ck_assert_uint_ge(usable(block), size);
			memset(block, 0x99, size);
			fixture_heap_free(&heap, block);
		}
		end(&heap);
	}
}
END_TEST

START_TEST(no_block_loses_more_than_stated)
{
	make(&heap, 0, 0);
	for (size_t size = 17; size <= LARGEST; size += 1 + size / 50) {
		void *block = fixture_heap_alloc(&heap, size);
		size_t room = usable(block);

		if (size <= SVSM_HEAP_SLAB_MAX)
			ck_assert_uint_le((room - size) * 3, room + 48);
		else
			ck_assert_uint_lt(room, 2 * size);
		fixture_heap_free(&heap, block);
	}
	end(&heap);
}
END_TEST

static void three_aligned(size_t align, size_t size)
{
	void *block[3];

	for (unsigned n = 0; n < 3; n++) {
		must(svsm_heap_aligned(&heap, align, size, &block[n]) ==
		     SVSM_OK);
		must((uintptr_t)block[n] % align == 0);
		memset(block[n], 1, size);
	}
	for (unsigned n = 0; n < 3; n++)
		fixture_heap_free(&heap, block[n]);
}

START_TEST(blocks_are_aligned_as_asked)
{
	for (unsigned i = 0; i < 2; i++) {
		make(&heap, i, 0);
		for (size_t align = 1; align <= LARGEST / 2; align *= 2)
			for (size_t size = 1; size < 10000; size += 2 * size)
				three_aligned(align, size);
		end(&heap);
	}
}
END_TEST

START_TEST(realloc_keeps_what_fits)
{
	static const size_t sizes[] = { 1, 16, 17, 100, 2048, 2049, 5000, 4096,
		70000, 8192, 48, 4097, 1 };

	for (unsigned i = 0; i < 2; i++) {
		uint8_t *block;
		size_t old = 1;

		make(&heap, i, 0);
		block = fixture_heap_alloc(&heap, 1);
		block[0] = 7;
		for (unsigned n = 0; n < SVSM_ARRAY_SIZE(sizes); n++) {
			size_t size = sizes[n];
			void *moved = block;

			ck_assert_int_eq(svsm_heap_realloc(&heap, block, size,
							   &moved), SVSM_OK);
			block = moved;
			ck_assert(fixture_is_all(block, 7,
						 size < old ? size : old));
			memset(block, 7, size);
			ck_assert(svsm_heap_check(&heap));
			old = size;
		}
		fixture_heap_free(&heap, block);
		end(&heap);
	}
}
END_TEST

START_TEST(realloc_of_nothing_is_alloc)
{
	void *block = NULL;

	make(&heap, 0, 0);
	ck_assert_int_eq(svsm_heap_realloc(&heap, NULL, 10, &block), SVSM_OK);
	fixture_heap_free(&heap, block);
	end(&heap);
}
END_TEST

START_TEST(a_failed_realloc_leaves_the_block)
{
	for (unsigned i = 0; i < 2; i++) {
		void *out = &heap;
		void *block;

		make(&heap, i, 0);
		block = fixture_heap_alloc(&heap, 3000);
		memset(block, 0x42, 3000);
		ck_assert_int_eq(svsm_heap_realloc(&heap, block, SIZE_MAX,
						   &out), SVSM_ENOMEM);
		ck_assert_int_eq(svsm_heap_realloc(&heap, block, 0, &out),
				 SVSM_EINVAL);
		ck_assert_ptr_eq(out, &heap);
		ck_assert(fixture_is_all(block, 0x42, 3000));
		fixture_heap_free(&heap, block);
		end(&heap);
	}
}
END_TEST

START_TEST(calloc_does_not_wrap)
{
	static const size_t huge[][2] = {
		{ SIZE_MAX, SIZE_MAX }, { SIZE_MAX, 2 }, { 2, SIZE_MAX },
		{ (SIZE_MAX >> 32) + 1, (SIZE_MAX >> 32) + 1 },
		{ SIZE_MAX / 16 + 2, 16 },
	};
	void *block = &heap;

	make(&heap, 0, 0);
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(huge); i++)
		ck_assert_int_eq(svsm_heap_calloc(&heap, huge[i][0], huge[i][1],
						  &block), SVSM_ENOMEM);
	ck_assert_int_eq(svsm_heap_calloc(&heap, 0, 8, &block), SVSM_EINVAL);
	ck_assert_int_eq(svsm_heap_calloc(&heap, 8, 0, &block), SVSM_EINVAL);
	ck_assert_ptr_eq(block, &heap);
	ck_assert_int_eq(svsm_heap_calloc(&heap, 11, 13, &block), SVSM_OK);
	ck_assert(fixture_is_all(block, 0, 143));
	fixture_heap_free(&heap, block);
	end(&heap);
}
END_TEST

START_TEST(calloc_clears_in_an_uninit_heap)
{
	for (unsigned i = 0; i < 2; i++) {
		void *block;

		make(&heap, i, SVSM_SLAB_UNINIT);
		block = fixture_heap_alloc(&heap, 200);
		memset(block, 0xff, 200);
		fixture_heap_free(&heap, block);
		ck_assert_int_eq(svsm_heap_calloc(&heap, 2, 100, &block),
				 SVSM_OK);
		ck_assert(fixture_is_all(block, 0, 200));
		fixture_heap_free(&heap, block);
		end(&heap);
	}
}
END_TEST

START_TEST(hostile_R_05_size_zero)
{
	void *block = &heap;

	make(&heap, 0, 0);
	ck_assert_int_eq(svsm_heap_alloc(&heap, 0, &block), SVSM_EINVAL);
	ck_assert_int_eq(svsm_heap_aligned(&heap, 16, 0, &block), SVSM_EINVAL);
	ck_assert_int_eq(svsm_heap_realloc(&heap, NULL, 0, &block),
			 SVSM_EINVAL);
	ck_assert_ptr_eq(block, &heap);
	ck_assert_uint_eq(fixture_owner.used, 0);
	end(&heap);
}
END_TEST

START_TEST(hostile_R_07_alignments_that_cannot_be)
{
	static const size_t bad[] = { 0, 3, 24, BEYOND, SIZE_MAX,
		(size_t)1 << 63 };
	void *block = &heap;

	make(&heap, 0, 0);
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(bad); i++)
		ck_assert_int_eq(svsm_heap_aligned(&heap, bad[i], 64, &block),
				 SVSM_EINVAL);
	ck_assert_ptr_eq(block, &heap);
	end(&heap);
}
END_TEST

START_TEST(hostile_R_08_sizes_that_cannot_be)
{
	static const size_t bad[] = { FIXTURE_PAGES << SVSM_PAGE_SHIFT,
		BEYOND / 2 + 1, BEYOND, SIZE_MAX / 2, SIZE_MAX - 1, SIZE_MAX,
		(size_t)-4096, (size_t)-88 };

	for (unsigned i = 0; i < 2; i++) {
		void *block = &heap;

		make(&heap, i, 0);
		for (unsigned n = 0; n < SVSM_ARRAY_SIZE(bad); n++) {
			ck_assert_int_eq(svsm_heap_alloc(&heap, bad[n], &block),
					 SVSM_ENOMEM);
			ck_assert_int_eq(svsm_heap_aligned(&heap, 4096, bad[n],
							   &block),
					 SVSM_ENOMEM);
		}
		ck_assert_ptr_eq(block, &heap);
		ck_assert_uint_eq(fixture_owner.used, 0);
		end(&heap);
	}
}
END_TEST

static void refused(void *block, enum svsm_status wanted)
{
	size_t used = fixture_owner.used;
	void *out = &heap;
	size_t size = 77;

	ck_assert_int_eq(svsm_heap_free(&heap, block), wanted);
	ck_assert_int_eq(svsm_heap_size(&heap, block, &size), wanted);
	ck_assert_int_eq(svsm_heap_realloc(&heap, block, 10, &out), wanted);
	ck_assert_ptr_eq(out, &heap);
	ck_assert_uint_eq(size, 77);
	ck_assert_uint_eq(fixture_owner.used, used);
	ck_assert(svsm_heap_check(&heap));
}

/* with blocks of slabs and of pages, ours and others'. */
START_TEST(hostile_R_01_R_02_R_03_wrong_frees)
{
	for (unsigned i = 0; i < 2; i++) {
		struct svsm_heap other;
		char local;
		char *small, *large, *far, *wide;

		make(&heap, i, 0);
		make(&other, i, 0);
		small = fixture_heap_alloc(&heap, 100);
		large = fixture_heap_alloc(&heap, 10000);
		far = fixture_heap_alloc(&other, 100);
		wide = fixture_heap_alloc(&other, 10000);
		refused(small + 1, SVSM_EINTERIOR);
		refused(small + 16, SVSM_EINTERIOR);
		refused(large + 1, SVSM_EINTERIOR);
		refused(large + 4096, SVSM_EINTERIOR);
		refused(large + 8191, SVSM_EINTERIOR);
		refused(far, SVSM_EOWNER);
		refused(far + 1, SVSM_EOWNER);
		refused(wide, SVSM_EOWNER);
		refused(wide + 4096, SVSM_EOWNER);
		refused(&local, SVSM_EFOREIGN);
		refused((void *)1, SVSM_EFOREIGN);
		refused((void *)0xfee00000, SVSM_EFOREIGN);
		ck_assert_int_eq(svsm_heap_free(&heap, NULL), SVSM_OK);
		fixture_heap_free(&heap, small);
		fixture_heap_free(&heap, large);
		refused(small, SVSM_EDOUBLE);
		refused(large, SVSM_EFOREIGN);
		ck_assert_int_eq(svsm_heap_free(&other, far), SVSM_OK);
		ck_assert_int_eq(svsm_heap_free(&other, wide), SVSM_OK);
		end(&heap);
		end(&other);
	}
}
END_TEST

START_TEST(hostile_R_09_second_init)
{
	struct svsm_heap_config config = { .name = "again" };

	make(&heap, 0, 0);
	ck_assert_int_eq(svsm_heap_init(&heap, &fixture_owner, &config),
			 SVSM_EEXIST);
	end(&heap);
	config.flags = 0x80;
	ck_assert_int_eq(svsm_heap_init(&heap, &fixture_owner, &config),
			 SVSM_EINVAL);
	config.flags = 0;
	config.cpus = 1;
	ck_assert_int_eq(svsm_heap_init(&heap, &fixture_owner, &config),
			 SVSM_EINVAL);
	ck_assert_ptr_null(heap.owner);
}
END_TEST

START_TEST(fini_waits_for_the_last_block)
{
	void *block;

	make(&heap, 0, 0);
	for (size_t size = 100; size <= 10000; size *= 100) {
		block = fixture_heap_alloc(&heap, size);
		ck_assert_int_eq(svsm_heap_fini(&heap), SVSM_EBUSY);
		memset(block, 1, size);
		fixture_heap_free(&heap, block);
	}
	end(&heap);
}
END_TEST

/* blocks of one class fill the memory, every second one stays, then
 * another size is wanted. What is whole again serves it. */
START_TEST(hostile_R_12_adversarial_fragmentation)
{
	static void *block[60000];
	unsigned n = 0;
	void *other;

	make(&heap, 0, SVSM_SLAB_UNINIT);
	while (n < 60000 && svsm_heap_alloc(&heap, 256, &block[n]) == SVSM_OK)
		n++;
	ck_assert_uint_lt(n, 60000);
	ck_assert_uint_gt(n, FIXTURE_PAGES * 14);
	for (unsigned i = 0; i < n; i += 2)
		fixture_heap_free(&heap, block[i]);
	ck_assert_int_eq(svsm_heap_alloc(&heap, 4096, &other), SVSM_ENOMEM);
	ck_assert_int_eq(svsm_heap_alloc(&heap, 512, &other), SVSM_ENOMEM);
	other = fixture_heap_alloc(&heap, 200);
	fixture_heap_free(&heap, other);
	/* Two slabs' worth of neighbours, in the order they were taken. */
	for (unsigned i = 1; i < 200; i += 2)
		fixture_heap_free(&heap, block[i]);
	other = fixture_heap_alloc(&heap, 4096);
	fixture_heap_free(&heap, other);
	for (unsigned i = 201; i < n; i += 2)
		fixture_heap_free(&heap, block[i]);
	end(&heap);
}
END_TEST

START_TEST(hostile_R_13_write_past_the_end_of_a_block)
{
	static const size_t sizes[] = { 1, 100, 2048, 5000 };
	static const unsigned past[] = { 1, 8, 64 };

	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(sizes) * 3; i++) {
		uint8_t *block;
		char name[32];

		make(&heap, 1, 0);
		block = fixture_heap_alloc(&heap, sizes[i / 3]);
		block[sizes[i / 3] + past[i % 3] - 1] ^= 0x80;
		ck_assert_int_eq(fake_reason_of(
			fake_ignore(svsm_heap_free(&heap, block))),
			SVSM_REASON_HEAP);
		snprintf(name, sizeof(name), "%p", (void *)block);
		ck_assert_ptr_nonnull(strstr(fixture_log, name));
		fixture_forget();
	}
}
END_TEST

START_TEST(hostile_R_18_secrets_of_a_heap_are_wiped)
{
	for (size_t size = 100; size <= 10000; size *= 100) {
		void *block;

		make(&heap, 0, SVSM_SLAB_SECRET);
		block = fixture_heap_alloc(&heap, size);
		memcpy((char *)block + size - 16, fake_canary, 16);
		fixture_heap_free(&heap, block);
		ck_assert(fixture_is_all(block, 0, size));
		end(&heap);
	}
}
END_TEST

START_TEST(hostile_R_19_fresh_blocks_are_zero)
{
	make(&heap, 0, 0);
	for (size_t size = 1; size < 9000; size = size * 2 + 7) {
		void *block = fixture_heap_alloc(&heap, size);

		memset(block, 0xee, usable(block));
		fixture_heap_free(&heap, block);
		block = fixture_heap_alloc(&heap, size);
		ck_assert(fixture_is_all(block, 0, usable(block)));
		fixture_heap_free(&heap, block);
	}
	end(&heap);
}
END_TEST

UNIT_MAIN("heap", fixture_setup, fixture_teardown,
	every_size_gives_a_zeroed_block_that_is_large_enough,
	no_block_loses_more_than_stated,
	blocks_are_aligned_as_asked,
	realloc_keeps_what_fits,
	realloc_of_nothing_is_alloc,
	a_failed_realloc_leaves_the_block,
	calloc_does_not_wrap,
	calloc_clears_in_an_uninit_heap,
	hostile_R_05_size_zero,
	hostile_R_07_alignments_that_cannot_be,
	hostile_R_08_sizes_that_cannot_be,
	hostile_R_01_R_02_R_03_wrong_frees,
	hostile_R_09_second_init,
	fini_waits_for_the_last_block,
	hostile_R_12_adversarial_fragmentation,
	hostile_R_13_write_past_the_end_of_a_block,
	hostile_R_18_secrets_of_a_heap_are_wiped,
	hostile_R_19_fresh_blocks_are_zero)
