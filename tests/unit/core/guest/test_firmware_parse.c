/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * OVMF metadata: F-12, F-13, F-14.
 */
#include <stdlib.h>
#include <string.h>

#include <svsm/firmware.h>

#include "firmware_image.h"
#include "unit.h"

#define REGION_START	0x8000000ull
#define REGION_LEN	0x400000ull

static struct svsm_firmware_plan plan;
static struct svsm_refusal why;

static enum svsm_status
parse_at(const void *tail, size_t len, uint64_t image_start)
{
	struct svsm_range range = { { image_start }, IMAGE_LEN };
	struct svsm_range region = { { REGION_START }, REGION_LEN };

	why = (struct svsm_refusal){ 0 };
	return svsm_firmware_parse(tail, len, &range, &region, &plan, &why);
}

static enum svsm_status parse(void)
{
	return parse_at(image, sizeof(image), IMAGE_START);
}

static void refused(void)
{
	ck_assert_int_eq(parse(), SVSM_EFORMAT);
	ck_assert_ptr_nonnull(why.what);
}

START_TEST(the_metadata_of_a_real_image_are_understood)
{
	ck_assert_int_eq(parse(), SVSM_OK);
	ck_assert_uint_eq(plan.ranges, 4);
	ck_assert_uint_eq(plan.memory[0].start.v, 0x800000);
	ck_assert_uint_eq(plan.memory[0].len, 0x9000);
	ck_assert_uint_eq(plan.memory[2].len, 0x1f000);
	ck_assert_uint_eq(plan.memory[3].start.v, 0x810000);
	ck_assert_uint_eq(plan.secrets.v, 0x80d000);
	ck_assert_uint_eq(plan.cpuid.v, 0x80e000);
	ck_assert_uint_eq(plan.ca.v, 0x80f000);
	ck_assert_uint_eq(plan.map.start.v, 0x812000);
	ck_assert_uint_eq(plan.map.len, 192);
}
END_TEST

START_TEST(the_tail_of_an_image_is_enough)
{
	ck_assert_int_eq(parse_at(image + 0x2000, sizeof(image) - 0x2000,
				  IMAGE_START), SVSM_OK);
	/* The metadata are before it. */
	ck_assert_int_eq(parse_at(image + 0x3100, sizeof(image) - 0x3100,
				  IMAGE_START), SVSM_EFORMAT);
}
END_TEST

START_TEST(an_image_without_metadata_is_refused)
{
	memset(image, 0, sizeof(image));
	refused();
	memset(image, 0xff, sizeof(image));
	refused();
	image_make();
	image[image_sev_entry + 2] ^= 1;	/* another GUID */
	refused();
}
END_TEST

START_TEST(an_image_without_svsm_support_is_refused)
{
	for (unsigned i = 2; i < 5; i++) {
		image_make();
		image_section(i)->type = SVSM_OVMF_SEC_MEM;
		refused();
	}
}
END_TEST

START_TEST(an_image_without_igvm_metadata_has_no_map)
{
	memset(image + image_sev_entry - 4 - 16, 0xaa, 16);
	ck_assert_int_eq(parse(), SVSM_OK);
	ck_assert_uint_eq(plan.map.len, 0);
}
END_TEST

START_TEST(F_12_lengths_in_the_table)
{
	static const uint16_t lens[] = { 0, 1, 17, 0x7fff, 0xffff };

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(lens); i++) {
		image_make();
		memcpy(image + IMAGE_FOOTER, &lens[i], 2);
		refused();
		image_make();
		memcpy(image + image_sev_entry, &lens[i], 2);
		refused();
	}
	/* An entry that is one byte longer than its data. */
	image_make();
	image[image_sev_entry]++;
	refused();
	/* A table that begins in the middle of an entry. */
	image_make();
	image[IMAGE_FOOTER]--;
	refused();
	image[IMAGE_FOOTER] = (uint8_t)(image[IMAGE_FOOTER] - 30);
	refused();
}
END_TEST

START_TEST(F_12_metadata_out_of_place)
{
	static const uint32_t distances[] = {
		0, 1, 15, IMAGE_LEN + 1, 0x80000000, ~0u, 0x30,
	};

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(distances); i++) {
		image_make();
		memcpy(image + image_sev_entry - 4, &distances[i], 4);
		refused();
	}
}
END_TEST

/* A list that would go on behind the image: its head is the last that fits. */
START_TEST(F_12_metadata_that_do_not_end_in_the_image)
{
	const uint32_t distance = 0x20;

	memcpy(image + IMAGE_LEN - distance, image + IMAGE_SEV, 16);
	memcpy(image + image_sev_entry - 4, &distance, 4);
	refused();
	ck_assert_uint_eq(why.where, distance);
}
END_TEST

START_TEST(F_12_heads_of_metadata)
{
	static const uint32_t values[] = {
		0, 1, 15, 16, 99, 101, 0x10000, 0x55555556, 0x80000000, ~0u,
	};

	for (unsigned field = 0; field < 16; field += 4) {
		for (size_t i = 0; i < SVSM_ARRAY_SIZE(values); i++) {
			if (field == 8 && values[i] == 1)
				continue;	/* the right version */
			image_make();
			memcpy(image + IMAGE_SEV + field, &values[i], 4);
			refused();
			image_make();
			memcpy(image + IMAGE_IGVM + field, &values[i], 4);
			refused();
		}
	}
}
END_TEST

START_TEST(F_13_ranges_over_what_is_not_free)
{
	static const struct svsm_abi_ovmf_section bad[] = {
		{ REGION_START, 0x1000, SVSM_OVMF_SEC_MEM },
		{ REGION_START - 0x1000, 0x2000, SVSM_OVMF_SEC_MEM },
		{ REGION_START + REGION_LEN - 0x1000, 0x2000,
		  SVSM_OVMF_SEC_MEM },
		{ 0x1000000, 0x10000000, SVSM_OVMF_SEC_MEM },
		{ 0, 0xfffff000, SVSM_OVMF_SEC_MEM },
		{ (uint32_t)IMAGE_START, 0x1000, SVSM_OVMF_SEC_MEM },
		{ 0xfffff000, 0xfffff000, SVSM_OVMF_SEC_MEM },
		{ 0x80d000, 0x1000, SVSM_OVMF_SEC_MEM },
		{ 0x80e000, 0x1000, SVSM_OVMF_SEC_MEM },
		{ 0x80f000, 0x1000, SVSM_OVMF_SEC_MEM },
		{ 0x800000, 0x1000, SVSM_OVMF_SEC_MEM },
		{ 0x900800, 0x1000, SVSM_OVMF_SEC_MEM },
		{ 0x900000, 0x1800, SVSM_OVMF_SEC_MEM },
		{ 0x900000, 0, SVSM_OVMF_SEC_MEM },
		{ 0x900000, 0x1000, SVSM_OVMF_SECRETS },
		{ 0x900000, 0x1000, 0 },
		{ 0x900000, 0x1000, 5 },
		{ 0x900000, 0x1000, ~0u },
	};

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(bad); i++) {
		image_make();
		*image_section(6) = bad[i];
		refused();
	}
}
END_TEST

START_TEST(F_13_pages_that_are_not_one_page)
{
	for (unsigned i = 2; i < 5; i++) {
		image_make();
		image_section(i)->base = 0x900000;
		image_section(i)->len = 0x2000;
		refused();
		image_make();
		image_section(i)->base = 0;
		refused();
	}
}
END_TEST

START_TEST(F_13_more_ranges_than_there_is_room_for)
{
	struct svsm_abi_ovmf_metadata *head =
		(struct svsm_abi_ovmf_metadata *)(image + IMAGE_SEV);
	unsigned extra = SVSM_FIRMWARE_RANGES - 4;

	for (unsigned n = extra; n <= extra + 1; n++) {
		image_make();
		/* They may lie over the other metadata: move those away. */
		memset(image + image_sev_entry - 4 - 16, 0xaa, 16);
		for (unsigned i = 0; i < n; i++)
			*image_section(7 + i) = (struct svsm_abi_ovmf_section){
				0x900000 + i * 0x2000, 0x1000,
				SVSM_OVMF_SEC_MEM };
		head->count += n;
		head->len += n * (uint32_t)sizeof(*image_section(0));
		ck_assert_int_eq(parse(), n == extra ? SVSM_OK : SVSM_EFORMAT);
	}
}
END_TEST

START_TEST(F_13_a_map_outside_the_firmwares_memory)
{
	struct svsm_abi_ovmf_section *igvm =
		(struct svsm_abi_ovmf_section *)(image + IMAGE_IGVM + 16);

	igvm[0].base = REGION_START;
	refused();
	image_make();
	igvm[0].base = 0x80d000;		/* the secrets page */
	refused();
	image_make();
	igvm[1].base = ~0u;
	refused();
	image_make();
	igvm[1].len = 0x1001;
	refused();
	image_make();
	igvm[0].len = ~0u;
	igvm[1].base = 0x1f000;
	refused();
}
END_TEST

START_TEST(F_14_an_image_that_is_not_at_the_reset_vector)
{
	ck_assert_int_eq(parse_at(image, sizeof(image), IMAGE_START - 0x1000),
			 SVSM_EFORMAT);
	ck_assert_int_eq(parse_at(image, sizeof(image), 0x1000000),
			 SVSM_EFORMAT);
	ck_assert_int_eq(parse_at(image, 16, IMAGE_START), SVSM_EFORMAT);
	ck_assert_int_eq(parse_at(image, 0, IMAGE_START), SVSM_EFORMAT);
}
END_TEST

/* No byte outside the tail is read (ASan: the copy has its exact size). */
START_TEST(every_single_byte_may_be_anything)
{
	unsigned accepted = 0;

	for (unsigned at = IMAGE_SEV; at < IMAGE_LEN; at++) {
		static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff };

		for (size_t i = 0; i < SVSM_ARRAY_SIZE(values); i++) {
			uint8_t old = image[at];

			image[at] = values[i];
			if (parse() == SVSM_OK) {
				accepted++;
				if (plan.ranges > SVSM_FIRMWARE_RANGES)
					ck_abort_msg("too many ranges");
			}
			image[at] = old;
		}
	}
	ck_assert_uint_gt(accepted, 0);
}
END_TEST

START_TEST(a_tail_cut_anywhere_is_refused_or_complete)
{
	for (size_t cut = 0; cut < sizeof(image); cut += 7) {
		size_t len = sizeof(image) - cut;
		uint8_t *tail = malloc(len);

		ck_assert_ptr_nonnull(tail);
		memcpy(tail, image + cut, len);
		if (parse_at(tail, len, IMAGE_START) == SVSM_OK &&
		    cut > IMAGE_SEV)
			ck_abort_msg("accepted without metadata");
		free(tail);
	}
}
END_TEST

UNIT_MAIN("firmware_parse", image_make, NULL,
	  the_metadata_of_a_real_image_are_understood,
	  the_tail_of_an_image_is_enough,
	  an_image_without_metadata_is_refused,
	  an_image_without_svsm_support_is_refused,
	  an_image_without_igvm_metadata_has_no_map,
	  F_12_lengths_in_the_table, F_12_metadata_out_of_place,
	  F_12_metadata_that_do_not_end_in_the_image,
	  F_12_heads_of_metadata, F_13_ranges_over_what_is_not_free,
	  F_13_pages_that_are_not_one_page,
	  F_13_more_ranges_than_there_is_room_for,
	  F_13_a_map_outside_the_firmwares_memory,
	  F_14_an_image_that_is_not_at_the_reset_vector,
	  every_single_byte_may_be_anything,
	  a_tail_cut_anywhere_is_refused_or_complete)
