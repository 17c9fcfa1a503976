/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The device tree, byte by byte, and a place that is too small for it. */
#include <check.h>
#include <string.h>

#include "fdt.h"
#include "tests.h"

#define TREE_BYTES	72u

START_TEST(the_device_tree_is_a_root_without_devices)
{
	static const uint8_t wanted[TREE_BYTES] = {
		0xd0, 0x0d, 0xfe, 0xed, 0, 0, 0, 72, 0, 0, 0, 56, 0, 0, 0, 72,
		0, 0, 0, 40, 0, 0, 0, 17, 0, 0, 0, 16, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0,
		0, 0, 0, 2, 0, 0, 0, 9,
	};
	uint8_t tree[TREE_BYTES + 1];

	memset(tree, 0x55, sizeof(tree));
	ck_assert(fdt_write(tree, sizeof(tree)));
	ck_assert_mem_eq(tree, wanted, TREE_BYTES);
	ck_assert_uint_eq(tree[TREE_BYTES], 0x55);
}
END_TEST

START_TEST(a_device_tree_that_does_not_fit_is_not_written)
{
	uint8_t tree[TREE_BYTES];

	memset(tree, 0x55, sizeof(tree));
	ck_assert(!fdt_write(tree, TREE_BYTES - 1));
	ck_assert_uint_eq(tree[0], 0x55);
}
END_TEST

TCase *fdt_case(void)
{
	TCase *tests = tcase_create("fdt");

	tcase_add_test(tests, the_device_tree_is_a_root_without_devices);
	tcase_add_test(tests, a_device_tree_that_does_not_fit_is_not_written);
	return tests;
}
