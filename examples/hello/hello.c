/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The smallest SVSM: it boots at VMPL0, says so, and ends the VM.
 */
#include <svsm/svsm.h>

SVSM_IMAGE(.name = "hello", .region_len = 2ull << 20);

_Noreturn void svsm_main(void)
{
	svsm_info("hello from VMPL0");
	svsm_terminate(SVSM_REASON_DONE);
}
