/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The volatile state of libtpms before 0.10. See marshal.h.
 */
#include "marshal.h"

uint16_t VolatileState_Marshal(uint8_t **buffer, int32_t *size);

void vtpm_marshal(uint8_t **buffer, int32_t *size)
{
	(void)VolatileState_Marshal(buffer, size);
}
