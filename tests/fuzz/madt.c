/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The host's CPU list: the ACPI MADT, and the number of CPUs beside it.
 */
#include <svsm/abi/igvm_params.h>
#include <svsm/params.h>

#include "fuzz.h"

static void check(const struct svsm_params *params, unsigned max)
{
	FUZZ_REQUIRE(params->cpus >= 1 && params->cpus <= max);
	for (unsigned i = 0; i < params->cpus; i++) {
		for (unsigned j = 0; j < i; j++)
			FUZZ_REQUIRE(params->apic_id[i] != params->apic_id[j]);
		FUZZ_REQUIRE(svsm_params_has_cpu(params, params->apic_id[i]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { data, len };
	struct svsm_abi_igvm_general general = { .vp_count = fuzz_u16(&in) };
	uint8_t control = fuzz_u8(&in);
	struct svsm_params params = { 0 };
	struct svsm_refusal why = { 0 };
	struct svsm_params_source source = {
		.general = &general, .max_cpus = 1 + control % SVSM_PARAMS_CPUS,
		.region = { { 0x8000000 }, 0x400000 }, .gpa_limit = 1ull << 46,
	};
	void *madt;

	source.madt_len = in.len;
	madt = fuzz_rest(&in);
	source.madt = source.madt_len ? madt : NULL;
	if (svsm_params_cpus(&source, &params, &why) == SVSM_OK)
		check(&params, source.max_cpus);
	else
		FUZZ_REQUIRE(why.what);
	free(madt);
	return 0;
}
