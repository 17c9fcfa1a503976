/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * For `kit test figures`, which is to take seconds: nothing large.
 */
#include "bench.h"

const struct list large_lists[1];
const unsigned large_list_count;
