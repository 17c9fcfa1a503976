/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * One test program per source file: a list of tests and what runs around each.
 */
#ifndef UNIT_H
#define UNIT_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>

/** Take the time that a test's subject deserves, not seconds: `--long`. */
bool unit_long(void);

/** How often a random test does its step: as $SVSM_TEST_STEPS says, else
 *  @p usual, with --long @p times that. */
unsigned long unit_steps(unsigned long usual, unsigned times);

/**
 * Do something in which the n-th step fails, from 1 on, and look at what is
 * left. false: it has no such step and nothing failed.
 */
typedef bool unit_step(unsigned n);

/** Let the first step fail, the second, and so on; how many there are. */
unsigned unit_each_step(unit_step *step);

/** Does this abort, and say @p text on stderr? In a process of its own. */
bool unit_aborts(void (*fn)(void), const char *text);

/** Run the tests, TAP on stdout; the process's exit status. */
int unit_run(const char *name, void (*setup)(void), void (*teardown)(void),
		const TTest *const *tests, size_t count);

/** main() of a test program. @p setup, @p teardown around each; or NULL. */
#define UNIT_MAIN(name, setup, teardown, ...)				\
	int main(void)							\
	{								\
		const TTest *const tests[] = { __VA_ARGS__ };		\
\
		return unit_run(name, setup, teardown, tests,		\
			sizeof(tests) / sizeof(tests[0]));		\
	}

#endif
