/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Lists of parameters, as libtpms 0.10 hands keys and inputs over: reading one.
 */
#ifndef VTPM_PARAM_H
#define VTPM_PARAM_H

#include <stdbool.h>

#include <openssl/bn.h>
#include <openssl/core.h>

/** The parameter of this name and type; NULL: there is none. */
const OSSL_PARAM *param_find(const OSSL_PARAM *list, const char *key,
	unsigned type);

/** A number of the list; false: there is none, or it is too long. */
bool param_number(const OSSL_PARAM *list, const char *key, BIGNUM *out);

#endif
