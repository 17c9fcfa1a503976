/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * For `kit bench`.
 */
#include "bench.h"

#define LARGE	0x04000000ull

const struct list large_lists[] = {
	{ 6, true, 1, LARGE, false },
	{ 7, true, 64, LARGE + 0x200000, false },
	{ 8, true, 510, LARGE + 65 * 0x200000ull, false },
};
const unsigned large_list_count = sizeof(large_lists) / sizeof(large_lists[0]);
