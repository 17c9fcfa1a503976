/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Backtraces of sane and of broken stacks, names from sane and broken tables.
 */
#include <stdlib.h>
#include <string.h>

#include <svsm/addr.h>
#include <svsm/backtrace.h>
#include <svsm/log.h>

#include "fake.h"
#include "unit.h"

#define WORDS	64
#define MAX	SVSM_BACKTRACE_MAX

static uintptr_t low[WORDS], high[WORDS];
static struct svsm_stack stacks[2];
static uintptr_t out[MAX];

static void setup(void)
{
	memset(low, 0, sizeof(low));
	memset(high, 0, sizeof(high));
	stacks[0] = (struct svsm_stack){ (uintptr_t)low,
					 (uintptr_t)(low + WORDS) };
	stacks[1] = (struct svsm_stack){ (uintptr_t)high,
					 (uintptr_t)(high + WORDS) };
}

static void frame(uintptr_t *at, const uintptr_t *caller, uintptr_t ret)
{
	at[0] = (uintptr_t)caller;
	at[1] = ret;
}

static size_t trace(const uintptr_t *from)
{
	return svsm_backtrace((uintptr_t)from, stacks, 2, out, MAX);
}

START_TEST(backtrace_follows_frames_to_the_zero_that_ends_them)
{
	frame(&low[4], &low[10], 0x100);
	frame(&low[10], &low[20], 0x200);
	frame(&low[20], NULL, 0x300);
	ck_assert_uint_eq(trace(&low[4]), 3);
	ck_assert_uint_eq(out[0], 0x100);
	ck_assert_uint_eq(out[2], 0x300);
}
END_TEST

START_TEST(backtrace_goes_from_an_exception_stack_to_the_interrupted_one)
{
	frame(&high[4], &low[8], 0x100);
	frame(&low[8], &low[12], 0x200);
	frame(&low[12], NULL, 0);
	ck_assert_uint_eq(trace(&high[4]), 2);
}
END_TEST

START_TEST(backtrace_ends_at_a_frame_that_is_its_own_caller)
{
	frame(&low[4], &low[4], 0x100);
	ck_assert_uint_eq(trace(&low[4]), 1);
}
END_TEST

START_TEST(backtrace_ends_at_a_frame_that_points_down)
{
	frame(&low[10], &low[4], 0x100);
	frame(&low[4], &low[10], 0x200);
	ck_assert_uint_eq(trace(&low[10]), 1);
}
END_TEST

START_TEST(backtrace_does_not_run_round_two_stacks)
{
	frame(&low[4], &high[4], 0x100);
	frame(&high[4], &low[4], 0x200);
	ck_assert_uint_le(trace(&low[4]), 2);
}
END_TEST

START_TEST(backtrace_reads_nothing_outside_the_stacks)
{
	/* A frame whose second word would be behind the end. */
	ck_assert_uint_eq(trace(&low[WORDS - 1]), 0);
	ck_assert_uint_eq(trace((uintptr_t *)((uintptr_t)low - 8)), 0);
	ck_assert_uint_eq(trace((uintptr_t *)8), 0);
	ck_assert_uint_eq(trace((uintptr_t *)UINTPTR_MAX), 0);
	ck_assert_uint_eq(trace((uintptr_t *)((char *)low + 4)), 0);
	frame(&low[4], (uintptr_t *)0xdead0000, 0x100);
	ck_assert_uint_eq(trace(&low[4]), 1);
}
END_TEST

/* It keeps a bit for each of them. */
START_TEST(backtrace_knows_no_more_than_32_stacks)
{
	struct svsm_stack many[33];

	for (unsigned i = 0; i < 32; i++)
		many[i] = (struct svsm_stack){ 16, 16 };
	many[31] = stacks[0];
	many[32] = stacks[1];
	frame(&low[4], NULL, 0x100);
	frame(&high[4], NULL, 0x200);
	ck_assert_uint_eq(svsm_backtrace((uintptr_t)&low[4], many, 33, out,
					 MAX), 1);
	ck_assert_uint_eq(svsm_backtrace((uintptr_t)&high[4], many, 33, out,
					 MAX), 0);
}
END_TEST

START_TEST(backtrace_stops_when_there_is_no_room)
{
	for (unsigned i = 0; i < 30; i++)
		frame(&low[2 * i], &low[2 * i + 2], 0x100 + i);
	ck_assert_uint_eq(trace(low), MAX);
	ck_assert_uint_eq(svsm_backtrace((uintptr_t)low, stacks, 2, out, 0),
			  0);
	ck_assert_uint_eq(svsm_backtrace((uintptr_t)low, stacks, 0, out, MAX),
			  0);
}
END_TEST

/* Any content of the stacks: it ends, and stays in them (ASan looks on). */
START_TEST(backtrace_survives_random_stacks)
{
	srand(1);
	for (unsigned round = 0; round < 20000; round++) {
		for (unsigned i = 0; i < WORDS; i++) {
			low[i] = (uintptr_t)(low + rand() % WORDS);
			high[i] = (uintptr_t)(rand() % 2 ? low : high) +
				  (uintptr_t)(rand() % (WORDS * 8));
		}
		ck_assert_uint_le(trace(&high[rand() % WORDS]), MAX);
	}
}
END_TEST

/* A table of two functions. */
struct table {
	struct svsm_abi_symbols head;
	struct svsm_abi_symbol symbol[2];
	char names[8];
};

static const struct table good = {
	.head = { .count = 2, .names = 8 + 2 * 8 },
	.symbol = { { 0x100, 0 }, { 0x200, 4 } },
	.names = "one\0two",
};

static const char *
find(const struct table *table, size_t len, uint32_t addr, uint32_t *offset)
{
	return svsm_symbol_find(&table->head, len, addr, offset);
}

START_TEST(symbol_is_the_last_one_that_starts_before)
{
	uint32_t offset = 77;

	ck_assert_ptr_null(find(&good, sizeof(good), 0xff, &offset));
	ck_assert_uint_eq(offset, 77);
	ck_assert_str_eq(find(&good, sizeof(good), 0x100, &offset), "one");
	ck_assert_uint_eq(offset, 0);
	ck_assert_str_eq(find(&good, sizeof(good), 0x1ff, &offset), "one");
	ck_assert_uint_eq(offset, 0xff);
	ck_assert_str_eq(find(&good, sizeof(good), 0x250, &offset), "two");
	ck_assert_uint_eq(offset, 0x50);
}
END_TEST

START_TEST(symbol_table_that_does_not_add_up_has_no_names)
{
	struct table bad;
	uint32_t offset;

	for (size_t len = 0; len < sizeof(good); len++) {
		struct table *cut = malloc(len ? len : 1);

		/* On the heap, so that ASan sees a read behind the end. */
		memcpy(cut, &good, len);
		if (find(cut, len, 0x200, &offset))
			ck_abort_msg("name at length %zu", len);
		free(cut);
	}
	bad = good;
	bad.head.count = UINT32_MAX;
	ck_assert_ptr_null(find(&bad, sizeof(bad), 0x200, &offset));
	bad = good;
	bad.head.names = UINT32_MAX;
	ck_assert_ptr_null(find(&bad, sizeof(bad), 0x200, &offset));
	bad = good;
	bad.symbol[1].name = 8;
	ck_assert_ptr_null(find(&bad, sizeof(bad), 0x200, &offset));
	bad = good;
	bad.names[7] = 'x';
	ck_assert_ptr_null(find(&bad, sizeof(bad), 0x200, &offset));
	ck_assert_ptr_null(svsm_symbol_find(NULL, 100, 0x200, &offset));
}
END_TEST

static char logged[1024];

static void note_line(void *ctx, const char *line, size_t len)
{
	(void)ctx;
	(void)len;
	strncat(logged, line, sizeof(logged) - strlen(logged) - 1);
}

static size_t list_stacks(struct svsm_stack *list, size_t max)
{
	size_t n = max < 2 ? max : 2;

	memcpy(list, stacks, n * sizeof(*list));
	return n;
}

/* A call's line names the function of the call, not of what follows it. */
START_TEST(a_logged_backtrace_has_names_where_there_are_some)
{
	const struct svsm_backtrace_source source = {
		.stacks = list_stacks, .symbols = &good.head,
		.symbols_len = sizeof(good), .region_start = 0x1000,
		.text_start = 0x1000, .text_end = 0x9000,
	};
	uint32_t offset = 0;
	const char *name = find(&good, sizeof(good), 0x400, &offset);

	fake_setup();
	svsm_log_init(note_line, NULL, SVSM_LOG_ERROR);
	svsm_backtrace_log(0x1400, (uintptr_t)&low[4]);
	ck_assert_str_eq(logged, "");	/* before init: silent */
	frame(&low[4], &low[10], 0x1401);
	frame(&low[10], NULL, 0x123456);
	svsm_backtrace_init(&source);
	svsm_backtrace_log(0x1400, (uintptr_t)&low[4]);
	ck_assert_ptr_nonnull(name);
	ck_assert_ptr_nonnull(strstr(logged, "#0 "));
	ck_assert_ptr_nonnull(strstr(strstr(logged, "#1 "), name));
	ck_assert_ptr_nonnull(strstr(logged, "#2 0x123455\n"));
	logged[0] = '\0';
	svsm_backtrace_log(0, 0);
	ck_assert_str_eq(logged, "");
	svsm_backtrace_log(0xfff, 0);	/* below the code */
	ck_assert_ptr_nonnull(strstr(logged, "#0 0xfff\n"));
	logged[0] = '\0';
	svsm_backtrace_log(0x9000, 0);	/* behind it */
	ck_assert_ptr_nonnull(strstr(logged, "#0 0x9000\n"));
	fake_teardown();
}
END_TEST

UNIT_MAIN("backtrace", setup, NULL,
	a_logged_backtrace_has_names_where_there_are_some,
	backtrace_follows_frames_to_the_zero_that_ends_them,
	backtrace_goes_from_an_exception_stack_to_the_interrupted_one,
	backtrace_ends_at_a_frame_that_is_its_own_caller,
	backtrace_ends_at_a_frame_that_points_down,
	backtrace_does_not_run_round_two_stacks,
	backtrace_reads_nothing_outside_the_stacks,
	backtrace_knows_no_more_than_32_stacks,
	backtrace_stops_when_there_is_no_room,
	backtrace_survives_random_stacks,
	symbol_is_the_last_one_that_starts_before,
	symbol_table_that_does_not_add_up_has_no_names)
