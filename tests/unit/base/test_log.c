/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Log lines: levels, cut lines, hostile text, a sink that logs.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include <svsm/log.h>

#include "fake.h"
#include "unit.h"

static char text[1024];
static size_t used;
static unsigned lines;
static bool chatty;

static void sink(void *ctx, const char *line, size_t len)
{
	ck_assert_ptr_eq(ctx, text);
	ck_assert_uint_lt(used + len, sizeof(text));
	memcpy(text + used, line, len);
	used += len;
	lines++;
	if (chatty)
		svsm_error("from the sink");
}

static void setup(void)
{
	fake_setup();
	memset(text, 0, sizeof(text));
	used = 0;
	lines = 0;
	chatty = false;
}

START_TEST(lines_carry_their_level)
{
	svsm_log_init(sink, text, SVSM_LOG_DEBUG);
	svsm_error("e %u", 1u);
	svsm_warn("w");
	svsm_info("i");
	svsm_debug("d");
	ck_assert_str_eq(text, "svsm: error: e 1\nsvsm: warn: w\nsvsm: i\n"
			       "svsm: debug: d\n");
}
END_TEST

START_TEST(lines_above_the_level_are_not_shown)
{
	svsm_log_init(sink, text, SVSM_LOG_WARN);
	svsm_info("no");
	svsm_debug("no");
	ck_assert_uint_eq(lines, 0);
	svsm_warn("yes");
	ck_assert_uint_eq(lines, 1);
}
END_TEST

START_TEST(there_is_silence_without_a_sink)
{
	svsm_log_init(sink, text, SVSM_LOG_INFO);
	svsm_log_init(NULL, NULL, SVSM_LOG_DEBUG);
	svsm_error("nobody hears");
	ck_assert_uint_eq(lines, 0);
}
END_TEST

START_TEST(long_line_is_cut_and_still_ends)
{
	svsm_log_init(sink, text, SVSM_LOG_INFO);
	svsm_info("%300s", "x");
	ck_assert_uint_eq(used, SVSM_LOG_LINE - 1);
	ck_assert_int_eq(text[used - 1], '\n');
}
END_TEST

START_TEST(hostile_text_cannot_make_lines_of_its_own)
{
	svsm_log_init(sink, text, SVSM_LOG_INFO);
	svsm_info("%s", "a\nsvsm: forged\r\x1b[2J\xff");
	ck_assert_str_eq(text, "svsm: a?svsm: forged??[2J?\n");
	ck_assert_uint_eq(lines, 1);
}
END_TEST

START_TEST(line_written_by_the_sink_is_dropped)
{
	svsm_log_init(sink, text, SVSM_LOG_INFO);
	chatty = true;
	svsm_info("one");
	ck_assert_uint_eq(lines, 1);
	chatty = false;
	svsm_info("two");
	ck_assert_uint_eq(lines, 2);
}
END_TEST

/* A line's text that takes its time: meanwhile somebody takes the sink. */
static char *slow_text;

static void take_sink(int number)
{
	(void)number;
	svsm_log_init(NULL, NULL, SVSM_LOG_DEBUG);
	mprotect(slow_text, 4096, PROT_READ | PROT_WRITE);
}

START_TEST(sink_that_goes_while_a_line_is_made_is_not_called)
{
	struct sigaction action = { .sa_handler = take_sink }, before;

	slow_text = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
	ck_assert_ptr_ne(slow_text, MAP_FAILED);
	svsm_log_init(sink, text, SVSM_LOG_INFO);
	sigaction(SIGSEGV, &action, &before);
	svsm_info("%s", slow_text);
	sigaction(SIGSEGV, &before, NULL);
	ck_assert_uint_eq(lines, 0);
	svsm_log_init(sink, text, SVSM_LOG_INFO);
	svsm_info("%s", slow_text);
	ck_assert_uint_eq(lines, 1);
	munmap(slow_text, 4096);
}
END_TEST

START_TEST(every_byte_that_is_no_ascii_text_becomes_a_mark)
{
	svsm_log_init(sink, text, SVSM_LOG_INFO);
	for (unsigned c = 1; c < 256; c++) {
		used = 0;
		svsm_info("%c", (char)c);
		ck_assert_int_eq(text[6], c >= ' ' && c <= '~' ? (int)c : '?');
		ck_assert_int_eq(text[7], '\n');
	}
}
END_TEST

UNIT_MAIN("log", setup, fake_teardown,
	lines_carry_their_level,
	lines_above_the_level_are_not_shown,
	there_is_silence_without_a_sink,
	long_line_is_cut_and_still_ends,
	hostile_text_cannot_make_lines_of_its_own,
	line_written_by_the_sink_is_dropped,
	sink_that_goes_while_a_line_is_made_is_not_called,
	every_byte_that_is_no_ascii_text_becomes_a_mark)
