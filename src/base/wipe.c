/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Clearing secrets.
 */
#include <svsm/string.h>

void svsm_wipe(void *dst, size_t n)
{
	volatile char *p = dst;

	while (n--)
		*p++ = 0;
}
