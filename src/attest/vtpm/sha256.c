/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * SHA-256. Every CPU with SEV-SNP has instructions for it; without them (on
 * the emulated machine) BearSSL's code does the same. The state stays in
 * OpenSSL's layout, in which libtpms stores it.
 */
#include <cpuid.h>
#include <immintrin.h>

#include <inner.h>
#include <openssl/sha.h>

#include "provider.h"
#include "sha256.h"

#define BLOCK		64u
#define LENGTH_AT	56u

static const uint32_t constant[64] __attribute__((aligned(16))) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5,
	0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
	0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
	0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
	0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* Four rounds of 64: their words of the message, already with the constants. */
#define FOUR_ROUNDS(abef, cdgh, words) \
	do { \
		__m128i w_ = (words); \
\
		cdgh = _mm_sha256rnds2_epu32(cdgh, abef, w_); \
		abef = _mm_sha256rnds2_epu32(abef, cdgh, \
			_mm_shuffle_epi32(w_, 0x0e)); \
	} while (0)

/* The message's next four words, from the sixteen before. */
__attribute__((target("sha,sse4.1"))) static inline __m128i
schedule(const __m128i *m, unsigned i)
{
	__m128i last = m[(i + 3) % 4];
	__m128i x = _mm_sha256msg1_epu32(m[i % 4], m[(i + 1) % 4]);

	x = _mm_add_epi32(x, _mm_alignr_epi8(last, m[(i + 2) % 4], 4));
	return _mm_sha256msg2_epu32(x, last);
}

__attribute__((target("sha,sse4.1"))) static void
rounds(__m128i *abef, __m128i *cdgh, __m128i m[4])
{
	const __m128i *k = (const __m128i *)constant;
	__m128i a = *abef;
	__m128i c = *cdgh;

	for (unsigned i = 0; i < 16; i++) {
		if (i >= 4)
			m[i % 4] = schedule(m, i);
		FOUR_ROUNDS(a, c, _mm_add_epi32(m[i % 4], k[i]));
	}
	*abef = _mm_add_epi32(a, *abef);
	*cdgh = _mm_add_epi32(c, *cdgh);
}

/* One block; the instructions want the state's words in another order. */
__attribute__((target("sha,sse4.1"))) static void
block_by_instructions(const unsigned char *data, uint32_t *h)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b,
		0x0405060700010203);
	__m128i abcd = _mm_loadu_si128((const __m128i *)h);
	__m128i efgh = _mm_loadu_si128((const __m128i *)(h + 4));
	__m128i abef;
	__m128i cdgh;
	__m128i m[4];

	abcd = _mm_shuffle_epi32(abcd, 0xb1);
	efgh = _mm_shuffle_epi32(efgh, 0x1b);
	abef = _mm_alignr_epi8(abcd, efgh, 8);
	cdgh = _mm_blend_epi16(efgh, abcd, 0xf0);
	for (unsigned i = 0; i < 4; i++)
		m[i] = _mm_shuffle_epi8(_mm_loadu_si128(
			(const __m128i *)(data + (size_t)16 * i)), swap);
	rounds(&abef, &cdgh, m);
	abef = _mm_shuffle_epi32(abef, 0x1b);
	cdgh = _mm_shuffle_epi32(cdgh, 0xb1);
	_mm_storeu_si128((__m128i *)h, _mm_blend_epi16(abef, cdgh, 0xf0));
	_mm_storeu_si128((__m128i *)(h + 4), _mm_alignr_epi8(cdgh, abef, 8));
}

enum vtpm_sha256 vtpm_sha256_way;

static enum vtpm_sha256 find_way(void)
{
	unsigned a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1) ||
	    !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & bit_SHA))
		return VTPM_SHA256_PLAIN;
	return VTPM_SHA256_INSTRUCTIONS;
}

static void block(const unsigned char *data, uint32_t *h)
{
	if (vtpm_sha256_way == VTPM_SHA256_UNKNOWN)
		vtpm_sha256_way = find_way();
	if (vtpm_sha256_way == VTPM_SHA256_INSTRUCTIONS)
		block_by_instructions(data, h);
	else
		br_sha2small_round(data, h);
}

int SHA256_Init(SHA256_CTX *c)
{
	memset(c, 0, sizeof(*c));
	memcpy(c->h, br_sha256_IV, sizeof(c->h));
	c->md_len = br_sha256_SIZE;
	return 1;
}

static void count(SHA256_CTX *c, size_t len)
{
	uint64_t bits = ((uint64_t)c->Nh << 32 | c->Nl) + ((uint64_t)len << 3);

	c->Nl = (uint32_t)bits;
	c->Nh = (uint32_t)(bits >> 32);
}

int SHA256_Update(SHA256_CTX *c, const void *data, size_t len)
{
	unsigned char *kept = (unsigned char *)c->data;
	const unsigned char *in = data;

	count(c, len);
	while (len) {
		size_t n = BLOCK - c->num;

		if (n > len)
			n = len;
		if (n == BLOCK) {
			block(in, c->h);
		} else {
			memcpy(kept + c->num, in, n);
			c->num = (c->num + (uint32_t)n) % BLOCK;
			if (c->num == 0)
				block(kept, c->h);
		}
		in += n;
		len -= n;
	}
	return 1;
}

int SHA256_Final(unsigned char *md, SHA256_CTX *c)
{
	unsigned char *kept = (unsigned char *)c->data;

	kept[c->num++] = 0x80;
	if (c->num > LENGTH_AT) {
		memset(kept + c->num, 0, BLOCK - c->num);
		block(kept, c->h);
		c->num = 0;
	}
	memset(kept + c->num, 0, LENGTH_AT - c->num);
	br_enc32be(kept + LENGTH_AT, c->Nh);
	br_enc32be(kept + LENGTH_AT + 4, c->Nl);
	block(kept, c->h);
	br_range_enc32be(md, c->h, 8);
	wipe_words(c, sizeof(*c));
	return 1;
}

_Static_assert(sizeof(SHA256_CTX) == 112, "libtpms' binary interface");
