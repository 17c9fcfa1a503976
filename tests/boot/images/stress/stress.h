/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What the guests of this image have to know of it.
 */
#ifndef STRESS_H
#define STRESS_H

/** Call 0: tell the map of page owners on the console. */
#define STRESS_PROTOCOL		0x40000001u
#define STRESS_VMPL		2u

/** With the memory of run.ini: the end of it, and where the SVSM is. */
#define STRESS_MEMORY_END	0x10000000ull
#define STRESS_REGION		0x7e000000ull

#endif
