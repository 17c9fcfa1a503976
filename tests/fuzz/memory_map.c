/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The host's memory map: what is taken is sorted, apart, and not ours.
 */
#include <svsm/params.h>

#include "fuzz.h"

#define GPA_LIMIT (1ull << 46)

static const struct svsm_range region = { { 0x8000000 }, 0x400000 };

/* A startup VMSA amid memory, and firmware. */
static const struct svsm_range launched[2] = {
	{ { 0x10000000 }, 0x1000 }, { { 0xffc00000 }, 0x400000 },
};

static void check(const struct svsm_params *params)
{
	uint64_t end = 0;

	FUZZ_REQUIRE(params->ranges >= 1);
	FUZZ_REQUIRE(params->ranges <= SVSM_PARAMS_RANGES);
	for (unsigned i = 0; i < params->ranges; i++) {
		const struct svsm_range *range = &params->memory[i];

		FUZZ_REQUIRE(range->len && range->start.v % 4096 == 0 &&
			     range->len % 4096 == 0);
		FUZZ_REQUIRE(i == 0 || range->start.v > end);
		FUZZ_REQUIRE(range->len <= GPA_LIMIT - range->start.v);
		for (unsigned l = 0; l < 2; l++)
			FUZZ_REQUIRE(!svsm_range_overlaps(range, &launched[l]));
		end = svsm_range_end(range);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { data, len };
	struct svsm_params params = { 0 };
	struct svsm_refusal why = { 0 };
	struct svsm_params_source source = {
		.memory_map_len = len, .region = region,
		.launched = { launched[0], launched[1] },
		.gpa_limit = GPA_LIMIT, .max_cpus = 8,
	};
	void *map = fuzz_rest(&in);

	source.memory_map = map;
	if (svsm_params_memory(&source, &params, &why) == SVSM_OK)
		check(&params);
	else
		FUZZ_REQUIRE(why.what);
	free(map);
	return 0;
}
