/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A section of OVMF's metadata, added to any plan with up to 3 ranges: what is
 * taken never meets image, region, or what was planned before.
 */
#include "firmware_parse.c"
#include "harness.h"

#define RANGES 3u

static struct svsm_firmware_plan any_plan(void)
{
	struct svsm_firmware_plan plan = {
		.secrets = { nondet_u64() }, .cpuid = { nondet_u64() },
		.ca = { nondet_u64() }, .ranges = nondet_u32(),
	};

	assume(plan.ranges <= RANGES);
	for (unsigned i = 0; i < RANGES; i++)
		plan.memory[i] = any_range();
	assume(plan.secrets.v <= UINT32_MAX);
	assume(plan.cpuid.v <= UINT32_MAX);
	assume(plan.ca.v <= UINT32_MAX);
	return plan;
}

int main(void)
{
	struct svsm_range image = any_range(), region = any_range();
	struct svsm_firmware_plan plan = any_plan(), old = plan;
	struct svsm_refusal why;
	struct tail tail = { NULL, 0, &image, &region, &why };
	struct svsm_abi_ovmf_section section = {
		.base = nondet_u32(), .len = nondet_u32(),
		.type = nondet_u32(),
	};
	struct svsm_range range = { { section.base }, section.len };

	if (take_section(&tail, &section, 0, &plan) != SVSM_OK)
		return 0;
	prove(svsm_range_is_aligned(&range, SVSM_PAGE_BYTES));
	prove(!svsm_range_overlaps(&range, &image));
	prove(!svsm_range_overlaps(&range, &region));
	for (unsigned i = 0; i < RANGES; i++)
		prove(i >= old.ranges ||
		      !svsm_range_overlaps(&range, &old.memory[i]));
	return 0;
}
