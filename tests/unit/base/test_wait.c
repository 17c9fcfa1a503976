/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Waits that end, whatever the host does to the clock: case A-24.
 */
#include <svsm/wait.h>

#include "fake.h"
#include "unit.h"

static unsigned looks(struct svsm_wait wait)
{
	unsigned n = 0;

	while (svsm_wait_more(&wait))
		n++;
	return n;
}

START_TEST(a24_wait_ends_between_its_step_counts_whatever_the_clock_does)
{
	static const int64_t steps[] = { 0, 1, -1, -1000000, 1000000000000,
		INT64_MAX, INT64_MIN };
	const struct svsm_wait wait = { .ticks = 1000000, .steps_min = 50,
		.steps_max = 5000 };

	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(steps); i++) {
		fake_tsc_step = steps[i];
		ck_assert_uint_ge(looks(wait), 50);
		ck_assert_uint_le(looks(wait), 5000);
	}
	fake_tsc_step = 10000;
	ck_assert_uint_eq(looks(wait), 101 - 1);
	fake_tsc_step = 0;
	ck_assert_uint_eq(looks(wait), 5000);
	/* backwards is no time at all, not 2^64 ticks */
	fake_tsc_step = -1000;
	ck_assert_uint_eq(looks(wait), 5000);
}
END_TEST

START_TEST(a24_wait_without_budget_is_over)
{
	ck_assert_uint_eq(looks((struct svsm_wait){ 0 }), 0);
}
END_TEST

UNIT_MAIN("wait", fake_setup, fake_teardown,
	a24_wait_ends_between_its_step_counts_whatever_the_clock_does,
	a24_wait_without_budget_is_over)
