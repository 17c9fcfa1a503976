/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * AES: BearSSL's constant-time one for 64 bits. Its schedule, half expanded
 * (30 words and the number of rounds), is as long as an AES_KEY.
 */
#include <openssl/aes.h>

#include "provider.h"

#define BLOCK		16u
#define SCHEDULE	(30u * sizeof(uint64_t))

int AES_set_encrypt_key(const unsigned char *key, const int bits, AES_KEY *out)
{
	br_aes_ct64_cbcenc_keys b = { 0 };

	if (!key || !out)
		return -1;
	if (bits != 128 && bits != 192 && bits != 256)
		return -2;
	br_aes_ct64_cbcenc_init(&b, key, (size_t)bits / 8);
	memcpy(out->rd_key, b.skey, SCHEDULE);
	out->rounds = (int)b.num_rounds;
	wipe_words(&b, sizeof(b));
	return 0;
}

/* One block of CBC with an IV of zeros is the cipher alone. */
void AES_encrypt(const unsigned char *in, unsigned char *out,
	const AES_KEY *key)
{
	br_aes_ct64_cbcenc_keys b = { .vtable = &br_aes_ct64_cbcenc_vtable };
	unsigned char iv[BLOCK] = { 0 };

	memcpy(b.skey, key->rd_key, SCHEDULE);
	b.num_rounds = (unsigned)key->rounds;
	memmove(out, in, BLOCK);
	br_aes_ct64_cbcenc_run(&b, iv, out, BLOCK);
	wipe_words(&b, sizeof(b));
}

void aes_decrypt(const unsigned char *in, unsigned char *out, const void *key)
{
	br_aes_ct64_cbcdec_keys b = { .vtable = &br_aes_ct64_cbcdec_vtable };
	const AES_KEY *aes = key;
	unsigned char iv[BLOCK] = { 0 };

	memcpy(b.skey, aes->rd_key, SCHEDULE);
	b.num_rounds = (unsigned)aes->rounds;
	memmove(out, in, BLOCK);
	br_aes_ct64_cbcdec_run(&b, iv, out, BLOCK);
	wipe_words(&b, sizeof(b));
}

_Static_assert(sizeof(AES_KEY) == SCHEDULE + sizeof(int),
	"libtpms' binary interface");
