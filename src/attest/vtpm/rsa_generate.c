/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Making an RSA key. It takes long, and others run meanwhile (bn_prime.c).
 */
#include <openssl/rsa.h>

#include "provider.h"

static bool is_exponent(const BIGNUM *e)
{
	return e && bn_is_odd(e) && e->top == 1 && e->word[0] > 1 &&
		e->word[0] <= UINT32_MAX;
}

/* Primes that share their upper half could be found from the product. */
static bool are_apart(const BIGNUM *p, const BIGNUM *q)
{
	size_t top = p->top;

	return p->word[top - 1] != q->word[top - 1] ||
		p->word[top - 2] != q->word[top - 2];
}

/* n, e, p, q: libtpms computes the rest from p. */
static bool generate(RSA *r, size_t len, const BIGNUM *e)
{
	if (!bn_prime(r->p, len, e))
		return false;
	do {
		if (!bn_prime(r->q, len, e))
			return false;
	} while (!are_apart(r->p, r->q));
	return BN_mul(r->n, r->p, r->q, NULL) && BN_copy(r->e, e);
}

static void make_room(BIGNUM **v)
{
	if (!*v)
		*v = BN_new();
}

int RSA_generate_key_ex(RSA *r, int bits, BIGNUM *e, BN_GENCB *cb)
{
	(void)cb;
	if (!r || !is_exponent(e) || bits < 1024 || bits % 16 != 0 ||
	    bits > (int)BN_MOD_BYTES * 8)
		return 0;
	make_room(&r->n);
	make_room(&r->e);
	make_room(&r->p);
	make_room(&r->q);
	return generate(r, (size_t)bits / 16, e);
}
