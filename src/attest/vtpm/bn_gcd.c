/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The greatest common divisor: libtpms 0.10 wants it of p - 1 and q - 1. How
 * often it goes round depends on the lengths alone.
 */
#include "provider.h"

__extension__ typedef unsigned __int128 wide_t;

/* Both numbers have as many words. `twos`: how often both were halved. */
struct pair {
	uint64_t *a, *b, *rest;
	size_t words;
	uint64_t twos;
};

/* x = x / 2 where the mask says so */
static void halve(uint64_t *x, size_t words, uint64_t mask)
{
	size_t i;

	for (i = 0; i < words; i++) {
		uint64_t above = i + 1 < words ? x[i + 1] : 0;
		uint64_t half = x[i] >> 1 | above << 63;

		x[i] ^= (x[i] ^ half) & mask;
	}
}

/* x = 2 * x where the mask says so */
static void twice(uint64_t *x, size_t words, uint64_t mask)
{
	uint64_t below = 0;
	size_t i;

	for (i = 0; i < words; i++) {
		uint64_t high = x[i] >> 63;

		x[i] ^= (x[i] ^ (x[i] << 1 | below)) & mask;
		below = high;
	}
}

/* out = x - y; the borrow, as a mask */
static uint64_t subtract(uint64_t *out, const uint64_t *x, const uint64_t *y,
	size_t words)
{
	uint64_t borrow = 0;
	size_t i;

	for (i = 0; i < words; i++) {
		wide_t d = (wide_t)x[i] - y[i] - borrow;

		out[i] = (uint64_t)d;
		borrow = (uint64_t)(d >> BN_WORD_BITS) & 1;
	}
	return -borrow;
}

/* Of two odd numbers: the smaller one to b, what the other has more to a. */
static void reduce(struct pair *v, uint64_t odd)
{
	uint64_t less = subtract(v->rest, v->a, v->b, v->words);
	uint64_t carry = less & 1;
	size_t i;

	for (i = 0; i < v->words; i++) {
		/* The magnitude: the complement and one where it was less. */
		uint64_t d = (v->rest[i] ^ less) + carry;

		carry &= d == 0;
		v->b[i] ^= (v->b[i] ^ v->a[i]) & less & odd;
		v->a[i] ^= (v->a[i] ^ d) & odd;
	}
}

/* The two together lose a bit at least, until one of them is zero. */
static void step(struct pair *v)
{
	uint64_t a = -(v->a[0] & 1);
	uint64_t b = -(v->b[0] & 1);

	v->twos += ~(a | b) & 1;
	reduce(v, a & b);
	halve(v->a, v->words, ~a | b);
	halve(v->b, v->words, ~b);
}

static void run(struct pair *v)
{
	size_t bits = v->words * BN_WORD_BITS;
	size_t i;

	for (i = 0; i < 2 * bits; i++) {
		step(v);
		if (i % BN_WORD_BITS == 0)
			vtpm_plat_yield();
	}
	for (i = 0; i < v->words; i++)
		v->a[i] |= v->b[i];
	for (i = 0; i < bits; i++)
		twice(v->a, v->words, -((i - v->twos) >> 63));
}

int BN_gcd(BIGNUM *r, const BIGNUM *a, const BIGNUM *b, BN_CTX *ctx)
{
	uint64_t word[3][BN_MAX_WORDS] = { 0 };
	struct pair v = { word[0], word[1], word[2], 0, 0 };
	bool done;

	(void)ctx;
	if (!r || !a || !b || a->top > BN_MAX_WORDS || b->top > BN_MAX_WORDS)
		return 0;
	v.words = a->top > b->top ? a->top : b->top;
	if (a->top)
		memcpy(v.a, a->word, a->top * BN_WORD_BYTES);
	if (b->top)
		memcpy(v.b, b->word, b->top * BN_WORD_BYTES);
	run(&v);
	done = bn_load(r, v.a, v.words);
	wipe_words(word, sizeof(word));
	return done;
}

const BIGNUM *BN_value_one(void)
{
	static uint64_t word = 1;
	static const BIGNUM one = { .word = &word, .room = 1, .top = 1 };

	return &one;
}
