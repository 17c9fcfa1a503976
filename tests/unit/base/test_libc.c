/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The image's own mem* and str*, compared with the C library's.
 */
#include <stdlib.h>
#include <string.h>

#include "unit.h"

/* The image's functions under names of their own. */
#define memcpy own_memcpy
#define memmove own_memmove
#define memset own_memset
#define memcmp own_memcmp
#define strlen own_strlen
#define strnlen own_strnlen
#define strcmp own_strcmp
#define strncmp own_strncmp
#include "libc.c" /* NOLINT(bugprone-suspicious-include): see above */
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp

#define SIZE 96

static void fill(unsigned char *p)
{
	for (size_t i = 0; i < SIZE; i++)
		p[i] = (unsigned char)rand();
}

START_TEST(copies_and_moves_agree_for_all_offsets_and_lengths)
{
	unsigned char a[SIZE], b[SIZE];

	for (size_t from = 0; from < 20; from++) {
		for (size_t to = 0; to < 20; to++) {
			for (size_t n = 0; n < 70; n++) {
				fill(a);
				memcpy(b, a, SIZE);
				memmove(a + to, a + from, n);
				ck_assert_ptr_eq(own_memmove(b + to, b + from,
							n), b + to);
				ck_assert_mem_eq(a, b, SIZE);
			}
		}
	}
	fill(a);
	fill(b);
	own_memcpy(b + 3, a + 1, 61);
	ck_assert_mem_eq(b + 3, a + 1, 61);
}
END_TEST

START_TEST(memset_writes_what_it_should_and_no_more)
{
	unsigned char a[SIZE], b[SIZE];
	int value = rand() | 0x100;	/* only the low byte counts */

	for (size_t n = 0; n < 70; n++) {
		fill(a);
		memcpy(b, a, SIZE);
		memset(a + 3, value, n);
		own_memset(b + 3, value, n);
		ck_assert_mem_eq(a, b, SIZE);
	}
}
END_TEST

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

START_TEST(comparisons_have_the_right_sign)
{
	static const char *const words[] = {
		"", "a", "b", "ab", "abc", "abd", "\x80", "\xff", "ab\x80",
	};
	size_t n = sizeof(words) / sizeof(words[0]);

	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_eq(own_strlen(words[i]), strlen(words[i]));
		ck_assert_uint_eq(own_strnlen(words[i], 2),
				strnlen(words[i], 2));
		for (size_t j = 0; j < n; j++) {
			ck_assert_int_eq(sign(own_strcmp(words[i], words[j])),
				sign(strcmp(words[i], words[j])));
			ck_assert_int_eq(sign(own_strncmp(words[i], words[j],
					2)), sign(strncmp(words[i], words[j],
					2)));
		}
	}
	ck_assert_int_gt(own_memcmp("\xff", "\x01", 1), 0);
	ck_assert_int_eq(own_memcmp("ab", "ac", 1), 0);
}
END_TEST

UNIT_MAIN("libc", NULL, NULL,
	copies_and_moves_agree_for_all_offsets_and_lengths,
	memset_writes_what_it_should_and_no_more,
	comparisons_have_the_right_sign)
