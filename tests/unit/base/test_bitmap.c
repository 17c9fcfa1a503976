/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Bitmaps, compared with an array of bools.
 */
#include <stdlib.h>
#include <string.h>

#include <svsm/bitmap.h>

#include "fake.h"
#include "unit.h"

#define BITS 131

static size_t expected_next(const bool *model, size_t from, bool set)
{
	while (from < BITS && model[from] != set)
		from++;
	return from < BITS ? from : BITS;
}

START_TEST(bitmap_behaves_like_an_array_of_bools)
{
	uint64_t words[SVSM_BITMAP_WORDS(BITS)];
	bool model[BITS] = { false };
	struct svsm_bitmap map;

	memset(words, 0xff, sizeof(words));
	svsm_bitmap_init(&map, words, BITS);
	srand(1);
	for (unsigned round = 0; round < 200; round++) {
		size_t bit = (size_t)rand() % BITS;
		size_t from = (size_t)rand() % (BITS + 1);
		size_t count = 0;

		model[bit] = rand() & 1;
		if (model[bit])
			svsm_bitmap_set(&map, bit);
		else
			svsm_bitmap_clear(&map, bit);
		for (size_t i = 0; i < BITS; i++) {
			ck_assert_int_eq(svsm_bitmap_test(&map, i), model[i]);
			count += model[i];
		}
		ck_assert_uint_eq(svsm_bitmap_count(&map), count);
		ck_assert_uint_eq(svsm_bitmap_next_set(&map, from),
				expected_next(model, from, true));
		ck_assert_uint_eq(svsm_bitmap_next_clear(&map, from),
				expected_next(model, from, false));
	}
}
END_TEST

START_TEST(test_and_set_says_what_the_bit_was)
{
	uint64_t word;
	struct svsm_bitmap map;

	svsm_bitmap_init(&map, &word, 64);
	ck_assert(!svsm_bitmap_test_and_set(&map, 63));
	ck_assert(svsm_bitmap_test_and_set(&map, 63));
	ck_assert_uint_eq(word, 1ull << 63);
}
END_TEST

/* An index behind the end is our mistake, and found. */
START_TEST(R_22_a_bit_behind_the_end_is_an_assertion)
{
	uint64_t word;
	struct svsm_bitmap map;

	svsm_bitmap_init(&map, &word, 10);
	ck_assert_int_eq(fake_reason_of(svsm_bitmap_set(&map, 10)),
			SVSM_REASON_ASSERT);
	ck_assert_int_eq(fake_reason_of(svsm_bitmap_clear(&map, SIZE_MAX)),
			SVSM_REASON_ASSERT);
	ck_assert_int_eq(fake_reason_of((void)svsm_bitmap_test(&map, 64)),
			SVSM_REASON_ASSERT);
	ck_assert_uint_eq(svsm_bitmap_next_set(&map, SIZE_MAX), 10);
}
END_TEST

UNIT_MAIN("bitmap", fake_setup, fake_teardown,
	bitmap_behaves_like_an_array_of_bools,
	test_and_set_says_what_the_bit_was,
	R_22_a_bit_behind_the_end_is_an_assertion)
