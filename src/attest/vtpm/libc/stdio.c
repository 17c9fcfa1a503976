/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * <stdio.h> where there are no files and no terminal: libtpms opens one when
 * it was given no storage, and prints when it was told to debug.
 */
#include <stdarg.h>
#include <stddef.h>

void *stderr;

void *fopen(const char *name, const char *mode);
int fclose(void *file);
int fflush(void *file);
size_t fread(void *to, size_t size, size_t n, void *file);
size_t fwrite(const void *from, size_t size, size_t n, void *file);
int fseek(void *file, long offset, int whence);
long ftell(void *file);
int remove(const char *name);
int __dprintf_chk(int fd, int flag, const char *fmt, ...);
int __vdprintf_chk(int fd, int flag, const char *fmt, va_list args);
int __snprintf_chk(char *out, size_t n, int flag, size_t room,
	const char *fmt, ...);
int __vsnprintf_chk(char *out, size_t n, int flag, size_t room,
	const char *fmt, va_list args);

void *fopen(const char *name, const char *mode)
{
	(void)name;
	(void)mode;
	return NULL;
}

int fclose(void *file)
{
	(void)file;
	return -1;
}

int fflush(void *file)
{
	(void)file;
	return -1;
}

size_t fread(void *to, size_t size, size_t n, void *file)
{
	(void)to;
	(void)size;
	(void)n;
	(void)file;
	return 0;
}

size_t fwrite(const void *from, size_t size, size_t n, void *file)
{
	(void)from;
	(void)size;
	(void)n;
	(void)file;
	return 0;
}

int fseek(void *file, long offset, int whence)
{
	(void)file;
	(void)offset;
	(void)whence;
	return -1;
}

long ftell(void *file)
{
	(void)file;
	return -1;
}

int remove(const char *name)
{
	(void)name;
	return -1;
}

int __dprintf_chk(int fd, int flag, const char *fmt, ...)
{
	(void)fd;
	(void)flag;
	(void)fmt;
	return 0;
}

int __vdprintf_chk(int fd, int flag, const char *fmt, va_list args)
{
	(void)fd;
	(void)flag;
	(void)fmt;
	(void)args;
	return 0;
}

int __snprintf_chk(char *out, size_t n, int flag, size_t room,
	const char *fmt, ...)
{
	(void)flag;
	(void)room;
	(void)fmt;
	if (n)
		*out = '\0';
	return 0;
}

int __vsnprintf_chk(char *out, size_t n, int flag, size_t room,
	const char *fmt, va_list args)
{
	(void)flag;
	(void)room;
	(void)fmt;
	(void)args;
	if (n)
		*out = '\0';
	return 0;
}
