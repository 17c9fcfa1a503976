/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The gate of a cell, where injection is normal.
 */
#include <svsm/svsm.h>

#include "cross.h"

SVSM_IMAGE(.name = "gate");

_Noreturn void svsm_main(void)
{
	cross();
}
