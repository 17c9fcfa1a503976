/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * For `kit test figures`, which is to take seconds: few large pages.
 */
#include "bench.h"

#define LARGE	0x04000000ull

/* 64 pages take eight calls, since the SVSM clears 16 MiB in one. */
const struct list large_lists[] = {
	{ 6, true, 1, LARGE, false },
	{ 7, true, 64, LARGE + 0x200000, false },
};
const unsigned large_list_count = sizeof(large_lists) / sizeof(large_lists[0]);
