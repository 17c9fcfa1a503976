/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Runs a list of tests with Check.
 */
#include <stdlib.h>

#include "unit.h"

#define SECONDS_PER_TEST 60
#define SECONDS_PER_LONG_TEST 1200

/* Set by `kit test --long`. */
bool unit_long(void)
{
	return getenv("SVSMKIT_TEST_LONG") != NULL;
}

unsigned long unit_steps(unsigned long usual, unsigned times)
{
	const char *text = getenv("SVSM_TEST_STEPS");

	if (text)
		return strtoul(text, NULL, 0);
	return unit_long() ? usual * times : usual;
}

unsigned unit_each_step(unit_step *step)
{
	unsigned n = 1;

	while (step(n))
		ck_assert_msg(++n < 100000, "the failures do not end");
	return n - 1;
}

int unit_run(const char *name, void (*setup)(void), void (*teardown)(void),
		const TTest *const *tests, size_t count)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, unit_long() ? SECONDS_PER_LONG_TEST :
			SECONDS_PER_TEST);
	if (setup || teardown)
		tcase_add_checked_fixture(tcase, setup, teardown);
	for (size_t i = 0; i < count; i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
