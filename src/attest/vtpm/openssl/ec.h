/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * <openssl/ec.h>: groups, points, keys and ECDSA.
 */
#ifndef VTPM_OPENSSL_EC_H
#define VTPM_OPENSSL_EC_H

#include <stddef.h>

#include <openssl/bn.h>

typedef struct ec_group_st EC_GROUP;
typedef struct ec_point_st EC_POINT;
typedef struct ec_key_st EC_KEY;
typedef struct ECDSA_SIG_st ECDSA_SIG;

EC_GROUP *EC_GROUP_new_curve_GFp(const BIGNUM *p, const BIGNUM *a,
	const BIGNUM *b, BN_CTX *ctx);
int EC_GROUP_set_generator(EC_GROUP *g, const EC_POINT *generator,
	const BIGNUM *order, const BIGNUM *cofactor);
void EC_GROUP_free(EC_GROUP *g);

EC_POINT *EC_POINT_new(const EC_GROUP *g);
void EC_POINT_free(EC_POINT *p);
void EC_POINT_clear_free(EC_POINT *p);
int EC_POINT_set_affine_coordinates(const EC_GROUP *g, EC_POINT *p,
	const BIGNUM *x, const BIGNUM *y, BN_CTX *ctx);
int EC_POINT_get_affine_coordinates(const EC_GROUP *g, const EC_POINT *p,
	BIGNUM *x, BIGNUM *y, BN_CTX *ctx);
int EC_POINT_mul(const EC_GROUP *g, EC_POINT *r, const BIGNUM *n,
	const EC_POINT *q, const BIGNUM *m, BN_CTX *ctx);
int EC_POINTs_mul(const EC_GROUP *g, EC_POINT *r, const BIGNUM *n, size_t num,
	const EC_POINT *p[], const BIGNUM *m[], BN_CTX *ctx);
int EC_POINT_add(const EC_GROUP *g, EC_POINT *r, const EC_POINT *a,
	const EC_POINT *b, BN_CTX *ctx);

EC_KEY *EC_KEY_new(void);
void EC_KEY_free(EC_KEY *k);
int EC_KEY_set_group(EC_KEY *k, const EC_GROUP *g);
int EC_KEY_set_private_key(EC_KEY *k, const BIGNUM *d);
int EC_KEY_set_public_key(EC_KEY *k, const EC_POINT *q);
const BIGNUM *EC_KEY_get0_private_key(const EC_KEY *k);
int EC_KEY_generate_key(EC_KEY *k);

ECDSA_SIG *ECDSA_SIG_new(void);
void ECDSA_SIG_free(ECDSA_SIG *s);
void ECDSA_SIG_get0(const ECDSA_SIG *s, const BIGNUM **r, const BIGNUM **v);
int ECDSA_SIG_set0(ECDSA_SIG *s, BIGNUM *r, BIGNUM *v);
ECDSA_SIG *ECDSA_do_sign(const unsigned char *dgst, int len, EC_KEY *k);
int ECDSA_do_verify(const unsigned char *dgst, int len, const ECDSA_SIG *s,
	EC_KEY *k);

#endif
