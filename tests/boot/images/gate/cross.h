/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Crossings of a cell's gate, for a host that strikes at them.
 */
#ifndef CROSS_H
#define CROSS_H

/** Cross it 200 times, with a stack pointer of ring 3 that is the host's. */
_Noreturn void cross(void);

#endif
