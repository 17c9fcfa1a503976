/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The gate of a cell, where injection is restricted: to #HV.
 */
#include <svsm/svsm.h>

#include "../gate/cross.h"

SVSM_IMAGE(.name = "gate_hv",
	   .sev_features = SVSM_FEATURE_SNP |
		SVSM_FEATURE_RESTRICTED_INJECTION,
	   .features_required = SVSM_FEATURE_SNP |
		SVSM_FEATURE_RESTRICTED_INJECTION);

_Noreturn void svsm_main(void)
{
	cross();
}
