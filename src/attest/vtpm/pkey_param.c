/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * RSA keys out of parameters, and new ones: the way of libtpms 0.10. A context
 * that was made by name has a key without a modulus, which no operation takes.
 */
#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include "param.h"
#include "pkey.h"

static const struct {
	const char *name;
	size_t at;	/* in an RSA */
} numbers[] = {
	{ OSSL_PKEY_PARAM_RSA_N, offsetof(RSA, n) },
	{ OSSL_PKEY_PARAM_RSA_E, offsetof(RSA, e) },
	{ OSSL_PKEY_PARAM_RSA_D, offsetof(RSA, d) },
	{ OSSL_PKEY_PARAM_RSA_FACTOR1, offsetof(RSA, p) },
	{ OSSL_PKEY_PARAM_RSA_FACTOR2, offsetof(RSA, q) },
	{ OSSL_PKEY_PARAM_RSA_EXPONENT1, offsetof(RSA, dp) },
	{ OSSL_PKEY_PARAM_RSA_EXPONENT2, offsetof(RSA, dq) },
	{ OSSL_PKEY_PARAM_RSA_COEFFICIENT1, offsetof(RSA, qi) },
};

#define NUMBERS	(sizeof(numbers) / sizeof(numbers[0]))

static BIGNUM **number(RSA *r, size_t i)
{
	return (BIGNUM **)((char *)r + numbers[i].at);
}

EVP_PKEY_CTX *EVP_PKEY_CTX_new_from_name(OSSL_LIB_CTX *lib, const char *name,
	const char *properties)
{
	EVP_PKEY_CTX *c;

	(void)lib;
	(void)properties;
	if (!name || strcmp(name, "RSA") != 0)
		return NULL;
	c = vtpm_zalloc(sizeof(*c));
	c->rsa = RSA_new();
	return c;
}

int EVP_PKEY_fromdata_init(EVP_PKEY_CTX *c)
{
	return c != NULL;
}

int EVP_PKEY_keygen_init(EVP_PKEY_CTX *c)
{
	return c != NULL;
}

/* The key is the EVP_PKEY's from now on. */
static int give(EVP_PKEY **k, RSA *r)
{
	if (!*k)
		*k = EVP_PKEY_new();
	return EVP_PKEY_assign(*k, EVP_PKEY_RSA, r);
}

/* libtpms' exponents and coefficient are those of the larger factor and the
 * smaller one, and its factors come in the order in which it has them. */
static void order_factors(RSA *r)
{
	BIGNUM *p = r->p;

	if (r->p && r->q && bn_magnitude(r->p, r->q) < 0) {
		r->p = r->q;
		r->q = p;
	}
}

/* What is public and what is private: all that the list has. */
int EVP_PKEY_fromdata(EVP_PKEY_CTX *c, EVP_PKEY **k, int selection,
	OSSL_PARAM list[])
{
	RSA *r;
	size_t i;

	(void)selection;
	if (!c || !k)
		return 0;
	r = RSA_new();
	for (i = 0; i < NUMBERS; i++) {
		BIGNUM *v = BN_new();

		if (param_number(list, numbers[i].name, v))
			*number(r, i) = v;
		else
			BN_clear_free(v);
	}
	order_factors(r);
	if (r->n && r->e)
		return give(k, r);
	RSA_free(r);
	return 0;
}

/* What a new key is to be. */
int EVP_PKEY_CTX_set_params(EVP_PKEY_CTX *c, const OSSL_PARAM *list)
{
	BIGNUM *e = BN_new();
	BIGNUM bits = { 0 };
	bool done;

	done = c && param_number(list, OSSL_PKEY_PARAM_RSA_E, e) &&
		param_number(list, OSSL_PKEY_PARAM_RSA_BITS, &bits) &&
		bits.top == 1 && bits.word[0] <= BN_MOD_BYTES * 8;
	if (done) {
		c->bits = (int)bits.word[0];
		BN_clear_free(c->rsa->e);
		c->rsa->e = e;
	} else {
		BN_clear_free(e);
	}
	bn_forget(&bits);
	return done;
}

int EVP_PKEY_generate(EVP_PKEY_CTX *c, EVP_PKEY **k)
{
	RSA *r;

	if (!c || !k || !c->bits)
		return 0;
	r = RSA_new();
	if (RSA_generate_key_ex(r, c->bits, c->rsa->e, NULL))
		return give(k, r);
	RSA_free(r);
	return 0;
}

static const BIGNUM *named(RSA *r, const char *name)
{
	size_t i;

	for (i = 0; i < NUMBERS; i++) {
		if (strcmp(name, numbers[i].name) == 0)
			return *number(r, i);
	}
	return NULL;
}

/* Into a number that is there, or a new one. */
int EVP_PKEY_get_bn_param(const EVP_PKEY *k, const char *name, BIGNUM **out)
{
	RSA *r = EVP_PKEY_get1_RSA((EVP_PKEY *)k);
	const BIGNUM *v = r && name && out ? named(r, name) : NULL;

	if (v && *out)
		v = BN_copy(*out, v);
	else if (v)
		v = *out = BN_dup(v);
	RSA_free(r);
	return v != NULL;
}
