/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * An SVSM that has not a chance: the host gave another vCPU a VMSA at launch,
 * which starts the guest's firmware at VMPL0. Only the digest tells.
 */
#include <svsm/svsm.h>

SVSM_IMAGE(.name = "atreset",
	   .flags = SVSM_IMAGE_FIRMWARE | SVSM_IMAGE_CONSOLE);

static const struct svsm_protocol *const protocols[] = {
	&svsm_core_protocol,
};

_Noreturn void svsm_main(void)
{
	svsm_guest_boot();
	svsm_serve(protocols, SVSM_ARRAY_SIZE(protocols));
}
