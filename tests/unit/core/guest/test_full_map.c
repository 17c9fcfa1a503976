/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Calls when the ownership map has no run left: busy, and nothing has changed;
 * what joins runs still works, and makes room. H-09.
 */
#include "fixture.h"

/** Runs of a map that is soon full. */
#define FEW		32u

static void setup_few(void)
{
	guest_setup_with(FAKE_INVALID_4K, FEW);
}

static void fill_map(unsigned sets_left)
{
	uint64_t gpa = FREE_PAGES + 64 * PAGE;

	for (; svsm_own_has_room(&svsm_guest.own, sets_left + 1);
	     gpa += 2 * PAGE)
		guest_give(gpa, 1);
}

START_TEST(H_09_a_full_map_is_answered_and_changes_nothing)
{
	unsigned i;
	uint64_t result = SVSM_SUCCESS;

	for (i = 0; i < 64 && result == SVSM_SUCCESS; i++)
		result = guest_pvalidate((FREE_PAGES + 2 * i * PAGE) |
					 VALIDATE);
	ck_assert_uint_eq(result, SVSM_ERR_BUSY);
	ck_assert_uint_eq(guest_list_next(LIST), 0);
	ck_assert_int_eq(guest_owner(FREE_PAGES + 2 * (i - 1) * PAGE),
			 SVSM_OWN_INVALID);
	guest_oracle();
	/* What joins runs always works, and makes room. */
	ck_assert_uint_eq(guest_pvalidate((FREE_PAGES + PAGE) | VALIDATE),
			  SVSM_SUCCESS);
	ck_assert_uint_eq(guest_pvalidate((FREE_PAGES + 2 * i * PAGE) |
					  VALIDATE), SVSM_SUCCESS);
	guest_oracle();
}
END_TEST

START_TEST(H_09_a_full_map_lets_no_page_out_of_the_middle)
{
	guest_give(FREE_PAGES, 3);
	fill_map(0);
	ck_assert_uint_eq(guest_pvalidate(FREE_PAGES + PAGE), SVSM_ERR_BUSY);
	ck_assert_uint_eq(guest_list_next(LIST), 0);
	ck_assert_int_eq(guest_owner(FREE_PAGES + PAGE), SVSM_OWN_GUEST);
	ck_assert(guest_can_write(FREE_PAGES + PAGE));
	guest_oracle();
	/* At the edge it needs no run of its own. */
	ck_assert_uint_eq(guest_pvalidate(FREE_PAGES), SVSM_SUCCESS);
	ck_assert_uint_eq(guest_pvalidate(FREE_PAGES + PAGE), SVSM_SUCCESS);
	guest_oracle();
}
END_TEST

/*
 * Joining what is behind them needs no room, splitting them again does: with
 * none left, neighbours go page by page, and the first needs some.
 */
START_TEST(I_18_a_failure_among_neighbours_when_the_map_is_full)
{
	ck_assert_uint_eq(guest_pvalidate((FREE_PAGES + 20 * PAGE) | VALIDATE),
			  SVSM_SUCCESS);
	for (unsigned i = 0; svsm_own_has_room(&svsm_guest.own, 1); i++)
		ck_assert_uint_eq(guest_pvalidate((FREE_PAGES +
				  (64 + 2 * i) * PAGE) | VALIDATE),
				  SVSM_SUCCESS);
	fake_make_svsm(FREE_PAGES + 7 * PAGE, PAGE);
	ck_assert_uint_eq(guest_pvalidate_pages(FREE_PAGES, 20, VALIDATE),
			  SVSM_ERR_BUSY);
	ck_assert_uint_eq(guest_list_next(LIST), 0);
	guest_expect_first(FREE_PAGES, 20, 0);
	guest_oracle();
}
END_TEST

START_TEST(H_09_a_full_map_refuses_a_vcpu_and_keeps_the_pages)
{
	guest_restart_with(FAKE_INVALID_4K, 12);
	guest_give(VMSA1, 2);
	guest_make_vmsa(VMSA1);
	ck_assert(!svsm_own_has_room(&svsm_guest.own, 2));
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_CREATE_VCPU), VMSA1, CA1,
				     1), SVSM_ERR_BUSY);
	ck_assert(guest_can_write(VMSA1));
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_REMAP_CA), CA1, 0, 0),
			  SVSM_ERR_BUSY);
	ck_assert_int_eq(guest_owner(CA0), SVSM_OWN_CAA);
	guest_oracle();
}
END_TEST

START_TEST(H_09_a_full_map_keeps_a_vcpu)
{
	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	fill_map(1);
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_DELETE_VCPU), VMSA1, 0, 0),
			  SVSM_ERR_BUSY);
	ck_assert_int_eq(guest_owner(VMSA1), SVSM_OWN_VMSA);
	ck_assert(guest_vmsa(VMSA1)->efer & SVSM_EFER_SVME);
	guest_oracle();
	ck_assert_int_eq(guest_call_by(1, &(struct regs){
		.rax = CORE(SVSM_CORE_QUERY_PROTOCOL) }), SVSM_VCPU_RUN);
	/* Memory given up makes room. */
	ck_assert_uint_eq(guest_pvalidate(FREE_PAGES + 64 * PAGE),
			  SVSM_SUCCESS);
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_DELETE_VCPU), VMSA1, 0, 0),
			  SVSM_SUCCESS);
	guest_oracle();
}
END_TEST

UNIT_MAIN("full_map", setup_few, guest_teardown,
	  H_09_a_full_map_is_answered_and_changes_nothing,
	  H_09_a_full_map_lets_no_page_out_of_the_middle,
	  I_18_a_failure_among_neighbours_when_the_map_is_full,
	  H_09_a_full_map_refuses_a_vcpu_and_keeps_the_pages,
	  H_09_a_full_map_keeps_a_vcpu)
