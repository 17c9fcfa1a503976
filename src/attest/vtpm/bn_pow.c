/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Powers modulo an odd number, in words of 64 bits: what takes the TPM's time.
 * It lets others run between two windows of the exponent, because one power of
 * 4096 bits takes longer than a guest can stand still.
 *
 * A number x is here x * R modulo m, with R a power of 2^64 above m: products
 * need no division that way.
 */
#include "provider.h"

#define WORDS	(BN_MOD_BYTES / BN_WORD_BYTES)

/* Bits of the exponent at a time; short ones are not worth a table. */
#define WINDOW	5u
#define SHORT	64u

__extension__ typedef unsigned __int128 wide;

struct modulus {
	size_t n;		/* words */
	uint64_t inverse;	/* -1/m modulo 2^64 */
	uint64_t m[WORDS];
	uint64_t square[WORDS];	/* R * R */
};

/* -1/m: each step doubles the bits that are right, of which m has 3. */
static uint64_t negative_inverse(uint64_t m)
{
	uint64_t x = m;
	unsigned bits;

	for (bits = 3; bits < 64; bits *= 2)
		x *= 2 - m * x;
	return -x;
}

/* t is t[n] * 2^(64 * n) + ..., less than 2 m: t modulo m to r. */
static void subtract_once(uint64_t *r, const uint64_t *t, uint64_t top,
	const struct modulus *m)
{
	uint64_t less[WORDS];
	uint64_t borrow = 0;
	uint64_t keep;
	size_t i;

	for (i = 0; i < m->n; i++) {
		wide d = (wide)t[i] - m->m[i] - borrow;

		less[i] = (uint64_t)d;
		borrow = (uint64_t)(d >> 64) & 1;
	}
	/* All ones where the difference is negative. */
	keep = -(borrow & ~top & 1);
	for (i = 0; i < m->n; i++)
		r[i] = (t[i] & keep) | (less[i] & ~keep);
}

/* r = a * b / R; r may be either. */
static void multiply(uint64_t *r, const uint64_t *a, const uint64_t *b,
	const struct modulus *m)
{
	uint64_t t[WORDS + 1] = { 0 };
	size_t n = m->n;
	size_t i, j;

	for (i = 0; i < n; i++) {
		wide product = (wide)a[i] * b[0] + t[0];
		uint64_t q = (uint64_t)product * m->inverse;
		wide sum = (wide)q * m->m[0] + (uint64_t)product;

		for (j = 1; j < n; j++) {
			product = (wide)a[i] * b[j] + t[j] +
				(uint64_t)(product >> 64);
			sum = (wide)q * m->m[j] + (uint64_t)product +
				(uint64_t)(sum >> 64);
			t[j - 1] = (uint64_t)sum;
		}
		sum = (wide)t[n] + (uint64_t)(product >> 64) +
			(uint64_t)(sum >> 64);
		t[n - 1] = (uint64_t)sum;
		t[n] = (uint64_t)(sum >> 64);
	}
	subtract_once(r, t, t[n], m);
}

/* r = 2 * r */
static void add_to_itself(uint64_t *r, const struct modulus *m)
{
	uint64_t top = r[m->n - 1] >> 63;
	size_t i;

	for (i = m->n - 1; i > 0; i--)
		r[i] = r[i] << 1 | r[i - 1] >> 63;
	r[0] <<= 1;
	subtract_once(r, r, top, m);
}

/* r = R: from the largest power of two below m on. */
static void set_one(uint64_t *r, const BIGNUM *n, const struct modulus *m)
{
	size_t bit = (size_t)BN_num_bits(n) - 1;

	memset(r, 0, m->n * sizeof(*r));
	r[bit / BN_WORD_BITS] = 1ull << bit % BN_WORD_BITS;
	for (; bit < m->n * BN_WORD_BITS; bit++)
		add_to_itself(r, m);
}

/* R is 2 to the power of 64 * n, by squares and doubles from R on. */
static void set_square(const uint64_t *one, struct modulus *m)
{
	size_t e = m->n * BN_WORD_BITS;
	size_t bit = 63 - (size_t)__builtin_clzll(e);

	memcpy(m->square, one, m->n * sizeof(*one));
	for (bit++; bit-- > 0;) {
		multiply(m->square, m->square, m->square, m);
		if (e >> bit & 1)
			add_to_itself(m->square, m);
	}
}

/* The modulus, and one. */
static void modulus_set(struct modulus *m, uint64_t *one, const BIGNUM *n)
{
	m->n = n->top;
	memcpy(m->m, n->word, n->top * sizeof(*m->m));
	m->inverse = negative_inverse(m->m[0]);
	set_one(one, n, m);
	set_square(one, m);
}

/** x^0, x^1, ...; as many as a window has values. */
struct table {
	unsigned bits;
	uint64_t power[1u << WINDOW][WORDS];
};

static void table_set(struct table *t, unsigned bits, const uint64_t *one,
	const uint64_t *x, const struct modulus *m)
{
	unsigned i;

	t->bits = bits;
	memcpy(t->power[0], one, m->n * sizeof(*one));
	memcpy(t->power[1], x, m->n * sizeof(*x));
	for (i = 2; i < 1u << bits; i++)
		multiply(t->power[i], t->power[i - 1], x, m);
}

/* All of it is read, whatever is wanted. */
static void table_get(const struct table *t, uint64_t which, uint64_t *r,
	size_t n)
{
	uint64_t i;
	size_t j;

	memset(r, 0, n * sizeof(*r));
	for (i = 0; i < 1u << t->bits; i++) {
		/* All ones where i is it. */
		uint64_t mask = ((i ^ which) - 1) >> 63;

		mask = -mask;
		for (j = 0; j < n; j++)
			r[j] |= t->power[i][j] & mask;
	}
}

/* Bits [at, at + count) of e, which may lie beyond its end. */
static uint64_t bits_of(const BIGNUM *e, size_t at, unsigned count)
{
	size_t word = at / BN_WORD_BITS;
	unsigned shift = at % BN_WORD_BITS;
	uint64_t v = 0;

	if (word < e->top)
		v = e->word[word] >> shift;
	if (shift + count > BN_WORD_BITS && word + 1 < e->top)
		v |= e->word[word + 1] << (BN_WORD_BITS - shift);
	return v & ((1ull << count) - 1);
}

/* r, which is one, to the power of e of what the table has. */
static void raise(uint64_t *r, const struct table *t, const BIGNUM *e,
	const struct modulus *m)
{
	size_t bits = (size_t)BN_num_bits(e);
	size_t at = (bits + t->bits - 1) / t->bits * t->bits;
	uint64_t factor[WORDS];
	unsigned i;

	while (at) {
		at -= t->bits;
		for (i = 0; i < t->bits; i++)
			multiply(r, r, r, m);
		table_get(t, bits_of(e, at, t->bits), factor, m->n);
		multiply(r, r, factor, m);
		vtpm_plat_yield();
	}
	svsm_wipe(factor, sizeof(factor));
}

/* x^e, where x is less than n. Too much for a stack; there is one at a time. */
static bool power(BIGNUM *r, const BIGNUM *x, const BIGNUM *e, const BIGNUM *n)
{
	static const uint64_t unit[WORDS] = { 1 };
	static struct modulus m;
	static struct table t;
	uint64_t one[WORDS];
	uint64_t base[WORDS] = { 0 };
	bool done;

	modulus_set(&m, one, n);
	if (x->top)
		memcpy(base, x->word, x->top * sizeof(*base));
	multiply(base, base, m.square, &m);
	table_set(&t, BN_num_bits(e) > (int)SHORT ? WINDOW : 1, one, base, &m);
	raise(one, &t, e, &m);
	multiply(one, one, unit, &m);
	done = bn_load(r, one, m.n);
	svsm_wipe(&m, sizeof(m));
	svsm_wipe(&t, sizeof(t));
	svsm_wipe(base, sizeof(base));
	svsm_wipe(one, sizeof(one));
	return done;
}

/* Odd moduli only: libtpms has no others. */
int BN_mod_exp(BIGNUM *r, const BIGNUM *a, const BIGNUM *p, const BIGNUM *m,
	BN_CTX *ctx)
{
	BIGNUM x = { 0 };
	bool done;

	(void)ctx;
	if (!r || !a || !p || !m || !bn_is_odd(m) || a->neg || p->neg || m->neg)
		return 0;
	if (m->top > WORDS || p->top > WORDS)
		return 0;
	if (bn_is_one(m))
		return bn_load(r, NULL, 0);
	done = bn_reduce(&x, a, m) && power(r, &x, p, m);
	bn_forget(&x);
	return done;
}
