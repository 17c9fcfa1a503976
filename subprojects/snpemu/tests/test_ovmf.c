/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The launch of plain firmware: its digest, and images that are refused. */
#include "suite.h"

#include <string.h>

#include "by_hand.h"
#include "ovmf.h"

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
	Suite *suite = suite_create("ovmf");

	CASE(suite, "plain firmware",
	     plain_firmware_launch_has_the_known_digest,
	     plain_firmware_launch_refuses_bad_images,
	     plain_firmware_launch_checks_the_size);
	return run_suite(suite);
}
