/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The RMP's invariants, whatever is done to it; and the names of it all. */
#include "suite.h"

static void expect_breach(uint64_t page)
{
	struct rmp_breach breach = { 0 };

	ck_assert(!rmp_check_invariants(&table, &breach));
	ck_assert_uint_eq(breach.page, page);
	ck_assert_ptr_nonnull(breach.text);
}

START_TEST(invariants_find_each_kind_of_breach)
{
	struct rmp_entry *entry = &table.entry[3];
	static const struct rmp_entry bad[] = {
		{ .validated = true },
		{ .asid = ASID },
		{ .vmsa = true },
		{ .assigned = true, .validated = true },
		{ .assigned = true, .gpa = 8 },
		{ .assigned = true, .in_use = true },
		{ .assigned = true, .asid = ASID },
		{ .assigned = true, .asid = ASID, .in_use = true,
		  .perms = { RMP_PERM_ALL } },
		{ .assigned = true, .asid = ASID, .size = RMP_2M,
		  .perms = { RMP_PERM_ALL } },
	};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		*entry = bad[i];
		expect_breach(3);
	}
}
END_TEST

START_TEST(invariants_look_into_large_pages)
{
	table_assign(LARGE_PAGE, RMP_2M);
	table.entry[LARGE_PAGE + 5].assigned = false;
	expect_breach(LARGE_PAGE);
	table.entry[LARGE_PAGE + 5].assigned = true;
	table.entry[LARGE_PAGE + 5].gpa = PAGE(1);
	expect_breach(LARGE_PAGE);
	table.entry[LARGE_PAGE + 5].gpa = 0;
	table.entry[LARGE_PAGE].vmsa = true;
	expect_breach(LARGE_PAGE);
	table.entry[LARGE_PAGE].vmsa = false;
	table.entry[LARGE_PAGE].gpa = GPA(1);
	expect_breach(LARGE_PAGE);
}
END_TEST

/* All sequences of three operations out of these keep the invariants. */
static void apply(unsigned which)
{
	struct rmp_guest guest = guest_at(0);
	struct rmp_place small = table_place(LARGE_PAGE + 2, RMP_4K);
	struct rmp_place large = table_place(LARGE_PAGE, RMP_2M);
	struct rmp_operand op = assign(LARGE_PAGE, RMP_2M);
	const struct rmp_operand op_back = { .size = RMP_2M };
	const struct rmp_launch_page vmsa = {
		.spa = PAGE(LARGE_PAGE + 2), .asid = ASID, .size = RMP_4K,
		.type = RMP_TYPE_VMSA,
		.perms = { 0, RMP_PERM_READ, 0xff, 0 },
	};

	switch (which) {
	case 0:
		rmp_rmpupdate(&table, 0, PAGE(LARGE_PAGE), &op);
		break;
	case 1:
		rmp_rmpupdate(&table, 0, PAGE(LARGE_PAGE), &op_back);
		break;
	case 2:
		op = assign(LARGE_PAGE + 2, RMP_4K);
		rmp_rmpupdate(&table, 0, PAGE(LARGE_PAGE + 2), &op);
		break;
	case 3:
		rmp_rmpupdate(&table, 0, PAGE(LARGE_PAGE + 2), &give_back);
		break;
	case 4:
		rmp_psmash(&table, 0, PAGE(LARGE_PAGE));
		break;
	case 5:
		rmp_pvalidate(&table, &guest, &small, RMP_4K, 1);
		break;
	case 6:
		rmp_pvalidate(&table, &guest, &large, RMP_2M, 1);
		break;
	case 7:
		rmp_rmpadjust(&table, &guest, &small, RMP_4K, 0x10101);
		break;
	case 8:
		rmp_vmsa_enter(&table, ASID, &small);
		break;
	case 9:
		op = assign(LARGE_PAGE + 2, RMP_4K);
		op.immutable = true;
		rmp_rmpupdate(&table, 0, PAGE(LARGE_PAGE + 2), &op);
		break;
	case 10:
		(void)rmp_launch_update(&table, &vmsa);
		break;
	}
}

#define OPERATIONS	11u
#define STEPS		4u

START_TEST(invariants_hold_after_every_sequence_of_operations)
{
	unsigned sequences = 1;

	for (unsigned i = 0; i < STEPS; i++)
		sequences *= OPERATIONS;
	for (unsigned s = 0; s < sequences; s++) {
		table_reset();
		for (unsigned i = 0, rest = s; i < STEPS; i++) {
			apply(rest % OPERATIONS);
			rest /= OPERATIONS;
		}
		table_check();
	}
}
END_TEST

START_TEST(count_validated_finds_aliases)
{
	table_validate(3, RMP_4K);
	ck_assert_uint_eq(rmp_count_validated(&table, ASID, GPA(3)), 1);
	table_validate(4, RMP_4K);
	table.entry[4].gpa = GPA(3);
	ck_assert_uint_eq(rmp_count_validated(&table, ASID, GPA(3)), 2);
	ck_assert_uint_eq(rmp_count_validated(&table, OTHER_ASID, GPA(3)), 0);
	table_validate(LARGE_PAGE, RMP_2M);
	ck_assert_uint_eq(rmp_count_validated(&table, ASID,
					      GPA(LARGE_PAGE + 9)), 1);
}
END_TEST

START_TEST(every_rule_code_and_state_has_a_name)
{
	for (int rule = 0; rule < RMP_RULE_COUNT; rule++)
		ck_assert_ptr_nonnull(rmp_rule_text((enum rmp_rule)rule));
	ck_assert_str_eq(rmp_rule_text((enum rmp_rule)RMP_RULE_COUNT),
			 "unknown rule");
	ck_assert_str_eq(rmp_code_text((enum rmp_code)5), "unknown code");
	ck_assert_str_eq(rmp_state_text(NULL), "Default");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rmp");

	CASE(suite, "invariants",
	     invariants_find_each_kind_of_breach,
	     invariants_look_into_large_pages,
	     invariants_hold_after_every_sequence_of_operations,
	     count_validated_finds_aliases,
	     every_rule_code_and_state_has_a_name);
	return run_suite(suite);
}
