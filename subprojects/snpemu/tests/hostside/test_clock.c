// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Dates and tick rates. */
#include "kvmclock.h"
#include "tests.h"

START_TEST(rtc_dates_become_unix_time)
{
	static const struct {
		struct rtc_time time;
		uint64_t seconds;
	} rows[] = {
		{ { 0x00, 0x00, 0x00, 0x01, 0x01, 0x70, 0x19 }, 0 },
		{ { 0x59, 0x59, 0x23, 0x31, 0x12, 0x99, 0x19 }, 946684799 },
		{ { 0x00, 0x00, 0x00, 0x29, 0x02, 0x00, 0x20 }, 951782400 },
		{ { 0x00, 0x00, 0x00, 0x01, 0x03, 0x00, 0x20 }, 951868800 },
		{ { 0x56, 0x34, 0x12, 0x23, 0x11, 0x26, 0x20 }, 1795437296 },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_uint_eq(rtc_to_unix(&rows[i].time),
				  rows[i].seconds);
}
END_TEST

static uint64_t to_ns(uint64_t ticks, uint64_t hz)
{
	uint32_t mul;
	int8_t shift;

	kvmclock_scale(hz, &mul, &shift);
	ticks = shift < 0 ? ticks >> -shift : ticks << shift;
	return (uint64_t)((unsigned __int128)ticks * mul >> 32);
}

START_TEST(ticks_become_nanoseconds_at_any_rate)
{
	static const uint64_t rates[] = {
		1000000, 999999999, 1000000000, 1000000001, 2450000000,
		5000000000,
	};

	for (unsigned i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		uint64_t ns = to_ns(10 * rates[i], rates[i]);

		ck_assert_uint_ge(ns, 9999999000ull);
		ck_assert_uint_le(ns, 10000001000ull);
	}
}
END_TEST

TCase *clock_case(void)
{
	TCase *tc = tcase_create("clock");

	tcase_add_test(tc, rtc_dates_become_unix_time);
	tcase_add_test(tc, ticks_become_nanoseconds_at_any_rate);
	return tc;
}
