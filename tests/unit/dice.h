/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Numbers for tests with random sequences, which can be had again.
 */
#ifndef UNIT_DICE_H
#define UNIT_DICE_H

#include <stdint.h>

/** No seed of a test's own: another one each time. */
#define DICE_CLOCK	0ull

/**
 * Start the sequence: with $SVSM_TEST_SEED, else with @p usual. The seed is
 * printed and returned.
 */
uint64_t dice_start(uint64_t usual);

/** The next number, less than @p below. */
uint64_t dice(uint64_t below);

/** ... of a sequence of the caller's, for threads. */
uint64_t dice_of(uint64_t *state, uint64_t below);

#endif
