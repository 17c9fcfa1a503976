/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * <openssl/rsa.h>
 */
#ifndef VTPM_OPENSSL_RSA_H
#define VTPM_OPENSSL_RSA_H

#include <openssl/bn.h>
#include <openssl/evp.h>

#define RSA_PKCS1_PADDING	1
#define RSA_NO_PADDING		3
#define RSA_PKCS1_OAEP_PADDING	4
#define RSA_PKCS1_PSS_PADDING	6

RSA *RSA_new(void);
void RSA_free(RSA *r);
int RSA_set0_key(RSA *r, BIGNUM *n, BIGNUM *e, BIGNUM *d);
int RSA_set0_crt_params(RSA *r, BIGNUM *dp, BIGNUM *dq, BIGNUM *qi);
void RSA_get0_key(const RSA *r, const BIGNUM **n, const BIGNUM **e,
	const BIGNUM **d);
void RSA_get0_factors(const RSA *r, const BIGNUM **p, const BIGNUM **q);
void RSA_set_flags(RSA *r, int flags);
int RSA_generate_key_ex(RSA *r, int bits, BIGNUM *e, BN_GENCB *cb);

int EVP_PKEY_CTX_set_rsa_padding(EVP_PKEY_CTX *c, int pad);
int EVP_PKEY_CTX_set_rsa_pss_saltlen(EVP_PKEY_CTX *c, int len);
int EVP_PKEY_CTX_set_rsa_oaep_md(EVP_PKEY_CTX *c, const EVP_MD *md);
int EVP_PKEY_CTX_set0_rsa_oaep_label(EVP_PKEY_CTX *c, void *label, int len);

#endif
