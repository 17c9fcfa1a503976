/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Big numbers modulo another: BearSSL's, 31 bits to a word.
 */
#include <inner.h>

#include "provider.h"

/* As BearSSL counts: a word for the length in front, and one of slack. */
#define WORDS31(bytes)	(((bytes) * 8u + 30u) / 31u + 3u)
#define MOD_WORDS	WORDS31(BN_MOD_BYTES)

struct modulus {
	size_t len;		/* bytes */
	uint32_t inverse;	/* -1/m modulo 2^31 */
	uint32_t w[MOD_WORDS];
	unsigned char bytes[BN_MOD_BYTES];
};

static bool modulus_set(struct modulus *m, const BIGNUM *n)
{
	m->len = bn_bytes(n);
	if (m->len == 0 || m->len > BN_MOD_BYTES)
		return false;
	bn_put(n, m->bytes, m->len);
	br_i31_decode(m->w, m->bytes, m->len);
	m->inverse = br_i31_ninv31(m->w[1]);
	return true;
}

/* x = |a| mod m */
static bool residue_set(uint32_t *x, const BIGNUM *a, const struct modulus *m)
{
	unsigned char bytes[BN_OP_BYTES];
	size_t len = a->top * BN_WORD_BYTES;

	if (len > sizeof(bytes))
		return false;
	bn_put(a, bytes, len);
	br_i31_decode_reduce(x, bytes, len, m->w);
	svsm_wipe(bytes, len);
	return true;
}

/* r = x, and what was secret is forgotten. */
static bool residue_take(BIGNUM *r, uint32_t *x, struct modulus *m)
{
	bool done;

	br_i31_encode(m->bytes, m->len, x);
	done = bn_get(r, m->bytes, m->len);
	svsm_wipe(x, MOD_WORDS * sizeof(*x));
	svsm_wipe(m, sizeof(*m));
	return done;
}

/** r = |a| mod |m| */
bool bn_reduce(BIGNUM *r, const BIGNUM *a, const BIGNUM *m)
{
	struct modulus mod;
	uint32_t x[MOD_WORDS];

	if (!modulus_set(&mod, m))
		return false;
	if (a->top == 0 || bn_is_one(m))
		return bn_load(r, NULL, 0);
	return residue_set(x, a, &mod) && residue_take(r, x, &mod);
}

/* r = 1/a mod m, where m is odd and a is less. */
static bool inverse_odd(BIGNUM *r, const BIGNUM *a, const BIGNUM *m)
{
	static const unsigned char one = 1;
	struct modulus mod;
	uint32_t x[MOD_WORDS];
	uint32_t y[MOD_WORDS];
	uint32_t work[3 * MOD_WORDS];
	bool done;

	if (bn_is_one(m))
		return bn_load(r, NULL, 0);
	if (!modulus_set(&mod, m) || !residue_set(y, a, &mod))
		return false;
	br_i31_decode_mod(x, &one, 1, mod.w);
	done = br_i31_moddiv(x, y, mod.w, mod.inverse, work);
	svsm_wipe(y, sizeof(y));
	svsm_wipe(work, sizeof(work));
	if (done)
		return residue_take(r, x, &mod);
	svsm_wipe(x, sizeof(x));
	svsm_wipe(&mod, sizeof(mod));
	return false;
}

/*
 * r = 1/a mod n, where n is even and a is odd and less: with k the negative
 * inverse of n modulo a, 1 + n * k is a multiple of a, and of it the a-th part.
 */
static bool inverse_even(BIGNUM *r, const BIGNUM *a, const BIGNUM *n)
{
	BIGNUM k = { 0 };
	bool done;

	if (bn_is_one(a))
		return BN_copy(r, a) != NULL;
	done = bn_reduce(&k, n, a) && inverse_odd(&k, &k, a) &&
		BN_sub(&k, a, &k) && BN_mul(&k, &k, n, NULL) &&
		BN_add_word(&k, 1) && BN_div(r, NULL, &k, a, NULL);
	bn_forget(&k);
	return done;
}

static bool inverse(BIGNUM *r, const BIGNUM *a, const BIGNUM *n)
{
	BIGNUM rest = { 0 };
	bool done = false;

	if (!a || !n || n->top == 0 || bn_is_one(n) || a->neg || n->neg)
		return false;
	if (bn_reduce(&rest, a, n)) {
		if (bn_is_odd(n))
			done = inverse_odd(r, &rest, n);
		else if (bn_is_odd(&rest))
			done = inverse_even(r, &rest, n);
	}
	bn_forget(&rest);
	return done;
}

BIGNUM *BN_mod_inverse(BIGNUM *ret, const BIGNUM *a, const BIGNUM *n,
	BN_CTX *ctx)
{
	BIGNUM *r = ret ? ret : BN_new();

	(void)ctx;
	if (inverse(r, a, n))
		return r;
	if (!ret)
		BN_clear_free(r);
	return NULL;
}
