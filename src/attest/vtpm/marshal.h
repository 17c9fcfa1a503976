/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * libtpms' volatile state, without the checksum that it wants behind it, by a
 * function that no header of libtpms declares: versions differ in it. The build
 * takes one of the two implementations.
 */
#ifndef VTPM_MARSHAL_H
#define VTPM_MARSHAL_H

#include <stdint.h>

/** Write it; @p buffer moves to its end. A @p size below zero afterwards: it
 *  was too small. */
void vtpm_marshal(uint8_t **buffer, int32_t *size);

#endif
