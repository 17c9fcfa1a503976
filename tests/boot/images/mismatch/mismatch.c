/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * D-01: an event that no instruction of ours may cause is not handled, though
 * the instruction is really there.
 */
#include <svsm/svsm.h>

SVSM_IMAGE(.name = "mismatch");

_Noreturn void svsm_main(void)
{
	svsm_info("counter %llu", __builtin_ia32_rdpmc(0));
	svsm_terminate(SVSM_REASON_DONE);
}
