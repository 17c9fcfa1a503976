/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The guest's TPM: firmware and Linux measure into it, and find it as
 * /dev/tpm0. It is libtpms in a cell; without one the guest would go on.
 */
#include <svsm/assert.h>
#include <svsm/svsm.h>
#include <svsm/vtpm.h>

SVSM_IMAGE(.name = "vtpm",
	   .flags = SVSM_IMAGE_FIRMWARE | SVSM_IMAGE_CONSOLE);

static const struct svsm_protocol *const protocols[] = {
	&svsm_core_protocol, &svsm_vtpm_protocol,
};

_Noreturn void svsm_main(void)
{
	if (svsm_smp_start() != SVSM_OK)
		svsm_warn("running with %u CPUs", svsm_smp_online());
	svsm_assert(svsm_vtpm_start(NULL) == SVSM_OK);
	svsm_guest_boot();
	svsm_serve(protocols, SVSM_ARRAY_SIZE(protocols));
}
