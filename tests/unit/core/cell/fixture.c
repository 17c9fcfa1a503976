/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * See fixture.h.
 */
#include <string.h>

#include "fixture.h"

#define POOL		0x100000ull
#define POOL_LEN	0x80000ull

static uint8_t image[3 * SVSM_PAGE_BYTES]
	__attribute__((aligned(SVSM_PAGE_BYTES)));
static struct svsm_page_span span;

struct svsm_cell_image *fixture_image = (void *)image;
struct svsm_cell fixture_cell;
struct svsm_cell_config fixture_config;

static void make_image(void)
{
	static const uint64_t word = DATA_WORD;

	memset(image, 0xaa, sizeof(image));
	memcpy(image + 2 * SVSM_PAGE_BYTES, &word, sizeof(word));
	*fixture_image = (struct svsm_cell_image){
		.magic = SVSM_CELL_MAGIC, .stack_pages = 2, .heap_pages = 3,
		.buffer_pages = 2, .text_start = TEXT, .text_end = DATA,
		.data_start = DATA, .data_end = DATA_END, .bss_end = BSS_END,
		.entry = TEXT + 0x10, .tcb = TCB, .name = "test",
	};
}

void fixture_setup(void)
{
	fake_setup();
	fake_pool_reset(&svsm_pages);
	ck_assert_int_eq(svsm_page_fill(&svsm_pages, &span, fake_region(POOL),
					POOL_LEN), SVSM_OK);
	make_image();
	memset(&fixture_cell, 0, sizeof(fixture_cell));
	fixture_config = (struct svsm_cell_config){ .image = fixture_image };
	fake_cell = NULL;
	fake_random = NULL;
}

void fixture_teardown(void)
{
	fake_teardown();
}

void fixture_start(void)
{
	ck_assert_int_eq(svsm_cell_start(&fixture_cell, &fixture_config),
			 SVSM_OK);
}

bool fixture_take(uint64_t who, uint64_t what, enum svsm_status want)
{
	const struct svsm_cell_ticket ticket = { who, what };
	bool begun = false;

	ck_assert_int_eq(svsm_cell_take(&fixture_cell, &ticket, &begun), want);
	return begun;
}

enum svsm_status fixture_call(uint64_t who, uint32_t fn, size_t *reply)
{
	enum svsm_status status;

	(void)fixture_take(who, fn, SVSM_OK);
	status = svsm_cell_run(&fixture_cell, fn, 8, reply);
	svsm_cell_give(&fixture_cell);
	return status;
}

void fixture_sys(void *gate, uint64_t number, uint64_t a, uint64_t b,
		 uint64_t c)
{
	struct cell_frame *frame = gate_frame(gate);

	frame->vector = GATE_SYSCALL;
	frame->rax = number;
	frame->rdi = a;
	frame->rsi = b;
	frame->rdx = c;
}

void fixture_vector(void *gate, uint64_t vector, uint64_t error)
{
	gate_frame(gate)->vector = vector;
	gate_frame(gate)->error = error;
}

uint64_t fixture_peek(uint64_t va)
{
	const struct svsm_cell_bytes at = { &fixture_cell, va, 8 };
	uint64_t value;

	svsm_cell_bytes_read(&at, 0, &value, sizeof(value));
	return value;
}

void fixture_poke(uint64_t va, uint64_t value)
{
	const struct svsm_cell_bytes at = { &fixture_cell, va, 8 };

	svsm_cell_bytes_write(&at, 0, &value, sizeof(value));
}

bool fixture_is_wiped(void)
{
	static const uint8_t zero[SVSM_PAGE_BYTES];
	struct cell_layout at;

	ck_assert_int_eq(cell_layout(fixture_image, &at), SVSM_OK);
	for (uint64_t va = DATA; va < at.end; va += SVSM_PAGE_BYTES) {
		const void *page = cell_space_find(&fixture_cell, va, true);

		if (page && memcmp(page, zero, sizeof(zero)) != 0)
			return false;
	}
	return true;
}
