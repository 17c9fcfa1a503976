/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What an EVP_PKEY_CTX consists of.
 */
#ifndef VTPM_PKEY_H
#define VTPM_PKEY_H

#include "provider.h"

enum operation { NONE, ENCRYPT, DECRYPT, SIGN, VERIFY };

struct evp_pkey_ctx_st {
	RSA *rsa;
	enum operation operation;
	int padding, saltlen;
	const EVP_MD *md, *oaep_md;
	struct piece label;
	int bits;	/* of a key that is to be made */
};

#endif
