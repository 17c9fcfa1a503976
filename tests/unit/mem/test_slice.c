/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Slices of all kinds: lists, pages, shared and parameter pages; what is left
 * of a copy that fails; strings, fields, comparisons.
 */
#include <string.h>

#include <svsm/share.h>

#include "machine.h"

#define AT	0x10000ull

static struct svsm_umem umem;
static uint8_t bytes[4 * PAGE];

static enum svsm_status
open_list(const struct svsm_range *list, size_t count, enum svsm_access access)
{
	return svsm_umem_open_list(&umem, &machine_own, list, count,
				   SVSM_OWN_GUEST, access);
}

static enum svsm_status open_pages(const uint64_t *pages, size_t count)
{
	return svsm_umem_open_pages(&umem, &machine_own, pages, count,
				    SVSM_OWN_GUEST, SVSM_READ_WRITE);
}

static void open_one(uint64_t gpa, uint64_t len)
{
	ck_assert_int_eq(svsm_umem_open(&umem, &machine_own, gpa, len,
					SVSM_OWN_GUEST, SVSM_READ_WRITE),
			 SVSM_OK);
}

static void guest_puts(uint64_t gpa, const char *text, size_t n)
{
	ck_assert(fake_guest_write(gpa, text, n));
}

START_TEST(a_list_is_its_pieces_in_a_row)
{
	static const struct svsm_range list[] = {
		{ { AT + 0x5ffe }, 3 }, { { AT + 1 }, 1 },
		{ { AT + 0xfff }, 2 },
	};
	struct svsm_umem part;
	char back[7] = "";

	machine_give(AT, 8);
	ck_assert_int_eq(open_list(list, 3, SVSM_READ_WRITE), SVSM_OK);
	ck_assert_uint_eq(svsm_umem_len(&umem), 6);
	ck_assert_int_eq(svsm_umem_write(&umem, 0, "abcdef", 6), SVSM_OK);
	ck_assert_str_eq((char *)fake_peek_private(AT + 0x5ffe), "abc");
	ck_assert_int_eq(*(char *)fake_peek_private(AT + 1), 'd');
	ck_assert_int_eq(*(char *)fake_peek_private(AT + 0xfff), 'e');
	ck_assert_int_eq(*(char *)fake_peek_private(AT + 0x1000), 'f');
	ck_assert_int_eq(svsm_umem_sub(&umem, 2, 3, &part), SVSM_OK);
	ck_assert_int_eq(svsm_umem_sub(&part, 1, 2, &part), SVSM_OK);
	ck_assert_int_eq(svsm_umem_read(&part, 0, back, 2), SVSM_OK);
	ck_assert_str_eq(back, "de");
	ck_assert_int_eq(svsm_umem_read(&part, 1, back, 2), SVSM_EADDR);
	/* Nothing is what is at the end. */
	ck_assert_int_eq(svsm_umem_read(&umem, 6, back, 0), SVSM_OK);
	ck_assert_int_eq(svsm_umem_read(&umem, 6, back, 1), SVSM_EADDR);
	ck_assert_int_eq(svsm_umem_write(&umem, 6, back, 0), SVSM_OK);
	ck_assert_str_eq(back, "de");
}
END_TEST

START_TEST(pages_of_a_list_are_found_at_once)
{
	static const uint64_t pages[] = { AT + 3 * PAGE, AT, AT + 7 * PAGE };
	struct svsm_range piece;
	uint64_t at = 0x10;
	unsigned n = 0;

	machine_give(AT, 8);
	ck_assert_int_eq(open_pages(pages, 3), SVSM_OK);
	ck_assert_uint_eq(svsm_umem_len(&umem), 3 * PAGE);
	memset(bytes, 0x77, 3 * PAGE);
	ck_assert_int_eq(svsm_umem_write(&umem, 0x10, bytes, 2 * PAGE),
			 SVSM_OK);
	ck_assert_int_eq(*(char *)fake_peek_private(AT + 3 * PAGE + 0xf), 0);
	ck_assert_int_eq(*(char *)fake_peek_private(AT + 3 * PAGE + 0x10),
			 0x77);
	ck_assert_int_eq(*(char *)fake_peek_private(AT + 7 * PAGE + 0xf), 0x77);
	ck_assert_int_eq(*(char *)fake_peek_private(AT + 7 * PAGE + 0x10), 0);
	for (; svsm_umem_piece(&umem, at, &piece) == SVSM_OK; at += piece.len) {
		ck_assert_uint_lt(n, 3);
		ck_assert_uint_eq(piece.start.v, pages[n++] + (at & 0xfff));
	}
	ck_assert_uint_eq(at, 3 * PAGE);
	ck_assert_uint_eq(n, 3);
}
END_TEST

START_TEST(R_21_lists_that_cannot_be)
{
	struct svsm_range bad[][2] = {
		{ { { AT }, 8 }, { { AT }, 0 } },
		{ { { AT }, 0 }, { { AT }, 8 } },
		{ { { AT }, 8 }, { { ~0ull }, 2 } },
		{ { { AT }, 8 }, { { AT }, ~0ull } },
		{ { { AT }, 8 }, { { AT + PAGE - 1 }, 2 } },
		{ { { AT }, 8 }, { { REGION }, 8 } },
		{ { { ~0xfffull }, 0xfff }, { { AT }, 8 } },
	};
	uint64_t odd = AT + 8, foreign = REGION, last = ~0xfffull;

	machine_give(AT, 1);
	for (size_t i = 0; i < SVSM_ARRAY_SIZE(bad); i++)
		ck_assert_int_eq(open_list(bad[i], 2, SVSM_READ), SVSM_EADDR);
	ck_assert_int_eq(open_list(bad[0], 0, SVSM_READ), SVSM_EINVAL);
	ck_assert_int_eq(open_list(bad[0], SVSM_UMEM_PIECES + 1, SVSM_READ),
			 SVSM_EINVAL);
	ck_assert_int_eq(open_pages(&odd, 1), SVSM_EADDR);
	ck_assert_int_eq(open_pages(&foreign, 1), SVSM_EADDR);
	ck_assert_int_eq(open_pages(&last, 1), SVSM_EADDR);
	ck_assert_int_eq(open_pages(&odd, 0), SVSM_EINVAL);
	ck_assert_int_eq(open_pages(&odd, ~0ull / 8), SVSM_EINVAL);
	fake_oracle(0);
}
END_TEST

/* Each piece is possible, and the guest's; their sum is not. */
START_TEST(R_21_a_list_of_more_than_64_bits)
{
	const struct svsm_range list[2] = {
		{ { 0 }, 1ull << 63 }, { { 0 }, 1ull << 63 },
	};

	machine_set(0, 1ull << (63 - SVSM_PAGE_SHIFT), SVSM_OWN_GUEST);
	ck_assert_int_eq(open_list(list, 1, SVSM_READ), SVSM_OK);
	ck_assert_uint_eq(svsm_umem_len(&umem), 1ull << 63);
	ck_assert_int_eq(open_list(list, 2, SVSM_READ), SVSM_EADDR);
}
END_TEST

/* What is documented at struct svsm_umem, for a page given up in between. */
START_TEST(a_read_that_ends_half_way_leaves_zeros_behind)
{
	machine_give(AT, 3);
	memset(bytes, 0x55, sizeof(bytes));
	open_one(AT, 3 * PAGE);
	ck_assert_int_eq(svsm_umem_write(&umem, 0, bytes, 3 * PAGE), SVSM_OK);
	machine_set(AT + PAGE, 1, SVSM_OWN_INVALID);
	memset(bytes, 0xee, sizeof(bytes));
	ck_assert_int_eq(svsm_umem_read(&umem, 8, bytes, 2 * PAGE),
			 SVSM_EADDR);
	for (size_t i = 0; i < 2 * PAGE; i++)
		ck_assert_uint_eq(bytes[i], i < PAGE - 8 ? 0x55 : 0);
	ck_assert_uint_eq(bytes[2 * PAGE], 0xee);
}
END_TEST

START_TEST(what_is_refused_is_not_touched)
{
	struct svsm_umem ro;
	bool equal = true;

	machine_give(AT, 1);
	memset(bytes, 0xee, sizeof(bytes));
	open_one(AT, 16);
	ro = umem;
	ro.access = SVSM_READ;
	ck_assert_int_eq(svsm_umem_read(&umem, 1, bytes, 16), SVSM_EADDR);
	ck_assert_int_eq(svsm_umem_read(&umem, ~0ull, bytes, 1), SVSM_EADDR);
	ck_assert_int_eq(svsm_umem_equal(&umem, 15, bytes, 2, &equal),
			 SVSM_EADDR);
	ck_assert_int_eq(svsm_umem_copy(&umem, 0, &umem, 8, 9), SVSM_EADDR);
	ck_assert_int_eq(svsm_umem_copy(&umem, 8, &umem, 0, 9), SVSM_EADDR);
	ck_assert_int_eq(svsm_umem_copy(&ro, 0, &umem, 8, 4), SVSM_EPERM);
	ck_assert(equal);
	for (size_t i = 0; i < 16; i++)
		ck_assert_uint_eq(bytes[i], 0xee);
	ck_assert_uint_eq(fake_fetch_max(NULL), 0);
}
END_TEST

START_TEST(nothing_is_fetched_twice)
{
	static const struct svsm_range list[] = {
		{ { AT + 0x800 }, PAGE }, { { AT + 5 * PAGE }, 0x123 },
	};
	struct svsm_umem all, to;
	struct svsm_umem_reader in;
	char text[64];
	size_t len;
	bool equal;

	machine_give(AT, 8);
	guest_puts(AT + 0xff0, "a string across the end of a page", 34);
	ck_assert_int_eq(open_list(list, 2, SVSM_READ), SVSM_OK);
	all = umem;
	open_one(AT + 6 * PAGE, 2 * PAGE);
	to = umem;
	fake_fetch_reset();
	ck_assert_int_eq(svsm_umem_copy(&to, 1, &all, 0, svsm_umem_len(&all)),
			 SVSM_OK);
	ck_assert_uint_eq(fake_fetch_max(NULL), 1);
	fake_fetch_reset();
	ck_assert_int_eq(svsm_umem_equal(&all, 0, bytes, svsm_umem_len(&all),
					 &equal), SVSM_OK);
	ck_assert_uint_eq(fake_fetch_max(NULL), 1);
	fake_fetch_reset();
	ck_assert_int_eq(svsm_umem_string(&all, 0x7f0, text, sizeof(text),
					  &len), SVSM_OK);
	ck_assert_str_eq(text, "a string across the end of a page");
	ck_assert_uint_eq(len, 33);
	ck_assert_uint_eq(fake_fetch_max(NULL), 1);
	fake_fetch_reset();
	svsm_umem_reader_init(&in, &all, 0x7f8);
	(void)svsm_umem_u64(&in);
	(void)svsm_umem_u16(&in);
	svsm_umem_bytes(&in, text, 5);
	ck_assert_int_eq(in.status, SVSM_OK);
	ck_assert_uint_eq(fake_fetch_max(NULL), 1);
}
END_TEST

/* The guest changes what has been read; the copy does not. */
static void scribble(uint64_t gpa, void *there, size_t n)
{
	(void)gpa;
	memset(there, 0xff, n);
}

START_TEST(what_changes_after_the_fetch_does_not_matter)
{
	bool equal = false;
	char text[16];
	size_t len;

	machine_give(AT, 1);
	guest_puts(AT, "abc", 4);
	open_one(AT, PAGE);
	fake_after_fetch = scribble;
	ck_assert_int_eq(svsm_umem_string(&umem, 0, text, sizeof(text), &len),
			 SVSM_OK);
	ck_assert_str_eq(text, "abc");
	fake_after_fetch = NULL;
	guest_puts(AT, "abc", 4);
	fake_after_fetch = scribble;
	ck_assert_int_eq(svsm_umem_equal(&umem, 0, "abc", 4, &equal), SVSM_OK);
	ck_assert(equal);
}
END_TEST

START_TEST(strings_are_bounded)
{
	char text[8];
	size_t len = 99;

	machine_give(AT, 2);
	guest_puts(AT + PAGE - 4, "abc", 4);
	guest_puts(AT, "12345678", 8);
	open_one(AT, 2 * PAGE);
	ck_assert_int_eq(svsm_umem_string(&umem, 0, text, 8, &len),
			 SVSM_EFORMAT);
	ck_assert_mem_eq(text, "\0\0\0\0\0\0\0\0", 8);
	ck_assert_int_eq(svsm_umem_string(&umem, 1, text, 8, &len), SVSM_OK);
	ck_assert_str_eq(text, "2345678");
	ck_assert_uint_eq(len, 7);
	/* Its page is enough: the next one may be anybody's. */
	machine_set(AT + PAGE, 1, SVSM_OWN_INVALID);
	ck_assert_int_eq(svsm_umem_string(&umem, PAGE - 4, text, 8, &len),
			 SVSM_OK);
	ck_assert_str_eq(text, "abc");
	guest_puts(AT + PAGE - 4, "abcd", 4);
	ck_assert_int_eq(svsm_umem_string(&umem, PAGE - 4, text, 8, &len),
			 SVSM_EADDR);
	ck_assert_mem_eq(text, "\0\0\0\0\0\0\0\0", 8);
	open_one(AT, 4);
	ck_assert_int_eq(svsm_umem_string(&umem, 0, text, 8, &len),
			 SVSM_EFORMAT);
	ck_assert_int_eq(svsm_umem_string(&umem, 4, text, 8, &len),
			 SVSM_EADDR);
	ck_assert_uint_eq(len, 3);
}
END_TEST

START_TEST(fields_are_packed_and_little_endian)
{
	static const uint8_t raw[] = {
		0x01, 0x03, 0x02, 0x07, 0x06, 0x05, 0x04,
		0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0xaa, 0xbb,
	};
	struct svsm_umem_reader in;
	uint8_t rest[2] = { 9, 9 };

	machine_give(AT, 2);
	ck_assert(fake_guest_write(AT + PAGE - 9, raw, sizeof(raw)));
	open_one(AT + PAGE - 9, sizeof(raw));
	svsm_umem_reader_init(&in, &umem, 0);
	ck_assert_uint_eq(svsm_umem_u8(&in), 1);
	ck_assert_uint_eq(svsm_umem_u16(&in), 0x0203);
	ck_assert_uint_eq(svsm_umem_u32(&in), 0x04050607);
	ck_assert_uint_eq(svsm_umem_u64(&in), 0x1122334455667788);
	svsm_umem_skip(&in, 1);
	ck_assert_uint_eq(svsm_umem_u8(&in), 0xbb);
	ck_assert_int_eq(in.status, SVSM_OK);
	ck_assert_uint_eq(svsm_umem_u8(&in), 0);
	ck_assert_int_eq(in.status, SVSM_EADDR);
	svsm_umem_bytes(&in, rest, 2);
	ck_assert_uint_eq(rest[0] | rest[1], 0);
	ck_assert_uint_eq(in.at, sizeof(raw));
	svsm_umem_skip(&in, 0);
	ck_assert_int_eq(in.status, SVSM_EADDR);
	svsm_umem_reader_init(&in, &umem, 1);
	svsm_umem_skip(&in, ~0ull);
	ck_assert_int_eq(in.status, SVSM_EADDR);
	svsm_umem_reader_init(&in, &umem, sizeof(raw) + 1);
	ck_assert_int_eq(in.status, SVSM_EADDR);
}
END_TEST

START_TEST(comparisons_see_every_byte)
{
	bool equal = false;

	machine_give(AT, 2);
	open_one(AT + 0x800, PAGE);
	for (size_t i = 0; i < PAGE; i++)
		bytes[i] = (uint8_t)(i * 13);
	ck_assert_int_eq(svsm_umem_write(&umem, 0, bytes, PAGE), SVSM_OK);
	ck_assert_int_eq(svsm_umem_equal(&umem, 0, bytes, PAGE, &equal),
			 SVSM_OK);
	ck_assert(equal);
	for (size_t i = 0; i < PAGE; i += 251) {
		bytes[i] ^= 0x10;
		ck_assert_int_eq(svsm_umem_equal(&umem, 0, bytes, PAGE,
						 &equal), SVSM_OK);
		ck_assert(!equal);
		bytes[i] ^= 0x10;
	}
	ck_assert_int_eq(svsm_umem_equal(&umem, PAGE, bytes, 0, &equal),
			 SVSM_OK);
	ck_assert(equal);
}
END_TEST

START_TEST(shared_pages_are_a_slice_as_well)
{
	const void *nowhere = (const void *)(uintptr_t)(REGION + 2 * HUGE);
	static const uint8_t text[] = "to the host";
	uint8_t *block;
	void *page;

	ck_assert_int_eq(svsm_umem_open_shared(&umem, fake_region(POOL), 16,
					       SVSM_READ), SVSM_EADDR);
	ck_assert_int_eq(svsm_share_alloc(&machine_account, 1, &page), SVSM_OK);
	block = page;
	ck_assert_int_eq(svsm_umem_open_shared(&umem, block, 2 * PAGE + 1,
					       SVSM_READ), SVSM_EADDR);
	ck_assert_int_eq(svsm_umem_open_shared(&umem, block, 0, SVSM_READ),
			 SVSM_EADDR);
	ck_assert_int_eq(svsm_umem_open_shared(&umem, nowhere, 1, SVSM_READ),
			 SVSM_EADDR);
	ck_assert_int_eq(svsm_umem_open_params(&umem, nowhere, 1), SVSM_EADDR);
	ck_assert_int_eq(svsm_umem_open_shared(&umem, block + 1, ~0ull,
					       SVSM_READ), SVSM_EADDR);
	ck_assert_int_eq(svsm_umem_open_shared(&umem, block + 8, 2 * PAGE - 8,
					       SVSM_READ_WRITE), SVSM_OK);
	ck_assert_int_eq(svsm_umem_write(&umem, PAGE - 16, text, sizeof(text)),
			 SVSM_OK);
	ck_assert_mem_eq(fake_peek_shared((uintptr_t)block + PAGE - 8), text,
			 8);
	ck_assert_int_eq(svsm_umem_fill(&umem, 0, 0x33, 2 * PAGE - 8), SVSM_OK);
	ck_assert_uint_eq(*(uint8_t *)fake_peek_shared((uintptr_t)block + 7),
			  0);
	ck_assert_uint_eq(*(uint8_t *)fake_peek_shared((uintptr_t)block + 8),
			  0x33);
}
END_TEST

START_TEST(parameter_pages_are_only_read)
{
	static const uint8_t head[4] = { 1, 2, 3, 4 };
	uint8_t *page = fake_region(0x8000);
	struct svsm_umem_reader in;
	void *shared;

	memcpy(page, head, sizeof(head));
	ck_assert_int_eq(svsm_umem_open_params(&umem, page, PAGE), SVSM_OK);
	svsm_umem_reader_init(&in, &umem, 0);
	ck_assert_uint_eq(svsm_umem_u32(&in), 0x04030201);
	ck_assert_int_eq(svsm_umem_write(&umem, 0, bytes, 1), SVSM_EPERM);
	ck_assert_int_eq(svsm_share_alloc(&machine_account, 0, &shared),
			 SVSM_OK);
	ck_assert_int_eq(svsm_umem_open_params(&umem, shared, 1), SVSM_EADDR);
}
END_TEST

START_TEST(a_slice_knows_what_it_overlaps)
{
	static const struct svsm_range list[] = {
		{ { AT + 0x5000 }, PAGE }, { { AT + 0x1000 }, 8 },
	};
	const struct svsm_range probe[] = {
		{ { AT + 0x4fff }, 1 }, { { AT + 0x4fff }, 2 },
		{ { AT + 0x1007 }, 1 }, { { AT + 0x1008 }, 8 },
	};

	machine_give(AT, 8);
	ck_assert_int_eq(open_list(list, 2, SVSM_READ), SVSM_OK);
	ck_assert(!svsm_umem_overlaps(&umem, &probe[0]));
	ck_assert(svsm_umem_overlaps(&umem, &probe[1]));
	ck_assert(svsm_umem_overlaps(&umem, &probe[2]));
	ck_assert(!svsm_umem_overlaps(&umem, &probe[3]));
	ck_assert_int_eq(svsm_umem_sub(&umem, 8, PAGE - 8, &umem), SVSM_OK);
	ck_assert(!svsm_umem_overlaps(&umem, &probe[1]));
	ck_assert(!svsm_umem_overlaps(&umem, &probe[2]));
}
END_TEST

UNIT_MAIN("slice", machine_setup, machine_teardown,
	  a_list_is_its_pieces_in_a_row, pages_of_a_list_are_found_at_once,
	  R_21_lists_that_cannot_be,
	  R_21_a_list_of_more_than_64_bits,
	  a_read_that_ends_half_way_leaves_zeros_behind,
	  what_is_refused_is_not_touched, nothing_is_fetched_twice,
	  what_changes_after_the_fetch_does_not_matter, strings_are_bounded,
	  fields_are_packed_and_little_endian, comparisons_see_every_byte,
	  shared_pages_are_a_slice_as_well, parameter_pages_are_only_read,
	  a_slice_knows_what_it_overlaps)
