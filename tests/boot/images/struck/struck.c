/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * An NMI strikes a cell in ring 3.
 */
#include <svsm/svsm.h>

#include "strike.h"

SVSM_IMAGE(.name = "struck");

_Noreturn void svsm_main(void)
{
	strike_start();
	svsm_info("NMI: %s", strike_survives() ? "survived" : "no");
	svsm_terminate(SVSM_REASON_DONE);
}
