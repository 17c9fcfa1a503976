/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What the compiler that made libtpms.a put into it to notice overflows. The
 * stack protector's part is the cell's (src/cell/needed.c).
 */
#include <stdarg.h>

#include <svsm/string.h>

#include "platform.h"

void *__memcpy_chk(void *dst, const void *src, size_t n, size_t room);
void *__memset_chk(void *dst, int value, size_t n, size_t room);
_Noreturn void __assert_fail(const char *what, const char *file, unsigned line,
	const char *function);

void *__memcpy_chk(void *dst, const void *src, size_t n, size_t room)
{
	if (n > room)
		vtpm_plat_die("memcpy() beyond an object");
	return memcpy(dst, src, n);
}

void *__memset_chk(void *dst, int value, size_t n, size_t room)
{
	if (n > room)
		vtpm_plat_die("memset() beyond an object");
	return memset(dst, value, n);
}

_Noreturn void __assert_fail(const char *what, const char *file, unsigned line,
	const char *function)
{
	(void)file;
	(void)line;
	(void)function;
	vtpm_plat_die(what);
}
