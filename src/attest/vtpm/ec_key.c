/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * EC keys, and ECDSA with them. Nonces are those of RFC 6979: the same
 * signature each time, and no bad generator gives a key away.
 */
#include <openssl/rand.h>

#include "provider.h"

struct ec_key_st {
	EC_GROUP group;		/* length 0: none yet */
	EC_POINT point;		/* length 0: none yet */
	BIGNUM *secret;
};

struct ECDSA_SIG_st {
	BIGNUM *r, *s;
};

EC_KEY *EC_KEY_new(void)
{
	return vtpm_zalloc(sizeof(EC_KEY));
}

void EC_KEY_free(EC_KEY *k)
{
	if (!k)
		return;
	BN_clear_free(k->secret);
	vtpm_zfree(k, sizeof(*k));
}

int EC_KEY_set_group(EC_KEY *k, const EC_GROUP *g)
{
	if (!k || !g)
		return 0;
	k->group = *g;
	return 1;
}

int EC_KEY_set_private_key(EC_KEY *k, const BIGNUM *d)
{
	if (!k || !d)
		return 0;
	BN_clear_free(k->secret);
	k->secret = BN_dup(d);
	return 1;
}

int EC_KEY_set_public_key(EC_KEY *k, const EC_POINT *q)
{
	if (!k || !q)
		return 0;
	k->point = *q;
	return 1;
}

const BIGNUM *EC_KEY_get0_private_key(const EC_KEY *k)
{
	return k ? k->secret : NULL;
}

/* 0 < bytes < n, in the same time for all. */
static bool is_scalar(const unsigned char *bytes, const unsigned char *n,
	size_t len)
{
	unsigned less = 0;
	unsigned equal = 1;
	unsigned any = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned x = bytes[i];
		unsigned y = n[i];

		less |= equal & (x - y) >> 31;
		equal &= ((x ^ y) - 1) >> 31;
		any |= x;
	}
	return less && any;
}

/* The secret alone: libtpms computes the point. Of P-521 the first byte has
 * one bit. A try fails with a probability of at most one half. */
int EC_KEY_generate_key(EC_KEY *k)
{
	unsigned char bytes[EC_BYTES];
	const unsigned char *n;
	size_t len;

	if (!k || !k->group.len)
		return 0;
	n = EC_IMPL->order(k->group.id, &len);
	do {
		if (RAND_bytes(bytes, (int)len) != 1)
			return 0;
		if (n[0] == 1)
			bytes[0] &= 1;
	} while (!is_scalar(bytes, n, len));
	if (!k->secret)
		k->secret = BN_new();
	bn_get(k->secret, bytes, len);
	svsm_wipe(bytes, sizeof(bytes));
	return 1;
}

ECDSA_SIG *ECDSA_SIG_new(void)
{
	return vtpm_zalloc(sizeof(ECDSA_SIG));
}

void ECDSA_SIG_free(ECDSA_SIG *s)
{
	if (!s)
		return;
	BN_clear_free(s->r);
	BN_clear_free(s->s);
	free(s);
}

void ECDSA_SIG_get0(const ECDSA_SIG *s, const BIGNUM **r, const BIGNUM **v)
{
	if (r)
		*r = s ? s->r : NULL;
	if (v)
		*v = s ? s->s : NULL;
}

int ECDSA_SIG_set0(ECDSA_SIG *s, BIGNUM *r, BIGNUM *v)
{
	if (!s || !r || !v)
		return 0;
	BN_clear_free(s->r);
	BN_clear_free(s->s);
	s->r = r;
	s->s = v;
	return 1;
}

ECDSA_SIG *ECDSA_do_sign(const unsigned char *dgst, int len, EC_KEY *k)
{
	const EVP_MD *md = len < 0 ? NULL : digest_of_size((size_t)len);
	unsigned char raw[2 * EC_BYTES];
	unsigned char x[EC_BYTES];
	br_ec_private_key key;
	ECDSA_SIG *s;
	size_t n;

	if (!md || !k || !k->group.len || !ec_scalar(&k->group, k->secret, x))
		return NULL;
	key = (br_ec_private_key){ k->group.id, x, k->group.len };
	n = br_ecdsa_i31_sign_raw(EC_IMPL, md->hash, dgst, &key, raw);
	svsm_wipe(x, sizeof(x));
	if (n == 0)
		return NULL;
	s = ECDSA_SIG_new();
	s->r = BN_bin2bn(raw, (int)(n / 2), NULL);
	s->s = BN_bin2bn(raw + n / 2, (int)(n / 2), NULL);
	return s;
}

/* The words of OpenSSL: -1 cannot tell, 0 bad, 1 good. */
int ECDSA_do_verify(const unsigned char *dgst, int len, const ECDSA_SIG *s,
	EC_KEY *k)
{
	unsigned char raw[2 * EC_BYTES];
	br_ec_public_key key;
	size_t n;

	if (!k || !k->group.len || !k->point.len || k->point.infinite || !s ||
	    !s->r || !s->s || len < 0)
		return -1;
	n = k->group.len;
	if (!bn_put(s->r, raw, n) || !bn_put(s->s, raw + n, n))
		return 0;
	key = (br_ec_public_key){ k->group.id, k->point.b, 1 + 2 * n };
	return (int)br_ecdsa_i31_vrfy_raw(EC_IMPL, dgst, (size_t)len, &key, raw,
		2 * n);
}
