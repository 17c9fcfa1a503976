/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What the guest of this image has to know of it.
 */
#ifndef LOOPER_H
#define LOOPER_H

/** The call's number is what the hostile cell is told. */
#define LOOPER_PROTOCOL	0x40000003u

#endif
