/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The log on the host's serial port: what the host sees, and what it can do
 * to us with it.
 */
#include <string.h>

#include <svsm/ghcb.h>
#include <svsm/log.h>

#include "boot.h"
#include "fake.h"
#include "unit.h"

#define COM1		0x3f8
#define STATUS		(COM1 + 5)
#define EMPTY		0x20u

static struct svsm_ghcb ghcb;
static char text[512];
static size_t used;
static unsigned looks;
static uint8_t divisor, line_control;
static uint32_t status;

static uint32_t port(uint16_t number, bool in, unsigned size, uint32_t value)
{
	ck_assert_uint_eq(size, 1);
	if (in) {
		ck_assert_uint_eq(number, STATUS);
		looks++;
		return status;
	}
	ck_assert(number >= COM1 && number < COM1 + 5);
	if (number == COM1 + 3)
		line_control = (uint8_t)value;
	else if (number == COM1 && line_control & 0x80)
		divisor = (uint8_t)value;
	else if (number == COM1)
		text[used++] = (char)value;
	return 0;
}

static void setup(void)
{
	void *page;

	fake_setup();
	page = fake_make_ghcb(0x1000);
	svsm_ghcb_init(&ghcb, page, svsm_gpa((uintptr_t)page));
	fake_cpu_set_ghcb(&ghcb);
	fake_plant(0x2000);
	memset(text, 0, sizeof(text));
	used = 0;
	status = EMPTY;
	fake_io = port;
}

START_TEST(the_port_is_set_up_and_takes_lines)
{
	console_init();
	ck_assert_uint_eq(divisor, 1);
	ck_assert_uint_eq(line_control, 3);
	svsm_info("a line of more than sixteen bytes");
	ck_assert_str_eq(text, "svsm: a line of more than sixteen bytes\n");
	ck_assert_uint_eq(looks, 3);
	svsm_debug("not this one");
	ck_assert_uint_eq(looks, 3);
	fake_oracle(20);
}
END_TEST

/* Bytes go out all the same, after a bounded number of looks. */
START_TEST(a_port_that_is_never_ready_does_not_stop_us)
{
	static const uint32_t never[] = { 0, ~EMPTY };

	console_init();
	for (size_t i = 0; i < SVSM_ARRAY_SIZE(never); i++) {
		status = never[i];
		looks = 0;
		used = 0;
		svsm_info("seventeen!!");
		ck_assert_mem_eq(text, "svsm: seventeen!!\n", 18);
		ck_assert_uint_eq(looks, 2 * 1000);
	}
	fake_oracle(4100);
}
END_TEST

static unsigned from, until;

static bool refuse(struct fake_exit *exit)
{
	if (!exit->ghcb || exit->nr < from || exit->nr > until)
		return false;
	fake_ghcb_answer(exit->ghcb, 2, 0);
	return true;
}

static void refuse_next(unsigned first, unsigned last)
{
	from = fake_counters().exits + first;
	until = fake_counters().exits + last;
	fake_before_exit = refuse;
}

/* Each of its seven exits. */
START_TEST(a_port_that_cannot_be_set_up_gets_no_lines)
{
	for (unsigned n = 1; n <= 7; n++) {
		refuse_next(n, n);
		console_init();
		used = 0;
		svsm_error("nobody hears");
		ck_assert_uint_eq(used, 0);
		fake_oracle(8);
	}
	console_init();
	svsm_error("now");
	ck_assert_str_eq(text, "svsm: error: now\n");
}
END_TEST

START_TEST(a_line_that_the_host_does_not_take_is_lost_and_no_more)
{
	console_init();
	/* look, write, look, write: all but the first two are refused */
	refuse_next(3, 4);
	svsm_info("the first sixteen and no more");
	ck_assert_str_eq(text, "svsm: the first ");
	used = 0;
	refuse_next(1, 1);	/* a look that is refused is not repeated */
	looks = 0;
	svsm_info("short");
	ck_assert_mem_eq(text, "svsm: short\n", 12);
	ck_assert_uint_eq(looks, 0);
	fake_oracle(20);
}
END_TEST

START_TEST(a_cpu_without_a_ghcb_says_nothing)
{
	unsigned exits;

	console_init();
	exits = fake_counters().exits;
	fake_cpu_set_ghcb(NULL);
	svsm_error("how?");
	ck_assert_uint_eq(fake_counters().exits, exits);
	ck_assert_uint_eq(used, 0);
}
END_TEST

UNIT_MAIN("console", setup, fake_teardown,
	the_port_is_set_up_and_takes_lines,
	a_port_that_is_never_ready_does_not_stop_us,
	a_port_that_cannot_be_set_up_gets_no_lines,
	a_line_that_the_host_does_not_take_is_lost_and_no_more,
	a_cpu_without_a_ghcb_says_nothing)
