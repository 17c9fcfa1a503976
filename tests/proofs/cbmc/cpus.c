/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The host's CPU list: IGVM's general parameters, and a MADT in 60 bytes, for
 * up to 4 CPUs.
 */
#include <svsm/params.h>

#include "harness.h"

#define CPUS 4u
#define LEN 60u

int main(void)
{
	struct svsm_params_source source = { .max_cpus = nondet_u32() };
	struct svsm_params params;
	struct svsm_refusal why;

	assume(source.max_cpus <= CPUS);
	source.general = any_bytes(8);
	source.madt = nondet_u32() ? any_bytes(LEN) : NULL;
	source.madt_len = LEN;
	if (svsm_params_cpus(&source, &params, &why) != SVSM_OK)
		return 0;
	prove(params.cpus >= 1 && params.cpus <= source.max_cpus);
	for (unsigned i = 1; i < params.cpus; i++)
		for (unsigned j = 0; j < i; j++)
			prove(params.apic_id[i] != params.apic_id[j]);
	return 0;
}
