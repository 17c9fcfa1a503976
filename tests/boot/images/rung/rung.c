/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * #HV strikes a cell in ring 3, once, and as often as it takes to end it.
 */
#include <svsm/svsm.h>

#include "../struck/strike.h"

SVSM_IMAGE(.name = "rung",
	   .sev_features = SVSM_FEATURE_SNP |
		SVSM_FEATURE_RESTRICTED_INJECTION,
	   .features_required = SVSM_FEATURE_SNP |
		SVSM_FEATURE_RESTRICTED_INJECTION);

_Noreturn void svsm_main(void)
{
	strike_start();
	svsm_info("#HV: %s", strike_survives() ? "survived" : "no");
	svsm_info("#HV: %s", strike_ends() ? "ended" : "no");
	svsm_info("#HV: %s", strike_survives() ? "survived again" : "no");
	svsm_terminate(SVSM_REASON_DONE);
}
