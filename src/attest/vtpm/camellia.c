/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Camellia [RFC3713]. The table of its S-box is read whole each time, so that
 * the cache does not tell which entry was wanted.
 */
#include <openssl/camellia.h>

#include <inner.h>

#include "provider.h"

/* Words of the schedule, in the order of use: two for whitening, six for the
 * rounds of a group with two for FL between groups, two for whitening. */
#define WORDS_128	26u
#define WORDS_256	34u

static const unsigned char sbox[256] = {
	112, 130, 44, 236, 179, 39, 192, 229, 228, 133, 87, 53,
	234, 12, 174, 65, 35, 239, 107, 147, 69, 25, 165, 33,
	237, 14, 79, 78, 29, 101, 146, 189, 134, 184, 175, 143,
	124, 235, 31, 206, 62, 48, 220, 95, 94, 197, 11, 26,
	166, 225, 57, 202, 213, 71, 93, 61, 217, 1, 90, 214,
	81, 86, 108, 77, 139, 13, 154, 102, 251, 204, 176, 45,
	116, 18, 43, 32, 240, 177, 132, 153, 223, 76, 203, 194,
	52, 126, 118, 5, 109, 183, 169, 49, 209, 23, 4, 215,
	20, 88, 58, 97, 222, 27, 17, 28, 50, 15, 156, 22,
	83, 24, 242, 34, 254, 68, 207, 178, 195, 181, 122, 145,
	36, 8, 232, 168, 96, 252, 105, 80, 170, 208, 160, 125,
	161, 137, 98, 151, 84, 91, 30, 149, 224, 255, 100, 210,
	16, 196, 0, 72, 163, 247, 117, 219, 138, 3, 230, 218,
	9, 63, 221, 148, 135, 92, 131, 2, 205, 74, 144, 51,
	115, 103, 246, 243, 157, 127, 191, 226, 82, 155, 216, 38,
	200, 55, 198, 59, 129, 150, 111, 75, 19, 190, 99, 46,
	233, 121, 167, 140, 159, 110, 188, 142, 41, 245, 249, 182,
	47, 253, 180, 89, 120, 152, 6, 106, 231, 70, 113, 186,
	212, 37, 171, 66, 136, 162, 141, 250, 114, 7, 185, 85,
	248, 238, 172, 10, 54, 73, 42, 104, 60, 56, 241, 164,
	64, 40, 211, 123, 187, 201, 67, 193, 21, 227, 173, 244,
	119, 199, 128, 158,
};

static const uint64_t sigma[6] = {
	0xa09e667f3bcc908b, 0xb67ae8584caa73b2, 0xc6ef372fe94f82be,
	0x54ff53a5f1d36f1c, 0x10e527fade682d1d, 0xb05688c2b3e6c1fd,
};

/* A word of the schedule: 0 high, 1 low half of a key that is rotated. */
struct part {
	enum { KL, KR, KA, KB } key;
	unsigned char by, half;
};

static const struct part schedule_128[WORDS_128] = {
	{ KL, 0, 0 }, { KL, 0, 1 }, { KA, 0, 0 }, { KA, 0, 1 },
	{ KL, 15, 0 }, { KL, 15, 1 }, { KA, 15, 0 }, { KA, 15, 1 },
	{ KA, 30, 0 }, { KA, 30, 1 }, { KL, 45, 0 }, { KL, 45, 1 },
	{ KA, 45, 0 }, { KL, 60, 1 }, { KA, 60, 0 }, { KA, 60, 1 },
	{ KL, 77, 0 }, { KL, 77, 1 }, { KL, 94, 0 }, { KL, 94, 1 },
	{ KA, 94, 0 }, { KA, 94, 1 }, { KL, 111, 0 }, { KL, 111, 1 },
	{ KA, 111, 0 }, { KA, 111, 1 },
};

static const struct part schedule_256[WORDS_256] = {
	{ KL, 0, 0 }, { KL, 0, 1 }, { KB, 0, 0 }, { KB, 0, 1 },
	{ KR, 15, 0 }, { KR, 15, 1 }, { KA, 15, 0 }, { KA, 15, 1 },
	{ KR, 30, 0 }, { KR, 30, 1 }, { KB, 30, 0 }, { KB, 30, 1 },
	{ KL, 45, 0 }, { KL, 45, 1 }, { KA, 45, 0 }, { KA, 45, 1 },
	{ KL, 60, 0 }, { KL, 60, 1 }, { KR, 60, 0 }, { KR, 60, 1 },
	{ KB, 60, 0 }, { KB, 60, 1 }, { KL, 77, 0 }, { KL, 77, 1 },
	{ KA, 77, 0 }, { KA, 77, 1 }, { KR, 94, 0 }, { KR, 94, 1 },
	{ KA, 94, 0 }, { KA, 94, 1 }, { KL, 111, 0 }, { KL, 111, 1 },
	{ KB, 111, 0 }, { KB, 111, 1 },
};

static unsigned char rotl8(unsigned char b, unsigned n)
{
	return (unsigned char)(b << n | b >> (8 - n));
}

static uint32_t rotl32(uint32_t w)
{
	return w << 1 | w >> 31;
}

/* t[i] = sbox[index[i]] */
static void substitute(unsigned char t[8], const unsigned char index[8])
{
	unsigned i;
	unsigned j;

	memset(t, 0, 8);
	for (j = 0; j < 256; j++) {
		for (i = 0; i < 8; i++) {
			unsigned equal = ((j ^ index[i]) - 1) >> 8;

			t[i] |= (unsigned char)(sbox[j] & equal);
		}
	}
}

/* The P function: each byte is the sum of some. */
static uint64_t diffuse(const unsigned char t[8])
{
	static const unsigned char rows[8] = {
		0xb7, 0xdb, 0xed, 0x7e, 0xc7, 0x6b, 0x3d, 0x9e
	};
	uint64_t r = 0;
	unsigned i;
	unsigned j;

	for (i = 0; i < 8; i++) {
		unsigned char sum = 0;

		for (j = 0; j < 8; j++) {
			if (rows[i] >> (7 - j) & 1)
				sum ^= t[j];
		}
		r = r << 8 | sum;
	}
	return r;
}

/* The round function. The other S-boxes are the first one, rotated. */
static uint64_t feistel(uint64_t x, uint64_t k)
{
	unsigned char index[8];
	unsigned char t[8];
	unsigned i;

	x ^= k;
	for (i = 0; i < 8; i++)
		index[i] = (unsigned char)(x >> (56 - 8 * i));
	index[3] = rotl8(index[3], 1);
	index[6] = rotl8(index[6], 1);
	substitute(t, index);
	t[1] = rotl8(t[1], 1);
	t[4] = rotl8(t[4], 1);
	t[2] = rotl8(t[2], 7);
	t[5] = rotl8(t[5], 7);
	return diffuse(t);
}

static uint64_t fl(uint64_t x, uint64_t k)
{
	uint32_t left = (uint32_t)(x >> 32);
	uint32_t right = (uint32_t)x;

	right ^= rotl32(left & (uint32_t)(k >> 32));
	left ^= right | (uint32_t)k;
	return (uint64_t)left << 32 | right;
}

static uint64_t fl_inverse(uint64_t y, uint64_t k)
{
	uint32_t left = (uint32_t)(y >> 32);
	uint32_t right = (uint32_t)y;

	left ^= right | (uint32_t)k;
	right ^= rotl32(left & (uint32_t)(k >> 32));
	return (uint64_t)left << 32 | right;
}

/* Half of a key of 128 bits that is rotated to the left. */
static uint64_t rotated(const uint64_t key[2], unsigned by, unsigned half)
{
	unsigned first = (half + by / 64) & 1;
	unsigned n = by % 64;

	if (n == 0)
		return key[first];
	return key[first] << n | key[!first] >> (64 - n);
}

/* KA of KL and KR, and KB of both. */
static void derive(uint64_t k[4][2])
{
	uint64_t a = k[KL][0] ^ k[KR][0];
	uint64_t b = k[KL][1] ^ k[KR][1];

	b ^= feistel(a, sigma[0]);
	a ^= feistel(b, sigma[1]) ^ k[KL][0];
	b ^= k[KL][1];
	b ^= feistel(a, sigma[2]);
	a ^= feistel(b, sigma[3]);
	k[KA][0] = a;
	k[KA][1] = b;
	a ^= k[KR][0];
	b ^= k[KR][1];
	b ^= feistel(a, sigma[4]);
	a ^= feistel(b, sigma[5]);
	k[KB][0] = a;
	k[KB][1] = b;
}

static void take_key(uint64_t k[4][2], const unsigned char *key, int bits)
{
	k[KL][0] = br_dec64be(key);
	k[KL][1] = br_dec64be(key + 8);
	k[KR][0] = bits == 128 ? 0 : br_dec64be(key + 16);
	k[KR][1] = bits == 128 ? 0 : ~k[KR][0];
	if (bits == 256)
		k[KR][1] = br_dec64be(key + 24);
}

int Camellia_set_key(const unsigned char *key, const int bits,
	CAMELLIA_KEY *out)
{
	const struct part *part = bits == 128 ? schedule_128 : schedule_256;
	unsigned n = bits == 128 ? WORDS_128 : WORDS_256;
	uint64_t k[4][2];
	uint64_t w[WORDS_256];
	unsigned i;

	if (!key || !out)
		return -1;
	if (bits != 128 && bits != 192 && bits != 256)
		return -2;
	take_key(k, key, bits);
	derive(k);
	for (i = 0; i < n; i++)
		w[i] = rotated(k[part[i].key], part[i].by, part[i].half);
	memcpy(out, w, n * sizeof(*w));
	out->grand_rounds = bits == 128 ? 3 : 4;
	svsm_wipe(k, sizeof(k));
	svsm_wipe(w, sizeof(w));
	return 0;
}

/* The schedule backwards; a pair for whitening keeps its order. */
static void reverse(uint64_t *w, size_t n)
{
	size_t i;

	for (i = 0; i < n / 2; i++) {
		uint64_t t = w[i];

		w[i] = w[n - 1 - i];
		w[n - 1 - i] = t;
	}
	for (i = 0; i < n; i += n - 2) {
		uint64_t t = w[i];

		w[i] = w[i + 1];
		w[i + 1] = t;
	}
}

/* Both halves, in place, through all groups of rounds. */
static void rounds(uint64_t half[2], const uint64_t *w, int groups)
{
	uint64_t a = half[0] ^ w[0];
	uint64_t b = half[1] ^ w[1];
	int round;

	for (w += 2; groups--; w += 2) {
		for (round = 0; round < 3; round++, w += 2) {
			b ^= feistel(a, w[0]);
			a ^= feistel(b, w[1]);
		}
		if (groups) {
			a = fl(a, w[0]);
			b = fl_inverse(b, w[1]);
		}
	}
	/* The last pair of words was stepped over, too. */
	half[0] = b ^ w[-2];
	half[1] = a ^ w[-1];
}

void camellia_block(const unsigned char *in, unsigned char *out,
	const void *key, bool encrypt)
{
	const CAMELLIA_KEY *camellia = key;
	size_t n = (size_t)camellia->grand_rounds * 8 + 2;
	uint64_t half[2] = { br_dec64be(in), br_dec64be(in + 8) };
	uint64_t w[WORDS_256];

	memcpy(w, camellia, n * sizeof(*w));
	if (!encrypt)
		reverse(w, n);
	rounds(half, w, camellia->grand_rounds);
	br_enc64be(out, half[0]);
	br_enc64be(out + 8, half[1]);
	svsm_wipe(w, sizeof(w));
}

void Camellia_encrypt(const unsigned char *in, unsigned char *out,
	const CAMELLIA_KEY *key)
{
	camellia_block(in, out, key, true);
}

_Static_assert(sizeof(CAMELLIA_KEY) == 280, "libtpms' binary interface");
