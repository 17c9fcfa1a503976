/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Memory map and CPU list from a hostile host: B-13, B-14, F-15.
 */
#include <stdlib.h>
#include <string.h>

#include <svsm/abi/acpi.h>
#include <svsm/abi/igvm_params.h>
#include <svsm/params.h>

#include "unit.h"

#define REGION_START	0x8000000ull
#define REGION_LEN	0x400000ull
#define ENTRIES		170u	/* what a page holds */

static struct svsm_abi_igvm_memory map[ENTRIES];
static struct svsm_abi_igvm_general general;
static unsigned char *madt;	/* of the exact size: ASan guards its end */
static size_t madt_room;
static struct svsm_params params;
static struct svsm_refusal why;

static void setup(void)
{
	memset(map, 0, sizeof(map));
	general = (struct svsm_abi_igvm_general){ .vp_count = 2 };
	memset(&params, 0, sizeof(params));
	why = (struct svsm_refusal){ 0 };
	madt = NULL;
	madt_room = 0;
}

static void teardown(void)
{
	free(madt);
}

static struct svsm_params_source source(void)
{
	return (struct svsm_params_source){
		.general = &general, .memory_map = map,
		.memory_map_len = sizeof(map), .madt = madt,
		.madt_len = madt_room,
		.region = { { REGION_START }, REGION_LEN },
		.gpa_limit = 1ull << 46, .max_cpus = 8,
	};
}

static void entry(unsigned i, uint64_t start, uint64_t end, uint16_t type)
{
	map[i].start_page = start / 4096;
	map[i].pages = (end - start) / 4096;
	map[i].type = type;
}

static enum svsm_status read_memory(void)
{
	struct svsm_params_source src = source();

	return svsm_params_memory(&src, &params, &why);
}

static void refused_at(uint64_t where)
{
	ck_assert_int_eq(read_memory(), SVSM_EFORMAT);
	ck_assert_ptr_nonnull(why.what);
	ck_assert_uint_eq(why.where, where);
}

START_TEST(a_map_as_qemu_makes_it_is_taken)
{
	entry(0, 0, 0x80000000, SVSM_IGVM_MEMORY);
	entry(1, 0xb0000000, 0xc0000000, SVSM_IGVM_RESERVED);
	entry(2, 0x100000000, 0x180000000, SVSM_IGVM_MEMORY);
	ck_assert_int_eq(read_memory(), SVSM_OK);
	ck_assert_uint_eq(params.ranges, 2);
	ck_assert_uint_eq(params.memory[0].len, 0x80000000);
	ck_assert_uint_eq(params.memory[1].start.v, 0x100000000);
}
END_TEST

START_TEST(neighbours_are_joined)
{
	entry(0, 0, 0x1000, SVSM_IGVM_MEMORY);
	entry(1, 0x1000, 0x9000, SVSM_IGVM_MEMORY);
	entry(2, 0x9000, 0xa000, SVSM_IGVM_RESERVED);
	entry(3, 0xa000, 0xb000, SVSM_IGVM_MEMORY);
	ck_assert_int_eq(read_memory(), SVSM_OK);
	ck_assert_uint_eq(params.ranges, 2);
	ck_assert_uint_eq(params.memory[0].len, 0x9000);
}
END_TEST

START_TEST(B_13_overlaps_duplicates_and_disorder)
{
	entry(0, 0, 0x100000, SVSM_IGVM_MEMORY);
	entry(1, 0xff000, 0x200000, SVSM_IGVM_MEMORY);
	refused_at(1);
	entry(1, 0, 0x100000, SVSM_IGVM_MEMORY);
	refused_at(1);
	entry(1, 0x400000, 0x500000, SVSM_IGVM_MEMORY);
	entry(2, 0x200000, 0x300000, SVSM_IGVM_RESERVED);
	refused_at(2);
	entry(2, 0x4ff000, 0x500000, SVSM_IGVM_RESERVED);
	refused_at(2);
}
END_TEST

START_TEST(B_13_an_empty_map)
{
	refused_at(0);
	entry(0, 0, 0x100000, SVSM_IGVM_RESERVED);
	refused_at(1);
}
END_TEST

START_TEST(B_13_numbers_that_wrap)
{
	static const struct {
		uint64_t start, pages;
	} cases[] = {
		{ 1ull << 52, 1 }, { ~0ull, 1 }, { 0, 1ull << 52 },
		{ 0, ~0ull }, { 1, (1ull << 52) - 1 },
		{ (1ull << 52) - 1, 1 }, { (1ull << 52) - 1, 2 },
		{ 1ull << 63, 1ull << 63 },
	};

	entry(0, 0, 0x100000, SVSM_IGVM_MEMORY);
	for (size_t i = 0; i < SVSM_ARRAY_SIZE(cases); i++) {
		map[1].start_page = cases[i].start;
		map[1].pages = cases[i].pages;
		map[1].type = SVSM_IGVM_MEMORY;
		refused_at(1);
		map[1].type = SVSM_IGVM_RESERVED;
		refused_at(1);
	}
}
END_TEST

START_TEST(B_13_B_14_above_the_physical_width_or_with_the_c_bit)
{
	entry(0, 0, 0x100000, SVSM_IGVM_MEMORY);
	entry(1, 0x100000000, 1ull << 46, SVSM_IGVM_MEMORY);
	ck_assert_int_eq(read_memory(), SVSM_OK);
	map[1].pages++;
	refused_at(1);
	entry(1, 1ull << 51, (1ull << 51) + 0x1000, SVSM_IGVM_MEMORY);
	refused_at(1);
	entry(1, 1ull << 47, (1ull << 47) + 0x1000, SVSM_IGVM_MEMORY);
	refused_at(1);
}
END_TEST

START_TEST(B_13_more_entries_than_there_is_room_for)
{
	for (unsigned i = 0; i < ENTRIES; i++)
		entry(i, i * 0x2000ull, i * 0x2000ull + 0x1000,
		      SVSM_IGVM_RESERVED);
	refused_at(ENTRIES);
	for (unsigned i = 0; i < ENTRIES; i++)
		map[i].type = SVSM_IGVM_MEMORY;
	refused_at(SVSM_PARAMS_RANGES);
	entry(SVSM_PARAMS_RANGES, 0, 0, 0);
	ck_assert_int_eq(read_memory(), SVSM_OK);
	ck_assert_uint_eq(params.ranges, SVSM_PARAMS_RANGES);
}
END_TEST

/* The startup VMSA and the firmware. */
START_TEST(B_13_entries_that_cover_launched_pages)
{
	struct svsm_params_source src = source();

	src.launched[0] = (struct svsm_range){ { 0x20000000 }, 0x1000 };
	src.launched[1] = (struct svsm_range){ { 0xffc00000 }, 0x400000 };
	entry(0, 0, 0x20001000, SVSM_IGVM_MEMORY);
	ck_assert_int_eq(svsm_params_memory(&src, &params, &why), SVSM_EFORMAT);
	ck_assert_str_eq(why.what, "memory map: entry has launched pages");
	entry(0, 0, 0x20000000, SVSM_IGVM_MEMORY);
	ck_assert_int_eq(svsm_params_memory(&src, &params, &why), SVSM_OK);
	entry(1, 0x20001000, 0x100000000, SVSM_IGVM_MEMORY);
	ck_assert_int_eq(svsm_params_memory(&src, &params, &why), SVSM_EFORMAT);
	ck_assert_uint_eq(why.where, 1);
	/* A flash chip is said to be there, and is. */
	map[1].type = SVSM_IGVM_RESERVED;
	ck_assert_int_eq(svsm_params_memory(&src, &params, &why), SVSM_OK);
	/* Inside of the region it is the region's affair. */
	entry(0, 0, 0x40000000, SVSM_IGVM_MEMORY);
	entry(1, 0, 0, 0);
	src.launched[0].start.v = REGION_START + 0x5000;
	ck_assert_int_eq(svsm_params_memory(&src, &params, &why), SVSM_OK);
	src.launched[0].start.v = REGION_START - 0x1000;
	ck_assert_int_eq(svsm_params_memory(&src, &params, &why), SVSM_EFORMAT);
}
END_TEST

/* RAM is one piece to the host, so its entry covers us; a boundary inside us
 * is a lie. svsm_guest_init() cuts us out. */
START_TEST(B_13_entries_that_touch_the_svsm)
{
	static const struct {
		uint64_t start, end;
		enum svsm_status status;
	} cases[] = {
		{ 0, 0x40000000, SVSM_OK },
		{ REGION_START, REGION_START + REGION_LEN, SVSM_OK },
		{ 0, REGION_START, SVSM_OK },
		{ REGION_START + REGION_LEN, 0x40000000, SVSM_OK },
		{ 0, REGION_START + 0x1000, SVSM_EFORMAT },
		{ REGION_START + 0x1000, 0x40000000, SVSM_EFORMAT },
		{ REGION_START + REGION_LEN - 0x1000, 0x40000000,
		  SVSM_EFORMAT },
		{ REGION_START + 0x1000, REGION_START + 0x2000, SVSM_EFORMAT },
		{ 0, REGION_START + REGION_LEN - 0x1000, SVSM_EFORMAT },
	};

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(cases); i++) {
		entry(0, cases[i].start, cases[i].end, SVSM_IGVM_MEMORY);
		ck_assert_int_eq(read_memory(), cases[i].status);
		map[0].type = SVSM_IGVM_RESERVED;
		if (cases[i].status != SVSM_OK)
			ck_assert_int_eq(read_memory(), SVSM_EFORMAT);
	}
}
END_TEST

START_TEST(a_map_without_room_for_one_entry_is_refused)
{
	struct svsm_params_source src = source();

	src.memory_map_len = sizeof(map[0]) - 1;
	ck_assert_int_eq(svsm_params_memory(&src, &params, &why),
			 SVSM_EFORMAT);
}
END_TEST

/* -------------------------------------------------------------------- CPUs */

static void begin_madt(size_t room)
{
	struct svsm_abi_acpi_madt head = {
		.header.signature = SVSM_ACPI_MADT_SIGNATURE,
		.header.len = sizeof(head),
	};

	free(madt);
	madt_room = room;
	madt = calloc(1, room);
	ck_assert_ptr_nonnull(madt);
	memcpy(madt, &head, sizeof(head) < room ? sizeof(head) : room);
}

static uint32_t madt_len(void)
{
	return ((struct svsm_abi_acpi_madt *)madt)->header.len;
}

static void add_sub(const void *sub, size_t len)
{
	ck_assert_uint_le(madt_len() + len, madt_room);
	memcpy(madt + madt_len(), sub, len);
	((struct svsm_abi_acpi_madt *)madt)->header.len += (uint32_t)len;
}

static void add_lapic(uint8_t apic_id, uint32_t flags)
{
	const struct svsm_abi_acpi_lapic lapic = {
		.sub = { SVSM_ACPI_LAPIC, sizeof(lapic) },
		.apic_id = apic_id, .flags = flags,
	};

	add_sub(&lapic, sizeof(lapic));
}

static void add_x2apic(uint32_t apic_id, uint32_t flags)
{
	const struct svsm_abi_acpi_x2apic x2apic = {
		.sub = { SVSM_ACPI_X2APIC, sizeof(x2apic) },
		.apic_id = apic_id, .flags = flags,
	};

	add_sub(&x2apic, sizeof(x2apic));
}

static enum svsm_status read_cpus(void)
{
	struct svsm_params_source src = source();

	return svsm_params_cpus(&src, &params, &why);
}

START_TEST(enabled_cpus_of_both_kinds_are_taken)
{
	const struct svsm_abi_acpi_sub ioapic = { 1, 12 };
	unsigned char body[12] = { ioapic.type, ioapic.len };

	begin_madt(4096);
	add_lapic(0, SVSM_ACPI_CPU_ENABLED);
	add_sub(body, sizeof(body));
	add_lapic(4, SVSM_ACPI_CPU_ENABLED);
	add_lapic(5, SVSM_ACPI_CPU_ONLINE_CAPABLE);
	add_x2apic(1000, SVSM_ACPI_CPU_ENABLED);
	add_x2apic(1000, 0);
	ck_assert_int_eq(read_cpus(), SVSM_OK);
	ck_assert_uint_eq(params.cpus, 3);
	ck_assert(svsm_params_has_cpu(&params, 0));
	ck_assert(svsm_params_has_cpu(&params, 4));
	ck_assert(svsm_params_has_cpu(&params, 1000));
	ck_assert(!svsm_params_has_cpu(&params, 5));
	ck_assert(!params.cpus_capped);
}
END_TEST

START_TEST(without_a_table_the_count_decides)
{
	general.vp_count = 3;
	ck_assert_int_eq(read_cpus(), SVSM_OK);
	ck_assert_uint_eq(params.cpus, 3);
	begin_madt(4096);
	memset(madt, 0, madt_room);
	ck_assert_int_eq(read_cpus(), SVSM_OK);
	ck_assert(svsm_params_has_cpu(&params, 2));
	general.vp_count = 0xffffffff;
	ck_assert_int_eq(read_cpus(), SVSM_OK);
	ck_assert_uint_eq(params.cpus, 8);
	ck_assert(params.cpus_capped);
	general.vp_count = 0;
	ck_assert_int_eq(read_cpus(), SVSM_EFORMAT);
}
END_TEST

START_TEST(the_environment_says_how_memory_starts)
{
	general.environment = SVSM_IGVM_ENV_SHARED;
	ck_assert_int_eq(read_cpus(), SVSM_OK);
	ck_assert(params.starts_shared);
	general.environment = ~SVSM_IGVM_ENV_SHARED;
	ck_assert_int_eq(read_cpus(), SVSM_OK);
	ck_assert(!params.starts_shared);
}
END_TEST

START_TEST(F_15_a_table_of_a_wrong_length)
{
	static const uint32_t lens[] = { 0, 1, 43, 4097, 0x7fffffff, ~0u };

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(lens); i++) {
		begin_madt(4096);
		add_lapic(0, SVSM_ACPI_CPU_ENABLED);
		((struct svsm_abi_acpi_madt *)madt)->header.len = lens[i];
		ck_assert_int_eq(read_cpus(), SVSM_EFORMAT);
	}
	begin_madt(40);
	ck_assert_int_eq(read_cpus(), SVSM_EFORMAT);
	begin_madt(4096);
	((struct svsm_abi_acpi_madt *)madt)->header.signature++;
	ck_assert_int_eq(read_cpus(), SVSM_EFORMAT);
}
END_TEST

START_TEST(F_15_structures_that_do_not_fit)
{
	for (unsigned len = 0; len < 256; len++) {
		bool good = len == 8;

		begin_madt(44 + 8 + 8);
		add_lapic(0, SVSM_ACPI_CPU_ENABLED);
		add_lapic(1, SVSM_ACPI_CPU_ENABLED);
		madt[44 + 8 + 1] = (unsigned char)len;
		ck_assert_int_eq(read_cpus(), good ? SVSM_OK : SVSM_EFORMAT);
		if (!good)
			ck_assert_uint_eq(why.where, 44 + 8);
	}
	/* Cut at every byte. */
	for (unsigned len = 44; len < 44 + 16; len++) {
		begin_madt(44 + 16);
		add_x2apic(7, SVSM_ACPI_CPU_ENABLED);
		((struct svsm_abi_acpi_madt *)madt)->header.len = len;
		ck_assert_int_eq(read_cpus(), SVSM_EFORMAT);
	}
}
END_TEST

START_TEST(F_15_ten_thousand_cpus_are_capped)
{
	begin_madt(44 + 10000 * 16);
	for (uint32_t i = 0; i < 10000; i++)
		add_x2apic(i, SVSM_ACPI_CPU_ENABLED);
	ck_assert_int_eq(read_cpus(), SVSM_OK);
	ck_assert_uint_eq(params.cpus, 8);
	ck_assert(params.cpus_capped);
}
END_TEST

START_TEST(F_15_equal_and_reserved_apic_ids)
{
	begin_madt(4096);
	add_lapic(3, SVSM_ACPI_CPU_ENABLED);
	add_x2apic(3, SVSM_ACPI_CPU_ENABLED);
	ck_assert_int_eq(read_cpus(), SVSM_EFORMAT);
	begin_madt(4096);
	add_lapic(0xff, SVSM_ACPI_CPU_ENABLED);
	ck_assert_int_eq(read_cpus(), SVSM_EFORMAT);
	begin_madt(4096);
	add_x2apic(~0u, SVSM_ACPI_CPU_ENABLED);
	ck_assert_int_eq(read_cpus(), SVSM_EFORMAT);
	begin_madt(4096);
	add_lapic(3, 0);
	ck_assert_int_eq(read_cpus(), SVSM_EFORMAT);
}
END_TEST

/* No input makes it read outside (ASan), loop, or believe nonsense. */
START_TEST(random_tables_are_refused_or_give_a_sane_list)
{
	srand(3);
	for (unsigned i = 0; i < 20000; i++) {
		size_t room = 44 + (size_t)rand() % 200;

		begin_madt(room);
		for (size_t at = 44; at < room; at++)
			madt[at] = (unsigned char)(rand() % 20);
		((struct svsm_abi_acpi_madt *)madt)->header.len =
			44 + (uint32_t)rand() % (uint32_t)(room - 43);
		if (read_cpus() == SVSM_OK &&
		    (params.cpus < 1 || params.cpus > 8))
			ck_abort_msg("%u CPUs", params.cpus);
	}
}
END_TEST

START_TEST(memory_and_cpus_are_read_together)
{
	struct svsm_params_source src = source();

	ck_assert_int_eq(svsm_params_read(&src, &params, &why), SVSM_EFORMAT);
	entry(0, 0, 0x80000000, SVSM_IGVM_MEMORY);
	ck_assert_int_eq(svsm_params_read(&src, &params, &why), SVSM_OK);
	ck_assert_uint_eq(params.ranges, 1);
	ck_assert_uint_eq(params.cpus, 2);
	src.max_cpus = 0;
	ck_assert_int_eq(svsm_params_read(&src, &params, &why), SVSM_EFORMAT);
	src.max_cpus = SVSM_PARAMS_CPUS + 1;
	ck_assert_int_eq(svsm_params_read(&src, &params, &why), SVSM_EFORMAT);
}
END_TEST

UNIT_MAIN("params", setup, teardown, memory_and_cpus_are_read_together,
	  a_map_as_qemu_makes_it_is_taken,
	  neighbours_are_joined, B_13_overlaps_duplicates_and_disorder,
	  B_13_an_empty_map, B_13_numbers_that_wrap,
	  B_13_B_14_above_the_physical_width_or_with_the_c_bit,
	  B_13_more_entries_than_there_is_room_for,
	  B_13_entries_that_touch_the_svsm,
	  B_13_entries_that_cover_launched_pages,
	  a_map_without_room_for_one_entry_is_refused,
	  enabled_cpus_of_both_kinds_are_taken,
	  without_a_table_the_count_decides,
	  the_environment_says_how_memory_starts,
	  F_15_a_table_of_a_wrong_length, F_15_structures_that_do_not_fit,
	  F_15_ten_thousand_cpus_are_capped,
	  F_15_equal_and_reserved_apic_ids,
	  random_tables_are_refused_or_give_a_sane_list)
