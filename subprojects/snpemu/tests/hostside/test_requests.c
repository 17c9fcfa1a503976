// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* What a guest packs into a request: IOIO, page state change lists. */
#include "ioio.h"
#include "psclist.h"
#include "tests.h"

START_TEST(ioio_takes_one_size_only)
{
	struct ioio io;

	for (uint64_t size = 0; size < 8; size++)
		ck_assert_int_eq(ioio_decode(size << 4, &io),
				 size == 1 || size == 2 || size == 4);
	ck_assert(ioio_decode(0x3f8021d, &io));
	ck_assert_uint_eq(io.port, 0x3f8);
	ck_assert_uint_eq(io.size, 1);
	ck_assert(io.in && io.string && io.rep);
}
END_TEST

START_TEST(ioio_strings_stay_in_the_buffer)
{
	struct ioio io = { .size = 4, .string = true, .rep = true };
	uint64_t bytes;

	ck_assert(ioio_string_bytes(&io, 508, 2032, &bytes));
	ck_assert_uint_eq(bytes, 2032);
	ck_assert(!ioio_string_bytes(&io, 509, 2032, &bytes));
	ck_assert(!ioio_string_bytes(&io, 1ull << 62, 2032, &bytes));
	io.rep = false;
	ck_assert(ioio_string_bytes(&io, 1, 2032, &bytes));
	ck_assert(!ioio_string_bytes(&io, 2, 2032, &bytes));
}
END_TEST

START_TEST(psc_lists_end_inside_the_buffer)
{
	struct psc_header header = { .end_entry = 252 };

	ck_assert(psc_header_valid(&header, 2032));
	ck_assert(!psc_header_valid(&header, 2031));
	header.end_entry = 253;
	ck_assert(!psc_header_valid(&header, 2032));
	ck_assert(!psc_header_valid(&header, 1 << 20));
	header.end_entry = 0xffff;
	ck_assert(!psc_header_valid(&header, 2032));
	header.end_entry = 0;
	ck_assert(psc_header_valid(&header, 16));
	ck_assert(!psc_header_valid(&header, 15));
	ck_assert(!psc_header_valid(&header, 7));
}
END_TEST

START_TEST(psc_entries_are_checked_field_by_field)
{
	struct psc_entry e;

	ck_assert(psc_decode(0x0010000012345000, &e));
	ck_assert_uint_eq(e.gpa, 0x12345000);
	ck_assert_int_eq(e.op, PSC_PRIVATE);
	ck_assert(!e.huge);
	ck_assert(psc_decode(0x0120000012200200, &e));
	ck_assert(e.huge);
	ck_assert_uint_eq(e.done, 512);
	ck_assert(!psc_decode(0x0120000012200201, &e));
	ck_assert(!psc_decode(0x0120000012345000, &e));
	ck_assert(!psc_decode(0x0010000012345002, &e));
	ck_assert(!psc_decode(0x0000000012345000, &e));
	ck_assert(!psc_decode(0x0050000012345000, &e));
	ck_assert(!psc_decode(0x0210000012345000, &e));
	ck_assert(!psc_decode(~0ull, &e));
}
END_TEST

START_TEST(psc_progress_replaces_the_count)
{
	ck_assert_uint_eq(psc_progress(0x0120000012200005, 512),
			  0x0120000012200200);
}
END_TEST

TCase *requests_case(void)
{
	TCase *tc = tcase_create("requests");

	tcase_add_test(tc, ioio_takes_one_size_only);
	tcase_add_test(tc, ioio_strings_stay_in_the_buffer);
	tcase_add_test(tc, psc_lists_end_inside_the_buffer);
	tcase_add_test(tc, psc_entries_are_checked_field_by_field);
	tcase_add_test(tc, psc_progress_replaces_the_count);
	return tc;
}
