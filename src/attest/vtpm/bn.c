/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Big numbers: memory, bytes, comparing.
 */
#include "provider.h"

bool bn_room(BIGNUM *a, size_t words)
{
	uint64_t *larger;

	if (words <= a->room)
		return true;
	if (words > BN_MAX_WORDS)
		return false;
	words = (words + 3) & ~(size_t)3;
	larger = vtpm_zalloc(words * BN_WORD_BYTES);
	if (a->top)
		memcpy(larger, a->word, a->top * BN_WORD_BYTES);
	vtpm_zfree(a->word, a->room * BN_WORD_BYTES);
	a->word = larger;
	a->room = words;
	return true;
}

/** Set to words of which the upper ones may be zero. */
bool bn_load(BIGNUM *a, const uint64_t *word, size_t words)
{
	while (words && word[words - 1] == 0)
		words--;
	if (!bn_room(a, words))
		return false;
	if (words)
		memcpy(a->word, word, words * BN_WORD_BYTES);
	a->top = words;
	a->neg = false;
	return true;
}

/* Of at most eight big-endian bytes. */
static uint64_t word_at(const unsigned char *bytes, size_t n)
{
	uint64_t word = 0;

	if (n == BN_WORD_BYTES) {
		memcpy(&word, bytes, sizeof(word));
		return __builtin_bswap64(word);
	}
	while (n--)
		word = word << 8 | *bytes++;
	return word;
}

/** Set to the value of big-endian bytes. */
bool bn_get(BIGNUM *a, const unsigned char *bytes, size_t len)
{
	size_t words;
	size_t i;

	while (len && *bytes == 0) {
		bytes++;
		len--;
	}
	words = (len + BN_WORD_BYTES - 1) / BN_WORD_BYTES;
	if (!bn_room(a, words))
		return false;
	for (i = 0; i < words; i++) {
		size_t n = len < BN_WORD_BYTES ? len : BN_WORD_BYTES;

		len -= n;
		a->word[i] = word_at(bytes + len, n);
	}
	a->top = words;
	a->neg = false;
	return true;
}

static unsigned char byte_of(const BIGNUM *a, size_t i)
{
	size_t w = i / BN_WORD_BYTES;

	if (w >= a->top)
		return 0;
	return (unsigned char)(a->word[w] >> (8 * (i % BN_WORD_BYTES)));
}

/** The magnitude as exactly @p len big-endian bytes; false: too long. */
bool bn_put(const BIGNUM *a, unsigned char *bytes, size_t len)
{
	unsigned char more = 0;
	size_t i;

	for (i = 0; i < len; i++)
		bytes[len - 1 - i] = byte_of(a, i);
	for (; i < a->top * BN_WORD_BYTES; i++)
		more |= byte_of(a, i);
	return more == 0;
}

void bn_forget(BIGNUM *a)
{
	vtpm_zfree(a->word, a->room * BN_WORD_BYTES);
	*a = (BIGNUM){ 0 };
}

size_t bn_bytes(const BIGNUM *a)
{
	return ((size_t)BN_num_bits(a) + 7) / 8;
}

/** -1, 0, 1: the magnitudes; the last word that differs decides. */
int bn_magnitude(const BIGNUM *a, const BIGNUM *b)
{
	uint64_t less = 0;
	uint64_t more = 0;
	size_t i;

	if (a->top != b->top)
		return a->top > b->top ? 1 : -1;
	for (i = 0; i < a->top; i++) {
		uint64_t x = a->word[i];
		uint64_t y = b->word[i];
		/* The borrow of x - y, and of y - x. */
		uint64_t lt = ((~x & y) | ((~x | y) & (x - y))) >> 63;
		uint64_t gt = ((~y & x) | ((~y | x) & (y - x))) >> 63;

		less = lt | (less & ~gt);
		more = gt | (more & ~lt);
	}
	return (int)more - (int)less;
}

BIGNUM *BN_new(void)
{
	return vtpm_zalloc(sizeof(BIGNUM));
}

void BN_clear_free(BIGNUM *a)
{
	if (!a)
		return;
	bn_forget(a);
	free(a);
}

void BN_free(BIGNUM *a)
{
	BN_clear_free(a);
}

BIGNUM *BN_copy(BIGNUM *to, const BIGNUM *from)
{
	bool neg;

	if (!to || !from)
		return NULL;
	if (to == from)
		return to;
	neg = from->neg;
	if (!bn_load(to, from->word, from->top))
		return NULL;
	to->neg = neg;
	return to;
}

BIGNUM *BN_dup(const BIGNUM *a)
{
	return a ? BN_copy(BN_new(), a) : NULL;
}

BIGNUM *BN_bin2bn(const unsigned char *s, int len, BIGNUM *ret)
{
	BIGNUM *r = ret ? ret : BN_new();

	if (len >= 0 && bn_get(r, s, (size_t)len))
		return r;
	if (!ret)
		BN_clear_free(r);
	return NULL;
}

int BN_bn2bin(const BIGNUM *a, unsigned char *to)
{
	size_t len;

	if (!a)
		return 0;
	len = bn_bytes(a);
	bn_put(a, to, len);
	return (int)len;
}

int BN_num_bits(const BIGNUM *a)
{
	if (!a || a->top == 0)
		return 0;
	return (int)(a->top * BN_WORD_BITS) -
		__builtin_clzll(a->word[a->top - 1]);
}

/* NULL comes last, as in OpenSSL: libtpms looks for a range with it. */
int BN_cmp(const BIGNUM *a, const BIGNUM *b)
{
	int order;

	if (!a || !b)
		return !a - !b;
	if (a->neg != b->neg)
		return a->neg ? -1 : 1;
	order = bn_magnitude(a, b);
	return a->neg ? -order : order;
}

int BN_is_zero(const BIGNUM *a)
{
	return !a || a->top == 0;
}

/* BN_FLG_CONSTTIME is all there is; it is how we work anyway. */
void BN_set_flags(BIGNUM *a, int n)
{
	(void)a;
	(void)n;
}

int BN_set_word(BIGNUM *a, BN_ULONG w)
{
	uint64_t word = w;

	return a && bn_load(a, &word, 1);
}
