/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The IGVM checker and player: good files, and every kind of bad one. */
#include "suite.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "igvm.h"
#include "igvm_file.h"

#define WORDS	64u

static struct file file;
static uint64_t scratch[WORDS];
static char played[4096];

static void put32(uint32_t at, uint32_t x)
{
	memcpy(file.bytes + at, &x, sizeof(x));
}

/* -------------------------------------------- a loader that takes notes */

__attribute__((format(printf, 1, 2)))
static void note(const char *format, ...)
{
	size_t used = strlen(played);
	va_list args;

	va_start(args, format);
	vsnprintf(played + used, sizeof(played) - used, format, args);
	va_end(args);
}

static uint8_t *areas[IGVM_MAX_AREAS];
static const char *const refusal = "no memory there";
static unsigned calls, refused_call;	/* 0: none */

/* Of each of the loader's functions. */
static const char *verdict(void)
{
	return ++calls == refused_call ? refusal : NULL;
}

static const char *on_area(void *ctx, uint32_t index, uint32_t bytes,
			   uint8_t **storage)
{
	(void)ctx;
	note("area%u:%x ", index, bytes);
	areas[index] = calloc(1, bytes);
	*storage = areas[index];
	return verdict();
}

static const char *on_map(void *ctx, uint8_t *area, uint32_t bytes)
{
	(void)ctx;
	memset(area, 'm', bytes);
	note("map:%x ", bytes);
	return verdict();
}

static const char *on_madt(void *ctx, uint8_t *area, uint32_t bytes)
{
	(void)ctx;
	memset(area, 'a', bytes);
	note("madt:%x ", bytes);
	return verdict();
}

static uint32_t on_count(void *ctx)
{
	(void)ctx;
	return 3;
}

static const char *on_required(void *ctx, uint64_t gpa, uint32_t bytes)
{
	(void)ctx;
	note("need:%lx+%x ", (unsigned long)gpa, bytes);
	return verdict();
}

static const char *on_page(void *ctx, const struct igvm_page *page)
{
	static const char letters[] = "?nvzusc";
	uint32_t sum = 0;

	(void)ctx;
	for (unsigned i = 0; page->data && i < 4096; i++)
		sum += ((const uint8_t *)page->data)[i];
	note("%c%lx", letters[page->type], (unsigned long)page->gpa);
	if (page->data)
		note("=%x", sum);
	note(" ");
	return verdict();
}

static const char *on_vmsa(void *ctx, uint64_t gpa, const void *vmsa)
{
	uint64_t rip;

	(void)ctx;
	memcpy(&rip, (const uint8_t *)vmsa + 0x178, sizeof(rip));
	note("vmsa%lx:%lx ", (unsigned long)gpa, (unsigned long)rip);
	return verdict();
}

static const char *on_policy(void *ctx, uint64_t policy)
{
	(void)ctx;
	note("policy%lx ", (unsigned long)policy);
	return verdict();
}

static const char *on_id_block(void *ctx, const struct igvm_id_block *block)
{
	(void)ctx;
	note("id:%x:%x:%u ", block->digest[0], block->family_id[15],
	     block->guest_svn);
	return verdict();
}

static const struct igvm_ops ops = {
	.area = on_area, .memory_map = on_map, .madt = on_madt,
	.vp_count = on_count, .required = on_required, .page = on_page,
	.vmsa = on_vmsa, .policy = on_policy, .id_block = on_id_block,
};

static bool play(const struct igvm_file *igvm, struct igvm_error *error)
{
	bool good;

	played[0] = '\0';
	calls = 0;
	memset(areas, 0, sizeof(areas));
	good = igvm_play(igvm, &ops, NULL, error);
	for (unsigned i = 0; i < IGVM_MAX_AREAS; i++)
		free(areas[i]);
	return good;
}

/* --------------------------------------------------------- good files */

static bool open_bytes(const uint8_t *bytes, uint32_t size,
		       struct igvm_error *error)
{
	struct igvm_file igvm;

	return igvm_open(&igvm, bytes, size, scratch, WORDS, error) &&
	       play(&igvm, error);
}

static void expect_play(const char *text)
{
	struct igvm_error error = { 0 };

	file_finish(&file);
	ck_assert_msg(open_bytes(file.bytes, file.size, &error), "%lx: %s",
		      (unsigned long)error.offset, error.reason);
	ck_assert_str_eq(played, text);
	file_free(&file);
}

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

	file_good(&file);
	file_finish(&file);
	ck_assert(igvm_open(&igvm, file.bytes, file.size, scratch, WORDS,
			    &error));
	ck_assert_uint_eq(igvm.mask, MASK);
	ck_assert_uint_eq(igvm.policy, 0x30000);
	ck_assert_uint_eq(igvm.pages, 6);
	ck_assert_uint_eq(igvm.area_size[1], 0x2000);
	ck_assert_uint_eq(igvm.sev_features, 1);
	file_free(&file);
}
END_TEST

static void start_file(void)
{
	memset(&file, 0, sizeof(file));
	file_platform(&file, MASK, 2);
}

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
	ck_assert(igvm_open(&igvm, file.bytes, file.size, scratch, WORDS,
			    &error));
	refused_call = 2;	/* the VMSA is loaded first */
	ck_assert(!play(&igvm, &error));
	refused_call = 0;
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
	ck_assert(igvm_open(&igvm, file.bytes, file.size, scratch, WORDS,
			    &error));
	for (unsigned n = 1; !loaded; n++) {
		error = (struct igvm_error){ 0 };
		refused_call = n;
		loaded = play(&igvm, &error);
		ck_assert_uint_eq(calls, loaded ? n - 1 : n);
		if (loaded)
			ck_assert_ptr_null(error.reason);
		else
			ck_assert_str_eq(error.reason, refusal);
		ck_assert(loaded || is_header(error.offset));
	}
	refused_call = 0;
	ck_assert_uint_eq(calls, 19);
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
	ck_assert(igvm_open(&igvm, bytes, file.size + 8 + 4096, scratch, WORDS,
			    &error));
	bytes[24] = 1;
	file_seal(bytes, file.size + 8 + 4096);
	ck_assert(!igvm_open(&igvm, bytes, file.size + 8 + 4096, scratch,
			     WORDS, &error));
	ck_assert_uint_eq(error.offset, 24);
	free(bytes);
	file_free(&file);
}
END_TEST

/* ---------------------------------------------------------- refusals */

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
	file_good(&file);
	file_finish(&file);
	put32(file_field(&file, n, field), value);
	file_seal(file.bytes, file.size);
	expect_refusal(file_field(&file, n, where), reason);
}

static void refuse_fixed(uint32_t at, uint32_t value, const char *reason)
{
	file_good(&file);
	file_finish(&file);
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
	file_good(&file);
	file_finish(&file);
	put32(file.at[VMSA] + 4, 0xffffffff);
	file_seal(file.bytes, file.size);
	expect_refusal(file.at[VMSA] + 4,
		       "the header is longer than its section");
	file_good(&file);
	file_finish(&file);
	put32(file.at[POLICY] + 4, 8);
	file_seal(file.bytes, file.size);
	expect_refusal(file.at[POLICY] + 4,
		       "the header has not the length of its type");
	file_good(&file);
	file_finish(&file);
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
	file_good(&file);
	file_finish(&file);
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
		refuse_word(headers[i], 8, 0x81, 8,
			    "the platform mask names an unknown platform");
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
	file_good(&file);
	file_finish(&file);
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
	file_good(&file);
	file_finish(&file);
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
	refuse_word(VMSA, 0, 0xffffe000, 0,
		    "KVM wants the VMSA at 0xFFFFFFFFF000");
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

	file_good(&file);
	file_finish(&file);
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
	file_good(&file);
	file_finish(&file);
	put32(file.size - 4096 + 0x3b0, 0x18);
	expect_refusal(file.size - 4096 + 0x3b0,
		       "the VMSA does not ask for SNP");
	/* Either of the two alone is fine. */
	for (unsigned i = 0; i < 2; i++) {
		struct igvm_error error = { 0 };

		file_good(&file);
		file_finish(&file);
		put32(file.size - 4096 + 0x3b0, i ? 0x11 : 0x09);
		file_seal(file.bytes, file.size);
		ck_assert(open_bytes(file.bytes, file.size, &error));
		file_free(&file);
	}
	file_good(&file);
	file_finish(&file);
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
	struct igvm_error error;
	struct igvm_file igvm;

	file_good(&file);
	file_finish(&file);
	ck_assert(!igvm_open(&igvm, file.bytes, file.size, scratch, 4,
			     &error));
	ck_assert_uint_eq(error.offset, file.at[CPUID]);
	ck_assert(!igvm_open(&igvm, file.bytes, file.size, NULL, 0, &error));
	file_free(&file);
}
END_TEST

/* ------------------------------------------------- F-01, F-02, F-11 */

/* A copy of exactly this size, so that one byte too far is found. */
static bool open_copy(const uint8_t *bytes, uint32_t size,
		      struct igvm_error *error)
{
	uint8_t *copy = malloc(size ? size : 1);
	bool good;

	memcpy(copy, bytes, size);
	good = open_bytes(copy, size, error);
	free(copy);
	return good;
}

START_TEST(file_cut_anywhere_is_refused)
{
	struct igvm_error error;

	file_good(&file);
	file_finish(&file);
	for (uint32_t size = 0; size < file.size; size++) {
		error = (struct igvm_error){ .offset = ~0ull };
		ck_assert(!open_copy(file.bytes, size, &error));
		ck_assert_uint_le(error.offset, file.size);
		ck_assert_ptr_nonnull(error.reason);
	}
	file_free(&file);
}
END_TEST

/* The same, with a fixed header that fits what is left. */
START_TEST(file_cut_and_sealed_is_refused)
{
	struct igvm_error error;
	uint8_t *copy;
	uint32_t start;

	file_good(&file);
	file_finish(&file);
	memcpy(&start, file.bytes + 12, sizeof(start));
	start += 24;
	for (uint32_t size = 24; size < file.size; size++) {
		uint32_t headers = size < start ? (size - 24) & ~7u :
						  start - 24;

		copy = malloc(size);
		memcpy(copy, file.bytes, size);
		memcpy(copy + 12, &headers, sizeof(headers));
		memcpy(copy + 16, &size, sizeof(size));
		file_seal(copy, size);
		ck_assert(!open_bytes(copy, size, &error));
		ck_assert_uint_le(error.offset, size);
		free(copy);
	}
	file_free(&file);
}
END_TEST

/* Each 16-bit and 32-bit word of all headers: 0, 1, max - 1, max. */
static void mutate(uint32_t at, uint32_t width)
{
	static const uint32_t values[] = { 0, 1, 0xfffffffe, 0xffffffff };
	struct igvm_error error;
	uint8_t saved[4];

	memcpy(saved, file.bytes + at, width);
	for (unsigned i = 0; i < 4; i++) {
		memcpy(file.bytes + at, &values[i], width);
		if (at < 20 || at > 23)
			file_seal(file.bytes, file.size);
		error.reason = NULL;
		ck_assert(open_copy(file.bytes, file.size, &error) ||
			  (error.reason && error.offset <= file.size));
	}
	memcpy(file.bytes + at, saved, width);
	file_seal(file.bytes, file.size);
}

START_TEST(every_field_at_its_limits_is_refused_or_loaded)
{
	uint32_t end;

	file_good(&file);
	file_finish(&file);
	memcpy(&end, file.bytes + 12, sizeof(end));
	end += 24;
	for (uint32_t at = 0; at < end; at += 2) {
		mutate(at, 2);
		if (at % 4 == 0)
			mutate(at, 4);
	}
	file_free(&file);
}
END_TEST

static uint32_t random32(void)
{
	static uint64_t state = 0x5eed;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

START_TEST(mutants_are_refused_or_loaded)
{
	unsigned refused = 0;
	struct igvm_error error;
	uint8_t *good;
	uint32_t end;

	file_good(&file);
	file_finish(&file);
	good = malloc(file.size);
	memcpy(good, file.bytes, file.size);
	memcpy(&end, good + 12, sizeof(end));
	end += 24;
	for (unsigned i = 0; i < 20000; i++) {
		for (unsigned n = random32() % 4 + 1; n != 0; n--)
			file.bytes[random32() % end] = (uint8_t)random32();
		file_seal(file.bytes, file.size);
		refused += !open_bytes(file.bytes, file.size, &error);
		memcpy(file.bytes, good, end);
	}
	ck_assert_uint_gt(refused, 10000);
	free(good);
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
	Suite *suite = suite_create("igvm");

	CASE(suite, "good files",
	     good_file_is_played_in_the_order_of_qemu,
	     file_is_known_after_the_check,
	     group_of_pages_waits_for_the_next_page_header,
	     unknown_optional_header_is_skipped,
	     headers_of_other_platforms_are_skipped, id_block_comes_last,
	     refusal_of_the_loader_names_the_header,
	     a_refusal_ends_the_loading_wherever_it_comes,
	     pages_are_a_group_only_while_they_are_alike,
	     version_2_has_a_longer_header, crc32_is_the_ieee_one);
	CASE(suite, "refusals",
	     fixed_header_is_checked, header_extent_is_checked,
	     sections_are_kept_in_order, platforms_are_checked,
	     masks_are_checked, policy_is_checked, areas_are_checked,
	     uses_of_areas_are_checked, addresses_are_checked,
	     pages_are_checked, required_memory_is_checked,
	     overlaps_are_found, overlap_names_the_second_header,
	     vmsa_is_checked, vmsa_may_hold_only_what_qemu_accepts,
	     vmsa_features_are_checked, id_block_is_checked,
	     too_many_pages_are_refused);
	CASE(suite, "mutants",
	     file_cut_anywhere_is_refused, file_cut_and_sealed_is_refused,
	     every_field_at_its_limits_is_refused_or_loaded,
	     mutants_are_refused_or_loaded);
	return run_suite(suite);
}
