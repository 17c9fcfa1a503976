// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* The console: VMPL0 writes to COM1, lower levels into a buffer for it. */
#include "rt.h"

#include <stdarg.h>

#define COM1	0x3f8

static char held[2048];
static unsigned held_len;

static void put(char c)
{
	if (level == 0)
		outb_host(COM1, (uint8_t)c);
	else if (held_len < sizeof(held))
		held[held_len++] = c;
}

void say_held(void)
{
	for (unsigned i = 0; i < held_len; i++)
		outb_host(COM1, (uint8_t)held[i]);
	held_len = 0;
}

static void put_number(uint64_t value, unsigned base)
{
	char digits[20];
	unsigned len = 0;

	do {
		digits[len++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	while (len != 0)
		put(digits[--len]);
}

static void put_text(const char *text)
{
	while (*text)
		put(*text++);
}

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	for (; *format; format++) {
		if (*format != '%') {
			put(*format);
			continue;
		}
		switch (*++format) {
		case 'u':
			put_number(va_arg(args, uint64_t), 10);
			break;
		case 'x':
			put_number(va_arg(args, uint64_t), 16);
			break;
		case 's':
			put_text(va_arg(args, const char *));
			break;
		default:
			put(*format);
		}
	}
	va_end(args);
}
