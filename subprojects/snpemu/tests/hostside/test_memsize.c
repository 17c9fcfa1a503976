// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Memory sizes in CMOS and e820. */
#include "memsize.h"
#include "tests.h"

#define MIB	(1ull << 20)
#define GIB	(1ull << 30)

static uint64_t field(uint64_t low, uint64_t high, uint8_t index, unsigned n)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < n; i++) {
		uint8_t byte;

		ck_assert(cmos_memory_byte(low, high, (uint8_t)(index + i),
					   &byte));
		value |= (uint64_t)byte << 8 * i;
	}
	return value;
}

START_TEST(cmos_tells_the_guests_share)
{
	ck_assert_uint_eq(field(512 * MIB, 0, 0x34, 2), 496 * 16);
	ck_assert_uint_eq(field(512 * MIB, 0, 0x5b, 3), 0);
	ck_assert_uint_eq(field(2 * GIB, 3 * GIB / 2, 0x34, 2), 2032 * 16);
	ck_assert_uint_eq(field(2 * GIB, 3 * GIB / 2, 0x5b, 3), 1536 * 16);
	ck_assert_uint_eq(field(512 * MIB, 0, 0x30, 2), 0xffff);
	ck_assert_uint_eq(field(8 * MIB, 0, 0x17, 2), 7 * 1024);
	ck_assert_uint_eq(field(8 * MIB, 0, 0x34, 2), 0);
	ck_assert_uint_eq(field(8 * MIB, 0, 0x15, 2), 640);
}
END_TEST

START_TEST(other_cmos_bytes_are_the_devices)
{
	uint8_t byte;

	for (unsigned i = 0; i < 0x15; i++)
		ck_assert(!cmos_memory_byte(GIB, 0, (uint8_t)i, &byte));
	ck_assert(!cmos_memory_byte(GIB, 0, 0x32, &byte));
	ck_assert(!cmos_memory_byte(GIB, 0, 0x5e, &byte));
}
END_TEST

static void expect(const struct e820_entry *e, uint64_t address,
		   uint64_t length, uint32_t type)
{
	ck_assert_uint_eq(e->address, address);
	ck_assert_uint_eq(e->length, length);
	ck_assert_uint_eq(e->type, type);
}

START_TEST(e820_is_cut_to_the_guests_share)
{
	struct e820_entry table[] = {
		{ 0, 2 * GIB, E820_RAM },
		{ 0xfd00000000, 3 * GIB, E820_RESERVED },
		{ 4 * GIB, 8 * GIB, E820_RAM },
		{ 16 * GIB, GIB, E820_RAM },
	};

	ck_assert_uint_eq(e820_clip(table, 4, GIB, 0), 2);
	expect(&table[0], 0, GIB, E820_RAM);
	expect(&table[1], 0xfd00000000, 3 * GIB, E820_RESERVED);
}
END_TEST

START_TEST(e820_keeps_memory_above_4_gib)
{
	struct e820_entry table[] = {
		{ 0, 2 * GIB, E820_RAM },
		{ 4 * GIB, ~0ull, E820_RAM },
	};

	ck_assert_uint_eq(e820_clip(table, 2, 2 * GIB, GIB), 2);
	expect(&table[1], 4 * GIB, GIB, E820_RAM);
}
END_TEST

START_TEST(e820_reserves_the_middle_of_an_entry)
{
	struct e820_entry table[8] = {
		{ 0, GIB, E820_RAM }, { 4 * GIB, GIB, E820_RAM },
	};
	unsigned count = 2;

	ck_assert(e820_reserve(table, &count, 8, 512 * MIB, 8 * MIB));
	ck_assert_uint_eq(count, 4);
	expect(&table[0], 0, 512 * MIB, E820_RAM);
	expect(&table[1], 520 * MIB, 504 * MIB, E820_RAM);
	expect(&table[2], 4 * GIB, GIB, E820_RAM);
	expect(&table[3], 512 * MIB, 8 * MIB, E820_RESERVED);
}
END_TEST

START_TEST(e820_reserves_ends_and_whole_entries)
{
	struct e820_entry table[8] = {
		{ 0, GIB, E820_RAM }, { GIB, GIB, E820_RAM },
		{ 2 * GIB, GIB, E820_RAM },
	};
	unsigned count = 3;

	ck_assert(e820_reserve(table, &count, 8, GIB / 2, 2 * GIB));
	ck_assert_uint_eq(count, 3);
	expect(&table[0], 0, GIB / 2, E820_RAM);
	expect(&table[1], 5 * GIB / 2, GIB / 2, E820_RAM);
	expect(&table[2], GIB / 2, 2 * GIB, E820_RESERVED);
}
END_TEST

START_TEST(e820_refuses_what_it_cannot_hold)
{
	struct e820_entry table[2] = { { 0, GIB, E820_RAM } };
	unsigned count = 1;

	ck_assert(!e820_reserve(table, &count, 2, MIB, MIB));
	ck_assert(!e820_reserve(table, &count, 2, ~0ull, MIB));
	ck_assert_uint_eq(count, 1);
}
END_TEST

TCase *memsize_case(void)
{
	TCase *tc = tcase_create("memsize");

	tcase_add_test(tc, cmos_tells_the_guests_share);
	tcase_add_test(tc, other_cmos_bytes_are_the_devices);
	tcase_add_test(tc, e820_is_cut_to_the_guests_share);
	tcase_add_test(tc, e820_keeps_memory_above_4_gib);
	tcase_add_test(tc, e820_reserves_the_middle_of_an_entry);
	tcase_add_test(tc, e820_reserves_ends_and_whole_entries);
	tcase_add_test(tc, e820_refuses_what_it_cannot_hold);
	return tc;
}
