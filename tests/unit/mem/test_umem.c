/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Slices of guest memory: R-21, H-08, H-11.
 */
#include <string.h>

#include "machine.h"

#define AT	0x10000ull

static struct svsm_umem umem;
static uint8_t bytes[0x4000];

static void open_slice(uint64_t gpa, uint64_t len, enum svsm_access access)
{
	ck_assert_int_eq(svsm_umem_open(&umem, &machine_own, gpa, len,
					SVSM_OWN_GUEST, access), SVSM_OK);
}

static enum svsm_status try_open(uint64_t gpa, uint64_t len)
{
	struct svsm_umem slice;

	return svsm_umem_open(&slice, &machine_own, gpa, len, SVSM_OWN_GUEST,
			      SVSM_READ);
}

START_TEST(bytes_go_in_and_out_across_pages)
{
	static uint8_t back[sizeof(bytes)];

	machine_give(AT, 8);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	open_slice(AT + 0x123, sizeof(bytes), SVSM_READ_WRITE);
	ck_assert_int_eq(svsm_umem_write(&umem, 0, bytes, sizeof(bytes)),
			 SVSM_OK);
	ck_assert(fake_guest_read(AT + 0x123, back, sizeof(back)));
	ck_assert_mem_eq(back, bytes, sizeof(bytes));
	memset(back, 0, sizeof(back));
	fake_fetch_reset();
	ck_assert_int_eq(svsm_umem_read(&umem, 1, back, sizeof(back) - 1),
			 SVSM_OK);
	ck_assert_mem_eq(back, bytes + 1, sizeof(bytes) - 1);
	ck_assert_uint_eq(fake_fetch_max(NULL), 1);
	fake_oracle(0);
}
END_TEST

START_TEST(fill_stays_inside)
{
	uint8_t around[3] = { 0 };

	machine_give(AT, 4);
	open_slice(AT + 1, 0x2ffe, SVSM_READ_WRITE);
	ck_assert_int_eq(svsm_umem_fill(&umem, 0, 0xee, 0x2ffe), SVSM_OK);
	ck_assert(fake_guest_read(AT, around, 2));
	ck_assert_uint_eq(around[0], 0);
	ck_assert_uint_eq(around[1], 0xee);
	ck_assert(fake_guest_read(AT + 0x2ffe, around, 2));
	ck_assert_uint_eq(around[0], 0xee);
	ck_assert_uint_eq(around[1], 0);
	fake_oracle(0);
}
END_TEST

START_TEST(R_21_slices_that_cannot_be)
{
	machine_give(AT, 1);
	ck_assert_int_eq(try_open(AT, 0), SVSM_EADDR);
	ck_assert_int_eq(try_open(AT, ~0ull), SVSM_EADDR);
	ck_assert_int_eq(try_open(~0ull, 1), SVSM_EADDR);
	ck_assert_int_eq(try_open(~0ull, 2), SVSM_EADDR);
	ck_assert_int_eq(try_open(~0xfffull, 0x1000), SVSM_EADDR);
	ck_assert_int_eq(try_open(~0xfffull, 0xfff), SVSM_EADDR);
	ck_assert_int_eq(try_open(AT, 0x1001), SVSM_EADDR);
	ck_assert_int_eq(try_open(AT - 1, 2), SVSM_EADDR);
	ck_assert_int_eq(try_open(REGION, 8), SVSM_EADDR);
	ck_assert_int_eq(try_open(AT + 0xfff, 1), SVSM_OK);
	fake_oracle(0);
}
END_TEST

START_TEST(R_21_offsets_and_lengths_that_wrap)
{
	machine_give(AT, 1);
	open_slice(AT + 0x100, 0x100, SVSM_READ_WRITE);
	ck_assert_int_eq(svsm_umem_read(&umem, 0x101, bytes, 0), SVSM_EADDR);
	ck_assert_int_eq(svsm_umem_read(&umem, 0x100, bytes, 0), SVSM_OK);
	ck_assert_int_eq(svsm_umem_read(&umem, 0x100, bytes, 1), SVSM_EADDR);
	ck_assert_int_eq(svsm_umem_read(&umem, 1, bytes, 0x100), SVSM_EADDR);
	ck_assert_int_eq(svsm_umem_read(&umem, 8, bytes, SIZE_MAX),
			 SVSM_EADDR);
	ck_assert_int_eq(svsm_umem_write(&umem, ~0ull, bytes, 2), SVSM_EADDR);
	ck_assert_int_eq(svsm_umem_fill(&umem, 8, 0, ~0ull - 4), SVSM_EADDR);
}
END_TEST

START_TEST(a_part_of_a_slice_is_a_slice)
{
	struct svsm_umem part;
	uint8_t byte = 0x21;

	machine_give(AT, 1);
	open_slice(AT + 0x100, 0x100, SVSM_READ_WRITE);
	ck_assert_int_eq(svsm_umem_sub(&umem, 0x80, 0x80, &part), SVSM_OK);
	ck_assert_int_eq(svsm_umem_write(&part, 0x7f, &byte, 1), SVSM_OK);
	ck_assert(fake_guest_read(AT + 0x1ff, &byte, 1));
	ck_assert_uint_eq(byte, 0x21);
	ck_assert_int_eq(svsm_umem_write(&part, 0x80, &byte, 1), SVSM_EADDR);
	ck_assert_int_eq(svsm_umem_sub(&umem, 0x80, 0x81, &part), SVSM_EADDR);
	ck_assert_int_eq(svsm_umem_sub(&umem, 0x101, 0, &part), SVSM_EADDR);
	ck_assert_int_eq(svsm_umem_sub(&umem, 0, 0, &part), SVSM_EADDR);
	ck_assert_int_eq(svsm_umem_sub(&umem, 8, ~0ull - 2, &part),
			 SVSM_EADDR);
}
END_TEST

START_TEST(a_slice_for_reading_is_not_written)
{
	machine_give(AT, 1);
	open_slice(AT, PAGE, SVSM_READ);
	ck_assert_int_eq(svsm_umem_write(&umem, 0, bytes, 1), SVSM_EPERM);
	ck_assert_int_eq(svsm_umem_fill(&umem, 0, 0, 1), SVSM_EPERM);
}
END_TEST

START_TEST(an_open_slice_is_no_right_to_a_page_given_up)
{
	static const enum svsm_owner owners[] = {
		SVSM_OWN_NONE, SVSM_OWN_SVSM, SVSM_OWN_INVALID, SVSM_OWN_CAA,
		SVSM_OWN_VMSA,
	};

	machine_give(AT, 3);
	open_slice(AT, 3 * PAGE, SVSM_READ_WRITE);
	for (size_t i = 0; i < SVSM_ARRAY_SIZE(owners); i++) {
		machine_set(AT + PAGE, 1, owners[i]);
		ck_assert_int_eq(svsm_umem_read(&umem, 0xff8, bytes, 16),
				 SVSM_EADDR);
		ck_assert_int_eq(svsm_umem_write(&umem, PAGE, bytes, 8),
				 SVSM_EADDR);
		ck_assert_int_eq(try_open(AT, 3 * PAGE), SVSM_EADDR);
		ck_assert_int_eq(svsm_umem_read(&umem, 0, bytes, PAGE),
				 SVSM_OK);
		fake_oracle(0);
	}
}
END_TEST

START_TEST(H_11_a_page_that_the_host_took_is_a_fault)
{
	machine_give(AT, 3);
	open_slice(AT, 3 * PAGE, SVSM_READ_WRITE);
	fake_host_invalidate(AT + PAGE);
	ck_assert_int_eq(svsm_umem_read(&umem, 0, bytes, 3 * PAGE),
			 SVSM_EFAULT);
	ck_assert_int_eq(svsm_umem_write(&umem, PAGE, bytes, 8), SVSM_EFAULT);
	ck_assert_int_eq(svsm_umem_fill(&umem, 0, 1, 3 * PAGE), SVSM_EFAULT);
	ck_assert_int_eq(svsm_umem_read(&umem, 2 * PAGE, bytes, PAGE),
			 SVSM_OK);
	ck_assert_uint_eq(svsm_plat_cpu()->window_busy, 0);
}
END_TEST

START_TEST(without_a_free_window_nothing_is_copied)
{
	struct svsm_window window[SVSM_WINDOW_SLOTS];
	uint8_t byte = 0x5a;

	machine_give(AT, 1);
	machine_give(AT + 0x100000, SVSM_WINDOW_SLOTS);
	open_slice(AT, PAGE, SVSM_READ_WRITE);
	for (unsigned i = 0; i < SVSM_WINDOW_SLOTS; i++)
		ck_assert_int_eq(svsm_window_map(
			svsm_gpa(AT + 0x100000 + i * PAGE), SVSM_PAGE_4K,
			SVSM_WINDOW_READ, &window[i]), SVSM_OK);
	ck_assert_int_eq(svsm_umem_write(&umem, 0, &byte, 1), SVSM_ENOMEM);
	ck_assert_int_eq(svsm_umem_read(&umem, 0, &byte, 1), SVSM_ENOMEM);
	ck_assert_uint_eq(byte, 0);
	for (unsigned i = 0; i < SVSM_WINDOW_SLOTS; i++)
		svsm_window_unmap(&window[i]);
	byte = 0x5a;
	ck_assert_int_eq(svsm_umem_write(&umem, 0, &byte, 1), SVSM_OK);
	ck_assert_uint_eq(*(uint8_t *)fake_peek_private(AT), 0x5a);
	fake_oracle(0);
}
END_TEST

UNIT_MAIN("umem", machine_setup, machine_teardown,
	  bytes_go_in_and_out_across_pages, fill_stays_inside,
	  R_21_slices_that_cannot_be, R_21_offsets_and_lengths_that_wrap,
	  a_part_of_a_slice_is_a_slice, a_slice_for_reading_is_not_written,
	  an_open_slice_is_no_right_to_a_page_given_up,
	  H_11_a_page_that_the_host_took_is_a_fault,
	  without_a_free_window_nothing_is_copied)
