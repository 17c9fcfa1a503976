/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * strtoul() under the name that C23 gives it: libtpms 0.10 reads the numbers of
 * its profiles with it, and a C library before glibc 2.38 has no such name.
 */
#include <limits.h>

#define RANGE	34	/* ERANGE */

int *__errno_location(void);
unsigned long __isoc23_strtoul(const char *text, char **end, int base);

static unsigned digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A') + 10;
	return UINT_MAX;
}

/* Behind a prefix that digits of its base follow; the base with it. */
static const char *prefix(const char *text, unsigned *base)
{
	unsigned is = 10;

	if (text[0] == '0') {
		is = 8;
		if ((text[1] | 0x20) == 'x')
			is = 16;
		else if ((text[1] | 0x20) == 'b')
			is = 2;
	}
	if (*base == 0)
		*base = is;
	if ((is == 16 || is == 2) && *base == is && digit_of(text[2]) < is)
		return text + 2;
	return text;
}

static const char *digits(const char *text, unsigned base, unsigned long *out)
{
	unsigned long value = 0;
	int over = 0;

	for (; digit_of(*text) < base; text++) {
		over |= __builtin_mul_overflow(value, base, &value);
		over |= __builtin_add_overflow(value, digit_of(*text), &value);
	}
	if (over)
		*__errno_location() = RANGE;
	*out = over ? ULONG_MAX : value;
	return text;
}

unsigned long __isoc23_strtoul(const char *text, char **end, int base)
{
	const char *at = text;
	const char *first, *last;
	unsigned radix = (unsigned)base;
	unsigned long value;
	char sign;

	while (*at == ' ' || (*at >= '\t' && *at <= '\r'))
		at++;
	sign = *at;
	if (sign == '-' || sign == '+')
		at++;
	first = prefix(at, &radix);
	last = digits(first, radix, &value);
	if (end)
		*end = (char *)(last == first ? text : last);
	return sign == '-' && value != ULONG_MAX ? -value : value;
}
