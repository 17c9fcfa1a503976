/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* A small RMP for tests, and how a test program ends. */
#include "suite.h"

#include <stdlib.h>

const struct rmp_operand give_back;
static struct rmp_entry entries[TABLE_PAGES];
struct rmp table;

int run_suite(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

void table_reset(void)
{
	rmp_init(&table, entries, TABLE_PAGES);
}

struct rmp_operand assign(uint64_t page, enum rmp_page_size size)
{
	return (struct rmp_operand){
		.gpa = GPA(page), .asid = ASID, .size = size, .assigned = true,
	};
}

void table_assign(uint64_t page, enum rmp_page_size size)
{
	const struct rmp_operand op = assign(page, size);
	struct rmp_outcome out = rmp_rmpupdate(&table, 0, PAGE(page), &op);

	ck_assert_int_eq(out.code, RMP_SUCCESS);
}

void table_validate(uint64_t page, enum rmp_page_size size)
{
	struct rmp_guest guest = guest_at(0);
	struct rmp_place place = table_place(page, size);
	struct rmp_outcome out;

	table_assign(page, size);
	out = rmp_pvalidate(&table, &guest, &place, size, 1);
	ck_assert_int_eq(out.exit, RMP_EXIT_NONE);
	ck_assert_int_eq(out.code, RMP_SUCCESS);
}

struct rmp_place table_place(uint64_t page, enum rmp_page_size size)
{
	return (struct rmp_place){
		.gpa = GPA(page), .spa = PAGE(page), .npt_size = size,
	};
}

struct rmp_guest guest_at(unsigned vmpl)
{
	return (struct rmp_guest){ .asid = ASID, .vmpl = vmpl };
}

void table_check(void)
{
	struct rmp_breach breach = { 0 };

	ck_assert_msg(rmp_check_invariants(&table, &breach),
		      "page %lu: %s", (unsigned long)breach.page, breach.text);
}
