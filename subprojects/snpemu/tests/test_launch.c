/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* SHA-384, the launch digest, and the launch of an IGVM file. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "igvm_file.h"
#include "launch.h"
#include "ovmf.h"

static void expect_hex(const uint8_t bytes[SHA384_BYTES], const char *hex)
{
	char text[2 * SHA384_BYTES + 1];
	struct digest digest;

	memcpy(digest.byte, bytes, SHA384_BYTES);
	digest_text(&digest, text);
	ck_assert_str_eq(text, hex);
}

/* ----------------------------------------------------------------- SHA-384 */

/* The examples of FIPS 180-4 and the million of its test vectors. */
START_TEST(sha384_gives_the_answers_of_nist)
{
	static const struct {
		const char *text, *hex;
	} rows[] = {
		{ "", "38b060a751ac96384cd9327eb1b1e36a21fdb71114be0743"
		      "4c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b" },
		{ "abc", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"
			 "1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7" },
		{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
		  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		  "09330c33f71147e83d192fc782cd1b4753111b173b3b05d2"
		  "2fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039" },
	};
	uint8_t out[SHA384_BYTES];

	for (unsigned i = 0; i < 3; i++) {
		sha384(rows[i].text, strlen(rows[i].text), out);
		expect_hex(out, rows[i].hex);
	}
}
END_TEST

START_TEST(sha384_takes_a_million_bytes_in_any_pieces)
{
	static const char answer[] =
		"9d0e1809716474cb086e834e310a4a1ced149e9c00f24852"
		"7972cec5704c2a5b07b8b3dc38ecc4ebae97ddd87f3d8985";
	uint8_t piece[300], out[SHA384_BYTES];
	struct sha384 hash;
	size_t left, step;

	memset(piece, 'a', sizeof(piece));
	for (size_t size = 1; size <= sizeof(piece); size += 61) {
		sha384_init(&hash);
		for (left = 1000000; left != 0; left -= step) {
			step = left < size ? left : size;
			sha384_update(&hash, piece, step);
		}
		sha384_final(&hash, out);
		expect_hex(out, answer);
	}
}
END_TEST

/* Lengths around the end of a block, where padding is easy to get wrong. */
START_TEST(sha384_pads_every_length)
{
	static const struct {
		size_t length;
		const char *hex;
	} rows[] = {
		{ 0,
		  "38b060a751ac96384cd9327eb1b1e36a21fdb71114be0743"
		  "4c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b" },
		{ 1,
		  "bec021b4f368e3069134e012c2b4307083d3a9bdd206e24e"
		  "5f0d86e13d6636655933ec2b413465966817a9c208a11717" },
		{ 111,
		  "435770712c611be7293a66dd0dc8d1450dc7ff7337bfe115"
		  "bf058ef2eb9bed09cee85c26963a5bcc0905dc2df7cc6a76" },
		{ 112,
		  "3e0cbf3aee0e3aa70415beae1bd12dd7db821efa446440f1"
		  "2132edffce76f635e53526a111491e75ee8e27b9700eec20" },
		{ 113,
		  "6be9af2cf3cd5dd12c8d9399ec2b34e66034fbd699d4e022"
		  "1d39074172a380656089caafe8f39963f94cc7c0a07e3d21" },
		{ 127,
		  "485709a91f9846d3eb9824335106532fde8bfd5d770408e0"
		  "899d99db5bf85b79ba04630d1e6d13f9f336915daf7c1d1d" },
		{ 128,
		  "f809b88323411f24a6f152e5e9d9d1b5466b77e0f3c7550f"
		  "8b242c31b6e7b99bcb45bdecb6124bc23283db3b9fc4f5b3" },
		{ 129,
		  "3d27644477d56bfcf9142bee2cdeebb13dd5fac6b1cf3e04"
		  "18a9ecaeae92d32e041c9596a0d25c3812546c78281e8964" },
		{ 239,
		  "70fa2d4b4a97249db1789e4b1964b1eec6c3f7ce1ff87bad"
		  "80833bb078d2f9a4c1dd7dccccabc8511fd22103245338b7" },
		{ 240,
		  "48d522370d1ba3dd4ddb6ff1c3b64e6ae96700480e1b63ec"
		  "7750988d39e704ad7c7fc5e50f4d176b9fa68be954bec6ee" },
		{ 241,
		  "00b7c79a997ba48f2eb4daf16b31cbff81283381741d505d"
		  "d4853a5f0a607818c60c33a1baeb108bd1e7d97bfb597e55" },
		{ 255,
		  "059fb9a5bb7d90988188e1a3d9034d6ae4449d97b056c536"
		  "c1e5b41259ff4f46a9ee5d16ae14ea815dc1749754114f52" },
		{ 256,
		  "983980373213482dd5c9a5a424db89418e3344c459fa31a3"
		  "56e42eaa28544ca01b9839f6593c9e5d79fd439b5da6ebef" },
		{ 257,
		  "90c5083d81f30744c206534dfa7fbc32d948de3090af1085"
		  "9b30ff90a2ecf8b8c6eea6f05c622c0b1944e155362df4b0" },
	};
	uint8_t zeros[300] = { 0 }, out[SHA384_BYTES];

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sha384(zeros, rows[i].length, out);
		expect_hex(out, rows[i].hex);
	}
}
END_TEST

/* ------------------------------------------------------------------ digest */

/* PAGE_INFO, written down once more. */
static void extend_by_hand(struct digest *ld, uint8_t type, uint64_t gpa,
			   const uint8_t *hash, const uint8_t masks[3])
{
	uint8_t info[112] = { 0 };

	memcpy(info, ld->byte, 48);
	if (hash)
		memcpy(info + 48, hash, 48);
	info[0x60] = 112;
	info[0x62] = type;
	memcpy(info + 0x65, masks, 3);
	for (unsigned i = 0; i < 8; i++)
		info[0x68 + i] = (uint8_t)(gpa >> 8 * i);
	sha384(info, sizeof(info), ld->byte);
}

START_TEST(digest_binds_type_address_masks_and_content)
{
	const uint8_t perms[4] = { 9, 1, 2, 3 }, masks[3] = { 1, 2, 3 };
	const uint8_t none[3] = { 0 };
	struct digest ours, theirs;
	uint8_t page[4096], hash[48];

	memset(page, 0x5a, sizeof(page));
	sha384(page, sizeof(page), hash);
	digest_init(&ours);
	digest_init(&theirs);
	for (int type = RMP_TYPE_NORMAL; type <= RMP_TYPE_CPUID; type++) {
		bool content = type == RMP_TYPE_NORMAL;

		if (type == RMP_TYPE_VMSA)
			continue;
		digest_extend(&ours, (enum rmp_page_type)type, 0x123456000,
			      page, NULL);
		extend_by_hand(&theirs, (uint8_t)type, 0x123456000,
			       content ? hash : NULL, none);
		ck_assert_mem_eq(ours.byte, theirs.byte, 48);
	}
	digest_extend(&ours, RMP_TYPE_NORMAL, 0x1000, page, perms);
	extend_by_hand(&theirs, 1, 0x1000, hash, masks);
	ck_assert_mem_eq(ours.byte, theirs.byte, 48);
}
END_TEST

START_TEST(digest_takes_the_tsc_fields_of_a_vmsa_as_zero)
{
	struct digest with, without;
	uint8_t vmsa[4096];

	memset(vmsa, 0x5a, sizeof(vmsa));
	digest_init(&with);
	digest_extend(&with, RMP_TYPE_VMSA, 0x1000, vmsa, NULL);
	memset(vmsa + 0x2f0, 0, 16);
	digest_init(&without);
	digest_extend(&without, RMP_TYPE_VMSA, 0x1000, vmsa, NULL);
	ck_assert_mem_eq(with.byte, without.byte, 48);
	vmsa[0x2ef]++;
	digest_init(&without);
	digest_extend(&without, RMP_TYPE_VMSA, 0x1000, vmsa, NULL);
	ck_assert_mem_ne(with.byte, without.byte, 48);
}
END_TEST

/* ------------------------------------------------------------------ launch */

static struct file file;
static struct launch launch;
static struct igvm_file igvm;
static uint8_t areas[4][0x2000];
static unsigned pages, vmsas;
static const char *refusal;
static struct digest by_hand;

static const char *on_area(void *ctx, uint32_t index, uint32_t bytes,
			   uint8_t **storage)
{
	(void)ctx;
	memset(areas[index], 0, bytes);
	*storage = areas[index];
	return NULL;
}

static const char *on_table(void *ctx, uint8_t *area, uint32_t bytes)
{
	(void)ctx;
	area[0] = (uint8_t)(bytes >> 12);
	return NULL;
}

static uint32_t on_count(void *ctx)
{
	(void)ctx;
	return 2;
}

static const char *on_required(void *ctx, uint64_t gpa, uint32_t bytes)
{
	(void)ctx;
	return gpa + bytes > 0x1000000 ? "not that much memory" : NULL;
}

static const char *on_page(void *ctx, enum rmp_page_type type, uint64_t gpa,
			   const uint8_t *content)
{
	static const uint8_t none[3];
	uint8_t hash[48];

	(void)ctx;
	ck_assert((content == NULL) == (type == RMP_TYPE_SECRETS ||
					type == RMP_TYPE_CPUID));
	if (content)
		sha384(content, 4096, hash);
	extend_by_hand(&by_hand, (uint8_t)type, gpa,
		       type == RMP_TYPE_NORMAL ? hash : NULL, none);
	pages++;
	return refusal;
}

static const char *on_vmsa(void *ctx, uint64_t gpa, const uint8_t *vmsa)
{
	static const uint8_t none[3];
	uint8_t hash[48];

	(void)ctx;
	ck_assert_uint_eq(gpa, VMSA_GPA);
	sha384(vmsa, 4096, hash);
	extend_by_hand(&by_hand, RMP_TYPE_VMSA, gpa, hash, none);
	vmsas++;
	return NULL;
}

static const struct launch_ops ops = {
	.area = on_area, .memory_map = on_table, .madt = on_table,
	.vp_count = on_count, .required = on_required, .page = on_page,
	.vmsa = on_vmsa,
};

static bool run_launch(struct igvm_error *error)
{
	uint64_t scratch[32];
	bool good;

	digest_init(&by_hand);
	pages = vmsas = 0;
	file_finish(&file);
	good = igvm_open(&igvm, file.bytes, file.size, scratch, 32, error) &&
	       launch_igvm(&launch, &igvm, &ops, NULL, error);
	file_free(&file);
	return good;
}

START_TEST(launch_adds_all_pages_and_the_vmsa_last)
{
	struct igvm_error error;

	file_good(&file);
	ck_assert(run_launch(&error));
	ck_assert_uint_eq(pages, 10);
	ck_assert_uint_eq(vmsas, 1);
	ck_assert_int_eq(launch.state, LAUNCH_RUNNING);
	ck_assert_mem_eq(launch.ld.byte, by_hand.byte, 48);
	ck_assert_uint_eq(launch.policy, 0x30000);
	ck_assert_uint_eq(launch.pages[RMP_TYPE_NORMAL], 2);
	ck_assert_uint_eq(launch.pages[RMP_TYPE_VMSA], 1);
	ck_assert_uint_eq(launch.pages[RMP_TYPE_UNMEASURED], 5);
}
END_TEST

START_TEST(launch_fills_the_parameters)
{
	struct igvm_error error;

	file_good(&file);
	ck_assert(run_launch(&error));
	ck_assert_uint_eq(areas[0][8], 2);
	ck_assert_uint_eq(areas[0][4], 1);
	ck_assert_uint_eq(areas[1][0], 2);
	ck_assert_uint_eq(areas[2][0], 1);
}
END_TEST

static void minimal(uint64_t policy)
{
	memset(&file, 0, sizeof(file));
	file_platform(&file, MASK, 2);
	file_policy(&file, policy);
	file_page(&file, 0x1000, 0, 0, 1);
	file_vmsa(&file);
}

START_TEST(launch_checks_the_policy)
{
	static const uint64_t bad[] = {
		0, 0x10000, 0x30000 | 1ull << 26, 0x30000 | 1ull << 63,
		0x30200, 0x3013b,
	};
	static const uint64_t good[] = {
		0x20000, 0x30000, 0x3013a, 0xb0000, 0x3ff0000 & ~0x40000ull,
	};
	struct igvm_error error;

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		minimal(bad[i]);
		ck_assert(!run_launch(&error));
		ck_assert_str_eq(error.reason,
				 psp_status_text(PSP_POLICY_FAILURE));
		ck_assert_uint_eq(pages, 0);
	}
	for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		minimal(good[i]);
		ck_assert(run_launch(&error));
	}
}
END_TEST

START_TEST(launch_without_a_policy_uses_qemus)
{
	struct igvm_error error;

	memset(&file, 0, sizeof(file));
	file_platform(&file, MASK, 2);
	file_vmsa(&file);
	ck_assert(run_launch(&error));
	ck_assert_uint_eq(launch.policy, SNP_POLICY_DEFAULT);
}
END_TEST

START_TEST(launch_stops_where_the_machine_refuses)
{
	struct igvm_error error;

	minimal(0x30000);
	refusal = "no memory there";
	ck_assert(!run_launch(&error));
	refusal = NULL;
	ck_assert_str_eq(error.reason, "no memory there");
	ck_assert_uint_eq(vmsas, 0);
	ck_assert_int_eq(launch.state, LAUNCH_STARTED);
}
END_TEST

static void with_id_block(const struct digest *digest, uint32_t field,
			  uint8_t value)
{
	unsigned n;

	memset(&file, 0, sizeof(file));
	file_platform(&file, MASK, 2);
	file_policy(&file, 0x30000);
	n = file_id_block(&file, digest->byte);
	if (field != 0)
		file.header[n].content[field] = value;
	file_page(&file, 0x1000, 0, 0, 1);
	file_vmsa(&file);
}

START_TEST(launch_compares_the_id_block)
{
	struct igvm_error error;
	struct digest expected;

	minimal(0x30000);
	ck_assert(run_launch(&error));
	expected = launch.ld;
	with_id_block(&expected, 0, 0);
	ck_assert(run_launch(&error));
	with_id_block(&expected, 0x60, 2);
	ck_assert(!run_launch(&error));
	ck_assert_str_eq(error.reason, psp_status_text(PSP_INVALID_PARAM));
	with_id_block(&expected, 4, 1);
	ck_assert(!run_launch(&error));
	ck_assert_str_eq(error.reason, psp_status_text(PSP_INVALID_PARAM));
	expected.byte[47] ^= 1;
	with_id_block(&expected, 0, 0);
	ck_assert(!run_launch(&error));
	ck_assert_str_eq(error.reason, psp_status_text(PSP_BAD_MEASUREMENT));
}
END_TEST

START_TEST(launch_commands_check_the_guests_state)
{
	uint8_t page[4096] = { 0 };

	memset(&launch, 0, sizeof(launch));
	ck_assert_int_eq(launch_measure(&launch, RMP_TYPE_NORMAL, 0, page),
			 PSP_INVALID_GUEST_STATE);
	ck_assert_int_eq(launch_finish(&launch), PSP_INVALID_GUEST_STATE);
	ck_assert_int_eq(launch_start(&launch, 0x30000), PSP_SUCCESS);
	ck_assert_int_eq(launch_start(&launch, 0x30000),
			 PSP_INVALID_GUEST_STATE);
	ck_assert_int_eq(launch_measure(&launch, (enum rmp_page_type)7, 0,
					page), PSP_INVALID_PARAM);
	ck_assert_int_eq(launch_finish(&launch), PSP_SUCCESS);
	ck_assert_int_eq(launch_measure(&launch, RMP_TYPE_NORMAL, 0, page),
			 PSP_INVALID_GUEST_STATE);
}
END_TEST

START_TEST(secrets_page_has_its_layout)
{
	struct launch_secrets secrets = { .fms = 0xa00f11, .tsc_factor = 200 };
	uint8_t page[4096];

	memset(secrets.vmpck, 0x77, sizeof(secrets.vmpck));
	memset(page, 0xff, sizeof(page));
	launch_secrets_page(&secrets, page);
	ck_assert_uint_eq(page[0], 3);
	ck_assert_uint_eq(page[8], 0x11);
	ck_assert_uint_eq(page[0x1f], 0);
	for (unsigned i = 0x20; i < 0xa0; i++)
		ck_assert_uint_eq(page[i], 0x77);
	ck_assert_uint_eq(page[0xa0], 0);
	ck_assert_uint_eq(page[0x160], 200);
	ck_assert_uint_eq(page[0xfff], 0);
}
END_TEST

START_TEST(every_status_has_a_name)
{
	ck_assert_str_eq(psp_status_text(PSP_SUCCESS), "success");
	ck_assert_str_eq(psp_status_text((enum psp_status)0x77),
			 "unknown firmware status");
	for (int i = 0; i < 0x30; i++)
		ck_assert_ptr_nonnull(psp_status_text((enum psp_status)i));
}
END_TEST

/* ---------------------------------------------------------- plain firmware */

#define IMAGE_BYTES	0x4000u
#define META_AT		0x3000u

static uint8_t image[IMAGE_BYTES];

static void put32(uint32_t at, uint32_t value)
{
	memcpy(image + at, &value, sizeof(value));
}

static void put16(uint32_t at, uint16_t value)
{
	memcpy(image + at, &value, sizeof(value));
}

static const uint8_t guids[3][16] = {
	{ 0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45,
	  0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d },
	{ 0x66, 0x65, 0x88, 0xdc, 0x4a, 0x98, 0x98, 0x47,
	  0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc },
	{ 0xde, 0x71, 0xf7, 0x00, 0x7e, 0x1a, 0xcb, 0x4f,
	  0x89, 0x0e, 0x68, 0xc7, 0x7e, 0x2f, 0xb4, 0x4e },
};

#define FOOTER_AT	(IMAGE_BYTES - 0x32)
#define META_ENTRY_AT	(FOOTER_AT - 22)
#define RESET_ENTRY_AT	(META_ENTRY_AT - 22)

/* Table: AP reset address, metadata offset, footer; metadata: 5 sections. */
static void build_image(void)
{
	static const uint32_t sections[][3] = {
		{ 0x800000, 0x3000, 1 }, { 0x80d000, 0x1000, 2 },
		{ 0x80e000, 0x1000, 3 }, { 0x80f000, 0x1000, 4 },
		{ 0x810000, 0x1000, 0x10 },
	};

	for (uint32_t i = 0; i < IMAGE_BYTES; i++)
		image[i] = (uint8_t)(i * 7 + (i >> 8));
	put16(FOOTER_AT, 18 + 22 + 22);
	memcpy(image + FOOTER_AT + 2, guids[0], 16);
	put32(META_ENTRY_AT, IMAGE_BYTES - META_AT);
	put16(META_ENTRY_AT + 4, 22);
	memcpy(image + META_ENTRY_AT + 6, guids[1], 16);
	put32(RESET_ENTRY_AT, 0x80b004);
	put16(RESET_ENTRY_AT + 4, 22);
	memcpy(image + RESET_ENTRY_AT + 6, guids[2], 16);
	put32(META_AT, 0x56455341);
	put32(META_AT + 4, 76);
	put32(META_AT + 8, 1);
	put32(META_AT + 12, 5);
	memcpy(image + META_AT + 16, sections, sizeof(sections));
}

static const char *measure(unsigned vcpus, struct digest *ld)
{
	const struct ovmf_launch request = {
		.image = image, .size = IMAGE_BYTES, .vcpus = vcpus,
		.signature = OVMF_SIGNATURE_MILAN, .sev_features = 1,
	};

	return ovmf_launch_digest(&request, ld);
}

/*
 * Computed for this image with the algorithm of virtee's sev-snp-measure; the
 * real OVMF images of its known answers are not in this tree.
 */
START_TEST(plain_firmware_launch_has_the_known_digest)
{
	struct digest ld;

	build_image();
	ck_assert_ptr_null(measure(1, &ld));
	expect_hex(ld.byte,
		   "847239b055f9fefe84efc8f68d529c76684b33690e053b56"
		   "f6083c8ef7a7c198237917082835422ce9736e8ed968b511");
	ck_assert_ptr_null(measure(4, &ld));
	expect_hex(ld.byte,
		   "81892d48730b7231177b3c1fb197211cb34426b227d51e7b"
		   "11d0eb7c4bf14bba9bdc3e9da673bf1a5dd4b4ebad8d8016");
}
END_TEST

static void expect_reason(unsigned vcpus, const char *reason)
{
	struct digest ld;
	const char *got = measure(vcpus, &ld);

	ck_assert_ptr_nonnull(got);
	ck_assert_str_eq(got, reason);
	build_image();
}

START_TEST(plain_firmware_launch_refuses_bad_images)
{
	static const char none[] = "the firmware has no SEV metadata";

	build_image();
	expect_reason(0, "the number of vCPUs is out of range");
	expect_reason(4097, "the number of vCPUs is out of range");
	image[FOOTER_AT + 2]++;
	expect_reason(1, none);
	put16(FOOTER_AT, 17);
	expect_reason(1, none);
	put16(FOOTER_AT, 0xffff);
	expect_reason(1, none);
	put16(META_ENTRY_AT + 4, 0);
	expect_reason(1, none);
	put16(META_ENTRY_AT + 4, 45);
	expect_reason(1, none);
	put16(META_ENTRY_AT + 4, 19);
	expect_reason(1, none);
	put32(META_ENTRY_AT, 0xffffffff);
	expect_reason(1, none);
	put32(META_ENTRY_AT, 8);
	expect_reason(1, none);
	put32(META_AT, 0);
	expect_reason(1, none);
	put32(META_AT + 12, 0xffffffff);
	expect_reason(1, none);
	put32(META_AT + 24, 9);
	expect_reason(1, "unknown section in the firmware's metadata");
	put32(META_AT + 16, 0x800001);
	expect_reason(1, "misaligned section in the firmware's metadata");
	image[RESET_ENTRY_AT + 6]++;
	expect_reason(2, "the firmware has no reset address for further vCPUs");
}
END_TEST

START_TEST(plain_firmware_launch_checks_the_size)
{
	static const uint64_t sizes[] = { 0, 4095, 4097, 1ull << 33 };
	struct ovmf_launch request = { .image = image, .vcpus = 1 };
	struct digest ld;

	for (unsigned i = 0; i < 4; i++) {
		request.size = sizes[i];
		ck_assert_ptr_nonnull(ovmf_launch_digest(&request, &ld));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("launch");

	CASE(suite, "sha384",
	     sha384_gives_the_answers_of_nist,
	     sha384_takes_a_million_bytes_in_any_pieces,
	     sha384_pads_every_length);
	CASE(suite, "digest",
	     digest_binds_type_address_masks_and_content,
	     digest_takes_the_tsc_fields_of_a_vmsa_as_zero);
	CASE(suite, "launch",
	     launch_adds_all_pages_and_the_vmsa_last,
	     launch_fills_the_parameters, launch_checks_the_policy,
	     launch_without_a_policy_uses_qemus,
	     launch_stops_where_the_machine_refuses,
	     launch_compares_the_id_block,
	     launch_commands_check_the_guests_state,
	     secrets_page_has_its_layout, every_status_has_a_name);
	CASE(suite, "plain firmware",
	     plain_firmware_launch_has_the_known_digest,
	     plain_firmware_launch_refuses_bad_images,
	     plain_firmware_launch_checks_the_size);
	return run_suite(suite);
}
