/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What a guest needs and nothing else: the core protocol, for guest firmware
 * and the operating system it starts.
 */
#include <svsm/svsm.h>

SVSM_IMAGE(.name = "minimal",
	   .flags = SVSM_IMAGE_FIRMWARE | SVSM_IMAGE_CONSOLE);

static const struct svsm_protocol *const protocols[] = {
	&svsm_core_protocol,
};

_Noreturn void svsm_main(void)
{
	/* A CPU that does not come up is missing in the guest, too. */
	if (svsm_smp_start() != SVSM_OK)
		svsm_warn("running with %u CPUs", svsm_smp_online());
	svsm_guest_boot();
	svsm_serve(protocols, SVSM_ARRAY_SIZE(protocols));
}
