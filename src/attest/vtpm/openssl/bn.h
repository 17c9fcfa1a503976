/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * <openssl/bn.h>: the big numbers that libtpms' TPM 2.0 calls.
 *
 * The headers of this folder have OpenSSL 3.0's names, and of them what
 * libtpms.a refers to. The build also compiles our sources against OpenSSL's
 * own headers, so that the compiler compares prototypes and layouts.
 */
#ifndef VTPM_OPENSSL_BN_H
#define VTPM_OPENSSL_BN_H

typedef unsigned long BN_ULONG;
typedef struct bignum_st BIGNUM;
typedef struct bignum_ctx BN_CTX;
typedef struct bn_gencb_st BN_GENCB;

BIGNUM *BN_new(void);
void BN_free(BIGNUM *a);
void BN_clear_free(BIGNUM *a);
BIGNUM *BN_copy(BIGNUM *to, const BIGNUM *from);
BIGNUM *BN_dup(const BIGNUM *a);
BIGNUM *BN_bin2bn(const unsigned char *s, int len, BIGNUM *ret);
int BN_bn2bin(const BIGNUM *a, unsigned char *to);
int BN_num_bits(const BIGNUM *a);
const BIGNUM *BN_value_one(void);
int BN_cmp(const BIGNUM *a, const BIGNUM *b);
int BN_is_zero(const BIGNUM *a);
void BN_set_flags(BIGNUM *a, int n);
int BN_set_word(BIGNUM *a, BN_ULONG w);

int BN_sub(BIGNUM *r, const BIGNUM *a, const BIGNUM *b);
int BN_add_word(BIGNUM *a, BN_ULONG w);
int BN_mul(BIGNUM *r, const BIGNUM *a, const BIGNUM *b, BN_CTX *ctx);
int BN_div(BIGNUM *dv, BIGNUM *rem, const BIGNUM *m, const BIGNUM *d,
	BN_CTX *ctx);
int BN_mod_exp(BIGNUM *r, const BIGNUM *a, const BIGNUM *p, const BIGNUM *m,
	BN_CTX *ctx);
int BN_gcd(BIGNUM *r, const BIGNUM *a, const BIGNUM *b, BN_CTX *ctx);
BIGNUM *BN_mod_inverse(BIGNUM *ret, const BIGNUM *a, const BIGNUM *n,
	BN_CTX *ctx);

BN_CTX *BN_CTX_new(void);
void BN_CTX_free(BN_CTX *ctx);
void BN_CTX_start(BN_CTX *ctx);
BIGNUM *BN_CTX_get(BN_CTX *ctx);
void BN_CTX_end(BN_CTX *ctx);

#endif
