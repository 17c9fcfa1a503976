/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * <openssl/core_names.h>: what parameters are called.
 */
#ifndef VTPM_OPENSSL_CORE_NAMES_H
#define VTPM_OPENSSL_CORE_NAMES_H

#define OSSL_CIPHER_PARAM_UPDATED_IV	"updated-iv"

#define OSSL_KDF_PARAM_DIGEST		"digest"
#define OSSL_KDF_PARAM_SECRET		"secret"
#define OSSL_KDF_PARAM_KEY		"key"
#define OSSL_KDF_PARAM_INFO		"info"
#define OSSL_KDF_NAME_SSKDF		"SSKDF"

#define OSSL_PKEY_PARAM_RSA_BITS	"bits"
#define OSSL_PKEY_PARAM_RSA_N		"n"
#define OSSL_PKEY_PARAM_RSA_E		"e"
#define OSSL_PKEY_PARAM_RSA_D		"d"
#define OSSL_PKEY_PARAM_RSA_FACTOR1	"rsa-factor1"
#define OSSL_PKEY_PARAM_RSA_FACTOR2	"rsa-factor2"
#define OSSL_PKEY_PARAM_RSA_EXPONENT1	"rsa-exponent1"
#define OSSL_PKEY_PARAM_RSA_EXPONENT2	"rsa-exponent2"
#define OSSL_PKEY_PARAM_RSA_COEFFICIENT1 "rsa-coefficient1"

#endif
