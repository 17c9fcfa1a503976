/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * strchr(), also by its old name.
 */
#include <stddef.h>

char *strchr(const char *in, int c);
char *index(const char *in, int c);

char *strchr(const char *in, int c)
{
	for (; *in != (char)c; in++) {
		if (!*in)
			return NULL;
	}
	return (char *)in;
}

char *index(const char *in, int c)
{
	return strchr(in, c);
}
