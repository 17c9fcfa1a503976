/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * asprintf(), by which libtpms 0.10 writes its profile down.
 */
#include <svsm/fmt.h>

#include "alloc.h"

#define ROOM_FIRST	256u

int __asprintf_chk(char **out, int flag, const char *fmt, ...);
int __vasprintf_chk(char **out, int flag, const char *fmt, va_list args);

/* As much as it takes: what fills the room may have been cut. */
int __vasprintf_chk(char **out, int flag, const char *fmt, va_list args)
{
	size_t room = ROOM_FIRST;
	va_list again;
	char *text;
	size_t len;

	(void)flag;
	for (;; room *= 2) {
		text = malloc(room);
		va_copy(again, args);
		len = svsm_vfmt(text, room, fmt, again);
		va_end(again);
		if (len + 1 < room)
			break;
		free(text);
	}
	*out = text;
	return (int)len;
}

int __asprintf_chk(char **out, int flag, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = __vasprintf_chk(out, flag, fmt, args);
	va_end(args);
	return len;
}
