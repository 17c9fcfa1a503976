/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Where fixture.h has memory and region. The fuzz targets have a smaller
 * machine, since they start one for each input.
 */
#ifndef GUEST_LAYOUT_H
#define GUEST_LAYOUT_H

#define MEMORY		0x02000000ull
#define REGION		0x08000000ull
#define REGION_LEN	0x00400000ull

#endif
