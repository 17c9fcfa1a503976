// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Runs the host side's test cases. */
#include <stdlib.h>

#include "tests.h"

int main(void)
{
	Suite *suite = suite_create("hostside");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, clock_case());
	suite_add_tcase(suite, far_case());
	suite_add_tcase(suite, fdt_case());
	suite_add_tcase(suite, fwcfg_case());
	suite_add_tcase(suite, inject_case());
	suite_add_tcase(suite, memsize_case());
	suite_add_tcase(suite, requests_case());
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
