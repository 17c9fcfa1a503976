/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The IGVM player: what the loader gets of good files, and in which order. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "igvm_player.h"

START_TEST(good_file_is_played_in_the_order_of_qemu)
{
	file_good(&file);
	expect_play("need:100000+10000 area0:1000 area1:2000 area2:1000 "
		    "map:2000 madt:1000 "
		    "u20000=4 u30000=6d000 u31000=6d000 u40000=61000 "
		    "s9000 ca000 n100000=11000 n101000=22000 z102000 "
		    "vmsafffffffff000:100000 policy30000 u103000=33000 ");
}
END_TEST

START_TEST(file_is_known_after_the_check)
{
	struct igvm_error error;
	struct igvm_file igvm;

	finish_good();
	ck_assert(open_only(&igvm, file.bytes, file.size, &error));
	ck_assert_uint_eq(igvm.mask, MASK);
	ck_assert_uint_eq(igvm.policy, 0x30000);
	ck_assert_uint_eq(igvm.pages, 6);
	ck_assert_uint_eq(igvm.area_size[1], 0x2000);
	ck_assert_uint_eq(igvm.sev_features, 1);
	file_free(&file);
}
END_TEST

/* The insert is loaded before the pages that stand before it. */
START_TEST(group_of_pages_waits_for_the_next_page_header)
{
	start_file();
	file_area(&file, 0x1000, 0);
	file_page(&file, 0x1000, 0, 0, 1);
	file_page(&file, 0x2000, 0, 0, 1);
	file_insert(&file, 0x8000, 0);
	file_page(&file, 0x3000, 0, 0, 1);
	file_vmsa(&file);
	expect_play("area0:1000 u8000=0 n1000=1000 n2000=1000 "
		    "vmsafffffffff000:100000 n3000=1000 ");
}
END_TEST

START_TEST(unknown_optional_header_is_skipped)
{
	start_file();
	file_add(&file, 0x80000200, "12345", 5);
	file_add(&file, 0x8000030e, "12345678", 8);
	file_vmsa(&file);
	expect_play("vmsafffffffff000:100000 ");
}
END_TEST

/* For required memory, each area, and each group of pages. */
START_TEST(memory_is_asked_for_before_it_is_used)
{
	struct igvm_error error = { 0 };
	struct igvm_file igvm;

	finish_good();
	ck_assert(open_bytes(file.bytes, file.size, &error));
	ck_assert_str_eq(player.memory,
			 "100000+10000 20000+1000 30000+2000 40000+1000 "
			 "9000+1000 a000+1000 100000+2000 102000+1000 "
			 "103000+1000 ");
	ck_assert(open_only(&igvm, file.bytes, file.size, &error));
	player.no_memory = 0x30000;
	ck_assert(!play(&igvm, &error));
	ck_assert_str_eq(error.reason, refusal);
	ck_assert_ptr_null(strstr(player.notes, "u30000"));
	player.no_memory = 0x9000;
	ck_assert(!play(&igvm, &error));
	ck_assert_ptr_null(strstr(player.notes, "s9000"));
	player.no_memory = 0x100000;
	ck_assert(!play(&igvm, &error));
	ck_assert_str_eq(player.notes, "");
	player.no_memory = 0;
	file_free(&file);
}
END_TEST

static void device_tree_file(uint32_t type)
{
	start_file();
	file_area(&file, 0x1000, 0);
	file_use(&file, type, 0, 0);
	file_insert(&file, 0x8000, 0);
	file_vmsa(&file);
}

START_TEST(device_tree_is_written)
{
	device_tree_file(0x312);
	expect_play("area0:1000 tree:1000 u8000=64000 "
		    "vmsafffffffff000:100000 ");
}
END_TEST

START_TEST(device_tree_is_new_for_an_old_host)
{
	struct igvm_error error = { 0 };
	struct igvm_file igvm;

	player.is_old = true;
	device_tree_file(0x312);
	file_finish(&file);
	ck_assert(open_only(&igvm, file.bytes, file.size, &error));
	ck_assert(!play(&igvm, &error));
	ck_assert_uint_eq(error.offset, file.at[2]);
	ck_assert_str_eq(error.reason, "the header type is not supported");
	file_free(&file);
	device_tree_file(0x80000312);
	expect_play("area0:1000 u8000=0 vmsafffffffff000:100000 ");
	player.is_old = false;
}
END_TEST

START_TEST(headers_of_other_platforms_are_skipped)
{
	unsigned n;

	memset(&file, 0, sizeof(file));
	file_platform(&file, MASK, 2);
	file_platform(&file, 4, 3);
	n = file_page(&file, 0x1234, 0, 0xff, -1);
	file.header[n].content[8] = 4;
	n = file_vmsa(&file);
	file_vmsa(&file);
	file.header[n].content[8] = 4;
	expect_play("vmsafffffffff000:100000 ");
}
END_TEST

START_TEST(id_block_comes_last)
{
	uint8_t digest[48] = { 0xd1 };

	start_file();
	file_policy(&file, 0x30000);
	file_id_block(&file, digest);
	file_page(&file, 0x1000, 0, 0, 1);
	file_vmsa(&file);
	expect_play("vmsafffffffff000:100000 policy30000 n1000=1000 "
		    "id:d1:fa:7 ");
}
END_TEST

START_TEST(refusal_of_the_loader_names_the_header)
{
	struct igvm_error error = { 0 };
	struct igvm_file igvm;
	unsigned n;

	start_file();
	n = file_page(&file, 0x1000, 0, 0, 1);
	file_vmsa(&file);
	file_finish(&file);
	ck_assert(open_only(&igvm, file.bytes, file.size, &error));
	player.refused_call = 2;	/* the VMSA is loaded first */
	ck_assert(!play(&igvm, &error));
	player.refused_call = 0;
	ck_assert_uint_eq(error.offset, file.at[n]);
	ck_assert_str_eq(error.reason, refusal);
	file_free(&file);
}
END_TEST

/* Is it where one of the headers begins? */
static bool is_header(uint64_t offset)
{
	for (unsigned n = 0; n < file.headers; n++)
		if (file.at[n] == offset)
			return true;
	return false;
}

/* The loader refuses at its first, second, third... call. */
START_TEST(a_refusal_ends_the_loading_wherever_it_comes)
{
	uint8_t digest[48] = { 0xd1 };
	struct igvm_error error;
	struct igvm_file igvm;
	bool loaded = false;

	file_good(&file);
	file_id_block(&file, digest);
	file_finish(&file);
	ck_assert(open_only(&igvm, file.bytes, file.size, &error));
	for (unsigned n = 1; !loaded; n++) {
		error = (struct igvm_error){ 0 };
		player.refused_call = n;
		loaded = play(&igvm, &error);
		ck_assert_uint_eq(player.calls, loaded ? n - 1 : n);
		if (loaded)
			ck_assert_ptr_null(error.reason);
		else
			ck_assert_str_eq(error.reason, refusal);
		ck_assert(loaded || is_header(error.offset));
	}
	player.refused_call = 0;
	ck_assert_uint_eq(player.calls, 19);
	file_free(&file);
}
END_TEST

/* Beside a page at 0x1000: it is loaded before the rest if they are apart. */
static void expect_apart(uint64_t gpa, uint16_t type, uint32_t flags, int fill,
			 uint32_t mask, const char *text)
{
	unsigned n;

	start_file();
	file_platform(&file, 4, 3);
	file_page(&file, 0x1000, 0, 0, 1);
	n = file_page(&file, gpa, type, flags, fill);
	file.header[n].content[8] = (uint8_t)mask;
	file_required(&file, 0x100000, 0x1000);
	file_vmsa(&file);
	expect_play(text);
}

START_TEST(pages_are_a_group_only_while_they_are_alike)
{
	expect_apart(0x2000, 0, 0, 1, MASK,
		     "need:100000+1000 vmsafffffffff000:100000 "
		     "n1000=1000 n2000=1000 ");
	expect_apart(0x3000, 0, 0, 1, MASK,
		     "n1000=1000 need:100000+1000 "
		     "vmsafffffffff000:100000 n3000=1000 ");
	expect_apart(0x2000, 0, 0, 1, MASK | 4,
		     "n1000=1000 need:100000+1000 "
		     "vmsafffffffff000:100000 n2000=1000 ");
	expect_apart(0x2000, 0, 0, -1, MASK,
		     "n1000=1000 need:100000+1000 "
		     "vmsafffffffff000:100000 z2000 ");
	expect_apart(0x2000, 0, 2, 1, MASK,
		     "n1000=1000 need:100000+1000 "
		     "vmsafffffffff000:100000 u2000=1000 ");
	expect_apart(0x2000, 1, 0, -1, MASK,
		     "n1000=1000 need:100000+1000 "
		     "vmsafffffffff000:100000 s2000 ");
}
END_TEST

START_TEST(version_2_has_a_longer_header)
{
	struct igvm_error error;
	struct igvm_file igvm;
	uint8_t *bytes;
	uint32_t word;

	start_file();
	file_vmsa(&file);
	file.header[1].data = -1;
	file.pages = 0;
	file_finish(&file);
	/* Eight more bytes: x64, 4096-byte pages; and the VMSA behind. */
	bytes = calloc(1, file.size + 8 + 4096);
	memcpy(bytes, file.bytes, 24);
	memcpy(bytes + 32, file.bytes + 24, file.size - 24);
	memcpy(bytes + file.size + 8, file.data[0], 4096);
	word = 2, memcpy(bytes + 4, &word, 4);
	word = 32, memcpy(bytes + 8, &word, 4);
	word = file.size + 8 + 4096, memcpy(bytes + 16, &word, 4);
	word = 4096, memcpy(bytes + 28, &word, 4);
	word = file.size + 8;
	memcpy(bytes + file_field(&file, 1, 12) + 8, &word, 4);
	file_seal(bytes, file.size + 8 + 4096);
	ck_assert(open_only(&igvm, bytes, file.size + 8 + 4096, &error));
	bytes[24] = 1;
	file_seal(bytes, file.size + 8 + 4096);
	ck_assert(!open_only(&igvm, bytes, file.size + 8 + 4096, &error));
	ck_assert_uint_eq(error.offset, 24);
	free(bytes);
	file_free(&file);
}
END_TEST

START_TEST(crc32_is_the_ieee_one)
{
	ck_assert_uint_eq(igvm_crc32(0, "123456789", 9), 0xcbf43926);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("igvm_play");

	CASE(suite, "good files",
	     good_file_is_played_in_the_order_of_qemu,
	     file_is_known_after_the_check,
	     group_of_pages_waits_for_the_next_page_header,
	     unknown_optional_header_is_skipped,
	     memory_is_asked_for_before_it_is_used,
	     device_tree_is_written, device_tree_is_new_for_an_old_host,
	     headers_of_other_platforms_are_skipped, id_block_comes_last,
	     refusal_of_the_loader_names_the_header,
	     a_refusal_ends_the_loading_wherever_it_comes,
	     pages_are_a_group_only_while_they_are_alike,
	     version_2_has_a_longer_header, crc32_is_the_ieee_one);
	return run_suite(suite);
}
