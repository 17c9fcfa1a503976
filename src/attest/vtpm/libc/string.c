/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * <string.h>, <ctype.h>, <errno.h>, <stdlib.h>: what base does not have.
 */
#include <svsm/string.h>

#include "platform.h"

char *strstr(const char *in, const char *what);
char *strerror(int error);
const unsigned short **__ctype_b_loc(void);
int *__errno_location(void);
char *getenv(const char *name);

char *strstr(const char *in, const char *what)
{
	size_t len = strlen(what);

	for (; strncmp(in, what, len) != 0; in++) {
		if (!*in)
			return NULL;
	}
	return (char *)in;
}

char *strerror(int error)
{
	static char text[] = "error";

	(void)error;
	return text;
}

/* Of base64 blobs, which nobody decodes. */
const unsigned short **__ctype_b_loc(void)
{
	vtpm_plat_die("no classes of characters");
}

int *__errno_location(void)
{
	static int error;

	return &error;
}

char *getenv(const char *name)
{
	(void)name;
	return NULL;
}
