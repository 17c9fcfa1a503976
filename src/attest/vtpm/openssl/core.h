/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * <openssl/core.h>: lists of parameters.
 */
#ifndef VTPM_OPENSSL_CORE_H
#define VTPM_OPENSSL_CORE_H

#include <stddef.h>

typedef struct ossl_lib_ctx_st OSSL_LIB_CTX;

/** One of a list; the last one has no key. */
typedef struct ossl_param_st {
	const char *key;
	unsigned int data_type;
	void *data;
	size_t data_size;
	size_t return_size;
} OSSL_PARAM;

#define OSSL_PARAM_UNSIGNED_INTEGER	2	/* in the processor's order */
#define OSSL_PARAM_UTF8_STRING		4
#define OSSL_PARAM_OCTET_STRING		5

#endif
