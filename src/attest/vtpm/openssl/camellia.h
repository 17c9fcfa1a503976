/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * <openssl/camellia.h>
 */
#ifndef VTPM_OPENSSL_CAMELLIA_H
#define VTPM_OPENSSL_CAMELLIA_H

typedef struct camellia_key_st {
	union {
		double d;
		unsigned int rd_key[68];
	} u;
	int grand_rounds;
} CAMELLIA_KEY;

int Camellia_set_key(const unsigned char *key, const int bits,
	CAMELLIA_KEY *out);
void Camellia_encrypt(const unsigned char *in, unsigned char *out,
	const CAMELLIA_KEY *key);

#endif
