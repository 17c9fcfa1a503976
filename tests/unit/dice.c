/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * xorshift64*: the same numbers from the same seed, wherever it runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "dice.h"

static uint64_t sequence;

uint64_t dice_start(uint64_t usual)
{
	const char *given = getenv("SVSM_TEST_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) :
			usual != DICE_CLOCK ? usual :
			(uint64_t)time(NULL) * 2654435761u;

	printf("# SVSM_TEST_SEED=%#llx\n", (unsigned long long)seed);
	fflush(stdout);
	sequence = seed;
	return seed;
}

/* A state of 0 would stay. */
uint64_t dice_of(uint64_t *state, uint64_t below)
{
	uint64_t x = *state ? *state : 1;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 0x2545f4914f6cdd1dull % below;
}

uint64_t dice(uint64_t below)
{
	return dice_of(&sequence, below);
}
