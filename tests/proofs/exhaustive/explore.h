/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Every reachable state of a small instance, breadth first.
 *
 * A state is a row of bytes; two states are the same when their bytes are.
 * What the bytes mean is the caller's affair: a copy of the real structure, or
 * a description from which move() builds one. A description that leaves
 * something out must say why the rest of the answers do not depend on it.
 */
#ifndef TESTS_PROOFS_EXPLORE_H
#define TESTS_PROOFS_EXPLORE_H

#include <stdbool.h>
#include <stddef.h>

struct explore {
	const char *name;	/* of the test, in the TAP line */
	size_t bytes;		/* of a state; padding must be zero */
	unsigned moves;		/* they are numbered from 0 */
	size_t limit;		/* states; more is a failure */

	/**
	 * Make a move on the state, in place. A move that is not possible, or
	 * that has to be refused, leaves the state as it is.
	 *
	 * @return  NULL, or the sentence that does not hold: the search ends.
	 */
	const char *(*move)(void *state, unsigned move);

	/** What must hold in each state. As move(); NULL: nothing to check. */
	const char *(*check)(const void *state);

	/** Print a move for the path to a failure, without a newline. */
	void (*print)(unsigned move);
};

/**
 * Explore everything that can be reached from @p initial.
 *
 * Prints one TAP line: `ok NR - NAME: S states, M moves`; on failure the
 * shortest way to it, on standard error.
 *
 * @return  Whether all moves and checks held.
 */
bool explore_all(unsigned nr, const struct explore *system,
		 const void *initial);

#endif
