/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The workloads of the page allocator.
 */
#include "bench.h"

const struct bench_workload bench_page_workloads[] = {
	{ 0 }
};
