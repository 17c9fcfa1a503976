/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Big numbers: adding, subtracting, multiplying, dividing.
 */
#include "provider.h"

__extension__ typedef unsigned __int128 wide_t;

static uint64_t word_of(const BIGNUM *a, size_t i)
{
	return i < a->top ? a->word[i] : 0;
}

/* 1 where a is less than b. */
static uint64_t borrow_of(uint64_t a, uint64_t b)
{
	return ((~a & b) | ((~a | b) & (a - b))) >> 63;
}

static bool add(BIGNUM *r, const BIGNUM *a, const BIGNUM *b)
{
	uint64_t sum[BN_MAX_WORDS + 1];
	size_t n = a->top > b->top ? a->top : b->top;
	wide_t carry = 0;
	size_t i;
	bool done;

	for (i = 0; i < n; i++) {
		carry += (wide_t)word_of(a, i) + word_of(b, i);
		sum[i] = (uint64_t)carry;
		carry >>= BN_WORD_BITS;
	}
	sum[n] = (uint64_t)carry;
	done = bn_load(r, sum, n + 1);
	svsm_wipe(sum, (n + 1) * BN_WORD_BYTES);
	return done;
}

/* out = a - b over n words, where a has word_of() more zeros; the borrow. */
static uint64_t subtract_words(uint64_t *out, const uint64_t *a,
	const BIGNUM *b, size_t n)
{
	uint64_t borrow = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		wide_t d = (wide_t)a[i] - word_of(b, i) - borrow;

		out[i] = (uint64_t)d;
		borrow = (uint64_t)(d >> BN_WORD_BITS) & 1;
	}
	return borrow;
}

/* Where the first magnitude is not the smaller one. */
static bool subtract(BIGNUM *r, const BIGNUM *a, const BIGNUM *b)
{
	uint64_t rest[BN_MAX_WORDS];
	size_t n = a->top;
	bool done;

	subtract_words(rest, a->word, b, n);
	done = bn_load(r, rest, n);
	svsm_wipe(rest, n * BN_WORD_BYTES);
	return done;
}

/* r = a + b, of which b has another sign than it says. */
static bool add_signed(BIGNUM *r, const BIGNUM *a, const BIGNUM *b, bool bneg)
{
	bool neg = a->neg;
	bool done;

	if (a->neg == bneg) {
		done = add(r, a, b);
	} else if (bn_magnitude(a, b) >= 0) {
		done = subtract(r, a, b);
	} else {
		neg = bneg;
		done = subtract(r, b, a);
	}
	if (done)
		r->neg = r->top && neg;
	return done;
}

/** r = a + b */
bool bn_add(BIGNUM *r, const BIGNUM *a, const BIGNUM *b)
{
	return add_signed(r, a, b, b->neg);
}

int BN_sub(BIGNUM *r, const BIGNUM *a, const BIGNUM *b)
{
	return r && a && b && add_signed(r, a, b, !b->neg);
}

int BN_add_word(BIGNUM *a, BN_ULONG w)
{
	uint64_t word = w;
	const BIGNUM b = BN_WORD(&word);

	return a && add_signed(a, a, &b, false);
}

/* out, which is zero, = a * b */
static void multiply(uint64_t *out, const BIGNUM *a, const BIGNUM *b)
{
	size_t i;
	size_t j;

	for (i = 0; i < a->top; i++) {
		wide_t carry = 0;

		for (j = 0; j < b->top; j++) {
			carry += (wide_t)a->word[i] * b->word[j] + out[i + j];
			out[i + j] = (uint64_t)carry;
			carry >>= BN_WORD_BITS;
		}
		out[i + j] = (uint64_t)carry;
	}
}

int BN_mul(BIGNUM *r, const BIGNUM *a, const BIGNUM *b, BN_CTX *ctx)
{
	uint64_t product[BN_MAX_WORDS] = { 0 };
	size_t n;
	bool neg;
	bool done;

	(void)ctx;
	if (!r || !a || !b || a->top + b->top > BN_MAX_WORDS)
		return 0;
	n = a->top + b->top;
	neg = a->neg != b->neg;
	multiply(product, a, b);
	done = bn_load(r, product, n);
	if (done)
		r->neg = r->top && neg;
	svsm_wipe(product, n * BN_WORD_BYTES);
	return done;
}

#define OP_WORDS	(BN_OP_BYTES / BN_WORD_BYTES)

struct division {
	uint64_t rest[OP_WORDS + 1];
	uint64_t less[OP_WORDS + 1];
	uint64_t quotient[OP_WORDS];
};

/* rest = rest << 1 | bit */
static void shift_in(uint64_t *rest, size_t n, uint64_t bit)
{
	size_t i;

	for (i = 0; i < n; i++) {
		uint64_t high = rest[i] >> 63;

		rest[i] = rest[i] << 1 | bit;
		bit = high;
	}
}

/* Subtract the divisor where it fits: the next bit of the quotient. */
static uint64_t divide_bit(struct division *v, const BIGNUM *d)
{
	size_t n = d->top + 1;
	uint64_t keep = -subtract_words(v->less, v->rest, d, n);
	size_t i;

	for (i = 0; i < n; i++)
		v->rest[i] = (v->rest[i] & keep) | (v->less[i] & ~keep);
	return ~keep & 1;
}

/* Bit after bit, each in the same time. */
static void divide(struct division *v, const BIGNUM *m, const BIGNUM *d)
{
	size_t bit;

	*v = (struct division){ 0 };
	for (bit = m->top * BN_WORD_BITS; bit-- > 0;) {
		size_t w = bit / BN_WORD_BITS;
		unsigned at = bit % BN_WORD_BITS;

		shift_in(v->rest, d->top + 1, m->word[w] >> at & 1);
		v->quotient[w] |= divide_bit(v, d) << at;
		if (at == 0)
			vtpm_plat_yield();
	}
}

/* The quotient of (high, low) by d; bit after bit, because the processor's
 * division tells by its time what it divides. high is less than d. */
static uint64_t divide_wide(uint64_t high, uint64_t low, uint64_t d)
{
	uint64_t quotient = 0;
	unsigned bit;

	for (bit = BN_WORD_BITS; bit-- > 0;) {
		uint64_t top = high >> 63;
		uint64_t x = high << 1 | (low >> bit & 1);
		uint64_t fits = top | (borrow_of(x, d) ^ 1);

		high = x - (d & -fits);
		quotient = quotient << 1 | fits;
	}
	return quotient;
}

/** A divisor of one word, shifted so that its top bit is set; and its
 *  reciprocal, of which 2^64 is left out. */
struct divisor {
	uint64_t d;
	uint64_t reciprocal;
	unsigned shift;
};

static void divisor_set(struct divisor *v, uint64_t d)
{
	v->shift = (unsigned)__builtin_clzll(d);
	v->d = d << v->shift;
	v->reciprocal = divide_wide(~v->d, UINT64_MAX, v->d);
}

/*
 * The next word of the quotient: rest * 2^64 + word divided by d, rest less
 * than d. The reciprocal's product is too large by one at most, or too small by
 * one: the remainder's place beside its lower half tells the one, its size the
 * other [MG11, algorithm 4].
 */
static uint64_t
next_word(uint64_t *rest, uint64_t word, const struct divisor *v)
{
	wide_t q = (wide_t)v->reciprocal * *rest +
		((wide_t)*rest << BN_WORD_BITS | word);
	uint64_t quotient = (uint64_t)(q >> BN_WORD_BITS) + 1;
	uint64_t r = word - quotient * v->d;
	uint64_t over = borrow_of((uint64_t)q, r);
	uint64_t fits;

	quotient -= over;
	r += v->d & -over;
	fits = borrow_of(r, v->d) ^ 1;
	*rest = r - (v->d & -fits);
	return quotient + fits;
}

/* Word i of m, shifted to the left; m has zeros beyond its end. */
static uint64_t shifted(const BIGNUM *m, size_t i, unsigned shift)
{
	uint64_t lower = i ? m->word[i - 1] : 0;

	return word_of(m, i) << shift |
		lower >> 1 >> (BN_WORD_BITS - 1 - shift);
}

/* By one word: what a search for primes does thousands of times. */
static bool divide_by_word(BIGNUM *dv, BIGNUM *rem, const BIGNUM *m,
	uint64_t d)
{
	uint64_t quotient[OP_WORDS];
	struct divisor v;
	uint64_t rest;
	size_t n = m->top;
	size_t i;
	bool done;

	vtpm_plat_yield();
	divisor_set(&v, d);
	rest = shifted(m, n, v.shift);
	for (i = n; i-- > 0;)
		quotient[i] = next_word(&rest, shifted(m, i, v.shift), &v);
	rest >>= v.shift;
	done = bn_load(dv, quotient, n) && (!rem || bn_load(rem, &rest, 1));
	wipe_words(quotient, n * BN_WORD_BYTES);
	wipe_words(&rest, sizeof(rest));
	wipe_words(&v, sizeof(v));
	return done;
}

int BN_div(BIGNUM *dv, BIGNUM *rem, const BIGNUM *m, const BIGNUM *d,
	BN_CTX *ctx)
{
	struct division v;
	size_t mtop;
	size_t dtop;
	bool done;

	(void)ctx;
	if (!m || !d || d->top == 0 || m->neg || d->neg)
		return 0;
	if (!dv)
		return !rem || bn_reduce(rem, m, d);
	if (d->top > OP_WORDS || m->top > OP_WORDS)
		return 0;
	if (d->top == 1)
		return divide_by_word(dv, rem, m, d->word[0]);
	mtop = m->top;	/* m and d may be where the results go */
	dtop = d->top;
	divide(&v, m, d);
	done = bn_load(dv, v.quotient, mtop) &&
		(!rem || bn_load(rem, v.rest, dtop));
	wipe_words(&v, sizeof(v));
	return done;
}
