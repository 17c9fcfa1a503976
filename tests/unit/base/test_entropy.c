/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Random bytes from processors that have them, lack them, or are broken.
 */
#include <string.h>

#include <svsm/entropy.h>

#include "fake.h"
#include "unit.h"

static unsigned seeds, rands;
static uint64_t words;

static bool counting(bool seed, uint64_t *word)
{
	++*(seed ? &seeds : &rands);
	*word = ++words;
	return true;
}

static bool only_rdrand(bool seed, uint64_t *word)
{
	return counting(seed, word) && !seed;
}

static bool every_third(bool seed, uint64_t *word)
{
	return counting(seed, word) && words % 3 == 0;
}

static bool none(bool seed, uint64_t *word)
{
	(void)counting(seed, word);
	return false;
}

static bool stuck(bool seed, uint64_t *word)
{
	(void)counting(seed, word);
	*word = 0x5555555555555555ull;
	return true;
}

static bool zeros(bool seed, uint64_t *word)
{
	(void)counting(seed, word);
	*word = 0;
	return true;
}

static bool ones(bool seed, uint64_t *word)
{
	(void)counting(seed, word);
	*word = UINT64_MAX;
	return true;
}

static void setup(void)
{
	fake_setup();
	seeds = rands = 0;
	words = 0;
}

static void teardown(void)
{
	fake_random = NULL;
	fake_teardown();
}

START_TEST(all_bytes_asked_for_are_filled_and_no_others)
{
	uint8_t bytes[32];

	fake_random = counting;
	for (size_t n = 0; n <= 24; n++) {
		memset(bytes, 0xee, sizeof(bytes));
		ck_assert_int_eq(svsm_entropy(bytes, n), SVSM_OK);
		for (size_t i = n; i < sizeof(bytes); i++)
			ck_assert_uint_eq(bytes[i], 0xee);
		if (n % 8)
			ck_assert_uint_ne(bytes[n / 8 * 8], 0xee);
	}
	ck_assert_uint_eq(rands, 0);
}
END_TEST

START_TEST(rdrand_helps_where_rdseed_is_empty)
{
	uint64_t two[2];

	fake_random = only_rdrand;
	ck_assert_int_eq(svsm_entropy(two, sizeof(two)), SVSM_OK);
	ck_assert_uint_eq(rands, 2);
	fake_random = every_third;
	ck_assert_int_eq(svsm_entropy(two, sizeof(two)), SVSM_OK);
	ck_assert_uint_ne(two[0], two[1]);
}
END_TEST

START_TEST(a_generator_that_fails_gives_nothing)
{
	static bool (*const broken[])(bool, uint64_t *) = {
		none, stuck, zeros, ones,
	};

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(broken); i++) {
		uint64_t bytes[2] = { 7, 7 };

		fake_random = broken[i];
		ck_assert_int_eq(svsm_entropy(bytes, sizeof(bytes)),
				 SVSM_EHOST);
		ck_assert_uint_eq(bytes[0] | bytes[1], 0);
	}
}
END_TEST

UNIT_MAIN("base: entropy", setup, teardown,
	  all_bytes_asked_for_are_filled_and_no_others,
	  rdrand_helps_where_rdseed_is_empty,
	  a_generator_that_fails_gives_nothing)
