/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The access check of host and guests: row by row. */
#include "suite.h"

#include <string.h>

#include "expect.h"

#define NPF_BASE	(RMP_NPF_PRESENT | RMP_NPF_USER | RMP_NPF_RMP |	\
			 RMP_NPF_FINAL | RMP_NPF_ENCRYPTED)

static struct rmp_outcome touch(enum rmp_who who, enum rmp_kind kind,
				bool private, unsigned vmpl, uint64_t page)
{
	const struct rmp_access access = {
		.who = who, .kind = kind, .private = private,
		.guest = guest_at(vmpl), .place = table_place(page, RMP_4K),
	};

	return rmp_check(&table, &access);
}

static struct rmp_outcome guest_touch(enum rmp_kind kind, uint64_t page)
{
	return touch(RMP_WHO_SNP_GUEST, kind, true, 0, page);
}

START_TEST(host_writes_only_what_it_owns)
{
	expect_code(touch(RMP_WHO_HOST, RMP_WRITE, false, 0, 3), RMP_SUCCESS);
	expect_code(touch(RMP_WHO_HOST, RMP_WRITE, false, 0, TABLE_PAGES),
		    RMP_SUCCESS);
	table_assign(3, RMP_4K);
	expect(touch(RMP_WHO_HOST, RMP_WRITE, false, 0, 3), RMP_EXIT_PF,
	       RMP_RULE_SHARED_WRITE);
	expect(touch(RMP_WHO_HOST, RMP_WALK, false, 0, 3), RMP_EXIT_PF,
	       RMP_RULE_SHARED_WRITE);
	expect_code(touch(RMP_WHO_HOST, RMP_READ, false, 0, 3), RMP_SUCCESS);
}
END_TEST

START_TEST(plain_guest_writes_only_what_the_host_owns)
{
	table_assign(3, RMP_4K);
	expect(touch(RMP_WHO_PLAIN_GUEST, RMP_WRITE, false, 0, 3),
	       RMP_EXIT_NPF, RMP_RULE_SHARED_WRITE);
	expect_code(touch(RMP_WHO_PLAIN_GUEST, RMP_READ, false, 0, 3),
		    RMP_SUCCESS);
	expect_code(touch(RMP_WHO_PLAIN_GUEST, RMP_FETCH, false, 0, 3),
		    RMP_SUCCESS);
}
END_TEST

START_TEST(shared_write_of_an_assigned_page_is_a_nested_fault)
{
	struct rmp_outcome out;

	table_validate(3, RMP_4K);
	out = touch(RMP_WHO_SNP_GUEST, RMP_WRITE, false, 0, 3);
	expect(out, RMP_EXIT_NPF, RMP_RULE_SHARED_WRITE);
	ck_assert_uint_eq(out.exitinfo1, RMP_NPF_PRESENT | RMP_NPF_WRITE |
			  RMP_NPF_USER | RMP_NPF_RMP | RMP_NPF_FINAL);
	expect_code(touch(RMP_WHO_SNP_GUEST, RMP_READ, false, 0, 3),
		    RMP_SUCCESS);
}
END_TEST

START_TEST(shared_write_by_a_large_mapping_needs_all_512_pages)
{
	struct rmp_access access = {
		.who = RMP_WHO_SNP_GUEST, .kind = RMP_WRITE,
		.guest = guest_at(0), .place = table_place(LARGE_PAGE, RMP_2M),
	};

	expect_code(rmp_check(&table, &access), RMP_SUCCESS);
	table_assign(LARGE_PAGE + 511, RMP_4K);
	expect(rmp_check(&table, &access), RMP_EXIT_NPF,
	       RMP_RULE_SHARED_WRITE);
}
END_TEST

/* Breaks every rule at once, then mends one after the other. */
START_TEST(private_access_is_checked_in_order)
{
	struct rmp_entry *entry = rmp_entry_of(&table, PAGE(3));

	expect(guest_touch(RMP_READ, TABLE_PAGES), RMP_EXIT_NPF,
	       RMP_RULE_NOT_COVERED);
	expect(guest_touch(RMP_READ, 3), RMP_EXIT_NPF, RMP_RULE_NOT_ASSIGNED);
	table_assign(3, RMP_4K);
	*entry = (struct rmp_entry){
		.assigned = true, .asid = OTHER_ASID, .gpa = GPA(4),
		.immutable = true, .perms = { RMP_PERM_ALL },
	};
	expect(touch(RMP_WHO_SNP_GUEST, RMP_READ, true, 1, 3), RMP_EXIT_NPF,
	       RMP_RULE_ASID);
	entry->asid = ASID;
	expect(touch(RMP_WHO_SNP_GUEST, RMP_READ, true, 1, 3), RMP_EXIT_NPF,
	       RMP_RULE_GPA);
	entry->gpa = GPA(3);
	expect(touch(RMP_WHO_SNP_GUEST, RMP_READ, true, 1, 3), RMP_EXIT_NPF,
	       RMP_RULE_IMMUTABLE);
	entry->immutable = false;
	expect(touch(RMP_WHO_SNP_GUEST, RMP_READ, true, 1, 3), RMP_EXIT_VC,
	       RMP_RULE_NOT_VALIDATED);
	entry->validated = true;
	expect(touch(RMP_WHO_SNP_GUEST, RMP_READ, true, 1, 3), RMP_EXIT_NPF,
	       RMP_RULE_VMPL_READ);
	entry->perms[1] = RMP_PERM_READ;
	expect_code(touch(RMP_WHO_SNP_GUEST, RMP_READ, true, 1, 3),
		    RMP_SUCCESS);
}
END_TEST

START_TEST(size_comes_before_validation)
{
	table_assign(LARGE_PAGE, RMP_2M);
	expect(guest_touch(RMP_READ, LARGE_PAGE + 1), RMP_EXIT_NPF,
	       RMP_RULE_SIZE);
	ck_assert_uint_eq(guest_touch(RMP_READ, LARGE_PAGE + 1).exitinfo1,
			  NPF_BASE);
}
END_TEST

START_TEST(large_page_must_keep_its_offset)
{
	struct rmp_access access = {
		.who = RMP_WHO_SNP_GUEST, .private = true,
		.guest = guest_at(0),
		.place = table_place(LARGE_PAGE + 7, RMP_2M),
	};

	table_validate(LARGE_PAGE, RMP_2M);
	expect_code(rmp_check(&table, &access), RMP_SUCCESS);
	access.place.gpa += RMP_PAGE_BYTES;
	expect(rmp_check(&table, &access), RMP_EXIT_NPF, RMP_RULE_GPA);
}
END_TEST

START_TEST(fetches_and_walks_are_private_without_c_bit)
{
	expect(touch(RMP_WHO_SNP_GUEST, RMP_FETCH, false, 0, 3), RMP_EXIT_NPF,
	       RMP_RULE_NOT_ASSIGNED);
	expect(touch(RMP_WHO_SNP_GUEST, RMP_WALK, false, 0, 3), RMP_EXIT_NPF,
	       RMP_RULE_NOT_ASSIGNED);
	expect(touch(RMP_WHO_SNP_GUEST, RMP_WALK_UPDATE, false, 0, 3),
	       RMP_EXIT_NPF, RMP_RULE_NOT_ASSIGNED);
}
END_TEST

START_TEST(exitinfo_tells_walk_fetch_and_write)
{
	ck_assert_uint_eq(guest_touch(RMP_FETCH, 3).exitinfo1,
			  NPF_BASE | RMP_NPF_FETCH);
	ck_assert_uint_eq(guest_touch(RMP_WRITE, 3).exitinfo1,
			  NPF_BASE | RMP_NPF_WRITE);
	ck_assert_uint_eq(guest_touch(RMP_WALK, 3).exitinfo1,
			  (NPF_BASE & ~RMP_NPF_FINAL) | RMP_NPF_WALK);
	ck_assert_uint_eq(guest_touch(RMP_WALK_UPDATE, 3).exitinfo1,
			  (NPF_BASE & ~RMP_NPF_FINAL) | RMP_NPF_WALK |
			  RMP_NPF_WRITE);
}
END_TEST

/* What a mask allows, said once more and differently. */
static bool allowed(uint8_t mask, enum rmp_kind kind, unsigned cpl)
{
	bool r = mask & 1, w = mask & 2, xu = mask & 4, xs = mask & 8;
	bool sss = mask & 16;

	switch (kind) {
	case RMP_READ:
	case RMP_WALK:
		return r;
	case RMP_WRITE:
	case RMP_WALK_UPDATE:
		return r && w;
	case RMP_FETCH:
		return cpl == 3 ? xu : xs;
	case RMP_SSS_READ:
		return r && sss;
	case RMP_SSS_WRITE:
		return r && w && sss;
	}
	return false;
}

START_TEST(each_mask_allows_exactly_its_accesses)
{
	struct rmp_access access = {
		.who = RMP_WHO_SNP_GUEST, .private = true,
		.place = table_place(3, RMP_4K),
	};
	struct rmp_entry *entry = rmp_entry_of(&table, PAGE(3));

	table_validate(3, RMP_4K);
	for (unsigned vmpl = 1; vmpl < RMP_VMPLS; vmpl++)
		for (unsigned mask = 0; mask <= RMP_PERM_ALL; mask++)
			for (int kind = RMP_READ; kind <= RMP_SSS_WRITE; kind++)
				for (unsigned cpl = 0; cpl < 4; cpl++) {
					struct rmp_outcome out;

					memset(entry->perms + 1, 0, 3);
					entry->perms[vmpl] = (uint8_t)mask;
					access.kind = (enum rmp_kind)kind;
					access.guest = guest_at(vmpl);
					access.guest.cpl = cpl;
					out = rmp_check(&table, &access);
					ck_assert_int_eq(out.exit ==
							 RMP_EXIT_NONE,
							 allowed((uint8_t)mask,
								 access.kind,
								 cpl));
					ck_assert(out.exit == RMP_EXIT_NONE ||
						  out.exitinfo1 & RMP_NPF_VMPL);
				}
}
END_TEST

START_TEST(missing_permission_is_named)
{
	static const struct {
		uint8_t mask;
		enum rmp_kind kind;
		unsigned cpl;
		enum rmp_rule rule;
	} rows[] = {
		{ 0, RMP_READ, 0, RMP_RULE_VMPL_READ },
		{ RMP_PERM_WRITE, RMP_READ, 0, RMP_RULE_VMPL_WRITE_ONLY },
		{ RMP_PERM_WRITE, RMP_WRITE, 0, RMP_RULE_VMPL_WRITE_ONLY },
		{ RMP_PERM_READ, RMP_WRITE, 0, RMP_RULE_VMPL_WRITE },
		{ 0, RMP_WRITE, 0, RMP_RULE_VMPL_WRITE },
		{ RMP_PERM_EXEC_USER, RMP_FETCH, 0, RMP_RULE_VMPL_EXEC_SUPER },
		{ RMP_PERM_EXEC_SUPER, RMP_FETCH, 3, RMP_RULE_VMPL_EXEC_USER },
		{ RMP_PERM_READ, RMP_SSS_READ, 0, RMP_RULE_VMPL_SSS },
		{ RMP_PERM_READ, RMP_WALK_UPDATE, 0, RMP_RULE_VMPL_WRITE },
	};
	struct rmp_access access = {
		.who = RMP_WHO_SNP_GUEST, .private = true,
		.place = table_place(3, RMP_4K),
	};

	table_validate(3, RMP_4K);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rmp_entry_of(&table, PAGE(3))->perms[1] = rows[i].mask;
		access.kind = rows[i].kind;
		access.guest = guest_at(1);
		access.guest.cpl = rows[i].cpl;
		expect(rmp_check(&table, &access), RMP_EXIT_NPF, rows[i].rule);
	}
	ck_assert_uint_eq(rmp_perms_needed((enum rmp_kind)99, 0), 0xff);
}
END_TEST

START_TEST(shadow_stack_fault_has_its_bit)
{
	struct rmp_outcome out;

	table_validate(3, RMP_4K);
	rmp_entry_of(&table, PAGE(3))->perms[1] = RMP_PERM_READ;
	out = touch(RMP_WHO_SNP_GUEST, RMP_SSS_READ, true, 1, 3);
	ck_assert_uint_eq(out.exitinfo1, NPF_BASE | RMP_NPF_VMPL | RMP_NPF_SSS);
}
END_TEST

START_TEST(write_of_a_vmsa_in_use_waits)
{
	table_validate(3, RMP_4K);
	rmp_entry_of(&table, PAGE(3))->vmsa = true;
	rmp_entry_of(&table, PAGE(3))->in_use = true;
	expect(guest_touch(RMP_WRITE, 3), RMP_EXIT_RETRY, RMP_RULE_IN_USE);
	expect_code(guest_touch(RMP_READ, 3), RMP_SUCCESS);
	rmp_vmsa_leave(&table, PAGE(3));
	expect_code(guest_touch(RMP_WRITE, 3), RMP_SUCCESS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rmp_access");

	CASE(suite, "access",
	     host_writes_only_what_it_owns,
	     plain_guest_writes_only_what_the_host_owns,
	     shared_write_of_an_assigned_page_is_a_nested_fault,
	     shared_write_by_a_large_mapping_needs_all_512_pages,
	     private_access_is_checked_in_order,
	     size_comes_before_validation,
	     large_page_must_keep_its_offset,
	     fetches_and_walks_are_private_without_c_bit,
	     exitinfo_tells_walk_fetch_and_write,
	     each_mask_allows_exactly_its_accesses,
	     missing_permission_is_named,
	     shadow_stack_fault_has_its_bit,
	     write_of_a_vmsa_in_use_waits);
	return run_suite(suite);
}
