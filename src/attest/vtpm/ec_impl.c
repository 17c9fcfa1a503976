/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The curves as BearSSL wants them, with others let run in between: P-256 is
 * BearSSL's, for the others see ec_prime.c. A sum of two multiples is made of
 * its parts for that, and the addition itself is a sum of the points once each.
 */
#include "ec_prime.h"

#define P256	(&br_ec_p256_m31)

static uint32_t mul(unsigned char *point, size_t len, const unsigned char *x,
	size_t xlen, int curve)
{
	if (curve != BR_EC_secp256r1)
		return ec_prime_mul(point, len, x, xlen, curve);
	vtpm_plat_yield();
	return P256->mul(point, len, x, xlen, curve);
}

static const unsigned char *generator(int curve, size_t *len)
{
	if (curve == BR_EC_secp256r1)
		return P256->generator(curve, len);
	*len = ec_prime_def(curve)->generator_len;
	return ec_prime_def(curve)->generator;
}

static const unsigned char *order(int curve, size_t *len)
{
	if (curve == BR_EC_secp256r1)
		return P256->order(curve, len);
	*len = ec_prime_def(curve)->order_len;
	return ec_prime_def(curve)->order;
}

static size_t xoff(int curve, size_t *len)
{
	size_t bytes;

	(void)generator(curve, &bytes);
	*len = bytes / 2;
	return 1;
}

static size_t mulgen(unsigned char *out, const unsigned char *x, size_t xlen,
	int curve)
{
	const unsigned char *g;
	size_t len;

	vtpm_plat_yield();
	if (curve == BR_EC_secp256r1)
		return P256->mulgen(out, x, xlen, curve);
	g = generator(curve, &len);
	memcpy(out, g, len);
	return mul(out, len, x, xlen, curve) ? len : 0;
}

/* a = a + b */
static uint32_t sum(unsigned char *a, const unsigned char *b, size_t len,
	int curve)
{
	static const unsigned char one = 1;

	vtpm_plat_yield();
	if (curve == BR_EC_secp256r1)
		return P256->muladd(a, b, len, &one, 1, &one, 1, curve);
	return ec_prime_add(a, b, curve);
}

static bool is_zero(const unsigned char *x, size_t len)
{
	unsigned char any = 0;

	while (len--)
		any |= *x++;
	return any == 0;
}

/* Scalars are less than the order. y is zero when a signature of a digest of
 * zeros is verified, which is no secret; x never is. */
static uint32_t muladd(unsigned char *a, const unsigned char *b, size_t len,
	const unsigned char *x, size_t xlen, const unsigned char *y,
	size_t ylen, int curve)
{
	unsigned char other[EC_POINT_BYTES];
	uint32_t good = mul(a, len, x, xlen, curve);

	if (is_zero(y, ylen))
		return good;
	if (b) {
		memcpy(other, b, len);
		good &= mul(other, len, y, ylen, curve);
	} else {
		good &= mulgen(other, y, ylen, curve) == len;
	}
	good &= sum(a, other, len, curve);
	svsm_wipe(other, sizeof(other));
	return good;
}

const br_ec_impl ec_yielding = {
	1u << BR_EC_secp256r1 | 1u << BR_EC_secp384r1 | 1u << BR_EC_secp521r1,
	generator, order, xoff, mul, mulgen, muladd
};
