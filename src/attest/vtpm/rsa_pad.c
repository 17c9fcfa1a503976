/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What RSA works on: PKCS #1 1.5, OAEP, PSS. [RFC8017]
 */
#include <inner.h>
#include <openssl/rand.h>

#include "provider.h"

/* As little as may be in front of a message of type 2: 0, 2, eight, 0. */
#define PKCS1_LEAST	11u

static void random_but_zero(unsigned char *out, size_t len)
{
	vtpm_plat_entropy(out, len);
	for (; len--; out++) {
		while (*out == 0)
			vtpm_plat_entropy(out, 1);
	}
}

bool pkcs1_pad(unsigned char *em, size_t len, const unsigned char *in,
	size_t inlen)
{
	size_t at;

	if (len < PKCS1_LEAST || inlen > len - PKCS1_LEAST)
		return false;
	at = len - inlen;
	em[0] = 0;
	em[1] = 2;
	random_but_zero(em + 2, at - 3);
	em[at - 1] = 0;
	memcpy(em + at, in, inlen);
	return true;
}

/*
 * Find the message and move it to the front. The search takes the same time
 * wherever the end of the padding is; that it is bad the user learns anyway.
 */
bool pkcs1_unpad(unsigned char *em, size_t len, size_t *outlen)
{
	unsigned bad = em[0] | (em[1] ^ 2u);
	unsigned seen = 0;
	unsigned at = 0;
	unsigned i;

	for (i = 2; i < len; i++) {
		unsigned zero = (em[i] - 1u) >> 31;

		at |= i & -(zero & ~seen);
		seen |= zero;
	}
	bad |= ~seen & 1;
	bad |= (at - (PKCS1_LEAST - 1)) >> 31;
	if (bad)
		return false;
	*outlen = len - at - 1;
	memmove(em, em + at + 1, *outlen);
	return true;
}

bool oaep_pad(const EVP_MD *md, const struct piece *label, unsigned char *em,
	size_t len, const unsigned char *in, size_t inlen)
{
	size_t h = md->size;
	unsigned char *seed = em + 1;
	unsigned char *block = seed + h;

	if (len < 2 * h + 2 || inlen > len - 2 * h - 2)
		return false;
	memset(em, 0, len);
	digest(md, label, 1, block);
	em[len - inlen - 1] = 1;
	memcpy(em + len - inlen, in, inlen);
	vtpm_plat_entropy(seed, h);
	br_mgf1_xor(block, len - h - 1, md->hash, seed, h);
	br_mgf1_xor(seed, h, md->hash, block, len - h - 1);
	return true;
}

/* H(zeros || hash || salt) */
static void pss_digest(const EVP_MD *md, const unsigned char *hash,
	const unsigned char *salt, size_t saltlen, unsigned char *out)
{
	static const unsigned char zeros[8];
	const struct piece pieces[] = {
		{ zeros, sizeof(zeros) }, { hash, md->size }, { salt, saltlen }
	};

	digest(md, pieces, 3, out);
}

/* OpenSSL's -1: as long as the hash, -2: as long as there is room. */
static size_t salt_length(int asked, size_t hash, size_t room)
{
	if (asked >= 0)
		return (size_t)asked;
	return asked == -1 ? hash : room;
}

/* The bits of the first byte that belong to @p bits. */
static unsigned char first_mask(size_t bits)
{
	return (unsigned char)(0xff >> (8 * ((bits + 7) / 8) - bits));
}

bool pss_encode(const EVP_MD *md, const unsigned char *hash, int saltlen,
	unsigned char *em, size_t bits)
{
	unsigned char salt[BN_MOD_BYTES];
	size_t h = md->size;
	size_t n = (bits + 7) / 8;
	size_t s;

	if (n < h + 2)
		return false;
	s = salt_length(saltlen, h, n - h - 2);
	if (s > n - h - 2)
		return false;
	vtpm_plat_entropy(salt, s);
	memset(em, 0, n);
	em[n - h - s - 2] = 1;
	memcpy(em + n - h - s - 1, salt, s);
	pss_digest(md, hash, salt, s, em + n - h - 1);
	br_mgf1_xor(em, n - h - 1, md->hash, em + n - h - 1, h);
	em[n - 1] = 0xbc;
	em[0] &= first_mask(bits);
	svsm_wipe(salt, sizeof(salt));
	return true;
}

/* Public data. A salt of any length is good, as OpenSSL has it. */
bool pss_check(const EVP_MD *md, const unsigned char *hash, unsigned char *em,
	size_t bits)
{
	unsigned char want[64];
	size_t h = md->size;
	size_t n = (bits + 7) / 8;
	size_t at = 0;

	if (n < h + 2 || em[n - 1] != 0xbc || em[0] & ~first_mask(bits))
		return false;
	br_mgf1_xor(em, n - h - 1, md->hash, em + n - h - 1, h);
	em[0] &= first_mask(bits);
	while (at < n - h - 1 && em[at] == 0)
		at++;
	if (at == n - h - 1 || em[at] != 1)
		return false;
	at++;
	pss_digest(md, hash, em + at, n - h - 1 - at, want);
	return memcmp(want, em + n - h - 1, h) == 0;
}
