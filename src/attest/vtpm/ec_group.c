/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Curves: P-256, P-384, P-521. A group that is none of them is refused, and
 * the TPM then leaves the curve out of its capabilities.
 */
#include "provider.h"

struct curve {
	int id;
	size_t len;
	unsigned char prime[EC_BYTES];
};

#define FF4	0xff, 0xff, 0xff, 0xff
#define FF8	FF4, FF4
#define FF16	FF8, FF8

static const struct curve curves[] = {
	{ BR_EC_secp256r1, 32,
		{ FF4, 0, 0, 0, 1, [20] = FF4, FF8 } },
	{ BR_EC_secp384r1, 48,
		{ FF16, FF8, FF4, 0xff, 0xff, 0xff, 0xfe, FF4, [44] = FF4 } },
	{ BR_EC_secp521r1, 66,
		{ 1, 0xff, FF16, FF16, FF16, FF16 } },
};

static const struct curve *find(const BIGNUM *p)
{
	unsigned char prime[EC_BYTES];
	size_t i;

	for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		if (bn_put(p, prime, curves[i].len) &&
		    memcmp(prime, curves[i].prime, curves[i].len) == 0)
			return &curves[i];
	}
	return NULL;
}

/* All three have a = p - 3, and their primes end in ff. */
static bool has_usual_a(const struct curve *curve, const BIGNUM *a)
{
	unsigned char bytes[EC_BYTES];

	if (!bn_put(a, bytes, curve->len))
		return false;
	bytes[curve->len - 1] += 3;
	return memcmp(bytes, curve->prime, curve->len) == 0;
}

/* b: the generator that is set next has to be on the curve. */
EC_GROUP *EC_GROUP_new_curve_GFp(const BIGNUM *p, const BIGNUM *a,
	const BIGNUM *b, BN_CTX *ctx)
{
	const struct curve *curve;
	EC_GROUP *g;

	(void)b;
	(void)ctx;
	if (!p || !a)
		return NULL;
	curve = find(p);
	if (!curve || !has_usual_a(curve, a))
		return NULL;
	g = vtpm_zalloc(sizeof(*g));
	g->id = curve->id;
	g->len = curve->len;
	return g;
}

int EC_GROUP_set_generator(EC_GROUP *g, const EC_POINT *generator,
	const BIGNUM *order, const BIGNUM *cofactor)
{
	unsigned char bytes[EC_BYTES];
	const unsigned char *point;
	const unsigned char *n;
	size_t plen;
	size_t nlen;

	if (!g || !generator || !order || !cofactor || generator->infinite)
		return 0;
	point = EC_IMPL->generator(g->id, &plen);
	n = EC_IMPL->order(g->id, &nlen);
	return plen == 1 + 2 * g->len && nlen <= EC_BYTES &&
		memcmp(point, generator->b, plen) == 0 &&
		bn_put(order, bytes, nlen) && memcmp(n, bytes, nlen) == 0 &&
		bn_is_one(cofactor);
}

void EC_GROUP_free(EC_GROUP *g)
{
	free(g);
}
