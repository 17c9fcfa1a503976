/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* RMPUPDATE, PSMASH, launch transitions, VMRUN's check: row by row. */
#include "suite.h"

#include "expect.h"

static void expect_update(uint32_t executor, uint64_t spa,
			  struct rmp_operand op, enum rmp_code code)
{
	expect_code(rmp_rmpupdate(&table, executor, spa, &op), code);
}

static void expect_state(uint64_t page, const char *state)
{
	ck_assert_str_eq(rmp_state_text(rmp_entry_of(&table, PAGE(page))),
			 state);
}

/* --------------------------------------------------------------- RMPUPDATE */

START_TEST(rmpupdate_assigns_a_page_without_validating_it)
{
	const struct rmp_entry *entry = rmp_entry_of(&table, PAGE(3));

	expect_update(0, PAGE(3), assign(3, RMP_4K), RMP_SUCCESS);
	expect_state(3, "Guest-Invalid");
	ck_assert_uint_eq(entry->gpa, GPA(3));
	ck_assert_uint_eq(entry->asid, ASID);
	ck_assert_uint_eq(entry->perms[0], RMP_PERM_ALL);
	for (unsigned vmpl = 1; vmpl < RMP_VMPLS; vmpl++)
		ck_assert_uint_eq(entry->perms[vmpl], 0);
}
END_TEST

START_TEST(rmpupdate_takes_a_page_back)
{
	table_validate(3, RMP_4K);
	expect_update(0, PAGE(3), give_back, RMP_SUCCESS);
	expect_state(3, "Hypervisor");
}
END_TEST

START_TEST(rmpupdate_refuses_a_misaligned_large_page)
{
	expect_update(0, PAGE(3), assign(LARGE_PAGE, RMP_2M), RMP_FAIL_INPUT);
	expect_update(0, PAGE(LARGE_PAGE), assign(3, RMP_2M), RMP_FAIL_INPUT);
}
END_TEST

START_TEST(rmpupdate_refuses_an_unassigned_page_with_attributes)
{
	struct rmp_operand op = { .immutable = true };

	expect_update(0, PAGE(3), op, RMP_FAIL_INPUT);
	op = (struct rmp_operand){ .asid = ASID };
	expect_update(0, PAGE(3), op, RMP_FAIL_INPUT);
}
END_TEST

START_TEST(rmpupdate_refuses_a_page_without_an_entry)
{
	expect_update(0, PAGE(TABLE_PAGES), assign(3, RMP_4K), RMP_FAIL_INPUT);
	table.pages = TABLE_PAGES - 1;
	expect_update(0, PAGE(2 * LARGE_PAGE), assign(LARGE_PAGE, RMP_2M),
		      RMP_FAIL_INPUT);
}
END_TEST

START_TEST(rmpupdate_does_not_touch_an_immutable_page)
{
	struct rmp_operand op = assign(3, RMP_4K);

	op.immutable = true;
	expect_update(0, PAGE(3), op, RMP_SUCCESS);
	expect_state(3, "Pre-Guest");
	expect_update(0, PAGE(3), give_back, RMP_FAIL_PERMISSION);
}
END_TEST

START_TEST(rmpupdate_is_not_for_guests)
{
	expect_update(ASID, PAGE(3), assign(3, RMP_4K), RMP_FAIL_PERMISSION);
}
END_TEST

START_TEST(rmpupdate_does_not_touch_a_vmsa_in_use)
{
	table_validate(3, RMP_4K);
	rmp_entry_of(&table, PAGE(3))->vmsa = true;
	rmp_entry_of(&table, PAGE(3))->in_use = true;
	expect_update(0, PAGE(3), give_back, RMP_FAIL_INUSE);
	table_validate(LARGE_PAGE + 7, RMP_4K);
	rmp_entry_of(&table, PAGE(LARGE_PAGE + 7))->vmsa = true;
	rmp_entry_of(&table, PAGE(LARGE_PAGE + 7))->in_use = true;
	expect_update(0, PAGE(LARGE_PAGE), assign(LARGE_PAGE, RMP_2M),
		      RMP_FAIL_INUSE);
}
END_TEST

START_TEST(rmpupdate_of_4k_does_not_touch_a_large_page)
{
	table_assign(LARGE_PAGE, RMP_2M);
	expect_update(0, PAGE(LARGE_PAGE), give_back, RMP_FAIL_OVERLAP);
	expect_update(0, PAGE(LARGE_PAGE + 1), give_back, RMP_FAIL_OVERLAP);
}
END_TEST

START_TEST(rmpupdate_of_2m_does_not_swallow_an_assigned_page)
{
	table_assign(LARGE_PAGE + 511, RMP_4K);
	expect_update(0, PAGE(LARGE_PAGE), assign(LARGE_PAGE, RMP_2M),
		      RMP_FAIL_OVERLAP);
}
END_TEST

START_TEST(rmpupdate_checks_in_the_order_of_the_architecture)
{
	struct rmp_operand op = assign(3, RMP_4K);

	op.immutable = true;
	expect_update(0, PAGE(3), op, RMP_SUCCESS);
	op = (struct rmp_operand){ .asid = ASID };
	expect_update(ASID, PAGE(3), op, RMP_FAIL_INPUT);
	expect_update(0, PAGE(3), give_back, RMP_FAIL_PERMISSION);
}
END_TEST

START_TEST(rmpupdate_of_2m_marks_all_512_pages_assigned)
{
	table_assign(LARGE_PAGE, RMP_2M);
	table_check();
	for (unsigned i = 1; i < RMP_LARGE_PAGES; i++)
		ck_assert(table.entry[LARGE_PAGE + i].assigned);
	ck_assert_ptr_eq(rmp_entry_of(&table, PAGE(LARGE_PAGE + 17)),
			 &table.entry[LARGE_PAGE]);
}
END_TEST

START_TEST(rmpupdate_of_2m_takes_a_large_page_back)
{
	const struct rmp_operand op = { .size = RMP_2M };

	table_validate(LARGE_PAGE, RMP_2M);
	expect_update(0, PAGE(LARGE_PAGE), op, RMP_SUCCESS);
	expect_state(LARGE_PAGE, "Hypervisor");
	expect_state(LARGE_PAGE + 1, "Hypervisor");
}
END_TEST

START_TEST(rmpupdate_with_the_same_owner_keeps_a_page_validated)
{
	struct rmp_operand op = assign(3, RMP_4K);

	table_validate(3, RMP_4K);
	op.immutable = true;
	expect_update(0, PAGE(3), op, RMP_SUCCESS);
	expect_state(3, "Pre-Swap");
}
END_TEST

/* Each of ASID, GPA and size, and back again: validation must not return. */
START_TEST(rmpupdate_with_another_owner_resets_a_page)
{
	struct rmp_entry *entry = rmp_entry_of(&table, PAGE(3));
	struct rmp_operand op;

	for (unsigned change = 0; change < 2; change++) {
		table_reset();
		table_validate(3, RMP_4K);
		entry->perms[1] = RMP_PERM_READ;
		entry->vmsa = true;
		op = assign(3, RMP_4K);
		if (change == 0)
			op.asid = OTHER_ASID;
		else
			op.gpa += RMP_PAGE_BYTES;
		expect_update(0, PAGE(3), op, RMP_SUCCESS);
		expect_update(0, PAGE(3), assign(3, RMP_4K), RMP_SUCCESS);
		expect_state(3, "Guest-Invalid");
		ck_assert_uint_eq(entry->perms[1], 0);
		ck_assert(!entry->vmsa);
	}
}
END_TEST

/* ------------------------------------------------------------------ PSMASH */

static void expect_smash(uint32_t executor, uint64_t spa, enum rmp_code code)
{
	expect_code(rmp_psmash(&table, executor, spa), code);
}

START_TEST(psmash_splits_and_keeps_all_fields)
{
	table_validate(LARGE_PAGE, RMP_2M);
	table.entry[LARGE_PAGE].perms[2] = RMP_PERM_READ;
	expect_smash(0, PAGE(LARGE_PAGE), RMP_SUCCESS);
	for (unsigned i = 0; i < RMP_LARGE_PAGES; i++) {
		const struct rmp_entry *entry = &table.entry[LARGE_PAGE + i];

		ck_assert_uint_eq(entry->gpa, GPA(LARGE_PAGE + i));
		ck_assert_uint_eq(entry->perms[2], RMP_PERM_READ);
		ck_assert(entry->validated);
		ck_assert_uint_eq(entry->size, RMP_4K);
	}
}
END_TEST

START_TEST(psmash_refuses_what_it_cannot_split)
{
	expect_smash(0, PAGE(LARGE_PAGE + 1), RMP_FAIL_INPUT);
	expect_smash(0, PAGE(3 * LARGE_PAGE), RMP_FAIL_INPUT);
	expect_smash(0, PAGE(LARGE_PAGE), RMP_FAIL_NOT_ELIGIBLE);
	table_assign(LARGE_PAGE, RMP_4K);
	expect_smash(0, PAGE(LARGE_PAGE), RMP_FAIL_NOT_ELIGIBLE);
	expect_smash(ASID, PAGE(LARGE_PAGE), RMP_FAIL_PERMISSION);
	rmp_entry_of(&table, PAGE(LARGE_PAGE))->validated = true;
	rmp_entry_of(&table, PAGE(LARGE_PAGE))->vmsa = true;
	rmp_entry_of(&table, PAGE(LARGE_PAGE))->in_use = true;
	expect_smash(0, PAGE(LARGE_PAGE), RMP_FAIL_INUSE);
}
END_TEST

/* ---------------------------------------------------------------- firmware */

static void make_pre_guest(uint64_t page, enum rmp_page_size size)
{
	struct rmp_operand op = assign(page, size);

	op.immutable = true;
	expect_update(0, PAGE(page), op, RMP_SUCCESS);
}

static enum psp_status update(uint64_t page, enum rmp_page_size size,
			      enum rmp_page_type type, uint32_t asid)
{
	const struct rmp_launch_page request = {
		.spa = PAGE(page), .asid = asid, .size = size, .type = type,
		.perms = { 0, RMP_PERM_READ, 0xff, 0 },
	};

	return rmp_launch_update(&table, &request);
}

START_TEST(launch_update_makes_a_page_guest_valid)
{
	const struct rmp_entry *entry = rmp_entry_of(&table, PAGE(3));

	make_pre_guest(3, RMP_4K);
	ck_assert_int_eq(update(3, RMP_4K, RMP_TYPE_NORMAL, ASID), PSP_SUCCESS);
	expect_state(3, "Guest-Valid");
	ck_assert(!entry->vmsa);
	ck_assert_uint_eq(entry->perms[1], RMP_PERM_READ);
	ck_assert_uint_eq(entry->perms[2], RMP_PERM_ALL);
	table_check();
}
END_TEST

START_TEST(launch_update_marks_a_vmsa)
{
	make_pre_guest(3, RMP_4K);
	ck_assert_int_eq(update(3, RMP_4K, RMP_TYPE_VMSA, ASID), PSP_SUCCESS);
	ck_assert(rmp_entry_of(&table, PAGE(3))->vmsa);
}
END_TEST

START_TEST(launch_update_wants_a_pre_guest_page)
{
	ck_assert_int_eq(update(3, RMP_4K, RMP_TYPE_NORMAL, ASID),
			 PSP_INVALID_PAGE_STATE);
	table_assign(3, RMP_4K);
	ck_assert_int_eq(update(3, RMP_4K, RMP_TYPE_NORMAL, ASID),
			 PSP_INVALID_PAGE_STATE);
	ck_assert_int_eq(update(TABLE_PAGES, RMP_4K, RMP_TYPE_NORMAL, ASID),
			 PSP_INVALID_PAGE_STATE);
}
END_TEST

START_TEST(launch_update_wants_the_right_size)
{
	make_pre_guest(3, RMP_4K);
	ck_assert_int_eq(update(3, RMP_2M, RMP_TYPE_NORMAL, ASID),
			 PSP_INVALID_PAGE_SIZE);
	make_pre_guest(LARGE_PAGE, RMP_2M);
	ck_assert_int_eq(update(LARGE_PAGE + 1, RMP_2M, RMP_TYPE_NORMAL, ASID),
			 PSP_INVALID_ADDRESS);
	ck_assert_int_eq(update(LARGE_PAGE, RMP_2M, RMP_TYPE_VMSA, ASID),
			 PSP_INVALID_PAGE_SIZE);
	ck_assert_int_eq(update(LARGE_PAGE, RMP_2M, RMP_TYPE_SECRETS, ASID),
			 PSP_INVALID_PAGE_SIZE);
	ck_assert_int_eq(update(LARGE_PAGE, RMP_2M, RMP_TYPE_CPUID, ASID),
			 PSP_INVALID_PAGE_SIZE);
	ck_assert_int_eq(update(LARGE_PAGE, RMP_2M, RMP_TYPE_NORMAL, ASID),
			 PSP_SUCCESS);
}
END_TEST

START_TEST(launch_update_refuses_unknown_types_and_other_guests)
{
	make_pre_guest(3, RMP_4K);
	ck_assert_int_eq(update(3, RMP_4K, (enum rmp_page_type)0, ASID),
			 PSP_INVALID_PARAM);
	ck_assert_int_eq(update(3, RMP_4K, (enum rmp_page_type)7, ASID),
			 PSP_INVALID_PARAM);
	ck_assert_int_eq(update(3, RMP_4K, RMP_TYPE_NORMAL, OTHER_ASID),
			 PSP_INVALID_PAGE_OWNER);
	expect_state(3, "Pre-Guest");
}
END_TEST

START_TEST(page_reclaim_makes_pages_mutable)
{
	struct rmp_entry *entry = rmp_entry_of(&table, PAGE(3));

	ck_assert_int_eq(rmp_page_reclaim(&table, PAGE(3)), PSP_SUCCESS);
	make_pre_guest(3, RMP_4K);
	ck_assert_int_eq(rmp_page_reclaim(&table, PAGE(3)), PSP_SUCCESS);
	expect_state(3, "Guest-Invalid");
	entry->asid = 0;
	entry->immutable = true;
	ck_assert_int_eq(rmp_page_reclaim(&table, PAGE(3)), PSP_SUCCESS);
	expect_state(3, "Reclaim");
	entry->immutable = entry->vmsa = true;
	expect_state(3, "Context");
	ck_assert_int_eq(rmp_page_reclaim(&table, PAGE(3)),
			 PSP_INVALID_PAGE_STATE);
	ck_assert_int_eq(rmp_page_reclaim(&table, PAGE(TABLE_PAGES)),
			 PSP_INVALID_ADDRESS);
}
END_TEST

/* ------------------------------------------------------------------- VMRUN */

static struct rmp_outcome enter(uint64_t page)
{
	const struct rmp_place place = table_place(page, RMP_4K);

	return rmp_vmsa_enter(&table, ASID, &place);
}

START_TEST(vmrun_takes_a_vmsa_once_until_it_leaves)
{
	table_validate(3, RMP_4K);
	rmp_entry_of(&table, PAGE(3))->vmsa = true;
	ck_assert_int_eq(enter(3).code, RMP_SUCCESS);
	ck_assert_int_eq(enter(3).code, RMP_FAIL_INUSE);
	table_check();
	rmp_vmsa_leave(&table, PAGE(3));
	ck_assert_int_eq(enter(3).code, RMP_SUCCESS);
}
END_TEST

START_TEST(vmrun_names_the_rule_that_a_vmsa_breaks)
{
	struct rmp_entry *entry = rmp_entry_of(&table, PAGE(3));

	ck_assert_int_eq(enter(TABLE_PAGES).rule, RMP_RULE_NOT_COVERED);
	ck_assert_int_eq(enter(3).rule, RMP_RULE_NOT_ASSIGNED);
	table_assign(3, RMP_4K);
	ck_assert_int_eq(enter(3).rule, RMP_RULE_NOT_VALIDATED);
	entry->validated = true;
	ck_assert_int_eq(enter(3).rule, RMP_RULE_NOT_VMSA);
	entry->vmsa = true;
	entry->immutable = true;
	ck_assert_int_eq(enter(3).rule, RMP_RULE_IMMUTABLE);
	entry->gpa += RMP_PAGE_BYTES;
	ck_assert_int_eq(enter(3).rule, RMP_RULE_GPA);
	entry->asid = OTHER_ASID;
	ck_assert_int_eq(enter(3).rule, RMP_RULE_ASID);
	ck_assert_int_eq(enter(3).code, RMP_FAIL_INPUT);
	table_validate(LARGE_PAGE, RMP_2M);
	ck_assert_int_eq(enter(LARGE_PAGE).rule, RMP_RULE_SIZE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rmp_host");

	CASE(suite, "rmpupdate",
	     rmpupdate_assigns_a_page_without_validating_it,
	     rmpupdate_takes_a_page_back,
	     rmpupdate_refuses_a_misaligned_large_page,
	     rmpupdate_refuses_an_unassigned_page_with_attributes,
	     rmpupdate_refuses_a_page_without_an_entry,
	     rmpupdate_does_not_touch_an_immutable_page,
	     rmpupdate_is_not_for_guests,
	     rmpupdate_does_not_touch_a_vmsa_in_use,
	     rmpupdate_of_4k_does_not_touch_a_large_page,
	     rmpupdate_of_2m_does_not_swallow_an_assigned_page,
	     rmpupdate_checks_in_the_order_of_the_architecture,
	     rmpupdate_of_2m_marks_all_512_pages_assigned,
	     rmpupdate_of_2m_takes_a_large_page_back,
	     rmpupdate_with_the_same_owner_keeps_a_page_validated,
	     rmpupdate_with_another_owner_resets_a_page);
	CASE(suite, "psmash",
	     psmash_splits_and_keeps_all_fields,
	     psmash_refuses_what_it_cannot_split);
	CASE(suite, "firmware",
	     launch_update_makes_a_page_guest_valid,
	     launch_update_marks_a_vmsa,
	     launch_update_wants_a_pre_guest_page,
	     launch_update_wants_the_right_size,
	     launch_update_refuses_unknown_types_and_other_guests,
	     page_reclaim_makes_pages_mutable);
	CASE(suite, "vmrun",
	     vmrun_takes_a_vmsa_once_until_it_leaves,
	     vmrun_names_the_rule_that_a_vmsa_breaks);
	return run_suite(suite);
}
