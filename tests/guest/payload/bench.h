/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Lists of pages whose PVALIDATE calls are metered.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>

struct list {
	unsigned label;
	bool huge;
	unsigned count;
	uint64_t gpa;
	bool rescind;
};

/* Of pages of 2 MiB; clearing them takes the meter half a minute. */
extern const struct list large_lists[];
extern const unsigned large_list_count;

#endif
