/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Restricted injection: every CPU gets its #HV doorbell page and comes up.
 */
#include <svsm/svsm.h>

SVSM_IMAGE(.name = "restricted",
	   .sev_features = SVSM_FEATURE_SNP |
		SVSM_FEATURE_RESTRICTED_INJECTION,
	   .features_required = SVSM_FEATURE_SNP |
		SVSM_FEATURE_RESTRICTED_INJECTION);

_Noreturn void svsm_main(void)
{
	if (svsm_smp_start() != SVSM_OK)
		svsm_terminate(SVSM_REASON_SMP);
	svsm_terminate(SVSM_REASON_DONE);
}
