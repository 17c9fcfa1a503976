/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Powers modulo an odd number. Others may run between two windows of the
 * exponent, because one power of 4096 bits takes longer than a guest can stand
 * still.
 */
#include "mont.h"

/* Bits of the exponent at a time; short ones are not worth a table. */
#define WINDOW	5u
#define SHORT	64u

/** x^0, x^1, ...; as many as a window has values. */
struct table {
	unsigned bits;
	uint64_t power[1u << WINDOW][MONT_WORDS];
};

static void table_set(struct table *t, unsigned bits, const uint64_t *x,
	const struct mont *m)
{
	unsigned i;

	t->bits = bits;
	memcpy(t->power[0], m->one, m->n * sizeof(*m->one));
	memcpy(t->power[1], x, m->n * sizeof(*x));
	for (i = 2; i < 1u << bits; i++)
		mont_multiply(t->power[i], t->power[i - 1], x, m);
}

/* All of it is read, whatever is wanted. */
static void table_get(const struct table *t, uint64_t which, uint64_t *r,
	size_t n)
{
	uint64_t mask[1u << WINDOW];
	uint64_t i;
	size_t j;

	/* All ones where i is it. */
	for (i = 0; i < 1u << t->bits; i++)
		mask[i] = -(((i ^ which) - 1) >> 63);
	for (j = 0; j < n; j++) {
		uint64_t word = 0;

		for (i = 0; i < 1u << t->bits; i++)
			word |= t->power[i][j] & mask[i];
		r[j] = word;
	}
	wipe_words(mask, sizeof(mask));
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
	const struct mont *m)
{
	size_t bits = (size_t)BN_num_bits(e);
	size_t at = (bits + t->bits - 1) / t->bits * t->bits;
	uint64_t factor[MONT_WORDS];
	unsigned i;

	while (at) {
		at -= t->bits;
		for (i = 0; i < t->bits; i++)
			mont_multiply(r, r, r, m);
		table_get(t, bits_of(e, at, t->bits), factor, m->n);
		mont_multiply(r, r, factor, m);
		vtpm_plat_yield();
	}
	wipe_words(factor, sizeof(factor));
}

/* x^e, where x is less than n. Too much for a stack; there is one at a time. */
static bool power(BIGNUM *r, const BIGNUM *x, const BIGNUM *e, const BIGNUM *n)
{
	static struct mont m;
	static struct table t;
	uint64_t y[MONT_WORDS] = { 0 };
	bool done;

	mont_set(&m, n->word, n->top);
	if (x->top)
		memcpy(y, x->word, x->top * sizeof(*y));
	mont_enter(y, y, &m);
	table_set(&t, BN_num_bits(e) > (int)SHORT ? WINDOW : 1, y, &m);
	memcpy(y, m.one, m.n * sizeof(*y));
	raise(y, &t, e, &m);
	mont_leave(y, y, &m);
	done = bn_load(r, y, m.n);
	wipe_words(&m, sizeof(m));
	wipe_words(&t, sizeof(t));
	wipe_words(y, sizeof(y));
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
	if (m->top > MONT_WORDS || p->top > MONT_WORDS)
		return 0;
	if (bn_is_one(m))
		return bn_load(r, NULL, 0);
	done = bn_reduce(&x, a, m) && power(r, &x, p, m);
	bn_forget(&x);
	return done;
}
