/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What a cell asks for, rightly and wrongly; CPUID; storage.
 */
#include <string.h>

#include <svsm/log.h>

#include "fixture.h"

static struct svsm_page_account storage;
static struct svsm_cell_memory memory;

/* What the cell does in this run, and what it got. */
static struct step {
	uint64_t number, a, b, c;
	enum svsm_status want;
	uint64_t rdx;
} step[40];
static unsigned steps, at;

static void player(void *gate)
{
	struct cell_frame *frame = gate_frame(gate);

	if (at) {
		ck_assert_msg(frame->rax == (uint64_t)step[at - 1].want,
			      "step %u: %lu", at - 1,
			      (unsigned long)frame->rax);
		step[at - 1].rdx = frame->rdx;
	}
	if (at < steps)
		fixture_sys(gate, step[at].number, step[at].a, step[at].b,
			    step[at].c);
	else
		fixture_sys(gate, SVSM_CELL_REPLY, 0, 0, 0);
	at++;
}

static void setup(void)
{
	fixture_setup();
	fake_cell = player;
	memset(&storage, 0, sizeof(storage));
	memset(&memory, 0, sizeof(memory));
	ck_assert_int_eq(svsm_page_account_open(&storage, &svsm_pages, "store",
						0, 12), SVSM_OK);
	svsm_cell_memory_init(&memory, &storage);
	fixture_config.store = &memory.store;
	fixture_start();
	fixture_cell.ready = true;
	steps = at = 0;
}

static void play(void)
{
	size_t reply;

	at = 0;
	ck_assert_int_eq(fixture_call(1, 5, &reply), SVSM_OK);
	ck_assert_uint_eq(at, steps + 1);
}

static void add(uint64_t number, uint64_t a, uint64_t b, uint64_t c,
		enum svsm_status want)
{
	step[steps++] = (struct step){ number, a, b, c, want, 0 };
}

/* Addresses that no call may take for eight bytes. */
static const uint64_t bad[] = {
	0, 7, SVSM_CELL_BASE - 1, DATA + 0x1ffc, BSS_END + 0x1000,
	SVSM_CELL_END - 8, SVSM_CELL_END, 0x7e000000, 0x8000000000,
	0x800000000000, UINT64_MAX - 7, UINT64_MAX,
};

START_TEST(addresses_that_are_not_its_own_are_refused)
{
	for (size_t i = 0; i < SVSM_ARRAY_SIZE(bad); i++) {
		steps = 0;
		add(SVSM_CELL_LOG, bad[i], 8, 0, SVSM_EADDR);
		add(SVSM_CELL_ENTROPY, bad[i], 8, 0, SVSM_EADDR);
		add(SVSM_CELL_GET, 0, bad[i], 8, SVSM_EADDR);
		add(SVSM_CELL_PUT, 0, bad[i], 8, SVSM_EADDR);
		play();
	}
	steps = 0;
	/* Read-only memory is not written, and read as ever. */
	add(SVSM_CELL_ENTROPY, TEXT, 8, 0, SVSM_EADDR);
	add(SVSM_CELL_ENTROPY, SVSM_CELL_BASE, 8, 0, SVSM_EADDR);
	add(SVSM_CELL_ENTROPY, DATA - 4, 8, 0, SVSM_EADDR);
	add(SVSM_CELL_GET, 0, TEXT, 8, SVSM_EADDR);
	add(SVSM_CELL_PUT, 0, TEXT, 8, SVSM_OK);
	add(SVSM_CELL_LOG, TEXT, 8, 0, SVSM_OK);
	play();
	ck_assert_uint_eq(fixture_image->magic, SVSM_CELL_MAGIC);
}
END_TEST

START_TEST(lengths_are_bounded)
{
	add(SVSM_CELL_LOG, DATA, SVSM_CELL_LOG_MAX, 0, SVSM_OK);
	add(SVSM_CELL_LOG, DATA, SVSM_CELL_LOG_MAX + 1, 0, SVSM_EINVAL);
	add(SVSM_CELL_LOG, DATA, UINT64_MAX, 0, SVSM_EINVAL);
	add(SVSM_CELL_ENTROPY, DATA, SVSM_CELL_ENTROPY_MAX, 0, SVSM_OK);
	add(SVSM_CELL_ENTROPY, DATA, SVSM_CELL_ENTROPY_MAX + 1, 0,
	    SVSM_EINVAL);
	add(SVSM_CELL_GET, 0, DATA, UINT64_MAX, SVSM_EADDR);
	add(SVSM_CELL_PUT, 0, DATA, UINT64_MAX, SVSM_EADDR);
	add(SVSM_CELL_PUT, 0, DATA, 0x2001, SVSM_EADDR);
	add(SVSM_CELL_REPLY, 0x2001, 0, 0, SVSM_EINVAL);
	add(SVSM_CELL_REPLY, UINT64_MAX, 0, 0, SVSM_EINVAL);
	play();
}
END_TEST

static unsigned lines;

static void sink(void *ctx, const char *line, size_t len)
{
	(void)ctx;
	fake_oracle_log(line, len);
	lines += strncmp(line, "svsm: test: ", 12) == 0;
}

START_TEST(it_writes_so_many_lines_in_a_slice)
{
	lines = 0;
	svsm_log_init(sink, NULL, SVSM_LOG_INFO);
	for (unsigned i = 0; i < SVSM_CELL_LOG_LINES + 2; i++)
		add(SVSM_CELL_LOG, DATA, 8, 0,
		    i < SVSM_CELL_LOG_LINES ? SVSM_OK : SVSM_EBUSY);
	play();
	ck_assert_uint_eq(lines, SVSM_CELL_LOG_LINES);
	svsm_log_init(NULL, NULL, SVSM_LOG_INFO);
}
END_TEST

START_TEST(random_bytes_arrive_across_a_page_and_nowhere_else)
{
	fixture_poke(DATA + 0xff0, 0);
	add(SVSM_CELL_ENTROPY, DATA + 0xffc, 8, 0, SVSM_OK);
	play();
	ck_assert_uint_eq(fixture_peek(DATA + 0xff0), 0);
	ck_assert_uint_eq(fixture_peek(DATA + 0xff8) & UINT32_MAX, 0);
	ck_assert_uint_ne(fixture_peek(DATA + 0xffc), 0);
	ck_assert_uint_eq(fixture_peek(TCB + 4), 0);
}
END_TEST

static enum svsm_status sevens(void *dst, size_t n)
{
	memset(dst, 7, n);
	return SVSM_OK;
}

START_TEST(random_bytes_come_from_where_it_was_told)
{
	fixture_cell.config.random = sevens;
	add(SVSM_CELL_ENTROPY, DATA, 8, 0, SVSM_OK);
	play();
	ck_assert_uint_eq(fixture_peek(DATA), 0x0707070707070707ull);
}
END_TEST

START_TEST(time_never_runs_backwards)
{
	add(SVSM_CELL_TIME, 0, 0, 0, SVSM_OK);
	add(SVSM_CELL_TIME, 0, 0, 0, SVSM_OK);
	play();
	ck_assert_uint_lt(step[0].rdx, step[1].rdx);
	step[2].rdx = step[1].rdx;
	fake_tsc_step = -1000;
	play();
	ck_assert_uint_eq(step[0].rdx, step[2].rdx);
	ck_assert_uint_eq(step[1].rdx, step[2].rdx);
}
END_TEST

START_TEST(what_was_put_is_what_is_got_also_after_a_death)
{
	size_t reply;

	add(SVSM_CELL_GET, 3, DATA, 8, SVSM_ENOENT);
	add(SVSM_CELL_PUT, 3, DATA, 0x1800, SVSM_OK);
	add(SVSM_CELL_GET, 3, DATA, 0x17ff, SVSM_ESIZE);
	play();
	ck_assert_uint_eq(step[2].rdx, 0x1800);
	fixture_cell.config.restarts = 1;
	steps = 0;
	add(99, 0, 0, 0, SVSM_OK);
	at = 0;
	ck_assert_int_eq(fixture_call(1, 5, &reply), SVSM_ESTATE);
	ck_assert_int_eq(fixture_cell.death, SVSM_CELL_BAD_CALL);
	ck_assert_uint_eq(fixture_cell.detail, 99);
	steps = 0;
	add(SVSM_CELL_REPLY, 0, 0, 0, SVSM_OK);	/* ready */
	add(SVSM_CELL_GET, 3, fixture_cell.heap, 0x2000, SVSM_OK);
	play();
	ck_assert_uint_eq(step[1].rdx, 0x1800);
	ck_assert_uint_eq(fixture_peek(fixture_cell.heap), DATA_WORD);
}
END_TEST

START_TEST(storage_is_bounded_and_keeps_the_old_when_there_is_no_room)
{
	uint64_t heap = fixture_cell.heap;

	add(SVSM_CELL_PUT, SVSM_CELL_SLOTS, DATA, 8, SVSM_EINVAL);
	add(SVSM_CELL_PUT, UINT64_MAX, DATA, 8, SVSM_EINVAL);
	add(SVSM_CELL_GET, SVSM_CELL_SLOTS, DATA, 8, SVSM_EINVAL);
	add(SVSM_CELL_GET, 1ull << 32, DATA, 8, SVSM_EINVAL);
	add(SVSM_CELL_PUT, 0, DATA, 8, SVSM_OK);
	add(SVSM_CELL_PUT, 1, heap, 0x3000, SVSM_OK);
	add(SVSM_CELL_PUT, 2, heap, 0x3000, SVSM_OK);
	/* 1 + 4 + 4 pages of 12: four more are not there. */
	add(SVSM_CELL_PUT, 0, heap, 0x3000, SVSM_ENOMEM);
	add(SVSM_CELL_GET, 0, heap, 8, SVSM_OK);
	add(SVSM_CELL_PUT, 1, heap, 0, SVSM_OK);
	add(SVSM_CELL_PUT, 0, heap, 0x3000, SVSM_OK);
	play();
	ck_assert_uint_eq(step[8].rdx, 8);
	ck_assert_uint_eq(storage.used, 9);
	ck_assert(svsm_page_check(&svsm_pages));
}
END_TEST

START_TEST(without_storage_there_is_none)
{
	fixture_cell.config.store = NULL;
	add(SVSM_CELL_GET, 0, DATA, 8, SVSM_ENOSYS);
	add(SVSM_CELL_PUT, 0, DATA, 8, SVSM_ENOSYS);
	play();
}
END_TEST

START_TEST(the_first_request_waits_until_it_is_ready)
{
	fixture_cell.ready = false;
	add(SVSM_CELL_YIELD, 0, 0, 0, SVSM_OK);
	add(SVSM_CELL_REPLY, 0, 0, 0, SVSM_OK);
	play();
	ck_assert_uint_eq(step[1].rdx, 5);
	ck_assert(fixture_cell.ready);
}
END_TEST

static void fails(void *gate)
{
	fixture_sys(gate, SVSM_CELL_FAIL, 1234, 0, 0);
}

START_TEST(it_can_end_itself)
{
	size_t reply;

	fake_cell = fails;
	ck_assert_int_eq(fixture_call(1, 5, &reply), SVSM_ESTATE);
	ck_assert_int_eq(fixture_cell.death, SVSM_CELL_FAILED);
	ck_assert_uint_eq(fixture_cell.detail, 1234);
}
END_TEST

/* Calls alone end a slice when the clock stands still. */
static void chatty(void *gate)
{
	at++;
	fixture_sys(gate, SVSM_CELL_TIME, 0, 0, 0);
}

START_TEST(calls_without_end_end_the_slice)
{
	size_t reply;

	fake_cell = chatty;
	fake_tsc_step = 0;
	ck_assert_int_eq(fixture_call(1, 5, &reply), SVSM_EAGAIN);
	ck_assert_uint_eq(at, CELL_CALLS);
}
END_TEST

static uint64_t rip, error;

static void asks_cpuid(void *gate)
{
	struct cell_frame *frame = gate_frame(gate);

	if (at++) {
		fixture_sys(gate, SVSM_CELL_REPLY, 0, 0, 0);
		return;
	}
	frame->rip = rip;
	frame->rax = 6;
	frame->rcx = 1;
	fixture_vector(gate, 29, error);
}

/* Only where the instruction is, and it moves on behind it. */
START_TEST(cpuid_is_answered_and_no_other_vc)
{
	struct cell_frame *frame = gate_frame(fixture_cell.gate);
	uint8_t *text = (uint8_t *)fixture_image + 0x1000;
	size_t reply;

	fixture_cell.config.restarts = 9;
	fake_cell = asks_cpuid;
	text[0x20] = 0x0f;
	text[0x21] = 0xa2;
	rip = TEXT + 0x20;
	error = 0x72;
	ck_assert_int_eq(fixture_call(1, 5, &reply), SVSM_OK);
	ck_assert_uint_eq(frame->rip, TEXT + 0x22);
	ck_assert_uint_eq(frame->rbx, 2);
	error = 0x7b;
	at = 0;
	ck_assert_int_eq(fixture_call(1, 5, &reply), SVSM_ESTATE);
	error = 0x72;
	rip = TEXT + 0x21;
	at = 0;
	ck_assert_int_eq(fixture_call(1, 5, &reply), SVSM_ESTATE);
	rip = 0x7e000000;
	at = 0;
	ck_assert_int_eq(fixture_call(1, 5, &reply), SVSM_ESTATE);
}
END_TEST

static void cpuid_for_ever(void *gate)
{
	gate_frame(gate)->rip = TEXT + 0x20;
	fixture_vector(gate, 29, 0x72);
	at++;
}

/* Each is a way out, like a call: by the clock, or by number if it stands. */
START_TEST(cpuid_without_end_ends_the_slice_and_the_cell)
{
	uint8_t *text = (uint8_t *)fixture_image + 0x1000;
	size_t reply;

	fake_cell = cpuid_for_ever;
	text[0x20] = 0x0f;
	text[0x21] = 0xa2;
	fixture_cell.config.slice = 50 * (uint64_t)fake_tsc_step;
	fixture_cell.config.slices = 2;
	ck_assert_int_eq(fixture_call(1, 5, &reply), SVSM_EAGAIN);
	ck_assert_uint_le(at, 50);
	fake_tsc_step = 0;
	at = 0;
	ck_assert_int_eq(fixture_call(1, 5, &reply), SVSM_EAGAIN);
	ck_assert_uint_eq(at, CELL_CALLS);
	ck_assert_int_eq(fixture_call(1, 5, &reply), SVSM_ESTATE);
	ck_assert_int_eq(fixture_cell.death, SVSM_CELL_TOO_MANY);
}
END_TEST

static void loses_a_page(void *gate)
{
	fixture_vector(gate, 29, 0x404);
}

START_TEST(a_page_that_is_lost_in_ring_3_ends_the_vm)
{
	size_t reply;

	fake_cell = loses_a_page;
	ck_assert_int_eq(fake_reason_of(fake_ignore(fixture_call(1, 5,
								 &reply))),
			 SVSM_REASON_PAGE_LOST);
}
END_TEST

static uint64_t told;

static void yields_once(void *gate)
{
	told = gate_frame(gate)->r9;
	if (at++ == 0)
		fixture_cell.slice_end = 0;
	fixture_sys(gate, at == 1 ? SVSM_CELL_YIELD : SVSM_CELL_REPLY, 0, 0, 0);
}

START_TEST(after_a_yield_it_knows_the_slice_that_is)
{
	size_t reply;

	fake_cell = yields_once;
	ck_assert_int_eq(fixture_call(1, 5, &reply), SVSM_EAGAIN);
	ck_assert_int_eq(fixture_call(1, 5, &reply), SVSM_OK);
	ck_assert_uint_eq(told, fixture_cell.slice_end);
}
END_TEST

START_TEST(nothing_is_left_in_the_buffer)
{
	uint64_t *buffer = svsm_cell_buffer(&fixture_cell);
	size_t reply;

	buffer[1023] = 5;
	ck_assert_int_eq(fixture_call(1, 5, &reply), SVSM_OK);
	ck_assert_uint_eq(buffer[1023], 0);
	(void)fixture_take(1, 5, SVSM_OK);
	ck_assert_int_eq(svsm_cell_run(&fixture_cell, 1, 0x2001, &reply),
			 SVSM_EINVAL);
	svsm_cell_give(&fixture_cell);
}
END_TEST

UNIT_MAIN("core: cell calls", setup, fixture_teardown,
	  addresses_that_are_not_its_own_are_refused, lengths_are_bounded,
	  it_writes_so_many_lines_in_a_slice,
	  random_bytes_arrive_across_a_page_and_nowhere_else,
	  random_bytes_come_from_where_it_was_told,
	  time_never_runs_backwards,
	  what_was_put_is_what_is_got_also_after_a_death,
	  storage_is_bounded_and_keeps_the_old_when_there_is_no_room,
	  without_storage_there_is_none,
	  the_first_request_waits_until_it_is_ready, it_can_end_itself,
	  calls_without_end_end_the_slice, cpuid_is_answered_and_no_other_vc,
	  cpuid_without_end_ends_the_slice_and_the_cell,
	  a_page_that_is_lost_in_ring_3_ends_the_vm,
	  after_a_yield_it_knows_the_slice_that_is,
	  nothing_is_left_in_the_buffer)
