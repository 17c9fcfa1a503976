/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A mistake of ours ends the VM with its place.
 */
#include <svsm/assert.h>
#include <svsm/svsm.h>

SVSM_IMAGE(.name = "assert");

_Noreturn void svsm_main(void)
{
	svsm_assert(svsm_smp_online() == 0);
	svsm_terminate(SVSM_REASON_DONE);
}
