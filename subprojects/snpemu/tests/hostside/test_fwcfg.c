// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* fw_cfg's directory as the guest sees it. */
#include <string.h>

#include "fwcfg_dir.h"
#include "tests.h"

static struct fwcfg_directory dir;

static void add(const char *name, uint16_t key, uint32_t size)
{
	uint32_t count = __builtin_bswap32(dir.count);
	struct fwcfg_file *file = &dir.file[count];

	memset(file, 0, sizeof(*file));
	strcpy(file->name, name);
	file->select = __builtin_bswap16(key);
	file->size = __builtin_bswap32(size);
	dir.count = __builtin_bswap32(count + 1);
}

static void setup(void)
{
	memset(&dir, 0, sizeof(dir));
	add("etc/acpi/tables", 0x20, 0x20000);
	add("etc/e820", 0x21, 60);
	add("opt/org.svsmkit.snpemu/config", 0x22, 30);
	add("opt/org.svsmkit.snpemu/image", 0x23, 5000);
	add("opt/org.svsmkit.snpemu2", 0x24, 1);
}

START_TEST(hidden_files_leave_no_trace)
{
	uint16_t hidden[FWCFG_HIDDEN_MAX];

	ck_assert_uint_eq(fwcfg_hide(&dir, "opt/org.svsmkit.snpemu/", hidden),
			  2);
	ck_assert_uint_eq(hidden[0], 0x22);
	ck_assert_uint_eq(hidden[1], 0x23);
	ck_assert_uint_eq(fwcfg_directory_size(&dir), 4 + 3 * 64);
	ck_assert_ptr_null(fwcfg_find(&dir, "opt/org.svsmkit.snpemu/image"));
	ck_assert_ptr_nonnull(fwcfg_find(&dir, "opt/org.svsmkit.snpemu2"));
}
END_TEST

START_TEST(a_size_changes_in_place)
{
	ck_assert(fwcfg_resize(&dir, "etc/e820", 40));
	ck_assert_uint_eq(fwcfg_find(&dir, "etc/e820")->size,
			  __builtin_bswap32(40));
	ck_assert(!fwcfg_resize(&dir, "etc/e82", 40));
}
END_TEST

START_TEST(a_bad_directory_is_noticed)
{
	ck_assert(fwcfg_directory_valid(&dir));
	dir.file[4].name[55] = 'x';
	ck_assert(!fwcfg_directory_valid(&dir));
	dir.file[4].name[55] = 0;
	dir.count = 0xffffffff;
	ck_assert(!fwcfg_directory_valid(&dir));
}
END_TEST

TCase *fwcfg_case(void)
{
	TCase *tc = tcase_create("fwcfg");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, hidden_files_leave_no_trace);
	tcase_add_test(tc, a_size_changes_in_place);
	tcase_add_test(tc, a_bad_directory_is_noticed);
	return tc;
}
