/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Waiting for something that may never come.
 */
#ifndef SVSM_WAIT_H
#define SVSM_WAIT_H

#include <stdbool.h>
#include <stdint.h>

/**
 * The budget of one wait. Steps bound it from above whatever the clock does,
 * and from below so that a racing clock does not make us give up at once; in
 * between time decides.
 *
 *	struct svsm_wait wait = { .ticks = T, .steps_min = A, .steps_max = B };
 *
 *	while (!done())
 *		if (!svsm_wait_more(&wait))
 *			return SVSM_ETIME;
 */
struct svsm_wait {
	uint64_t ticks;		/**< patience, in TSC ticks */
	uint64_t steps_min;	/**< looks that are granted in any case */
	uint64_t steps_max;	/**< looks that are never exceeded */
	uint64_t steps;		/* so far */
	uint64_t elapsed;	/* ticks, without jumps back */
	uint64_t last;		/* TSC at the last step */
};

/**
 * Pause, and say whether another look is in the budget.
 *
 * Trust: the TSC is the host's. Jumping back, standing still or racing, it
 *        changes when this ends, between the two step counts, and no more.
 */
bool svsm_wait_more(struct svsm_wait *wait);

#endif
