/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * RSA keys: what they consist of, and computing with one.
 */
#include <openssl/rsa.h>

#include "provider.h"

RSA *RSA_new(void)
{
	RSA *r = vtpm_zalloc(sizeof(*r));

	r->ref = 1;
	return r;
}

void RSA_free(RSA *r)
{
	if (!r || --r->ref > 0)
		return;
	BN_clear_free(r->n);
	BN_clear_free(r->e);
	BN_clear_free(r->d);
	BN_clear_free(r->p);
	BN_clear_free(r->q);
	BN_clear_free(r->dp);
	BN_clear_free(r->dq);
	BN_clear_free(r->qi);
	free(r);
}

static void take(BIGNUM **slot, BIGNUM *v)
{
	if (!v || v == *slot)
		return;
	BN_clear_free(*slot);
	*slot = v;
}

int RSA_set0_key(RSA *r, BIGNUM *n, BIGNUM *e, BIGNUM *d)
{
	if (!r || (!r->n && !n) || (!r->e && !e))
		return 0;
	take(&r->n, n);
	take(&r->e, e);
	take(&r->d, d);
	return 1;
}

int RSA_set0_crt_params(RSA *r, BIGNUM *dp, BIGNUM *dq, BIGNUM *qi)
{
	if (!r || (!r->dp && !dp) || (!r->dq && !dq) || (!r->qi && !qi))
		return 0;
	take(&r->dp, dp);
	take(&r->dq, dq);
	take(&r->qi, qi);
	return 1;
}

void RSA_get0_key(const RSA *r, const BIGNUM **n, const BIGNUM **e,
	const BIGNUM **d)
{
	if (n)
		*n = r->n;
	if (e)
		*e = r->e;
	if (d)
		*d = r->d;
}

void RSA_get0_factors(const RSA *r, const BIGNUM **p, const BIGNUM **q)
{
	if (p)
		*p = r->p;
	if (q)
		*q = r->q;
}

void RSA_set_flags(RSA *r, int flags)
{
	(void)r;
	(void)flags;
}

bool rsa_is_sane(const RSA *r)
{
	return r->n && r->e && bn_is_odd(r->n) && bn_is_odd(r->e) &&
		!bn_is_one(r->e) && bn_bytes(r->n) <= BN_MOD_BYTES &&
		bn_bytes(r->n) >= 64 && bn_magnitude(r->n, r->e) > 0;
}

/** x = x^exp mod n, of exactly n's length; false: x is not less than n. */
bool rsa_raw(const RSA *r, const BIGNUM *exp, unsigned char *x, size_t len)
{
	BIGNUM v = { 0 };
	bool done;

	done = exp && bn_get(&v, x, len) && bn_magnitude(&v, r->n) < 0 &&
		BN_mod_exp(&v, &v, exp, r->n, NULL) && bn_put(&v, x, len);
	bn_forget(&v);
	return done;
}

/* x = x^d mod p * q: h = (x^dp - x^dq) / q mod p, then h * q + x^dq. */
static bool by_factors(const RSA *r, BIGNUM *x)
{
	BIGNUM a = { 0 };
	BIGNUM b = { 0 };
	bool done;

	done = BN_mod_exp(&a, x, r->dp, r->p, NULL) &&
		BN_mod_exp(&b, x, r->dq, r->q, NULL) &&
		/* p - b mod p is no less than zero. */
		bn_reduce(x, &b, r->p) && BN_sub(x, r->p, x) &&
		bn_add(&a, &a, x) && BN_mul(&a, &a, r->qi, NULL) &&
		bn_reduce(&a, &a, r->p) && BN_mul(&a, &a, r->q, NULL) &&
		bn_add(x, &a, &b);
	bn_forget(&a);
	bn_forget(&b);
	return done;
}

/* What comes out must go back with the public exponent: a fault in one half
 * would tell a factor. */
static bool private_crt(const RSA *r, unsigned char *x, size_t len)
{
	unsigned char result[BN_MOD_BYTES];
	unsigned char back[BN_MOD_BYTES];
	BIGNUM v = { 0 };
	bool done;

	done = bn_get(&v, x, len) && bn_magnitude(&v, r->n) < 0 &&
		by_factors(r, &v) && bn_put(&v, result, len);
	bn_forget(&v);
	if (done) {
		memcpy(back, result, len);
		done = rsa_raw(r, r->e, back, len) && memcmp(back, x, len) == 0;
	}
	if (done)
		memcpy(x, result, len);
	svsm_wipe(result, sizeof(result));
	svsm_wipe(back, sizeof(back));
	return done;
}

/** x = x^d mod n; by the factors where libtpms gives them (0.10). */
bool rsa_private(const RSA *r, unsigned char *x, size_t len)
{
	if (r->p && r->q && r->dp && r->dq && r->qi && private_crt(r, x, len))
		return true;
	return rsa_raw(r, r->d, x, len);
}
