/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The platform policy: which SEV features this image runs with.
 */
#include <svsm/addr.h>
#include <svsm/log.h>

#include "policy.h"

static const char *const names[] = {
	"SNP", "vTOM", "reflect #VC", "restricted injection",
	"alternate injection", "debug swap", "prevent host IBS",
	"BTB isolation", "VMPL shadow stack", "secure TSC",
	"VMGEXIT parameter", "PMC virtualization", "IBS virtualization",
	"guest intercept control", "VMSA register protection",
	"SMT protection", "secure AVIC", NULL, NULL, NULL, NULL,
	"IBPB on entry",
};

static void refuse_each(uint64_t bits, const char *why)
{
	for (unsigned i = 0; i < 64; i++) {
		const char *name = i < SVSM_ARRAY_SIZE(names) ? names[i] : NULL;

		if (bits >> i & 1)
			svsm_error("SEV feature %u (%s) is %s", i,
				   name ? name : "unknown", why);
	}
}

enum svsm_status
policy_check(const struct svsm_image *image, uint64_t features)
{
	uint64_t missing = image->features_required & ~features;
	uint64_t forbidden = image->features_forbidden & features;
	uint64_t unknown = features & ~(image->features_required |
					image->features_allowed |
					image->features_forbidden);

	refuse_each(missing, "required and off");
	refuse_each(forbidden, "forbidden and on");
	refuse_each(unknown, "on and not in this image's policy");
	return missing | forbidden | unknown ? SVSM_EPERM : SVSM_OK;
}
