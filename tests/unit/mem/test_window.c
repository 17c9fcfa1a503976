/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Windows: entries, slots, and what stays in a slot after use.
 */
#include <string.h>

#include "machine.h"

#define AT	0x10000ull

START_TEST(a_window_is_refused_for_what_is_no_address)
{
	struct svsm_window window = { 0 };
	static const uint64_t bad[] = {
		1, 0xfff, 1ull << 52, 1ull << 63, ~0xfffull, 1ull << 51,
	};

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(bad); i++)
		ck_assert_int_eq(svsm_window_map(svsm_gpa(bad[i]),
						 SVSM_PAGE_4K,
						 SVSM_WINDOW_READ, &window),
				 SVSM_EINVAL);
	ck_assert_int_eq(svsm_window_map(svsm_gpa(AT), SVSM_PAGE_2M,
					 SVSM_WINDOW_READ, &window),
			 SVSM_EINVAL);
	ck_assert_ptr_null(window.va);
	svsm_window_unmap(&window);
}
END_TEST

START_TEST(a_cpu_has_a_bounded_number_of_windows)
{
	struct svsm_window window[SVSM_WINDOW_SLOTS], large, none;

	fake_make_svsm(0, 16 * PAGE);
	for (unsigned i = 0; i < SVSM_WINDOW_SLOTS; i++) {
		ck_assert_int_eq(svsm_window_map(svsm_gpa(i * PAGE),
						 SVSM_PAGE_4K,
						 SVSM_WINDOW_WRITE,
						 &window[i]), SVSM_OK);
		*(volatile unsigned *)window[i].va = i;
	}
	ck_assert_int_eq(svsm_window_map(svsm_gpa(0), SVSM_PAGE_4K,
					 SVSM_WINDOW_READ, &none), SVSM_ENOMEM);
	ck_assert_int_eq(svsm_window_map(svsm_gpa(HUGE), SVSM_PAGE_2M,
					 SVSM_WINDOW_READ, &large), SVSM_OK);
	ck_assert_int_eq(svsm_window_map(svsm_gpa(HUGE), SVSM_PAGE_2M,
					 SVSM_WINDOW_READ, &none), SVSM_ENOMEM);
	svsm_window_unmap(&large);
	for (unsigned i = 0; i < SVSM_WINDOW_SLOTS; i++) {
		ck_assert_uint_eq(*(unsigned *)fake_peek_private(i * PAGE), i);
		svsm_window_unmap(&window[i]);
		svsm_window_unmap(&window[i]);	/* changes nothing */
	}
	ck_assert_uint_eq(svsm_plat_cpu()->window_busy, 0);
}
END_TEST

/* What the processor's walk finds for an address of the area. */
static uint64_t walk(const void *va)
{
	uint64_t off = (uintptr_t)va - (uintptr_t)fake_window_area();
	uint64_t entry = svsm_window_directory()[off / HUGE];
	const uint64_t *table;

	if (!(entry & SVSM_PTE_PRESENT) || (entry & SVSM_PTE_HUGE))
		return entry;
	table = (uint64_t *)(uintptr_t)
		(entry & SVSM_PTE_ADDRESS & ~fake_cbit_mask());
	return table[off % HUGE / PAGE];
}

static void check_entries(void *arg)
{
	struct svsm_window small, large;

	(void)arg;
	ck_assert_int_eq(svsm_window_map(svsm_gpa(PAGE), SVSM_PAGE_4K,
					 SVSM_WINDOW_READ, &small), SVSM_OK);
	ck_assert_int_eq(svsm_window_map(svsm_gpa(HUGE), SVSM_PAGE_2M,
					 SVSM_WINDOW_WRITE, &large), SVSM_OK);
	ck_assert_uint_eq(walk(small.va), PAGE | fake_cbit_mask() |
			  SVSM_PTE_PRESENT | SVSM_PTE_ACCESSED | SVSM_PTE_NX);
	ck_assert_uint_eq(walk(large.va), HUGE | fake_cbit_mask() |
			  SVSM_PTE_PRESENT | SVSM_PTE_ACCESSED |
			  SVSM_PTE_DIRTY | SVSM_PTE_WRITE | SVSM_PTE_HUGE |
			  SVSM_PTE_NX);
	svsm_window_unmap(&small);
	svsm_window_unmap(&large);
}

START_TEST(entries_are_where_the_processor_looks)
{
	check_entries(NULL);
	fake_cpu_start(1, 1, check_entries, NULL);
	ck_assert_int_eq(fake_cpu_join(1), FAKE_NO_TERMINATION);
	fake_cpu_start(63, 63, check_entries, NULL);
	ck_assert_int_eq(fake_cpu_join(63), FAKE_NO_TERMINATION);
}
END_TEST

START_TEST(a_window_moves_and_keeps_its_kind)
{
	struct svsm_window window;

	fake_make_svsm(0, 16 * PAGE);
	*(uint8_t *)fake_peek_private(2 * PAGE) = 0x72;
	ck_assert_int_eq(svsm_window_map(svsm_gpa(PAGE), SVSM_PAGE_4K,
					 SVSM_WINDOW_READ, &window), SVSM_OK);
	ck_assert_int_eq(svsm_window_move(&window, svsm_gpa(2 * PAGE)),
			 SVSM_OK);
	ck_assert_uint_eq(*(uint8_t *)window.va, 0x72);
	ck_assert_uint_eq(walk(window.va) & SVSM_PTE_WRITE, 0);
	ck_assert_int_eq(svsm_window_move(&window, svsm_gpa(2 * PAGE + 8)),
			 SVSM_EINVAL);
	ck_assert_int_eq(svsm_window_move(&window, svsm_gpa(1ull << 51)),
			 SVSM_EINVAL);
	ck_assert_uint_eq(*(uint8_t *)window.va, 0x72);
	svsm_window_unmap(&window);
	ck_assert_int_eq(svsm_window_map(svsm_gpa(HUGE), SVSM_PAGE_2M,
					 SVSM_WINDOW_WRITE, &window), SVSM_OK);
	ck_assert_int_eq(svsm_window_move(&window, svsm_gpa(HUGE + PAGE)),
			 SVSM_EINVAL);
	ck_assert_int_eq(svsm_window_move(&window, svsm_gpa(2 * HUGE)),
			 SVSM_OK);
	ck_assert_uint_eq(walk(window.va) & SVSM_PTE_ADDRESS,
			  2 * HUGE | fake_cbit_mask());
	svsm_window_unmap(&window);
}
END_TEST

static void map_on_cpu_1(void *arg)
{
	struct svsm_window *window = arg;
	struct svsm_window mapped;

	ck_assert_int_eq(svsm_window_map(svsm_gpa(PAGE), SVSM_PAGE_4K,
					 SVSM_WINDOW_READ, window), SVSM_OK);
	mapped = *window;
	svsm_window_unmap(&mapped);
}

START_TEST(each_cpu_has_windows_of_its_own)
{
	struct svsm_window here, there = { 0 };

	fake_make_svsm(0, 16 * PAGE);
	ck_assert_int_eq(svsm_window_map(svsm_gpa(0), SVSM_PAGE_4K,
					 SVSM_WINDOW_READ, &here), SVSM_OK);
	fake_cpu_start(1, 1, map_on_cpu_1, &there);
	ck_assert_int_eq(fake_cpu_join(1), FAKE_NO_TERMINATION);
	ck_assert_ptr_ne(here.va, there.va);
	svsm_window_unmap(&here);
}
END_TEST

START_TEST(a_shared_window_shows_what_the_host_sees)
{
	struct svsm_window window;
	uint8_t byte = 0x5a;

	fake_make_shared(AT, PAGE);
	*(uint8_t *)fake_peek_shared(AT) = 0xa5;
	ck_assert_int_eq(svsm_window_map(svsm_gpa(AT), SVSM_PAGE_4K,
					 SVSM_WINDOW_SHARED, &window), SVSM_OK);
	ck_assert(svsm_plat_copy(&byte, window.va, 1));
	ck_assert_uint_eq(byte, 0xa5);
	svsm_window_unmap(&window);
}
END_TEST

/* ---------------------------------------------------------------- keeping */

static struct svsm_window map_one(uint64_t gpa, enum svsm_window_kind kind)
{
	struct svsm_window window;

	ck_assert_int_eq(svsm_window_map(svsm_gpa(gpa), SVSM_PAGE_4K, kind,
					 &window), SVSM_OK);
	return window;
}

static void use_one(uint64_t gpa, enum svsm_window_kind kind)
{
	struct svsm_window window = map_one(gpa, kind);

	svsm_window_unmap(&window);
}

/* Entries written while these pages are used in turn, again and again. */
static unsigned writes(unsigned pages, unsigned rounds)
{
	unsigned before = fake_counters().pte_sets;

	for (unsigned r = 0; r < rounds; r++)
		for (unsigned i = 0; i < pages; i++)
			use_one(i * PAGE, SVSM_WINDOW_WRITE);
	return fake_counters().pte_sets - before;
}

static unsigned present_slots(void)
{
	char *area = fake_window_area();
	unsigned n = 0;

	for (unsigned i = 0; i < SVSM_WINDOW_SLOTS; i++)
		n += walk(area + i * PAGE) != 0;
	return n;
}

START_TEST(a_page_used_again_costs_no_write)
{
	fake_make_svsm(0, 16 * PAGE);
	ck_assert_uint_eq(writes(SVSM_WINDOW_SLOTS, 1), SVSM_WINDOW_SLOTS);
	ck_assert_uint_eq(writes(SVSM_WINDOW_SLOTS, 100), 0);
	use_one(8 * PAGE, SVSM_WINDOW_WRITE);
	ck_assert_uint_le(present_slots(), SVSM_WINDOW_SLOTS);
}
END_TEST

START_TEST(copies_of_a_page_write_no_entry)
{
	static uint8_t bytes[PAGE];
	struct svsm_umem umem;
	unsigned before;

	machine_give(AT, 2);
	ck_assert_int_eq(svsm_umem_open(&umem, &machine_own, AT, 2 * PAGE,
					SVSM_OWN_GUEST, SVSM_READ_WRITE),
			 SVSM_OK);
	ck_assert_int_eq(svsm_umem_fill(&umem, 0, 1, 2 * PAGE), SVSM_OK);
	before = fake_counters().pte_sets;
	ck_assert_int_eq(svsm_umem_read(&umem, 0, bytes, PAGE), SVSM_OK);
	ck_assert_int_eq(svsm_umem_write(&umem, PAGE, bytes, PAGE), SVSM_OK);
	ck_assert_int_eq(svsm_umem_copy(&umem, 0, &umem, PAGE, PAGE), SVSM_OK);
	ck_assert_uint_eq(fake_counters().pte_sets, before);
}
END_TEST

START_TEST(a_page_in_use_is_not_mapped_twice_into_one_slot)
{
	struct svsm_window a, b;

	fake_make_svsm(0, PAGE);
	a = map_one(0, SVSM_WINDOW_WRITE);
	b = map_one(0, SVSM_WINDOW_WRITE);
	ck_assert_ptr_ne(a.va, b.va);
	svsm_window_unmap(&a);
	*(volatile char *)b.va = 1;
	svsm_window_unmap(&b);
}
END_TEST

START_TEST(another_kind_is_another_window)
{
	struct svsm_window window;

	fake_make_svsm(0, PAGE);
	use_one(0, SVSM_WINDOW_WRITE);
	window = map_one(0, SVSM_WINDOW_READ);
	ck_assert_uint_eq(walk(window.va) & SVSM_PTE_WRITE, 0);
	svsm_window_unmap(&window);
	use_one(0, SVSM_WINDOW_WRITE);
	window = map_one(0, SVSM_WINDOW_SHARED);
	ck_assert_uint_eq(walk(window.va) & fake_cbit_mask(), 0);
	svsm_window_unmap(&window);
}
END_TEST

START_TEST(what_was_moved_is_not_kept)
{
	struct svsm_window window;

	fake_make_svsm(0, 16 * PAGE);
	window = map_one(0, SVSM_WINDOW_WRITE);
	svsm_window_next(&window, PAGE);
	svsm_window_unmap(&window);
	ck_assert_uint_eq(present_slots(), 0);
}
END_TEST

/* The guest gives a page up: no slot shows it when the next one is mapped. */
START_TEST(a_page_that_changes_owner_leaves_the_slots)
{
	static const enum svsm_owner gone[] = {
		SVSM_OWN_NONE, SVSM_OWN_SVSM, SVSM_OWN_INVALID,
	};

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(gone); i++) {
		machine_give(AT, 4);
		use_one(AT, SVSM_WINDOW_WRITE);
		use_one(AT + PAGE, SVSM_WINDOW_READ);
		machine_set(AT, 1, gone[i]);
		use_one(AT + 2 * PAGE, SVSM_WINDOW_READ);
		ck_assert_uint_eq(present_slots(), 1);
	}
}
END_TEST

START_TEST(a_slot_in_use_is_emptied_when_it_is_unmapped)
{
	struct svsm_window window;

	machine_give(AT, 4);
	window = map_one(AT, SVSM_WINDOW_WRITE);
	machine_set(AT, 1, SVSM_OWN_INVALID);
	use_one(AT + PAGE, SVSM_WINDOW_WRITE);
	ck_assert_uint_eq(present_slots(), 2);
	svsm_window_unmap(&window);
	ck_assert_uint_eq(present_slots(), 1);
}
END_TEST

static void hold(void *arg)
{
	(void)arg;
	use_one(AT, SVSM_WINDOW_WRITE);
	machine_set(AT, 1, SVSM_OWN_INVALID);
}

START_TEST(each_cpu_forgets_for_itself)
{
	machine_give(AT, 4);
	use_one(AT, SVSM_WINDOW_WRITE);
	fake_cpu_start(1, 1, hold, NULL);
	ck_assert_int_eq(fake_cpu_join(1), FAKE_NO_TERMINATION);
	ck_assert_uint_eq(present_slots(), 1);
	use_one(AT + PAGE, SVSM_WINDOW_WRITE);
	ck_assert_uint_eq(present_slots(), 1);
}
END_TEST

UNIT_MAIN("window", machine_setup, machine_teardown,
	  a_window_is_refused_for_what_is_no_address,
	  a_cpu_has_a_bounded_number_of_windows,
	  entries_are_where_the_processor_looks,
	  a_window_moves_and_keeps_its_kind, each_cpu_has_windows_of_its_own,
	  a_shared_window_shows_what_the_host_sees,
	  a_page_used_again_costs_no_write, copies_of_a_page_write_no_entry,
	  a_page_in_use_is_not_mapped_twice_into_one_slot,
	  another_kind_is_another_window, what_was_moved_is_not_kept,
	  a_page_that_changes_owner_leaves_the_slots,
	  a_slot_in_use_is_emptied_when_it_is_unmapped,
	  each_cpu_forgets_for_itself)
