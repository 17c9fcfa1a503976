/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * <openssl/params.h>
 */
#ifndef VTPM_OPENSSL_PARAMS_H
#define VTPM_OPENSSL_PARAMS_H

#include <openssl/core.h>

#define OSSL_PARAM_UNMODIFIED	((size_t)-1)

OSSL_PARAM OSSL_PARAM_construct_utf8_string(const char *key, char *buf,
	size_t len);
OSSL_PARAM OSSL_PARAM_construct_octet_string(const char *key, void *buf,
	size_t len);
OSSL_PARAM OSSL_PARAM_construct_end(void);
void OSSL_PARAM_free(OSSL_PARAM *list);

#endif
