/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What is accepted as a cell, where its parts go, who may reach them.
 */
#include <string.h>

#include "fixture.h"

START_TEST(parts_do_not_touch)
{
	struct cell_layout at;

	ck_assert_int_eq(cell_layout(fixture_image, &at), SVSM_OK);
	ck_assert_uint_eq(at.stack, DATA + 0x3000);
	ck_assert_uint_eq(at.stack_end, at.stack + 0x2000);
	ck_assert_uint_eq(at.buffer, at.stack_end + 0x1000);
	ck_assert_uint_eq(at.heap, at.buffer + 0x3000);
	ck_assert_uint_eq(at.end, at.heap + 0x3000);
}
END_TEST

/* A head with one word of it replaced. */
static enum svsm_status with(size_t offset, uint64_t value)
{
	struct svsm_cell_image head = *fixture_image;
	struct cell_layout at;

	memcpy((char *)&head + offset, &value, sizeof(value));
	return cell_layout(&head, &at);
}

#define FIELD(field)	offsetof(struct svsm_cell_image, field)

START_TEST(what_is_no_image_is_refused)
{
	static const struct {
		size_t at;
		uint64_t value;
	} bad[] = {
		{ FIELD(magic), SVSM_CELL_MAGIC + 1 },
		{ FIELD(stack_pages), 0 },
		{ FIELD(stack_pages), SVSM_CELL_STACK_MAX + 1 },
		{ FIELD(stack_pages), 1 | (SVSM_CELL_HEAP_MAX + 1ull) << 32 },
		{ FIELD(buffer_pages), 0 },
		{ FIELD(buffer_pages), 3 },
		{ FIELD(buffer_pages), 32 },
		{ FIELD(buffer_pages), 1 | 1ull << 32 },
		{ FIELD(text_start), SVSM_CELL_BASE },
		{ FIELD(text_start), TEXT + 8 },
		{ FIELD(text_end), TEXT },
		{ FIELD(text_end), DATA + 0x1000 },
		{ FIELD(text_end), DATA - 8 },
		{ FIELD(data_start), DATA + 0x1000 },
		{ FIELD(data_start), DATA + 8 },
		{ FIELD(data_end), DATA - 1 },
		{ FIELD(data_end), BSS_END + 1 },
		{ FIELD(bss_end), SVSM_CELL_END },
		{ FIELD(bss_end), UINT64_MAX },
		{ FIELD(entry), TEXT - 1 },
		{ FIELD(entry), DATA },
		{ FIELD(tcb), DATA - 8 },
		{ FIELD(tcb), BSS_END - 8 },
		{ FIELD(tcb), UINT64_MAX },
	};

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(bad); i++)
		ck_assert_msg(with(bad[i].at, bad[i].value) == SVSM_EFORMAT,
			      "%zu", i);
	ck_assert_int_eq(with(FIELD(entry), DATA - 1), SVSM_OK);
	memset(fixture_image->name, 'n', sizeof(fixture_image->name));
	ck_assert_int_eq(svsm_cell_start(&fixture_cell, &fixture_config),
			 SVSM_EFORMAT);
}
END_TEST

/* Every page of the space: readable, writable, or not there. */
START_TEST(nothing_is_there_but_what_the_head_says)
{
	struct cell_layout at;

	fixture_start();
	ck_assert_int_eq(cell_layout(fixture_image, &at), SVSM_OK);
	for (uint64_t va = 0; va < SVSM_CELL_END + 0x10000; va += 0x1000) {
		bool write = (va >= DATA && va < DATA + 0x2000) ||
			(va >= at.stack && va < at.stack_end) ||
			(va >= at.buffer && va < at.buffer + 0x2000) ||
			(va >= at.heap && va < at.end);
		bool read = write || (va >= SVSM_CELL_BASE && va < DATA);

		ck_assert_msg(read == !!cell_space_find(&fixture_cell, va,
							false),
			      "%#lx", (unsigned long)va);
		ck_assert_msg(write == !!cell_space_find(&fixture_cell, va,
							 true),
			      "%#lx", (unsigned long)va);
	}
}
END_TEST

/* All entries of the last level, wherever they are in the tables. */
static unsigned walk(const uint64_t *table, unsigned level,
		     void (*look)(uint64_t entry))
{
	uint64_t address = SVSM_PTE_ADDRESS & ~fake_cbit_mask();
	unsigned n = 0;

	for (unsigned i = 0; i < 512; i++) {
		if (!(table[i] & SVSM_PTE_PRESENT))
			continue;
		if (level > 1) {
			n += walk((const uint64_t *)(table[i] & address),
				  level - 1, look);
			continue;
		}
		look(table[i]);
		n++;
	}
	return n;
}

static unsigned supervisor;

static void look_at(uint64_t entry)
{
	ck_assert(entry & fake_cbit_mask());
	ck_assert(!(entry & SVSM_PTE_WRITE) || (entry & SVSM_PTE_NX));
	if (!(entry & 4))
		supervisor++;
}

START_TEST(two_pages_are_the_supervisors_and_no_page_is_writable_code)
{
	fixture_start();
	supervisor = 0;
	/* 2 of the image, 2 data, 2 stack, 2 buffer, 3 heap, 2 gate */
	ck_assert_uint_eq(walk(fixture_cell.root, 4, look_at), 13);
	ck_assert_uint_eq(supervisor, 2);
	ck_assert_ptr_null(cell_space_find(&fixture_cell,
					   (uintptr_t)fixture_cell.gate,
					   false));
}
END_TEST

START_TEST(a_range_is_there_wholly_or_not_at_all)
{
	struct svsm_cell_bytes bytes = { &fixture_cell, DATA + 0x1ff8, 8 };

	fixture_start();
	ck_assert(cell_bytes_check(&bytes, true));
	bytes.len = 9;
	ck_assert(!cell_bytes_check(&bytes, false));
	bytes.len = UINT64_MAX;
	ck_assert(!cell_bytes_check(&bytes, false));
	bytes = (struct svsm_cell_bytes){ &fixture_cell, DATA - 8, 16 };
	ck_assert(cell_bytes_check(&bytes, false));
	ck_assert(!cell_bytes_check(&bytes, true));
	bytes.va = UINT64_MAX - 7;
	ck_assert(!cell_bytes_check(&bytes, false));
	bytes.va = (uintptr_t)fixture_cell.gate;
	ck_assert(!cell_bytes_check(&bytes, false));
}
END_TEST

START_TEST(data_and_canary_are_there_at_the_start)
{
	fixture_start();
	ck_assert_uint_eq(fixture_peek(DATA), DATA_WORD);
	ck_assert_uint_eq(fixture_peek(DATA_END), 0);
	ck_assert_uint_eq(fixture_peek(TCB), TCB);
	ck_assert_uint_ne(fixture_peek(TCB + 0x28), 0);
	ck_assert_uint_eq(fixture_peek(TCB + 0x28) & 0xff, 0);
}
END_TEST

/* Each of its allocations fails once; afterwards there is memory. */
START_TEST(without_memory_it_is_not_started)
{
	for (unsigned n = 1;; n++) {
		memset(&fixture_cell, 0, sizeof(fixture_cell));
		fake_fail_at(n);
		if (svsm_cell_start(&fixture_cell, &fixture_config) == SVSM_OK)
			break;
		ck_assert(fake_fail_fired());
		ck_assert_int_eq(fixture_cell.state, SVSM_CELL_EMPTY);
		(void)fixture_take(1, 1, SVSM_ESTATE);
		fixture_teardown();
		fixture_setup();
	}
	ck_assert(!fake_fail_fired());
}
END_TEST

START_TEST(what_it_needs_is_guaranteed_or_it_is_not_started)
{
	fixture_image->heap_pages = 256;
	ck_assert_int_eq(svsm_cell_start(&fixture_cell, &fixture_config),
			 SVSM_ENOMEM);
}
END_TEST

static bool no_random(bool seed, uint64_t *word)
{
	(void)seed;
	(void)word;
	return false;
}

START_TEST(without_random_numbers_it_is_not_started)
{
	fake_random = no_random;
	ck_assert_int_eq(svsm_cell_start(&fixture_cell, &fixture_config),
			 SVSM_EHOST);
}
END_TEST

UNIT_MAIN("core: cell layout", fixture_setup, fixture_teardown,
	  parts_do_not_touch, what_is_no_image_is_refused,
	  nothing_is_there_but_what_the_head_says,
	  two_pages_are_the_supervisors_and_no_page_is_writable_code,
	  a_range_is_there_wholly_or_not_at_all,
	  data_and_canary_are_there_at_the_start,
	  without_memory_it_is_not_started,
	  what_it_needs_is_guaranteed_or_it_is_not_started,
	  without_random_numbers_it_is_not_started)
