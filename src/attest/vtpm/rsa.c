/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * RSA keys: what they consist of, making one, computing with one.
 */
#include <openssl/rsa.h>

#include "provider.h"

#define PRIVATE_BYTES	BR_RSA_KBUF_PRIV_SIZE(BN_MOD_BYTES * 8)
#define PUBLIC_BYTES	BR_RSA_KBUF_PUB_SIZE(BN_MOD_BYTES * 8)

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

static bool is_exponent(const BIGNUM *e)
{
	return e && bn_is_odd(e) && e->top == 1 && e->word[0] > 1 &&
		e->word[0] <= UINT32_MAX;
}

static bool generate(RSA *r, unsigned bits, const BIGNUM *e,
	unsigned char *secret)
{
	br_rsa_keygen keygen = br_rsa_i62_keygen_get();
	unsigned char public[PUBLIC_BYTES];
	struct random random;
	br_rsa_private_key sk;
	br_rsa_public_key pk;

	random_init(&random);
	if (!keygen(&random.vtable, &sk, secret, &pk, public, bits,
	    (uint32_t)e->word[0]))
		return false;
	take(&r->n, BN_bin2bn(pk.n, (int)pk.nlen, NULL));
	take(&r->e, BN_dup(e));
	take(&r->p, BN_bin2bn(sk.p, (int)sk.plen, NULL));
	take(&r->q, BN_bin2bn(sk.q, (int)sk.qlen, NULL));
	return true;
}

/* n, e, p, q: libtpms computes the rest from p. */
int RSA_generate_key_ex(RSA *r, int bits, BIGNUM *e, BN_GENCB *cb)
{
	unsigned char *secret;
	bool done;

	(void)cb;
	if (!r || !is_exponent(e) || bits < 1024 ||
	    bits > (int)BN_MOD_BYTES * 8)
		return 0;
	secret = malloc(PRIVATE_BYTES);
	done = generate(r, (unsigned)bits, e, secret);
	vtpm_zfree(secret, PRIVATE_BYTES);
	return done;
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

/** The factors and what belongs to them, for BearSSL. */
struct crt {
	br_rsa_private_key key;
	unsigned char bytes[5][BN_MOD_BYTES / 2];
};

static bool crt_part(const BIGNUM *v, unsigned char *bytes,
	unsigned char **out, size_t *len)
{
	if (!v || v->top == 0 || bn_bytes(v) > BN_MOD_BYTES / 2)
		return false;
	*out = bytes;
	*len = bn_bytes(v);
	return bn_put(v, bytes, *len);
}

static bool crt_init(struct crt *c, const RSA *r)
{
	br_rsa_private_key *key = &c->key;

	key->n_bitlen = (uint32_t)BN_num_bits(r->n);
	return crt_part(r->p, c->bytes[0], &key->p, &key->plen) &&
		crt_part(r->q, c->bytes[1], &key->q, &key->qlen) &&
		crt_part(r->dp, c->bytes[2], &key->dp, &key->dplen) &&
		crt_part(r->dq, c->bytes[3], &key->dq, &key->dqlen) &&
		crt_part(r->qi, c->bytes[4], &key->iq, &key->iqlen);
}

/* What comes out must go back with the public exponent: a fault in one half
 * would tell a factor, and libtpms 0.10 mixes up p and q when p is less. */
static bool private_crt(const RSA *r, unsigned char *x, size_t len)
{
	unsigned char result[BN_MOD_BYTES];
	unsigned char back[BN_MOD_BYTES];
	struct crt crt = { 0 };
	bool done;

	memcpy(result, x, len);
	done = crt_init(&crt, r) && br_rsa_i62_private_get()(result, &crt.key);
	if (done) {
		memcpy(back, result, len);
		done = rsa_raw(r, r->e, back, len) && memcmp(back, x, len) == 0;
	}
	if (done)
		memcpy(x, result, len);
	svsm_wipe(&crt, sizeof(crt));
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
