/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * malloc() and its kin on a heap of fixed size. They are built with other
 * names here, since this process has a malloc() already.
 */
#include <string.h>

#include <svsm/malloc.h>

#include "slab_fixture.h"

#define BYTES	(512u << 10)

void *shim_malloc(size_t size);
void *shim_calloc(size_t n, size_t size);
void *shim_realloc(void *block, size_t size);
void *shim_aligned_alloc(size_t align, size_t size);
int shim_posix_memalign(void **out, size_t align, size_t size);
void shim_free(void *block);

static char memory[BYTES] __attribute__((aligned(4096)));

static void begin(void)
{
	ck_assert_int_eq(svsm_malloc_init(memory, BYTES), SVSM_OK);
}

START_TEST(without_a_heap_there_is_nothing)
{
	void *block = &block;

	ck_assert_ptr_null(shim_malloc(1));
	ck_assert_ptr_null(shim_calloc(1, 1));
	ck_assert_ptr_null(shim_realloc(NULL, 1));
	ck_assert_ptr_null(shim_aligned_alloc(16, 1));
	ck_assert_int_ne(shim_posix_memalign(&block, 16, 1), 0);
	shim_free(NULL);
}
END_TEST

START_TEST(a_heap_of_fixed_size_needs_room)
{
	ck_assert_int_eq(svsm_malloc_init(memory + 8, BYTES - 4096),
			 SVSM_EINVAL);
	ck_assert_int_eq(svsm_malloc_init(memory, BYTES - 1), SVSM_EINVAL);
	ck_assert_int_eq(svsm_malloc_init(memory, 0), SVSM_EINVAL);
	ck_assert_int_eq(svsm_malloc_init(memory, 4096), SVSM_EINVAL);
	ck_assert_int_eq(svsm_malloc_init((void *)~0xfffull, BYTES),
			 SVSM_EINVAL);
	ck_assert_ptr_null(shim_malloc(1));
	begin();
	ck_assert_int_eq(svsm_malloc_init(memory, BYTES), SVSM_EEXIST);
}
END_TEST

START_TEST(blocks_are_in_the_memory_given_and_aligned)
{
	begin();
	for (size_t size = 1; size < 50000; size = size * 2 + 3) {
		char *block = shim_malloc(size);

		ck_assert_ptr_nonnull(block);
		ck_assert(block > memory && block + size <= memory + BYTES);
		ck_assert_uint_eq((uintptr_t)block % 16, 0);
		memset(block, 1, size);
		shim_free(block);
	}
}
END_TEST

START_TEST(calloc_is_zero_and_does_not_wrap)
{
	char *block;

	begin();
	block = shim_malloc(300);
	memset(block, 0xff, 300);
	shim_free(block);
	block = shim_calloc(3, 100);
	ck_assert(fixture_is_all(block, 0, 300));
	shim_free(block);
	ck_assert_ptr_null(shim_calloc(SIZE_MAX / 2, 3));
}
END_TEST

START_TEST(realloc_keeps_and_fails_as_in_c)
{
	static const uint8_t digits[10] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	uint8_t *block;

	begin();
	block = shim_realloc(NULL, 10);
	memcpy(block, digits, 10);
	block = shim_realloc(block, 10000);
	ck_assert_mem_eq(block, digits, 10);
	ck_assert_ptr_null(shim_realloc(block, BYTES));
	ck_assert_ptr_null(shim_realloc(block, 0));
	ck_assert_mem_eq(block, digits, 10);
	block = shim_realloc(block, 5);
	ck_assert_mem_eq(block, digits, 5);
	shim_free(block);
}
END_TEST

START_TEST(alignment_is_had_or_refused)
{
	void *block = memory;

	begin();
	for (size_t align = 8; align <= 16384; align *= 2) {
		ck_assert_int_eq(shim_posix_memalign(&block, align, 100), 0);
		ck_assert_uint_eq((uintptr_t)block % align, 0);
		shim_free(block);
		block = shim_aligned_alloc(align, 3 * align);
		ck_assert_uint_eq((uintptr_t)block % align, 0);
		shim_free(block);
	}
	ck_assert_int_eq(shim_posix_memalign(&block, 24, 100), 22);
	ck_assert_int_eq(shim_posix_memalign(&block, 4, 100), 22);
	ck_assert_int_eq(shim_posix_memalign(&block, 16, BYTES), 12);
	ck_assert_ptr_null(shim_aligned_alloc(24, 100));
}
END_TEST

START_TEST(memory_runs_out_and_comes_back)
{
	static void *block[BYTES / 1000];
	unsigned first = 0;

	begin();
	for (unsigned turn = 0; turn < 3; turn++) {
		unsigned n = 0;

		while ((block[n] = shim_malloc(1000)))
			n++;
		ck_assert_uint_gt(n, BYTES / 1000 / 3);
		if (turn == 0)
			first = n;
		ck_assert_uint_eq(n, first);
		while (n > 0)
			shim_free(block[--n]);
	}
}
END_TEST

START_TEST(a_wrong_free_ends_it)
{
	char *block;

	begin();
	block = shim_malloc(100);
	ck_assert_int_eq(fake_reason_of(shim_free(block + 16)),
			 SVSM_REASON_ASSERT);
	ck_assert_int_eq(fake_reason_of(shim_free(&block)),
			 SVSM_REASON_ASSERT);
	ck_assert_int_eq(fake_reason_of(shim_realloc(&block, 10)),
			 SVSM_REASON_ASSERT);
	shim_free(block);
	ck_assert_int_eq(fake_reason_of(shim_free(block)),
			 SVSM_REASON_ASSERT);
}
END_TEST

UNIT_MAIN("malloc", fixture_setup, fixture_teardown,
	without_a_heap_there_is_nothing,
	a_heap_of_fixed_size_needs_room,
	blocks_are_in_the_memory_given_and_aligned,
	calloc_is_zero_and_does_not_wrap,
	realloc_keeps_and_fails_as_in_c,
	alignment_is_had_or_refused,
	memory_runs_out_and_comes_back,
	a_wrong_free_ends_it)
