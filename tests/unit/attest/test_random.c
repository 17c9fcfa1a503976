/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The SVSM's generator beside one that is written down from SP 800-90A, on
 * OpenSSL's HMAC, with the same words of the processor.
 */
#include <string.h>

#include <svsm/random.h>

#include "fake.h"
#include "openssl.h"
#include "unit.h"

#define HASH_BYTES	32
#define MOST		(3 * HASH_BYTES + 7)

static uint64_t words;
static uint64_t seen;	/* words that the reference took */
static bool broken;

static uint64_t nth_word(uint64_t n)
{
	return n * 0x9e3779b97f4a7c15ull;
}

static bool processor(bool is_seed, uint64_t *word)
{
	(void)is_seed;
	*word = nth_word(++words);
	return !broken;
}

static struct {
	unsigned char k[HASH_BYTES], v[HASH_BYTES];
} ref;

static void ref_hmac(unsigned char *out, const void *data, size_t n)
{
	unsigned len = 0;

	ck_assert_ptr_nonnull(openssl.HMAC(openssl.EVP_sha256(), ref.k,
		HASH_BYTES, data, n, out, &len));
	ck_assert_uint_eq(len, HASH_BYTES);
}

static void ref_round(unsigned char round, const void *data, size_t n)
{
	unsigned char text[256];

	ck_assert_uint_le(HASH_BYTES + 1 + n, sizeof(text));
	memcpy(text, ref.v, HASH_BYTES);
	text[HASH_BYTES] = round;
	memcpy(text + HASH_BYTES + 1, data, n);
	ref_hmac(ref.k, text, HASH_BYTES + 1 + n);
	ref_hmac(ref.v, ref.v, HASH_BYTES);
}

static void ref_update(const void *data, size_t n)
{
	ref_round(0, data, n);
	if (n)
		ref_round(1, data, n);
}

static void ref_start(void)
{
	memset(ref.k, 0, HASH_BYTES);
	memset(ref.v, 1, HASH_BYTES);
}

static void ref_seed(size_t fresh, const void *more, size_t n)
{
	unsigned char data[192];

	for (size_t at = 0; at < fresh; at += sizeof(uint64_t)) {
		uint64_t word = nth_word(++seen);

		memcpy(data + at, &word, sizeof(word));
	}
	memcpy(data + fresh, more, n);
	ref_update(data, fresh + n);
}

static void ref_generate(unsigned char *out, size_t n)
{
	for (size_t at = 0; at < n; at += HASH_BYTES) {
		size_t part = n - at < HASH_BYTES ? n - at : HASH_BYTES;

		ref_hmac(ref.v, ref.v, HASH_BYTES);
		memcpy(out + at, ref.v, part);
	}
	ref_update("", 0);
}

static void check_next(size_t n, size_t fresh)
{
	unsigned char ours[MOST + 1], theirs[MOST + 1];

	memset(ours, 0xee, sizeof(ours));
	memset(theirs, 0xee, sizeof(theirs));
	ck_assert_int_eq(svsm_random(ours, n), SVSM_OK);
	ref_seed(fresh, "", 0);
	ref_generate(theirs, n);
	ck_assert_mem_eq(ours, theirs, sizeof(ours));
	ck_assert_uint_eq(words, seen);
}

static void setup(void)
{
	openssl_load();
	fake_setup();
	fake_random = processor;
	words = seen = 0;
	broken = false;
	ref_start();
}

static void teardown(void)
{
	fake_random = NULL;
	fake_teardown();
}

START_TEST(each_call_is_seeded_and_gives_what_the_standard_says)
{
	check_next(MOST, 48);
	for (size_t n = 0; n <= MOST; n++)
		check_next(n, 32);
}
END_TEST

START_TEST(what_is_added_first_is_the_personalization_string)
{
	ck_assert_int_eq(svsm_random_add("a key", 5), SVSM_OK);
	ref_seed(48, "a key", 5);
	check_next(MOST, 32);
}
END_TEST

START_TEST(what_is_added_later_is_additional_input)
{
	char more[SVSM_RANDOM_ADD_MAX + 1];

	memset(more, 'x', sizeof(more));
	check_next(MOST, 48);
	ck_assert_int_eq(svsm_random_add(more, SVSM_RANDOM_ADD_MAX), SVSM_OK);
	ref_seed(32, more, SVSM_RANDOM_ADD_MAX);
	check_next(MOST, 32);
	ck_assert_int_eq(svsm_random_add(more, sizeof(more)), SVSM_EINVAL);
	check_next(MOST, 32);
}
END_TEST

START_TEST(without_random_numbers_there_is_nothing)
{
	static const unsigned char zero[MOST];
	unsigned char out[MOST];

	for (unsigned i = 0; i < 2; i++) {
		broken = true;
		memset(out, 0xee, sizeof(out));
		ck_assert_int_eq(svsm_random(out, sizeof(out)), SVSM_EHOST);
		ck_assert_mem_eq(out, zero, sizeof(out));
		ck_assert_int_eq(svsm_random_add("x", 1), SVSM_EHOST);
		broken = false;
		seen = words;	/* and the state is what it was */
		check_next(MOST, i ? 32 : 48);
	}
}
END_TEST

START_TEST(a_request_has_a_limit)
{
	static unsigned char out[SVSM_RANDOM_MAX + 1];

	out[0] = 0xee;
	ck_assert_int_eq(svsm_random(out, sizeof(out)), SVSM_EINVAL);
	ck_assert_uint_eq(out[0], 0xee);
	ck_assert_int_eq(svsm_random(out, SVSM_RANDOM_MAX), SVSM_OK);
	ck_assert_uint_eq(out[SVSM_RANDOM_MAX], 0);
}
END_TEST

UNIT_MAIN("attest: random", setup, teardown,
	  each_call_is_seeded_and_gives_what_the_standard_says,
	  what_is_added_first_is_the_personalization_string,
	  what_is_added_later_is_additional_input,
	  without_random_numbers_there_is_nothing,
	  a_request_has_a_limit)
