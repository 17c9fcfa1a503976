/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Restricted injection: every CPU gets its #HV doorbell page and comes up, and
 * NMIs that a CPU sends itself all arrive as #HV, one after the other.
 */
#include <svsm/ghcb.h>
#include <svsm/platform.h>
#include <svsm/svsm.h>

#include "../../../../src/core/arch/arch.h"

SVSM_IMAGE(.name = "restricted",
	   .sev_features = SVSM_FEATURE_SNP |
		SVSM_FEATURE_RESTRICTED_INJECTION,
	   .features_required = SVSM_FEATURE_SNP |
		SVSM_FEATURE_RESTRICTED_INJECTION);

#define IPIS		100u
#define ICR_NMI		(4ull << 8)
#define TURNS		1000000u

static bool ring(struct arch_cpu *cpu)
{
	const volatile uint32_t *doorbells = &cpu->doorbells;
	uint64_t icr = ICR_NMI | (uint64_t)cpu->cpu.apic_id << 32;
	uint32_t before = *doorbells;

	if (svsm_ghcb_hv_ipi(cpu->cpu.ghcb, icr) != SVSM_OK)
		return false;
	for (unsigned i = 0; i < TURNS && *doorbells == before; i++)
		svsm_plat_pause();
	return *doorbells > before;
}

_Noreturn void svsm_main(void)
{
	unsigned rung = 0;

	if (svsm_smp_start() != SVSM_OK)
		svsm_terminate(SVSM_REASON_SMP);
	for (unsigned i = 0; i < IPIS; i++)
		rung += ring((struct arch_cpu *)svsm_plat_cpu());
	svsm_info("doorbell rang %u times", rung);
	svsm_terminate(SVSM_REASON_DONE);
}
