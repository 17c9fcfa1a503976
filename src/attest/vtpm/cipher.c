/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Ciphers in modes. The IV between two calls is what OpenSSL's would be: the
 * TPM gives it to its user.
 */
#include "cipher.h"

#define CIPHER(name, algorithm, mode, keylen, block) \
	const EVP_CIPHER *EVP_##name(void) \
	{ \
		static const EVP_CIPHER cipher = { \
			algorithm, mode, keylen, block \
		}; \
		return &cipher; \
	}

#define FAMILY(name, algorithm, keylen) \
	CIPHER(name##_ecb, algorithm, ECB, keylen, 16) \
	CIPHER(name##_cbc, algorithm, CBC, keylen, 16) \
	CIPHER(name##_cfb128, algorithm, CFB, keylen, 16) \
	CIPHER(name##_ofb, algorithm, OFB, keylen, 16) \
	CIPHER(name##_ctr, algorithm, CTR, keylen, 16)

FAMILY(aes_128, AES, 16)
FAMILY(aes_192, AES, 24)
FAMILY(aes_256, AES, 32)
FAMILY(camellia_128, CAMELLIA, 16)
FAMILY(camellia_192, CAMELLIA, 24)
FAMILY(camellia_256, CAMELLIA, 32)
CIPHER(des_ede3, DES3, ECB, 24, 8)
CIPHER(des_ede3_ecb, DES3, ECB, 24, 8)
CIPHER(des_ede3_cbc, DES3, CBC, 24, 8)
CIPHER(des_ede3_cfb64, DES3, CFB, 24, 8)
CIPHER(des_ede3_ofb, DES3, OFB, 24, 8)

EVP_CIPHER_CTX *EVP_CIPHER_CTX_new(void)
{
	return vtpm_zalloc(sizeof(EVP_CIPHER_CTX));
}

void EVP_CIPHER_CTX_free(EVP_CIPHER_CTX *c)
{
	vtpm_zfree(c, sizeof(*c));
}

int EVP_CIPHER_CTX_set_padding(EVP_CIPHER_CTX *c, int pad)
{
	c->pad = pad != 0;
	return 1;
}

int EVP_CIPHER_CTX_get_iv_length(const EVP_CIPHER_CTX *c)
{
	if (!c->cipher)
		return -1;
	return c->cipher->mode == ECB ? 0 : (int)c->cipher->block;
}

const unsigned char *EVP_CIPHER_CTX_iv(const EVP_CIPHER_CTX *c)
{
	return c->iv;
}

static bool set_key(EVP_CIPHER_CTX *c, const unsigned char *key)
{
	int bits = (int)c->cipher->keylen * 8;

	switch (c->cipher->algorithm) {
	case AES:
		return AES_set_encrypt_key(key, bits, &c->key.aes) == 0;
	case CAMELLIA:
		return Camellia_set_key(key, bits, &c->key.camellia) == 0;
	case DES3:
		memcpy(c->key.des3, key, sizeof(c->key.des3));
		return true;
	}
	return false;
}

static bool start(EVP_CIPHER_CTX *c, const EVP_CIPHER *cipher,
	const unsigned char *key, const unsigned char *iv, bool encrypt)
{
	if (!c || !cipher || !key || (cipher->mode != ECB && !iv))
		return false;
	memset(c, 0, sizeof(*c));
	c->cipher = cipher;
	c->encrypt = encrypt;
	c->pad = true;
	if (cipher->mode != ECB)
		memcpy(c->iv, iv, cipher->block);
	return set_key(c, key);
}

int EVP_EncryptInit_ex(EVP_CIPHER_CTX *c, const EVP_CIPHER *cipher, ENGINE *e,
	const unsigned char *key, const unsigned char *iv)
{
	(void)e;
	return start(c, cipher, key, iv, true);
}

int EVP_DecryptInit_ex(EVP_CIPHER_CTX *c, const EVP_CIPHER *cipher, ENGINE *e,
	const unsigned char *key, const unsigned char *iv)
{
	(void)e;
	return start(c, cipher, key, iv, false);
}

static void encrypt_block(const EVP_CIPHER_CTX *c, const unsigned char *in,
	unsigned char *out)
{
	switch (c->cipher->algorithm) {
	case AES:
		AES_encrypt(in, out, &c->key.aes);
		break;
	case CAMELLIA:
		camellia_block(in, out, &c->key.camellia, true);
		break;
	case DES3:
		des3_block(c->key.des3, in, out, true);
		break;
	}
}

static void decrypt_block(const EVP_CIPHER_CTX *c, const unsigned char *in,
	unsigned char *out)
{
	switch (c->cipher->algorithm) {
	case AES:
		aes_decrypt(in, out, &c->key.aes);
		break;
	case CAMELLIA:
		camellia_block(in, out, &c->key.camellia, false);
		break;
	case DES3:
		des3_block(c->key.des3, in, out, false);
		break;
	}
}

static void mix(unsigned char *to, const unsigned char *with, unsigned len)
{
	while (len--)
		*to++ ^= *with++;
}

/* ECB, and CBC: the last block of ciphertext goes into the next one. */
static void one_block(EVP_CIPHER_CTX *c, unsigned char *out,
	const unsigned char *in)
{
	unsigned block = c->cipher->block;
	bool chain = c->cipher->mode == CBC;
	unsigned char given[MAX_BLOCK];

	memcpy(given, in, block);
	if (c->encrypt) {
		if (chain)
			mix(given, c->iv, block);
		encrypt_block(c, given, out);
		if (chain)
			memcpy(c->iv, out, block);
		return;
	}
	decrypt_block(c, given, out);
	if (chain) {
		mix(out, c->iv, block);
		memcpy(c->iv, given, block);
	}
}

static void count_up(unsigned char *counter, unsigned len)
{
	while (len-- && ++counter[len] == 0)
		;
}

/* At the end of a block of key stream: the next one. */
static void next_stream(EVP_CIPHER_CTX *c)
{
	if (c->cipher->mode == CTR) {
		encrypt_block(c, c->iv, c->stream);
		count_up(c->iv, c->cipher->block);
	} else {
		encrypt_block(c, c->iv, c->iv);
	}
}

static unsigned char one_byte(EVP_CIPHER_CTX *c, unsigned char in)
{
	unsigned at = c->used;
	unsigned char out;

	if (at == 0)
		next_stream(c);
	c->used = (at + 1) % c->cipher->block;
	if (c->cipher->mode == CTR)
		return in ^ c->stream[at];
	out = in ^ c->iv[at];
	if (c->cipher->mode == CFB)
		c->iv[at] = c->encrypt ? out : in;
	return out;
}

/* Whole blocks only where the mode wants them: nobody asks for padding. */
static int update(EVP_CIPHER_CTX *c, unsigned char *out, int *outl,
	const unsigned char *in, int inl)
{
	int block = c->cipher ? (int)c->cipher->block : 1;
	int i;

	*outl = 0;
	if (!c->cipher || inl < 0)
		return 0;
	if (c->cipher->mode > CBC) {
		for (i = 0; i < inl; i++)
			out[i] = one_byte(c, in[i]);
	} else {
		if (inl % block)
			return 0;
		for (i = 0; i < inl; i += block)
			one_block(c, out + i, in + i);
	}
	*outl = inl;
	return 1;
}

int EVP_EncryptUpdate(EVP_CIPHER_CTX *c, unsigned char *out, int *outl,
	const unsigned char *in, int inl)
{
	return update(c, out, outl, in, inl);
}

int EVP_DecryptUpdate(EVP_CIPHER_CTX *c, unsigned char *out, int *outl,
	const unsigned char *in, int inl)
{
	return update(c, out, outl, in, inl);
}

static int finish(const EVP_CIPHER_CTX *c, int *outl)
{
	*outl = 0;
	return c->cipher && (!c->pad || c->cipher->mode > CBC);
}

int EVP_EncryptFinal_ex(EVP_CIPHER_CTX *c, unsigned char *out, int *outl)
{
	(void)out;
	return finish(c, outl);
}

int EVP_DecryptFinal(EVP_CIPHER_CTX *c, unsigned char *out, int *outl)
{
	(void)out;
	return finish(c, outl);
}
