/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Numbers modulo an odd one m, in words of 64 bits. A number x is here x * R
 * modulo m, with R a power of 2^64 above m: products need no division that way.
 * Its time depends on the modulus' length alone.
 */
#ifndef VTPM_MONT_H
#define VTPM_MONT_H

#include "provider.h"

#define MONT_WORDS	(BN_MOD_BYTES / BN_WORD_BYTES)

struct mont {
	size_t n;			/* words */
	size_t single;			/* that are multiplied one by one */
	uint64_t inverse;		/* -1/m modulo 2^64 */
	uint64_t m[MONT_WORDS];
	uint64_t one[MONT_WORDS];	/* R */
	uint64_t square[MONT_WORDS];	/* R * R */
};

/** What to multiply with; found out at first, a test may say it. */
enum mont_way {
	MONT_UNKNOWN,
	MONT_PLAIN,
	MONT_MULX,
};

extern enum mont_way mont_way;

/** The modulus, which is odd and whose top word is not zero. */
void mont_set(struct mont *m, const uint64_t *word, size_t n);

/** r = a * b / R; r may be either. */
void mont_multiply(uint64_t *r, const uint64_t *a, const uint64_t *b,
	const struct mont *m);

/** r = x * R, for x less than m; and back. */
void mont_enter(uint64_t *r, const uint64_t *x, const struct mont *m);
void mont_leave(uint64_t *r, const uint64_t *x, const struct mont *m);

#endif
