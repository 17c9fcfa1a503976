/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Numbers modulo an odd one, after Montgomery: see mont.h. What takes the
 * TPM's time is row().
 */
#include <cpuid.h>

#include "mont.h"

__extension__ typedef unsigned __int128 wide;

/* -1/m: each step doubles the bits that are right, of which m has 3. */
static uint64_t negative_inverse(uint64_t m)
{
	uint64_t x = m;
	unsigned bits;

	for (bits = 3; bits < 64; bits *= 2)
		x *= 2 - m * x;
	return -x;
}

/* t += a * w + carry, four words; what is left for the fifth. Compilers keep
 * no carry in the flag, and take almost twice as long. Every CPU with SEV-SNP
 * has MULX, which leaves the flags alone; so has the emulated machine. Without
 * it (on an old host) the compiler's way is taken. */
static inline uint64_t four_words(uint64_t *t, const uint64_t *a, uint64_t w,
	uint64_t carry)
{
	uint64_t l0, l1, l2, l3, h;

	__asm__("mulx	(%[a]), %[l0], %[h]\n\t"
		"add	%[c], %[l0]\n\t"
		"mulx	8(%[a]), %[l1], %[c]\n\t"
		"adc	%[h], %[l1]\n\t"
		"mulx	16(%[a]), %[l2], %[h]\n\t"
		"adc	%[c], %[l2]\n\t"
		"mulx	24(%[a]), %[l3], %[c]\n\t"
		"adc	%[h], %[l3]\n\t"
		"adc	$0, %[c]\n\t"
		"add	%[l0], (%[t])\n\t"
		"adc	%[l1], 8(%[t])\n\t"
		"adc	%[l2], 16(%[t])\n\t"
		"adc	%[l3], 24(%[t])\n\t"
		"adc	$0, %[c]"
		: [c] "+&r" (carry), [l0] "=&r" (l0), [l1] "=&r" (l1),
		  [l2] "=&r" (l2), [l3] "=&r" (l3), [h] "=&r" (h)
		: [a] "r" (a), [t] "r" (t), "d" (w)
		: "cc", "memory");
	return carry;
}

/* t += a * w, as many words as m; what is left for the next one. */
static inline uint64_t
row(uint64_t *t, const uint64_t *a, uint64_t w, const struct mont *m)
{
	uint64_t carry = 0;
	size_t i;

	for (i = 0; i < m->single; i++) {
		wide x = (wide)a[i] * w + t[i] + carry;

		t[i] = (uint64_t)x;
		carry = (uint64_t)(x >> 64);
	}
	for (; i < m->n; i += 4)
		carry = four_words(t + i, a + i, w, carry);
	return carry;
}

/* t is t[n] * 2^(64 * n) + ..., less than 2 m: t modulo m to r. */
static void subtract_once(uint64_t *r, const uint64_t *t, uint64_t top,
	const struct mont *m)
{
	uint64_t less[MONT_WORDS];
	uint64_t borrow = 0;
	uint64_t keep;
	size_t i;

	for (i = 0; i < m->n; i++) {
		wide d = (wide)t[i] - m->m[i] - borrow;

		less[i] = (uint64_t)d;
		borrow = (uint64_t)(d >> 64) & 1;
	}
	/* All ones where the difference is negative. */
	keep = -(borrow & ~top & 1);
	for (i = 0; i < m->n; i++)
		r[i] = (t[i] & keep) | (less[i] & ~keep);
}

void mont_multiply(uint64_t *r, const uint64_t *a, const uint64_t *b,
	const struct mont *m)
{
	uint64_t t[2 * MONT_WORDS];
	uint64_t top = 0;
	size_t n = m->n;
	size_t i;

	memset(t, 0, n * sizeof(*t));
	for (i = 0; i < n; i++) {
		uint64_t product = row(t + i, b, a[i], m);
		uint64_t multiple = row(t + i, m->m, t[i] * m->inverse, m);
		wide sum = (wide)product + multiple + top;

		t[i + n] = (uint64_t)sum;
		top = (uint64_t)(sum >> 64);
	}
	subtract_once(r, t + n, top, m);
}

/* r = 2 * r */
static void add_to_itself(uint64_t *r, const struct mont *m)
{
	uint64_t top = r[m->n - 1] >> 63;
	size_t i;

	for (i = m->n - 1; i > 0; i--)
		r[i] = r[i] << 1 | r[i - 1] >> 63;
	r[0] <<= 1;
	subtract_once(r, r, top, m);
}

/* R: from the largest power of two below m on. */
static void set_one(struct mont *m)
{
	unsigned bit = 63 - (unsigned)__builtin_clzll(m->m[m->n - 1]);

	memset(m->one, 0, m->n * sizeof(*m->one));
	m->one[m->n - 1] = 1ull << bit;
	for (; bit < 64; bit++)
		add_to_itself(m->one, m);
}

/* R is 2 to the power of 64 * n, by squares and doubles from R on. */
static void set_square(struct mont *m)
{
	size_t e = m->n * 64;
	size_t bit = 63 - (size_t)__builtin_clzll(e);

	memcpy(m->square, m->one, m->n * sizeof(*m->one));
	for (bit++; bit-- > 0;) {
		mont_multiply(m->square, m->square, m->square, m);
		if (e >> bit & 1)
			add_to_itself(m->square, m);
	}
}

enum mont_way mont_way;

static enum mont_way find_way(void)
{
	unsigned a, b, c, d;

	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & bit_BMI2))
		return MONT_PLAIN;
	return MONT_MULX;
}

void mont_set(struct mont *m, const uint64_t *word, size_t n)
{
	if (mont_way == MONT_UNKNOWN)
		mont_way = find_way();
	m->n = n;
	m->single = mont_way == MONT_MULX ? n % 4 : n;
	memcpy(m->m, word, n * sizeof(*word));
	m->inverse = negative_inverse(m->m[0]);
	set_one(m);
	set_square(m);
}

void mont_enter(uint64_t *r, const uint64_t *x, const struct mont *m)
{
	mont_multiply(r, x, m->square, m);
}

void mont_leave(uint64_t *r, const uint64_t *x, const struct mont *m)
{
	static const uint64_t unit[MONT_WORDS] = { 1 };

	mont_multiply(r, x, unit, m);
}
