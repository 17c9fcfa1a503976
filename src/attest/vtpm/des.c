/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Triple DES. A schedule of one key carries the key.
 */
#include <openssl/des.h>
#include <openssl/rand.h>

#include "provider.h"

#define BLOCK	8u

void DES_set_key_unchecked(const_DES_cblock *key, DES_key_schedule *out)
{
	memset(out, 0, sizeof(*out));
	memcpy(out, key, BLOCK);
}

static void encrypt_block(const unsigned char key[24], unsigned char *block)
{
	br_des_ct_cbcenc_keys k;
	unsigned char iv[BLOCK] = { 0 };

	br_des_ct_cbcenc_init(&k, key, 24);
	br_des_ct_cbcenc_run(&k, iv, block, BLOCK);
	svsm_wipe(&k, sizeof(k));
}

static void decrypt_block(const unsigned char key[24], unsigned char *block)
{
	br_des_ct_cbcdec_keys k;
	unsigned char iv[BLOCK] = { 0 };

	br_des_ct_cbcdec_init(&k, key, 24);
	br_des_ct_cbcdec_run(&k, iv, block, BLOCK);
	svsm_wipe(&k, sizeof(k));
}

void des3_block(const unsigned char key[24], const unsigned char *in,
	unsigned char *out, bool encrypt)
{
	memmove(out, in, BLOCK);
	if (encrypt)
		encrypt_block(key, out);
	else
		decrypt_block(key, out);
}

void DES_ecb3_encrypt(const_DES_cblock *in, DES_cblock *out,
	DES_key_schedule *k1, DES_key_schedule *k2, DES_key_schedule *k3,
	int enc)
{
	unsigned char key[3 * BLOCK];

	memcpy(key, k1, BLOCK);
	memcpy(key + BLOCK, k2, BLOCK);
	memcpy(key + 2 * BLOCK, k3, BLOCK);
	des3_block(key, *in, *out, enc != 0);
	svsm_wipe(key, sizeof(key));
}

static unsigned char odd_parity(unsigned char b)
{
	return (unsigned char)((b & 0xfe) | !__builtin_parity(b & 0xfe));
}

/*
 * The sixteen weak and half weak keys have bytes of six values only; a key
 * of nothing but those is one in 10^13, and taken for weak.
 */
static bool is_weak_byte(unsigned char b)
{
	b &= 0xfe;
	return b == 0x00 || b == 0xfe || b == 0x1e || b == 0xe0 || b == 0x0e ||
		b == 0xf0;
}

int DES_random_key(DES_cblock *out)
{
	unsigned char *key = *out;
	bool weak;
	size_t i;

	do {
		weak = true;
		if (RAND_bytes(key, BLOCK) != 1)
			return 0;
		for (i = 0; i < BLOCK; i++) {
			key[i] = odd_parity(key[i]);
			weak &= is_weak_byte(key[i]);
		}
	} while (weak);
	return 1;
}

_Static_assert(sizeof(DES_key_schedule) == 128, "libtpms' binary interface");
