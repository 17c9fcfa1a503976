/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* PVALIDATE, RMPADJUST and RMPQUERY: row by row. */
#include "suite.h"

#include "expect.h"

#define VA		0x7000ull
#define LARGE_VA	0x200000ull
#define NPF_BASE	(RMP_NPF_PRESENT | RMP_NPF_USER | RMP_NPF_RMP |	\
			 RMP_NPF_FINAL | RMP_NPF_ENCRYPTED)

static struct rmp_outcome pvalidate(uint64_t page, enum rmp_page_size npt,
				    uint32_t size, uint32_t valid)
{
	struct rmp_guest guest = guest_at(0);
	struct rmp_place place = table_place(page, npt);

	return rmp_pvalidate(&table, &guest, &place, size, valid);
}

static struct rmp_outcome rmpadjust(unsigned vmpl, uint64_t page,
				    enum rmp_page_size npt, uint64_t size,
				    uint64_t rdx)
{
	struct rmp_guest guest = guest_at(vmpl);
	struct rmp_place place = table_place(page, npt);

	return rmp_rmpadjust(&table, &guest, &place, size, rdx);
}

static uint64_t adjust(uint64_t vmpl, uint64_t perms)
{
	return perms << RMP_RDX_PERMS_SHIFT | vmpl;
}

/* --------------------------------------------------------------- PVALIDATE */

START_TEST(pvalidate_is_undefined_outside_an_snp_guest)
{
	struct rmp_guest guest = { .asid = 0 };

	expect(rmp_pvalidate_check(&guest, VA, 0, 1), RMP_EXIT_UD,
	       RMP_RULE_NOT_SNP);
	guest.cpl = 3;
	expect(rmp_pvalidate_check(&guest, VA, 7, 1), RMP_EXIT_UD,
	       RMP_RULE_NOT_SNP);
}
END_TEST

START_TEST(pvalidate_needs_cpl_0_and_vmpl0)
{
	struct rmp_guest guest = guest_at(1);

	expect(rmp_pvalidate_check(&guest, VA, 7, 1), RMP_EXIT_GP,
	       RMP_RULE_VMPL0_ONLY);
	guest.cpl = 1;
	expect(rmp_pvalidate_check(&guest, VA, 0, 1), RMP_EXIT_GP,
	       RMP_RULE_CPL);
}
END_TEST

START_TEST(pvalidate_checks_its_operands)
{
	struct rmp_guest guest = guest_at(0);

	expect_code(rmp_pvalidate_check(&guest, VA, 0, 1), RMP_SUCCESS);
	expect_code(rmp_pvalidate_check(&guest, LARGE_VA, 1, 0), RMP_SUCCESS);
	expect_code(rmp_pvalidate_check(&guest, VA, 2, 1), RMP_FAIL_INPUT);
	expect_code(rmp_pvalidate_check(&guest, VA, ~0u, 1), RMP_FAIL_INPUT);
	expect_code(rmp_pvalidate_check(&guest, VA, 1, 1), RMP_FAIL_INPUT);
}
END_TEST

START_TEST(pvalidate_sets_and_clears_the_bit_and_tells_no_change)
{
	struct rmp_outcome out;

	table_assign(3, RMP_4K);
	for (uint32_t valid = 1; valid + 1 != 0; valid--) {
		out = pvalidate(3, RMP_4K, RMP_4K, valid);
		expect_code(out, RMP_SUCCESS);
		ck_assert(!out.carry);
		ck_assert_int_eq(rmp_entry_of(&table, PAGE(3))->validated,
				 valid);
		out = pvalidate(3, RMP_4K, RMP_4K, valid);
		expect_code(out, RMP_SUCCESS);
		ck_assert(out.carry);
	}
}
END_TEST

START_TEST(pvalidate_meets_a_nested_fault_on_foreign_pages)
{
	struct rmp_entry *entry = rmp_entry_of(&table, PAGE(3));
	struct rmp_outcome out = pvalidate(3, RMP_4K, RMP_4K, 1);

	expect(out, RMP_EXIT_NPF, RMP_RULE_NOT_ASSIGNED);
	ck_assert_uint_eq(out.exitinfo1, NPF_BASE);
	expect(pvalidate(TABLE_PAGES, RMP_4K, RMP_4K, 1), RMP_EXIT_NPF,
	       RMP_RULE_NOT_COVERED);
	table_assign(3, RMP_4K);
	entry->immutable = true;
	expect(pvalidate(3, RMP_4K, RMP_4K, 1), RMP_EXIT_NPF,
	       RMP_RULE_IMMUTABLE);
	entry->gpa = GPA(4);
	expect(pvalidate(3, RMP_4K, RMP_4K, 1), RMP_EXIT_NPF, RMP_RULE_GPA);
	entry->asid = OTHER_ASID;
	expect(pvalidate(3, RMP_4K, RMP_4K, 1), RMP_EXIT_NPF, RMP_RULE_ASID);
}
END_TEST

START_TEST(pvalidate_of_4k_in_a_large_page_asks_the_host_to_split)
{
	struct rmp_outcome out;

	table_assign(LARGE_PAGE, RMP_2M);
	out = pvalidate(LARGE_PAGE + 3, RMP_2M, RMP_4K, 1);
	expect(out, RMP_EXIT_NPF, RMP_RULE_SIZE);
	ck_assert_uint_eq(out.exitinfo1, NPF_BASE | RMP_NPF_SIZE);
	ck_assert_int_eq(rmp_psmash(&table, 0, PAGE(LARGE_PAGE)).code,
			 RMP_SUCCESS);
	expect(pvalidate(LARGE_PAGE + 3, RMP_2M, RMP_4K, 1), RMP_EXIT_NPF,
	       RMP_RULE_SIZE);
	expect_code(pvalidate(LARGE_PAGE + 3, RMP_4K, RMP_4K, 1), RMP_SUCCESS);
}
END_TEST

START_TEST(pvalidate_of_2m_over_4k_is_a_size_mismatch)
{
	table_assign(LARGE_PAGE, RMP_4K);
	expect_code(pvalidate(LARGE_PAGE, RMP_4K, RMP_2M, 1),
		    RMP_FAIL_SIZEMISMATCH);
	expect_code(pvalidate(LARGE_PAGE, RMP_2M, RMP_2M, 1),
		    RMP_FAIL_SIZEMISMATCH);
	table_assign(2 * LARGE_PAGE, RMP_2M);
	expect(pvalidate(2 * LARGE_PAGE, RMP_4K, RMP_2M, 1), RMP_EXIT_NPF,
	       RMP_RULE_SIZE);
}
END_TEST

START_TEST(pvalidate_does_not_touch_a_vmsa_in_use)
{
	table_validate(3, RMP_4K);
	rmp_entry_of(&table, PAGE(3))->vmsa = true;
	rmp_entry_of(&table, PAGE(3))->in_use = true;
	expect_code(pvalidate(3, RMP_4K, RMP_4K, 0), RMP_FAIL_INUSE);
}
END_TEST

/* --------------------------------------------------------------- RMPADJUST */

START_TEST(rmpadjust_checks_its_operands_before_the_page)
{
	struct rmp_guest guest = { .asid = 0 };

	expect(rmp_rmpadjust_check(&guest, VA, 0, 1), RMP_EXIT_UD,
	       RMP_RULE_NOT_SNP);
	guest = guest_at(0);
	guest.cpl = 3;
	expect(rmp_rmpadjust_check(&guest, VA, 0, 1), RMP_EXIT_GP,
	       RMP_RULE_CPL);
	guest = guest_at(0);
	expect_code(rmp_rmpadjust_check(&guest, VA, 0, adjust(1, 0x1f)),
		    RMP_SUCCESS);
	expect_code(rmp_rmpadjust_check(&guest, VA, 2, 1), RMP_FAIL_INPUT);
	expect_code(rmp_rmpadjust_check(&guest, VA, 1ull << 32, 1),
		    RMP_FAIL_INPUT);
	expect_code(rmp_rmpadjust_check(&guest, VA, 0, 4), RMP_FAIL_INPUT);
	expect_code(rmp_rmpadjust_check(&guest, VA, 0, 1ull << 17 | 1),
		    RMP_FAIL_INPUT);
	expect_code(rmp_rmpadjust_check(&guest, VA, 0, adjust(1, 0x20)),
		    RMP_FAIL_INPUT);
	expect_code(rmp_rmpadjust_check(&guest, VA, 1, 1), RMP_FAIL_INPUT);
	expect_code(rmp_rmpadjust_check(&guest, LARGE_VA, 1,
					RMP_RDX_VMSA | 1), RMP_FAIL_INPUT);
}
END_TEST

START_TEST(rmpadjust_works_downwards_only)
{
	struct rmp_guest guest;

	for (unsigned own = 0; own < RMP_VMPLS; own++)
		for (unsigned target = 0; target < RMP_VMPLS; target++) {
			guest = guest_at(own);
			expect_code(rmp_rmpadjust_check(&guest, VA, 0, target),
				    target > own ? RMP_SUCCESS :
				    RMP_FAIL_PERMISSION);
		}
}
END_TEST

START_TEST(rmpadjust_stores_the_mask_of_the_target_alone)
{
	const struct rmp_entry *entry = rmp_entry_of(&table, PAGE(3));

	table_validate(3, RMP_4K);
	expect_code(rmpadjust(0, 3, RMP_4K, 0, adjust(2, RMP_PERM_READ)),
		    RMP_SUCCESS);
	ck_assert_uint_eq(entry->perms[0], RMP_PERM_ALL);
	ck_assert_uint_eq(entry->perms[1], 0);
	ck_assert_uint_eq(entry->perms[2], RMP_PERM_READ);
	ck_assert_uint_eq(entry->perms[3], 0);
}
END_TEST

START_TEST(rmpadjust_grants_at_most_the_own_mask)
{
	table_validate(3, RMP_4K);
	for (uint64_t own = 0; own <= RMP_PERM_ALL; own++) {
		expect_code(rmpadjust(0, 3, RMP_4K, 0, adjust(1, own)),
			    RMP_SUCCESS);
		for (uint64_t mask = 0; mask <= RMP_PERM_ALL; mask++)
			expect_code(rmpadjust(1, 3, RMP_4K, 0,
					      adjust(2, mask)),
				    mask & ~own ? RMP_FAIL_PERMISSION :
				    RMP_SUCCESS);
	}
}
END_TEST

START_TEST(rmpadjust_marks_a_vmsa_at_vmpl0_only)
{
	const struct rmp_entry *entry = rmp_entry_of(&table, PAGE(3));

	table_validate(3, RMP_4K);
	expect_code(rmpadjust(0, 3, RMP_4K, 0, RMP_RDX_VMSA |
			      adjust(1, RMP_PERM_ALL)), RMP_SUCCESS);
	ck_assert(entry->vmsa);
	expect_code(rmpadjust(1, 3, RMP_4K, 0, 2), RMP_SUCCESS);
	ck_assert(entry->vmsa);
	expect_code(rmpadjust(0, 3, RMP_4K, 0, 2), RMP_SUCCESS);
	ck_assert(!entry->vmsa);
	expect_code(rmpadjust(1, 3, RMP_4K, 0, RMP_RDX_VMSA | 2), RMP_SUCCESS);
	ck_assert(!entry->vmsa);
}
END_TEST

START_TEST(rmpadjust_meets_faults_in_order)
{
	struct rmp_outcome out;

	expect(rmpadjust(0, 3, RMP_4K, 0, 1), RMP_EXIT_NPF,
	       RMP_RULE_NOT_ASSIGNED);
	table_assign(3, RMP_4K);
	expect(rmpadjust(0, 3, RMP_4K, 0, 1), RMP_EXIT_VC,
	       RMP_RULE_NOT_VALIDATED);
	table_assign(LARGE_PAGE, RMP_2M);
	out = rmpadjust(0, LARGE_PAGE + 1, RMP_2M, 0, 1);
	expect(out, RMP_EXIT_NPF, RMP_RULE_SIZE);
	ck_assert_uint_eq(out.exitinfo1, NPF_BASE | RMP_NPF_SIZE);
	table_assign(2 * LARGE_PAGE, RMP_4K);
	expect(rmpadjust(0, 2 * LARGE_PAGE, RMP_4K, 1, 1), RMP_EXIT_VC,
	       RMP_RULE_NOT_VALIDATED);
	pvalidate(2 * LARGE_PAGE, RMP_4K, RMP_4K, 1);
	expect_code(rmpadjust(0, 2 * LARGE_PAGE, RMP_4K, 1, 1),
		    RMP_FAIL_SIZEMISMATCH);
	table_validate(3, RMP_4K);
	rmp_entry_of(&table, PAGE(3))->vmsa = true;
	rmp_entry_of(&table, PAGE(3))->in_use = true;
	expect_code(rmpadjust(0, 3, RMP_4K, 0, 1), RMP_FAIL_INUSE);
}
END_TEST

/* ------------------------------------------------------- RMPUPDATE, PSMASH */

START_TEST(the_hosts_instructions_do_nothing_in_a_guest)
{
	struct rmp_guest guest = guest_at(0);

	expect_code(rmp_host_insn_check(&guest), RMP_FAIL_PERMISSION);
	guest.cpl = 3;
	expect(rmp_host_insn_check(&guest), RMP_EXIT_GP, RMP_RULE_CPL);
}
END_TEST

/* ---------------------------------------------------------------- RMPQUERY */

START_TEST(rmpquery_is_not_for_higher_levels)
{
	struct rmp_guest guest;

	for (unsigned own = 0; own < RMP_VMPLS; own++)
		for (unsigned target = 0; target < 6; target++) {
			guest = guest_at(own);
			expect_code(rmp_rmpquery_check(&guest, target),
				    target >= own && target < RMP_VMPLS ?
				    RMP_SUCCESS : RMP_FAIL_PERMISSION);
		}
	guest.cpl = 2;
	expect(rmp_rmpquery_check(&guest, 3), RMP_EXIT_GP, RMP_RULE_CPL);
	guest.asid = 0;
	expect(rmp_rmpquery_check(&guest, 3), RMP_EXIT_UD, RMP_RULE_NOT_SNP);
}
END_TEST

static struct rmp_outcome rmpquery(uint64_t page, uint64_t *rdx, uint64_t *rcx)
{
	struct rmp_guest guest = guest_at(0);
	struct rmp_place place = table_place(page, RMP_4K);

	return rmp_rmpquery(&table, &guest, &place, rdx, rcx);
}

START_TEST(rmpquery_shows_mask_mark_and_size)
{
	uint64_t rdx = 1, rcx = 99;

	expect(rmpquery(3, &rdx, &rcx), RMP_EXIT_NPF, RMP_RULE_NOT_ASSIGNED);
	table_assign(3, RMP_4K);
	expect(rmpquery(3, &rdx, &rcx), RMP_EXIT_VC, RMP_RULE_NOT_VALIDATED);
	ck_assert_uint_eq(rdx, 1);
	ck_assert_uint_eq(rcx, 99);
	table_validate(3, RMP_4K);
	expect_code(rmpadjust(0, 3, RMP_4K, 0, RMP_RDX_VMSA |
			      adjust(1, RMP_PERM_READ)), RMP_SUCCESS);
	expect_code(rmpquery(3, &rdx, &rcx), RMP_SUCCESS);
	ck_assert_uint_eq(rdx, RMP_RDX_VMSA | adjust(1, RMP_PERM_READ));
	ck_assert_uint_eq(rcx, RMP_4K);
	table_validate(LARGE_PAGE, RMP_2M);
	rdx = 0;
	expect_code(rmpquery(LARGE_PAGE + 5, &rdx, &rcx), RMP_SUCCESS);
	ck_assert_uint_eq(rdx, adjust(0, RMP_PERM_ALL));
	ck_assert_uint_eq(rcx, RMP_2M);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rmp_guest");

	CASE(suite, "pvalidate",
	     pvalidate_is_undefined_outside_an_snp_guest,
	     pvalidate_needs_cpl_0_and_vmpl0,
	     pvalidate_checks_its_operands,
	     pvalidate_sets_and_clears_the_bit_and_tells_no_change,
	     pvalidate_meets_a_nested_fault_on_foreign_pages,
	     pvalidate_of_4k_in_a_large_page_asks_the_host_to_split,
	     pvalidate_of_2m_over_4k_is_a_size_mismatch,
	     pvalidate_does_not_touch_a_vmsa_in_use);
	CASE(suite, "rmpadjust",
	     rmpadjust_checks_its_operands_before_the_page,
	     rmpadjust_works_downwards_only,
	     rmpadjust_stores_the_mask_of_the_target_alone,
	     rmpadjust_grants_at_most_the_own_mask,
	     rmpadjust_marks_a_vmsa_at_vmpl0_only,
	     rmpadjust_meets_faults_in_order);
	CASE(suite, "host", the_hosts_instructions_do_nothing_in_a_guest);
	CASE(suite, "rmpquery",
	     rmpquery_is_not_for_higher_levels,
	     rmpquery_shows_mask_mark_and_size);
	return run_suite(suite);
}
