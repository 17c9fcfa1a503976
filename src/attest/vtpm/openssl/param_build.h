/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * <openssl/param_build.h>
 */
#ifndef VTPM_OPENSSL_PARAM_BUILD_H
#define VTPM_OPENSSL_PARAM_BUILD_H

#include <openssl/bn.h>
#include <openssl/params.h>

typedef struct ossl_param_bld_st OSSL_PARAM_BLD;

OSSL_PARAM_BLD *OSSL_PARAM_BLD_new(void);
void OSSL_PARAM_BLD_free(OSSL_PARAM_BLD *b);
int OSSL_PARAM_BLD_push_BN(OSSL_PARAM_BLD *b, const char *key,
	const BIGNUM *v);
int OSSL_PARAM_BLD_push_uint(OSSL_PARAM_BLD *b, const char *key,
	unsigned int v);
OSSL_PARAM *OSSL_PARAM_BLD_to_param(OSSL_PARAM_BLD *b);

#endif
