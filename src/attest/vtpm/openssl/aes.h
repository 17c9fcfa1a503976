/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * <openssl/aes.h>
 */
#ifndef VTPM_OPENSSL_AES_H
#define VTPM_OPENSSL_AES_H

typedef struct aes_key_st {
	unsigned int rd_key[60];
	int rounds;
} AES_KEY;

int AES_set_encrypt_key(const unsigned char *key, const int bits,
	AES_KEY *out);
void AES_encrypt(const unsigned char *in, unsigned char *out,
	const AES_KEY *key);

#endif
