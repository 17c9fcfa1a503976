/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The formatter, compared with the C library's, and hostile uses of it.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <svsm/fmt.h>

#include "unit.h"

#define SAME(...)							\
	do {								\
		char ours[128], theirs[128];				\
		size_t n = svsm_fmt(ours, sizeof(ours), __VA_ARGS__);	\
\
		snprintf(theirs, sizeof(theirs), __VA_ARGS__);		\
		ck_assert_str_eq(ours, theirs);				\
		ck_assert_uint_eq(n, strlen(theirs));			\
	} while (0)

START_TEST(numbers_look_as_in_printf)
{
	SAME("%d %i %u", 0, -1, 42u);
	SAME("%d %d", INT_MIN, INT_MAX);
	SAME("%ld %lu", LONG_MIN, ULONG_MAX);
	SAME("%llx %llX", 0x123456789abcdefull, 0xfedcull);
	SAME("%x|%8x|%08x|%-8x|", 0xabu, 0xabu, 0xabu, 0xabu);
	SAME("%5d|%-5d|%05d|%5d", -42, -42, -42, 1234567);
	SAME("%hhu %hd %zu", (unsigned char)200, (short)-3, (size_t)99);
	SAME("%hhd %hhd", (signed char)SCHAR_MIN, (signed char)SCHAR_MAX);
	SAME("%05d|%03d|%02d|", -42, -42, -42);
	SAME("%05u|%03u|%02u|", 42u, 420u, 420u);
	SAME("%0*d|", -5, 42);
	SAME("%*u|%-*u|", 6, 7u, 6, 7u);
	SAME("%" PRIu64, UINT64_MAX);
}
END_TEST

START_TEST(text_looks_as_in_printf)
{
	SAME("%s|%10s|%-10s|", "abc", "abc", "abc");
	SAME("%.2s|%.*s|%.0s|", "abc", 1, "xyz", "abc");
	SAME("%.*s|%.*s|", -1, "xyz", INT_MIN, "abc");
	SAME("%*s|%*s|", 5, "xyz", -5, "abc");
	SAME("%c%c%%", 'a', 'b');
	SAME("%8.3s|", "abcdef");
	SAME("plain");
	SAME("%s", "");
}
END_TEST

START_TEST(every_size_of_buffer_is_respected)
{
	char buf[64];

	for (size_t size = 1; size <= 16; size++) {
		size_t n;

		memset(buf, '#', sizeof(buf));
		n = svsm_fmt(buf, size, "%s-%u-%s", "abc", 1234u, "def");
		ck_assert_uint_lt(n, size);
		ck_assert_int_eq(buf[n], '\0');
		ck_assert_int_eq(buf[size], '#');
		ck_assert_int_eq(memcmp(buf, "abc-1234-def", n), 0);
	}
}
END_TEST

START_TEST(buffer_of_size_zero_is_not_touched)
{
	char c = '#';

	ck_assert_uint_eq(svsm_fmt(&c, 0, "%s", "x"), 0);
	ck_assert_int_eq(c, '#');
}
END_TEST

START_TEST(R_23_huge_widths_end_at_the_buffer)
{
	char buf[16];

	ck_assert_uint_eq(svsm_fmt(buf, sizeof(buf), "%*d", INT_MAX, 1), 15);
	ck_assert_str_eq(buf, "               ");
	ck_assert_uint_eq(svsm_fmt(buf, sizeof(buf), "%0*d", INT_MAX, 1), 15);
	ck_assert_uint_eq(svsm_fmt(buf, sizeof(buf), "%*d|", -9999, 1), 15);
	ck_assert_int_eq(buf[0], '1');
	ck_assert_uint_eq(svsm_fmt(buf, sizeof(buf), "%.*s", INT_MAX, "abc"),
			3);
}
END_TEST

static size_t unchecked(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	size_t n;

	va_start(args, fmt);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	n = svsm_vfmt(buf, size, fmt, args);
#pragma GCC diagnostic pop
	va_end(args);
	return n;
}

START_TEST(R_23_a_conversion_outside_the_subset_ends_it)
{
	char buf[32];
	int written = 77;

	unchecked(buf, sizeof(buf), "a%nb%d", &written, 5);
	ck_assert_str_eq(buf, "a%nb%d");
	ck_assert_int_eq(written, 77);
	unchecked(buf, sizeof(buf), "x%");
	ck_assert_str_eq(buf, "x%");
	unchecked(buf, sizeof(buf), "%5");
	ck_assert_str_eq(buf, "%5");
	unchecked(buf, sizeof(buf), "%f", 1.0);
	ck_assert_str_eq(buf, "%f");
	unchecked(buf, sizeof(buf), "%s", NULL);
	ck_assert_str_eq(buf, "(null)");
	ck_assert_uint_eq(unchecked(buf, 4, "%?1234567"), 3);
	ck_assert_str_eq(buf, "%?1");
	ck_assert_uint_eq(unchecked(buf, 8, "%99999999999999999999999d", 7),
			7);
	ck_assert_str_eq(buf, "       ");
}
END_TEST

START_TEST(R_23_a_string_with_a_precision_needs_no_end)
{
	char raw[4] = { 'a', 'b', 'c', 'd' };
	char buf[16];

	svsm_fmt(buf, sizeof(buf), "%.*s", (int)sizeof(raw), raw);
	ck_assert_str_eq(buf, "abcd");
}
END_TEST

UNIT_MAIN("fmt", NULL, NULL,
	numbers_look_as_in_printf,
	text_looks_as_in_printf,
	every_size_of_buffer_is_respected,
	buffer_of_size_zero_is_not_touched,
	R_23_huge_widths_end_at_the_buffer,
	R_23_a_conversion_outside_the_subset_ends_it,
	R_23_a_string_with_a_precision_needs_no_end)
