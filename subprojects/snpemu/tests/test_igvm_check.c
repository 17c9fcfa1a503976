/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The IGVM checker: every kind of bad file, and the byte it complains of. */
#include "suite.h"

#include <string.h>

#include "igvm_player.h"

static void put32(uint32_t at, uint32_t x)
{
	memcpy(file.bytes + at, &x, sizeof(x));
}

static void expect_refusal(uint64_t offset, const char *reason)
{
	struct igvm_error error = { 0 };

	ck_assert(!open_bytes(file.bytes, file.size, &error));
	ck_assert_str_eq(error.reason, reason);
	ck_assert_uint_eq(error.offset, offset);
	file_free(&file);
}

/* One header too many, or of the wrong kind, in an otherwise good file. */
static void refuse_header(unsigned n, uint32_t field, const char *reason)
{
	file_vmsa(&file);
	file_finish(&file);
	expect_refusal(file_field(&file, n, field), reason);
}

/* The good file with one word of a header changed. */
static void refuse_word(unsigned n, uint32_t field, uint32_t value,
			uint32_t where, const char *reason)
{
	finish_good();
	put32(file_field(&file, n, field), value);
	file_seal(file.bytes, file.size);
	expect_refusal(file_field(&file, n, where), reason);
}

static void refuse_fixed(uint32_t at, uint32_t value, const char *reason)
{
	finish_good();
	put32(at, value);
	expect_refusal(at, reason);
}

START_TEST(fixed_header_is_checked)
{
	refuse_fixed(0, 0x4d564748, "not an IGVM file");
	refuse_fixed(4, 0, "unknown format version");
	refuse_fixed(4, 3, "unknown format version");
	refuse_fixed(8, 16, "bad offset of the variable headers");
	refuse_fixed(8, 28, "bad offset of the variable headers");
	refuse_fixed(8, 0xfffffff8, "bad offset of the variable headers");
	refuse_fixed(12, 0xfffffff8, "bad size of the variable headers");
	refuse_fixed(12, 12, "bad size of the variable headers");
	refuse_fixed(16, 0, "the file has not the size it states");
	refuse_fixed(20, 1, "the checksum is wrong");
}
END_TEST

/* Numbers of the headers in file_good(). */
enum { PLATFORM, NATIVE, POLICY, REQUIRED, AREA0, AREA1, AREA2, COUNT,
	ENVIRONMENT, MAP, MADT, INSERT0, INSERT1, INSERT2, SECRETS, CPUID,
	PAGE0, PAGE1, PAGE2, PAGE3, VMSA };

START_TEST(header_extent_is_checked)
{
	finish_good();
	put32(file.at[VMSA] + 4, 0xffffffff);
	file_seal(file.bytes, file.size);
	expect_refusal(file.at[VMSA] + 4,
		       "the header is longer than its section");
	finish_good();
	put32(file.at[POLICY] + 4, 8);
	file_seal(file.bytes, file.size);
	expect_refusal(file.at[POLICY] + 4,
		       "the header has not the length of its type");
	finish_good();
	file.bytes[file.at[VMSA] + 8 + 20] = 1;
	file_seal(file.bytes, file.size);
	expect_refusal(file.at[VMSA] + 8 + 20, "the padding is not zero");
}
END_TEST

START_TEST(sections_are_kept_in_order)
{
	start_file();
	file_area(&file, 0x1000, 0);
	file_policy(&file, 0x30000);
	file_vmsa(&file);
	file_finish(&file);
	expect_refusal(file.at[2], "the header stands behind its section");
	start_file();
	file_add(&file, 0x250, "12345678", 8);
	file_vmsa(&file);
	file_finish(&file);
	expect_refusal(file.at[1], "the header type belongs to no section");
	start_file();
	file_add(&file, 0x30e, "12345678", 8);
	file_vmsa(&file);
	file_finish(&file);
	expect_refusal(file.at[1], "the header type is not supported");
}
END_TEST

START_TEST(platforms_are_checked)
{
	refuse_word(PLATFORM, 0, 0, 0, "a platform owns exactly one mask bit");
	refuse_word(PLATFORM, 0, 5, 0, "a platform owns exactly one mask bit");
	refuse_word(NATIVE, 0, MASK, 0,
		    "two platforms own the same mask bit");
	refuse_word(PLATFORM, 4, 0x10201, 4,
		    "the highest VTL is neither 0 nor 2");
	refuse_word(PLATFORM, 4, 0x20200, 6,
		    "unknown version of the platform");
	refuse_word(NATIVE, 4, 0x10200, 5, "the file names SEV-SNP twice");
	finish_good();
	file.bytes[file_field(&file, PLATFORM, 5)] = 3;
	file_seal(file.bytes, file.size);
	expect_refusal(24, "the file does not support SEV-SNP");
}
END_TEST

START_TEST(masks_are_checked)
{
	static const unsigned headers[] = { POLICY, REQUIRED, INSERT0, PAGE0,
					    VMSA };

	for (unsigned i = 0; i < 5; i++) {
		refuse_word(headers[i], 8, 0, 8, "the platform mask is zero");
		refuse_word(headers[i], 8, 0x80, 8,
			    "the platform mask names no platform");
	}
}
END_TEST

/* A builder for many hosts may leave a platform's header out, not its bit. */
START_TEST(masks_may_have_bits_of_no_platform)
{
	static const unsigned headers[] = { POLICY, REQUIRED, INSERT0, PAGE0,
					    VMSA };
	struct igvm_error error = { 0 };

	for (unsigned i = 0; i < 5; i++) {
		finish_good();
		put32(file_field(&file, headers[i], 8), MASK | 0x80);
		file_seal(file.bytes, file.size);
		ck_assert(open_bytes(file.bytes, file.size, &error));
		file_free(&file);
	}
}
END_TEST

START_TEST(policy_is_checked)
{
	refuse_word(POLICY, 12, 1, 12, "a reserved field is not zero");
	start_file();
	file_policy(&file, 0x30000);
	refuse_header(file_policy(&file, 0x30000), 0,
		      "the file has two guest policies");
}
END_TEST

START_TEST(areas_are_checked)
{
	refuse_word(AREA0, 0, 0, 0, "the area is not a number of pages");
	refuse_word(AREA0, 0, 0x1001, 0, "the area is not a number of pages");
	refuse_word(AREA0, 0, 0x101000, 0, "the area is larger than 1 MiB");
	refuse_word(AREA0, 4, 1, 0, "the area is larger than 1 MiB");
	refuse_word(AREA0, 8, 32, 8, "the area index is above 31");
	refuse_word(AREA1, 8, 0, 8, "the area is declared twice");
	refuse_word(AREA0, 12, 8, 12,
		    "the file offset points into the headers");
	refuse_word(AREA0, 12, 0xfffff000, 12,
		    "the data is beyond the end of the file");
}
END_TEST

START_TEST(uses_of_areas_are_checked)
{
	refuse_word(COUNT, 0, 7, 0, "the area is not declared");
	refuse_word(COUNT, 0, 0xffffffff, 0, "the area is not declared");
	refuse_word(COUNT, 4, 0xffd, 4, "the offset is outside the area");
	refuse_word(ENVIRONMENT, 4, 0xffffffff, 4,
		    "the offset is outside the area");
	refuse_word(MAP, 4, 8, 4, "QEMU supports only offset 0 here");
	refuse_word(MADT, 4, 8, 4, "QEMU supports only offset 0 here");
	start_file();
	file_area(&file, 0x1000, 0);
	refuse_header(file_use(&file, 0x312, 0, 8), 4,
		      "QEMU supports only offset 0 here");
	refuse_word(INSERT1, 12, 0, 12, "the area was inserted before");
	refuse_word(INSERT1, 12, 9, 12, "the area is not declared");
	start_file();
	file_area(&file, 0x1000, 0);
	file_insert(&file, 0x1000, 0);
	refuse_header(file_use(&file, 0x307, 0, 0), 0,
		      "the area was inserted before");
}
END_TEST

START_TEST(addresses_are_checked)
{
	static const unsigned headers[] = { REQUIRED, INSERT0, PAGE0 };

	for (unsigned i = 0; i < 3; i++) {
		refuse_word(headers[i], 0, 0x100800, 0,
			    "the address is not page aligned");
		refuse_word(headers[i], 4, 0x00100000, 0,
			    "the address is beyond 52 bits");
		refuse_word(headers[i], 4, 0xffffffff, 0,
			    "the address is beyond 52 bits");
	}
	start_file();
	file_area(&file, 0x2000, 0);
	refuse_header(file_insert(&file, (1ull << 52) - 0x1000, 0), 0,
		      "the range ends beyond 52 bits");
}
END_TEST

START_TEST(pages_are_checked)
{
	refuse_word(PAGE0, 16, 1, 16, "2 MiB pages are not supported");
	refuse_word(PAGE0, 16, 4, 16, "shared pages are not supported");
	refuse_word(PAGE0, 16, 8, 16, "unknown page flags");
	refuse_word(PAGE0, 20, 4, 20, "unknown page type");
	refuse_word(PAGE0, 20, 0x10000, 22, "a reserved field is not zero");
	refuse_word(PAGE0, 12, 1, 12,
		    "the file offset points into the headers");
	refuse_word(PAGE0, 12, 0xfffff001, 12,
		    "the data is beyond the end of the file");
	finish_good();
	put32(file_field(&file, PAGE0, 12), file.size - 4095);
	file_seal(file.bytes, file.size);
	expect_refusal(file_field(&file, PAGE0, 12),
		       "the data is beyond the end of the file");
}
END_TEST

START_TEST(required_memory_is_checked)
{
	refuse_word(REQUIRED, 12, 0, 12,
		    "the size is not a number of pages");
	refuse_word(REQUIRED, 12, 0x800, 12,
		    "the size is not a number of pages");
	refuse_word(REQUIRED, 16, 2, 16, "unknown flags");
	refuse_word(REQUIRED, 20, 1, 20, "a reserved field is not zero");
	start_file();
	refuse_header(file_required(&file, (1ull << 52) - 0x1000, 0x2000), 12,
		      "the range ends beyond 52 bits");
}
END_TEST

START_TEST(overlaps_are_found)
{
	finish_good();
	put32(file_field(&file, PAGE1, 0), 0x100000);
	file_seal(file.bytes, file.size);
	expect_refusal(file.at[PAGE1], "two directives load the same page");
}
END_TEST

START_TEST(overlap_names_the_second_header)
{
	unsigned n;

	start_file();
	file_area(&file, 0x3000, 0);
	file_page(&file, 0x9000, 0, 0, 1);
	file_insert(&file, 0x5000, 0);
	n = file_page(&file, 0x7000, 0, 0, 2);
	file_vmsa(&file);
	file_finish(&file);
	expect_refusal(file.at[n], "two directives load the same page");
}
END_TEST

START_TEST(vmsa_is_checked)
{
	refuse_word(VMSA, 0, 0xfffff800, 0,
		    "the address is not page aligned");
	refuse_word(VMSA, 4, 0x10ffff, 0, "the address is beyond 52 bits");
	refuse_word(VMSA, 0, 0xffe00000, 0,
		    "no processor takes a VMSA at 2 MiB");
	refuse_word(VMSA, 16, 1, 16, "only the context of VP 0 is supported");
	refuse_word(VMSA, 16, 0xffff, 16,
		    "only the context of VP 0 is supported");
	refuse_word(VMSA, 16, 0x10000, 18, "a reserved field is not zero");
	refuse_word(VMSA, 12, 0, 12,
		    "the file offset points into the headers");
	start_file();
	refuse_header(file_vmsa(&file) + 1, 16,
		      "the file has two contexts for VP 0");
	start_file();
	file_finish(&file);
	expect_refusal(file.size, "the file has no VP context for SEV-SNP");
}
END_TEST

/* In memory of the image, but not where something else is. */
START_TEST(vmsa_may_be_anywhere_else)
{
	struct igvm_error error = { 0 };
	struct igvm_file igvm;

	for (unsigned i = 0; i < 2; i++) {
		finish_good();
		put32(file_field(&file, VMSA, 0), i ? 0x101000 : 0x104000);
		put32(file_field(&file, VMSA, 4), 0);
		file_seal(file.bytes, file.size);
		if (i == 1)
			break;
		ck_assert(open_only(&igvm, file.bytes, file.size, &error));
		ck_assert_uint_eq(igvm.vmsa_gpa, 0x104000);
		file_free(&file);
	}
	expect_refusal(file.at[VMSA], "two directives load the same page");
}
END_TEST

/* Every byte that QEMU does not pass on to KVM. */
START_TEST(vmsa_may_hold_only_what_qemu_accepts)
{
	static const struct {
		uint32_t start, end;
	} forbidden[] = {
		{ 0x0a0, 0x0d0 }, { 0x0d8, 0x148 }, { 0x180, 0x1d8 },
		{ 0x1e0, 0x1f8 }, { 0x200, 0x268 }, { 0x270, 0x308 },
		{ 0x320, 0x328 }, { 0x380, 0x3b0 }, { 0x3b8, 0x3e8 },
		{ 0x3f0, 0x408 }, { 0x40c, 0x410 }, { 0x412, 0x1000 },
	};
	unsigned refused = 0;
	struct igvm_error error;
	uint32_t vmsa;

	finish_good();
	vmsa = file.size - 4096;
	for (unsigned i = 0; i < 12; i++)
		for (uint32_t at = forbidden[i].start; at < forbidden[i].end;
		     at++) {
			file.bytes[vmsa + at] = 1;
			ck_assert(!open_bytes(file.bytes, file.size, &error));
			ck_assert_uint_eq(error.offset, vmsa + at);
			file.bytes[vmsa + at] = 0;
			refused++;
		}
	ck_assert_uint_eq(refused, 0x1000 - (0xa0 + 8 + 0x38 + 8 + 8 + 8 +
					     0x18 + 0x58 + 8 + 8 + 4 + 2));
	file_free(&file);
}
END_TEST

START_TEST(vmsa_features_are_checked)
{
	finish_good();
	put32(file.size - 4096 + 0x3b0, 0x18);
	expect_refusal(file.size - 4096 + 0x3b0,
		       "the VMSA does not ask for SNP");
	/* Either of the two alone is fine. */
	for (unsigned i = 0; i < 2; i++) {
		struct igvm_error error = { 0 };

		finish_good();
		put32(file.size - 4096 + 0x3b0, i ? 0x11 : 0x09);
		file_seal(file.bytes, file.size);
		ck_assert(open_bytes(file.bytes, file.size, &error));
		file_free(&file);
	}
	finish_good();
	put32(file.size - 4096 + 0x3b0, 0x19);
	expect_refusal(file.size - 4096 + 0x3b0,
		       "the VMSA asks for restricted and for alternate "
		       "injection");
}
END_TEST

START_TEST(id_block_is_checked)
{
	static const struct {
		uint32_t field, where;
		uint8_t value;
		const char *reason;
	} rows[] = {
		{ 4, 4, 2, "the author key is neither on nor off" },
		{ 5, 5, 1, "a reserved field is not zero" },
		{ 7, 5, 1, "a reserved field is not zero" },
		{ 0x58, 0x58, 2, "unknown version of the ID block" },
	};
	uint8_t digest[48] = { 0 };
	unsigned n;

	for (unsigned i = 0; i < 4; i++) {
		start_file();
		n = file_id_block(&file, digest);
		file.header[n].content[rows[i].field] = rows[i].value;
		refuse_header(n, rows[i].where, rows[i].reason);
	}
	start_file();
	file_id_block(&file, digest);
	refuse_header(file_id_block(&file, digest), 0,
		      "the file has two ID blocks");
	/* One of another platform may hold anything. */
	start_file();
	file_platform(&file, 4, 3);
	n = file_id_block(&file, digest);
	file.header[n].content[0] = 4;
	file.header[n].content[4] = 2;
	file_id_block(&file, digest);
	file_vmsa(&file);
	expect_play("vmsafffffffff000:100000 id:0:fa:7 ");
}
END_TEST

START_TEST(too_many_pages_are_refused)
{
	uint64_t scratch[4];
	struct igvm_error error;
	struct igvm_file igvm;

	finish_good();
	ck_assert(!igvm_open(&igvm, file.bytes, file.size, scratch, 4,
			     &error));
	ck_assert_uint_eq(error.offset, file.at[CPUID]);
	ck_assert(!igvm_open(&igvm, file.bytes, file.size, NULL, 0, &error));
	file_free(&file);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("igvm_check");

	CASE(suite, "refusals",
	     fixed_header_is_checked, header_extent_is_checked,
	     sections_are_kept_in_order, platforms_are_checked,
	     masks_are_checked, masks_may_have_bits_of_no_platform,
	     policy_is_checked, areas_are_checked,
	     uses_of_areas_are_checked, addresses_are_checked,
	     pages_are_checked, required_memory_is_checked,
	     overlaps_are_found, overlap_names_the_second_header,
	     vmsa_is_checked, vmsa_may_be_anywhere_else,
	     vmsa_may_hold_only_what_qemu_accepts,
	     vmsa_features_are_checked, id_block_is_checked,
	     too_many_pages_are_refused);
	return run_suite(suite);
}
