/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The machine as the host describes it, read once.
 */
#include <svsm/image.h>
#include <svsm/log.h>
#include <svsm/machine.h>
#include <svsm/terminate.h>

#include "boot.h"

struct svsm_range svsm_machine_region(void)
{
	const struct svsm_abi_launch *launch = svsm_launch();

	return (struct svsm_range){ svsm_gpa(launch->region_start),
				    launch->region_len };
}

struct svsm_range svsm_machine_vmsa(void)
{
	return (struct svsm_range){ svsm_gpa(svsm_launch()->vmsa),
				    SVSM_PAGE_BYTES };
}

struct svsm_range svsm_machine_firmware(void)
{
	const struct svsm_abi_launch *launch = svsm_launch();

	return (struct svsm_range){ svsm_gpa(launch->firmware),
				    launch->firmware_len };
}

const struct svsm_abi_secrets *svsm_machine_secrets(void)
{
	return (const void *)svsm_launch()->secrets_page;
}

static void read_params(struct svsm_params *params)
{
	const struct svsm_abi_launch *launch = svsm_launch();
	struct svsm_params_source source = {
		.general = (const void *)launch->general_page,
		.memory_map = (const void *)launch->memory_map,
		.memory_map_len = launch->memory_map_len,
		.madt = (const void *)launch->madt,
		.madt_len = launch->madt_len,
		.region = svsm_machine_region(),
		.launched = { svsm_machine_vmsa(), svsm_machine_firmware() },
		.max_cpus = svsm_image.max_cpus,
	};
	struct svsm_refusal why = { "?", 0 };
	unsigned bits;

	if (svsm_cpuid_phys_bits(svsm_boot_cpuid(), &bits) != SVSM_OK) {
		svsm_error("CPUID page refused: physical width");
		svsm_terminate(SVSM_REASON_CPUID);
	}
	source.gpa_limit = 1ull << bits;
	if (svsm_params_read(&source, params, &why) != SVSM_OK) {
		svsm_error("parameters refused: %s (%lu)", why.what,
			   (unsigned long)why.where);
		svsm_terminate(SVSM_REASON_PARAMS);
	}
	if (params->cpus_capped)
		svsm_warn("the host has more than %u CPUs", source.max_cpus);
}

const struct svsm_params *svsm_machine_params(void)
{
	static struct svsm_params params;

	if (!params.cpus)
		read_params(&params);
	return &params;
}
