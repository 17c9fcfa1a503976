/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * BearSSL's curves, with others let run before each multiplication. One of
 * P-521 takes longer than a guest's vCPU may stand still, and is made of its
 * halves for that. So is a sum of two multiples of its parts, and the addition
 * itself is a sum of the points once each.
 */
#include "provider.h"

static const br_ec_impl *const impl = &br_ec_all_m31;

static bool is_zero(const unsigned char *x, size_t len)
{
	unsigned char any = 0;

	while (len--)
		any |= *x++;
	return any == 0;
}

static uint32_t step(unsigned char *point, size_t len, const unsigned char *x,
	size_t xlen, int curve)
{
	vtpm_plat_yield();
	return impl->mul(point, len, x, xlen, curve);
}

/* a = a + b */
static uint32_t add(unsigned char *a, const unsigned char *b, size_t len,
	int curve)
{
	static const unsigned char one = 1;

	vtpm_plat_yield();
	return impl->muladd(a, b, len, &one, 1, &one, 1, curve);
}

/* x is high * 2^(8 * half) + low. A half of zeros has no multiple that can be
 * written down; a secret has none but by intent. */
static uint32_t mul_halves(unsigned char *point, size_t len,
	const unsigned char *x, size_t xlen, int curve)
{
	static const unsigned char shift[EC_BYTES] = { 1 };
	unsigned char low[EC_POINT_BYTES];
	size_t half = xlen / 2;
	uint32_t good;

	if (len > sizeof(low) || xlen > EC_BYTES)
		return 0;
	if (is_zero(x, xlen - half))
		return step(point, len, x + xlen - half, half, curve);
	memcpy(low, point, len);
	good = step(point, len, shift, half + 1, curve);
	good &= step(point, len, x, xlen - half, curve);
	if (!is_zero(x + xlen - half, half)) {
		good &= step(low, len, x + xlen - half, half, curve);
		good &= add(point, low, len, curve);
	}
	svsm_wipe(low, sizeof(low));
	return good;
}

static uint32_t mul(unsigned char *point, size_t len, const unsigned char *x,
	size_t xlen, int curve)
{
	if (curve == BR_EC_secp521r1)
		return mul_halves(point, len, x, xlen, curve);
	return step(point, len, x, xlen, curve);
}

static size_t mulgen(unsigned char *out, const unsigned char *x, size_t xlen,
	int curve)
{
	const unsigned char *g;
	size_t len;

	vtpm_plat_yield();
	if (curve != BR_EC_secp521r1)
		return impl->mulgen(out, x, xlen, curve);
	g = impl->generator(curve, &len);
	memcpy(out, g, len);
	return mul(out, len, x, xlen, curve) ? len : 0;
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
	good &= add(a, other, len, curve);
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
