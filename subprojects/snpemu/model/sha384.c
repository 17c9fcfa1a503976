/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* SHA-384 as FIPS 180-4 defines it; the variable names are the standard's. */
#include "digest.h"

#include <string.h>

#define ROUNDS		80u
#define LENGTH_BYTES	16u	/* of the message length in the last block */

static const uint64_t initial[8] = {
	0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17,
	0x152fecd8f70e5939, 0x67332667ffc00b31, 0x8eb44a8768581511,
	0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4,
};

static const uint64_t k[ROUNDS] = {
	0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f,
	0xe9b5dba58189dbbc, 0x3956c25bf348b538, 0x59f111f1b605d019,
	0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242,
	0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
	0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
	0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3,
	0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65, 0x2de92c6f592b0275,
	0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
	0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f,
	0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
	0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc,
	0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
	0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6,
	0x92722c851482353b, 0xa2bfe8a14cf10364, 0xa81a664bbc423001,
	0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
	0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
	0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99,
	0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb,
	0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc,
	0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
	0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915,
	0xc67178f2e372532b, 0xca273eceea26619c, 0xd186b8c721c0c207,
	0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba,
	0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
	0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
	0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a,
	0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

static uint64_t rotr(uint64_t x, unsigned n)
{
	return x >> n | x << (64 - n);
}

static uint64_t load_be64(const uint8_t *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof(x));
	return __builtin_bswap64(x);
}

static void store_be64(uint8_t *p, uint64_t x)
{
	x = __builtin_bswap64(x);
	memcpy(p, &x, sizeof(x));
}

static void schedule(uint64_t w[ROUNDS], const uint8_t block[SHA384_BLOCK])
{
	for (unsigned t = 0; t < 16; t++)
		w[t] = load_be64(block + 8 * t);
	for (unsigned t = 16; t < ROUNDS; t++) {
		uint64_t x = w[t - 15], y = w[t - 2];
		uint64_t s0 = rotr(x, 1) ^ rotr(x, 8) ^ x >> 7;
		uint64_t s1 = rotr(y, 19) ^ rotr(y, 61) ^ y >> 6;

		w[t] = s1 + w[t - 7] + s0 + w[t - 16];
	}
}

/* One round; the standard's rotation of the names is left to the caller. */
static inline void round_step(uint64_t a, uint64_t b, uint64_t c,
			      uint64_t *d, uint64_t e, uint64_t f, uint64_t g,
			      uint64_t *h, uint64_t kw)
{
	uint64_t sum1 = rotr(e, 14) ^ rotr(e, 18) ^ rotr(e, 41);
	uint64_t sum0 = rotr(a, 28) ^ rotr(a, 34) ^ rotr(a, 39);
	uint64_t t1 = *h + sum1 + ((e & f) ^ (~e & g)) + kw;

	*d += t1;
	*h = t1 + sum0 + ((a & b) ^ (a & c) ^ (b & c));
}

/* Eight rounds bring every name back to its place. */
static void eight_rounds(uint64_t s[8], const uint64_t *kt, const uint64_t *w)
{
	for (unsigned i = 0; i < 8; i++)
		round_step(s[(8 - i) & 7], s[(9 - i) & 7], s[(10 - i) & 7],
			   &s[(11 - i) & 7], s[(12 - i) & 7], s[(13 - i) & 7],
			   s[(14 - i) & 7], &s[(15 - i) & 7], kt[i] + w[i]);
}

static void compress(uint64_t state[8], const uint8_t block[SHA384_BLOCK])
{
	uint64_t w[ROUNDS], s[8];

	schedule(w, block);
	memcpy(s, state, sizeof(s));
	for (unsigned t = 0; t < ROUNDS; t += 8)
		eight_rounds(s, &k[t], &w[t]);
	for (unsigned i = 0; i < 8; i++)
		state[i] += s[i];
}

void sha384_init(struct sha384 *hash)
{
	memcpy(hash->state, initial, sizeof(initial));
	hash->length = 0;
}

void sha384_update(struct sha384 *hash, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len != 0) {
		size_t fill = hash->length % SHA384_BLOCK;
		size_t part = SHA384_BLOCK - fill;

		if (part > len)
			part = len;
		memcpy(hash->block + fill, p, part);
		hash->length += part;
		p += part;
		len -= part;
		if (fill + part == SHA384_BLOCK)
			compress(hash->state, hash->block);
	}
}

void sha384_final(struct sha384 *hash, uint8_t out[SHA384_BYTES])
{
	static const uint8_t pad[SHA384_BLOCK] = { 0x80 };
	uint8_t length[LENGTH_BYTES] = { 0 };
	size_t fill = hash->length % SHA384_BLOCK;
	size_t room = SHA384_BLOCK - LENGTH_BYTES;

	store_be64(length + 8, hash->length * 8);
	sha384_update(hash, pad, fill < room ? room - fill :
		      SHA384_BLOCK + room - fill);
	sha384_update(hash, length, sizeof(length));
	for (unsigned i = 0; i < SHA384_BYTES / 8; i++)
		store_be64(out + 8 * i, hash->state[i]);
}

void sha384(const void *data, size_t len, uint8_t out[SHA384_BYTES])
{
	struct sha384 hash;

	sha384_init(&hash);
	sha384_update(&hash, data, len);
	sha384_final(&hash, out);
}
