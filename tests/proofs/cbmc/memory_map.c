/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The host's memory map in up to 72 bytes: two entries and one that ends it, or
 * some that nothing ends, and a part of one behind them.
 */
#include <svsm/abi/igvm_params.h>
#include <svsm/params.h>

#include "harness.h"

/* Sorted, apart, whole pages, below the limit, and not cut by the region. */
static void check(const struct svsm_params *params,
		  const struct svsm_params_source *source)
{
	prove(params->ranges >= 1 && params->ranges <= 2);
	for (unsigned i = 0; i < params->ranges; i++) {
		const struct svsm_range *range = &params->memory[i];

		prove(range->len > 0);
		prove(svsm_range_is_aligned(range, SVSM_PAGE_BYTES));
		prove(range->start.v <= source->gpa_limit &&
		      range->len <= source->gpa_limit - range->start.v);
		if (i > 0)
			prove(svsm_range_end(&params->memory[i - 1]) <
			      range->start.v);
	}
}

int main(void)
{
	size_t len = nondet_size();
	struct svsm_params_source source = {
		.region = any_range(), .gpa_limit = nondet_u64(),
	};
	struct svsm_params params;
	struct svsm_refusal why;

	assume(len <= 3 * sizeof(struct svsm_abi_igvm_memory));
	source.memory_map = any_bytes(len);
	source.memory_map_len = len;
	if (svsm_params_memory(&source, &params, &why) == SVSM_OK)
		check(&params, &source);
	return 0;
}
