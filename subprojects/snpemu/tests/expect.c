/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* What the tests of the RMP expect of an outcome. */
#include "expect.h"

#include "suite.h"

void expect(struct rmp_outcome out, enum rmp_exit exit, enum rmp_rule rule)
{
	ck_assert_int_eq(out.exit, exit);
	ck_assert_str_eq(rmp_rule_text(out.rule), rmp_rule_text(rule));
	table_check();
}

void expect_code(struct rmp_outcome out, enum rmp_code code)
{
	ck_assert_int_eq(out.exit, RMP_EXIT_NONE);
	ck_assert_str_eq(rmp_code_text(out.code), rmp_code_text(code));
	table_check();
}
