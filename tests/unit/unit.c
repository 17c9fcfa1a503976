/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Runs a list of tests with Check; what ends a process runs in one of its own.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* Nothing of it goes to this process's stderr. */
static pid_t start(void (*fn)(void), int told)
{
	pid_t child = fork();

	if (child == 0) {
		if (dup2(told, STDERR_FILENO) < 0)
			_exit(1);
		fn();
		_exit(0);
	}
	return child;
}

bool unit_aborts(void (*fn)(void), const char *text)
{
	FILE *file = tmpfile();
	char told[4096];
	int status;
	pid_t child;

	ck_assert_ptr_nonnull(file);
	child = start(fn, fileno(file));
	ck_assert_int_gt(child, 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	rewind(file);
	told[fread(told, 1, sizeof(told) - 1, file)] = '\0';
	fclose(file);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT &&
		strstr(told, text);
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
