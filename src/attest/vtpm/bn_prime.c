/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Random primes, of the kind whose half, rounded down, is odd: for those one
 * power tells what the Rabin-Miller test wants to know. What shows in time is
 * why a candidate was dropped, never anything of the one that was taken.
 */
#include <openssl/rand.h>

#include "provider.h"

#define HALF_BYTES	(BN_MOD_BYTES / 2u)

/* Divisors that are tried. Both together fit into 28 bits, see modulo(). */
#define DIVISORS	2048u
#define CHUNK_BITS	16u

/* 4 would do for 2048 bits and 7 for 512 [FIPS186-5, B.1]. */
#define ROUNDS		10u

/*
 * a modulo d, or that plus d. Of what is left a multiple of d is taken away
 * that may be one too small: v is less than 2^28, so the reciprocal's error,
 * less than v / 2^32, does not reach two.
 */
static uint32_t modulo(const BIGNUM *a, uint32_t d)
{
	uint64_t reciprocal = (1ull << 32) / d;
	uint64_t rest = 0;
	size_t chunk = a->top * (BN_WORD_BITS / CHUNK_BITS);

	while (chunk-- > 0) {
		unsigned shift = chunk % 4 * CHUNK_BITS;
		uint64_t v = rest << CHUNK_BITS |
			(a->word[chunk / 4] >> shift & 0xffff);

		rest = v - (v * reciprocal >> 32) * d;
	}
	return (uint32_t)rest;
}

/* Odd ones, composite ones among them, which do no harm. */
static bool has_small_divisor(const BIGNUM *p)
{
	uint32_t d;

	for (d = 3; d < DIVISORS; d += 2) {
		uint32_t rest = modulo(p, d);

		if (rest == 0 || rest == d)
			return true;
	}
	return false;
}

/* Is a random number to the power of half either 1 or less than p by 1? */
static bool passes(const BIGNUM *p, const BIGNUM *half, const BIGNUM *minus_one)
{
	unsigned char bytes[HALF_BYTES];
	BIGNUM x = { 0 };
	size_t len = bn_bytes(p) - 1;
	bool done;

	RAND_bytes(bytes, (int)len);
	done = bn_get(&x, bytes, len) && BN_mod_exp(&x, &x, half, p, NULL) &&
		(bn_is_one(&x) || bn_magnitude(&x, minus_one) == 0);
	svsm_wipe(bytes, sizeof(bytes));
	bn_forget(&x);
	return done;
}

/* r = a >> 1 */
static bool halve(BIGNUM *r, const BIGNUM *a)
{
	uint64_t word[HALF_BYTES / BN_WORD_BYTES];
	size_t i;
	bool done;

	for (i = 0; i < a->top; i++) {
		word[i] = a->word[i] >> 1;
		if (i + 1 < a->top)
			word[i] |= a->word[i + 1] << 63;
	}
	done = bn_load(r, word, a->top);
	svsm_wipe(word, sizeof(word));
	return done;
}

static bool is_prime(const BIGNUM *p)
{
	uint64_t word = 1;
	const BIGNUM one = BN_WORD(&word);
	BIGNUM minus_one = { 0 };
	BIGNUM half = { 0 };
	unsigned round = 0;

	if (BN_sub(&minus_one, p, &one) && halve(&half, p)) {
		while (round < ROUNDS && passes(p, &half, &minus_one))
			round++;
	}
	bn_forget(&minus_one);
	bn_forget(&half);
	return round == ROUNDS;
}

/* e and p - 1 have no divisor in common. */
static bool suits(const BIGNUM *p, const BIGNUM *e)
{
	uint64_t word = 1;
	const BIGNUM one = BN_WORD(&word);
	BIGNUM minus_one = { 0 };
	BIGNUM *inverse = NULL;

	if (BN_sub(&minus_one, p, &one))
		inverse = BN_mod_inverse(NULL, e, &minus_one, NULL);
	bn_forget(&minus_one);
	BN_clear_free(inverse);
	return inverse != NULL;
}

/* The two top bits are set, so that a product of two such has all its bits. */
static bool candidate(BIGNUM *p, size_t len)
{
	unsigned char bytes[HALF_BYTES];
	bool done;

	RAND_bytes(bytes, (int)len);
	bytes[0] |= 0xc0;
	bytes[len - 1] |= 3;
	done = bn_get(p, bytes, len);
	svsm_wipe(bytes, sizeof(bytes));
	return done;
}

/** A prime of @p len bytes, of which e can be the public exponent. */
bool bn_prime(BIGNUM *p, size_t len, const BIGNUM *e)
{
	if (len < 32 || len > HALF_BYTES)
		return false;
	do {
		vtpm_plat_yield();
		if (!candidate(p, len))
			return false;
	} while (has_small_divisor(p) || !is_prime(p) || !suits(p, e));
	return true;
}
