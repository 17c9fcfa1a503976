/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What a cipher and its context consist of.
 */
#ifndef VTPM_CIPHER_H
#define VTPM_CIPHER_H

#include <openssl/aes.h>
#include <openssl/camellia.h>

#include "provider.h"

#define MAX_BLOCK	16u

enum algorithm { AES, CAMELLIA, DES3 };
enum mode { ECB, CBC, CFB, OFB, CTR };

struct evp_cipher_st {
	enum algorithm algorithm;
	enum mode mode;
	unsigned keylen, block;		/* bytes */
};

struct evp_cipher_ctx_st {
	const EVP_CIPHER *cipher;	/* that the key is for */
	const EVP_CIPHER *chosen;	/* without a key so far */
	bool encrypt, pad;
	unsigned used;		/* bytes of the key stream's block */
	unsigned char iv[MAX_BLOCK], stream[MAX_BLOCK];
	union {
		AES_KEY aes;
		CAMELLIA_KEY camellia;
		unsigned char des3[24];
	} key;
};

#endif
