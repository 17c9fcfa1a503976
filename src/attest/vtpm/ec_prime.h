/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Multiples of points of P-384 and P-521: see ec_prime.c. Points are
 * uncompressed; one that is none, and infinity as a result, give 0. Others may
 * run meanwhile.
 */
#ifndef VTPM_EC_PRIME_H
#define VTPM_EC_PRIME_H

#include <inner.h>

#include "provider.h"

/** Order and generator. */
const br_ec_curve_def *ec_prime_def(int curve);

/** point = x * point */
uint32_t ec_prime_mul(unsigned char *point, size_t len, const unsigned char *x,
	size_t xlen, int curve);

/** a = a + b */
uint32_t ec_prime_add(unsigned char *a, const unsigned char *b, int curve);

/** What coordinates are less than, as long as one of them. */
const unsigned char *ec_prime_bytes(int curve);

#endif
