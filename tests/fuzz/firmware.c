/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * OVMF's metadata, at the end of a firmware image.
 */
#include <svsm/firmware.h>

#include "fuzz.h"

static const struct svsm_range region = { { 0x8000000 }, 0x400000 };

/* Each page of the plan is memory of the guest's and below the image. */
static void check(const struct svsm_firmware_plan *plan,
		  const struct svsm_range *image)
{
	const svsm_gpa_t pages[] = { plan->secrets, plan->cpuid, plan->ca };

	FUZZ_REQUIRE(plan->ranges <= SVSM_FIRMWARE_RANGES);
	for (unsigned i = 0; i < plan->ranges; i++) {
		const struct svsm_range *range = &plan->memory[i];

		FUZZ_REQUIRE(range->len &&
			     range->len <= UINT64_MAX - range->start.v);
		FUZZ_REQUIRE(!svsm_range_overlaps(range, &region));
		FUZZ_REQUIRE(!svsm_range_overlaps(range, image));
	}
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(pages); i++) {
		struct svsm_range page = { pages[i], SVSM_PAGE_BYTES };

		FUZZ_REQUIRE(pages[i].v % SVSM_PAGE_BYTES == 0);
		FUZZ_REQUIRE(!svsm_range_overlaps(&page, &region));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { data, len };
	uint64_t size = SVSM_FIRMWARE_TAIL + (uint64_t)fuzz_u8(&in) * 0x1000;
	struct svsm_range image = { { 0x100000000ull - size }, size };
	struct svsm_firmware_plan plan = { 0 };
	struct svsm_refusal why = { 0 };
	size_t tail_len = in.len < size ? in.len : size;
	void *tail;

	in.len = tail_len;
	tail = fuzz_rest(&in);
	if (svsm_firmware_parse(tail, tail_len, &image, &region, &plan, &why) ==
	    SVSM_OK)
		check(&plan, &image);
	else
		FUZZ_REQUIRE(why.what);
	free(tail);
	return 0;
}
