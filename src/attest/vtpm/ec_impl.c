/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * BearSSL's curves, with others let run before each multiplication: one of
 * P-521 takes milliseconds. A sum of two multiples is made of its parts for
 * that, and the addition itself is a sum of the points once each.
 */
#include "provider.h"

static const br_ec_impl *const impl = &br_ec_all_m31;

static uint32_t mul(unsigned char *point, size_t len, const unsigned char *x,
	size_t xlen, int curve)
{
	vtpm_plat_yield();
	return impl->mul(point, len, x, xlen, curve);
}

static size_t mulgen(unsigned char *out, const unsigned char *x, size_t xlen,
	int curve)
{
	vtpm_plat_yield();
	return impl->mulgen(out, x, xlen, curve);
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
	static const unsigned char one = 1;
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
	vtpm_plat_yield();
	good &= impl->muladd(a, other, len, &one, 1, &one, 1, curve);
	svsm_wipe(other, sizeof(other));
	return good;
}

static const unsigned char *generator(int curve, size_t *len)
{
	return impl->generator(curve, len);
}

static const unsigned char *order(int curve, size_t *len)
{
	return impl->order(curve, len);
}

static size_t xoff(int curve, size_t *len)
{
	return impl->xoff(curve, len);
}

const br_ec_impl ec_yielding = {
	1u << BR_EC_secp256r1 | 1u << BR_EC_secp384r1 | 1u << BR_EC_secp521r1,
	generator, order, xoff, mul, mulgen, muladd
};
