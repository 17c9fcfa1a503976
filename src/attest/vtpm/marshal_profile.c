/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The volatile state of libtpms from 0.10 on: as its profile has it. Nobody
 * sets one, which means the commands, algorithms and states of 0.9. See
 * marshal.h.
 */
#include "marshal.h"

struct RuntimeProfile;
extern struct RuntimeProfile g_RuntimeProfile;

uint16_t VolatileState_Marshal(uint8_t **buffer, int32_t *size,
	struct RuntimeProfile *profile);

void vtpm_marshal(uint8_t **buffer, int32_t *size)
{
	(void)VolatileState_Marshal(buffer, size, &g_RuntimeProfile);
}
