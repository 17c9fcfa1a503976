/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * <openssl/kdf.h>
 */
#ifndef VTPM_OPENSSL_KDF_H
#define VTPM_OPENSSL_KDF_H

#include <stddef.h>

#include <openssl/core.h>

typedef struct evp_kdf_st EVP_KDF;
typedef struct evp_kdf_ctx_st EVP_KDF_CTX;

EVP_KDF *EVP_KDF_fetch(OSSL_LIB_CTX *lib, const char *name,
	const char *properties);
void EVP_KDF_free(EVP_KDF *kdf);
EVP_KDF_CTX *EVP_KDF_CTX_new(EVP_KDF *kdf);
void EVP_KDF_CTX_free(EVP_KDF_CTX *c);
int EVP_KDF_derive(EVP_KDF_CTX *c, unsigned char *out, size_t len,
	const OSSL_PARAM list[]);

#endif
