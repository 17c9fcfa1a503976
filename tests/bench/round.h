/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What main.c wants of a round.
 */
#ifndef TESTS_BENCH_ROUND_H
#define TESTS_BENCH_ROUND_H

#include <stddef.h>

/** @param wanted  Operations; 0: as many as fit into a round's time. */
void round_begin(size_t wanted);

/** ns of one operation. */
double round_ns(void);

#endif
