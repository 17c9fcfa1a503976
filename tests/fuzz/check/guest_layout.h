/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Where fixture.h has memory and region: a small machine, since one is started
 * for each input.
 */
#ifndef GUEST_LAYOUT_H
#define GUEST_LAYOUT_H

#define MEMORY		0x00400000ull
#define REGION		0x04000000ull
#define REGION_LEN	0x00200000ull

#endif
