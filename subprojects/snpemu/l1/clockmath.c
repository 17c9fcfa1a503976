// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Dates and tick rates in the forms that clocks want them. */
#include "kvmclock.h"

#define NS_PER_SECOND	1000000000ull

static unsigned bcd(uint8_t value)
{
	return (value >> 4) * 10u + (value & 15u);
}

/* Days from 1970-01-01: years begin in March, so that leap days end one. */
static uint64_t days_since_1970(unsigned year, unsigned month, unsigned day)
{
	unsigned shifted = (month + 9) % 12;

	if (month < 3)
		year--;
	return 365ull * year + year / 4 - year / 100 + year / 400 +
	       (153 * shifted + 2) / 5 + day - 1 - 719468;
}

uint64_t rtc_to_unix(const struct rtc_time *time)
{
	uint64_t days = days_since_1970(bcd(time->century) * 100 +
					bcd(time->year), bcd(time->month),
					bcd(time->day));

	return ((days * 24 + bcd(time->hour)) * 60 + bcd(time->minute)) * 60 +
	       bcd(time->second);
}

void kvmclock_scale(uint64_t hz, uint32_t *mul, int8_t *shift)
{
	int8_t by = 0;

	while (hz > 2 * NS_PER_SECOND) {
		hz >>= 1;
		by--;
	}
	while (hz <= NS_PER_SECOND) {
		hz <<= 1;
		by++;
	}
	*mul = (uint32_t)((NS_PER_SECOND << 32) / hz);
	*shift = by;
}
