/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * PVALIDATE and RMPADJUST refused at each step of each call: B-07, B-08,
 * I-18, J-12.
 */
#include <svsm/rmp.h>

#include "refuse.h"

static const uint32_t codes[] = { 1, 2, 3, 6, 15, 16, 0xffffffff };
static uint32_t fail_code;

/* The n-th instruction from now. */
static void fail_at(unsigned n)
{
	refuse(AT(n), fail_code, fail_code);
}

static void at_each_step(unit_step *step)
{
	for (size_t c = 0; c < SVSM_ARRAY_SIZE(codes); c++) {
		unsigned steps;

		fail_code = codes[c];
		steps = unit_each_step(step);
		ck_assert(steps >= 1 && steps <= 9);
	}
}

/* B-08: nothing of the page is the guest's, and the index stays. */
static bool validate_step(unsigned n)
{
	uint64_t result;

	refuse_restart(FAKE_INVALID_4K);
	fail_at(n);
	result = guest_pvalidate(FREE_PAGES | VALIDATE);
	guest_oracle();
	if (!refused()) {
		ck_assert_uint_eq(result, SVSM_SUCCESS);
		return false;
	}
	/* A refused grant for its size is tried again page by page. */
	if (result == SVSM_SUCCESS) {
		ck_assert_uint_eq(fail_code, SVSM_RMP_SIZE);
		return true;
	}
	ck_assert_uint_eq(result, refuse_result(fail_code));
	ck_assert_uint_eq(guest_list_next(LIST), 0);
	ck_assert_int_eq(guest_owner(FREE_PAGES), SVSM_OWN_INVALID);
	ck_assert(!guest_can_write(FREE_PAGES));
	ck_assert_uint_eq(fake_perms(FREE_PAGES, 1), 0);
	refuse(0, 0, 0);
	ck_assert_uint_eq(guest_pvalidate(FREE_PAGES | VALIDATE),
			  SVSM_SUCCESS);
	return true;
}

START_TEST(B_07_B_08_validation_refused_at_each_step)
{
	at_each_step(validate_step);
}
END_TEST

static bool rescind_step(unsigned n)
{
	uint64_t result;

	refuse_restart(FAKE_INVALID_4K);
	guest_give(FREE_PAGES, 1);
	fail_at(n);
	result = guest_pvalidate(FREE_PAGES);
	guest_oracle();
	if (!refused()) {
		ck_assert_uint_eq(result, SVSM_SUCCESS);
		return false;
	}
	ck_assert_uint_eq(result, refuse_result(fail_code));
	ck_assert_uint_eq(guest_list_next(LIST), 0);
	ck_assert_int_eq(guest_owner(FREE_PAGES), SVSM_OWN_GUEST);
	refuse(0, 0, 0);
	ck_assert_uint_eq(guest_pvalidate(FREE_PAGES), SVSM_SUCCESS);
	return true;
}

START_TEST(B_08_rescinding_refused_at_each_step)
{
	at_each_step(rescind_step);
}
END_TEST

static bool large_step(unsigned n)
{
	uint64_t result;

	refuse_restart(FAKE_INVALID_2M);
	fail_at(n);
	result = guest_pvalidate(HUGE | VALIDATE | LARGE);
	guest_oracle();
	if (!refused()) {
		ck_assert_uint_eq(result, SVSM_SUCCESS);
		return false;
	}
	if (result == SVSM_SUCCESS) {
		ck_assert_uint_eq(fail_code, SVSM_RMP_SIZE);
		ck_assert(guest_can_write(HUGE + 300 * PAGE));
		return true;
	}
	ck_assert_uint_eq(result, refuse_result(fail_code));
	ck_assert_int_eq(guest_owner(HUGE), SVSM_OWN_INVALID);
	ck_assert(!guest_can_write(HUGE));
	ck_assert(!guest_can_write(HUGE + 511 * PAGE));
	return true;
}

START_TEST(B_06_B_08_a_large_page_refused_at_each_step)
{
	fail_code = SVSM_RMP_SIZE;
	ck_assert_uint_le(unit_each_step(large_step), 4);
	fail_code = SVSM_RMP_PERMISSION;
	ck_assert_uint_le(unit_each_step(large_step), 4);
}
END_TEST

static bool create_step(unsigned n)
{
	uint64_t result;

	refuse_restart(FAKE_INVALID_4K);
	guest_give(VMSA1, 1);
	guest_give(CA1, 1);
	guest_make_vmsa(VMSA1);
	fail_at(n);
	result = guest_call(CORE(SVSM_CORE_CREATE_VCPU), VMSA1, CA1, 1);
	guest_oracle();
	if (!refused()) {
		ck_assert_uint_eq(result, SVSM_SUCCESS);
		return false;
	}
	ck_assert_uint_eq(result, refuse_result(fail_code));
	ck_assert_int_eq(guest_owner(VMSA1), SVSM_OWN_GUEST);
	ck_assert_int_eq(guest_owner(CA1), SVSM_OWN_GUEST);
	ck_assert(guest_can_write(VMSA1));
	ck_assert(!svsm_vcpu_exists(&svsm_guest.vcpus, 1));
	refuse(0, 0, 0);
	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	return true;
}

START_TEST(creation_refused_at_each_step)
{
	at_each_step(create_step);
}
END_TEST

static bool delete_step(unsigned n)
{
	uint64_t result;

	refuse_restart(FAKE_INVALID_4K);
	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	fail_at(n);
	result = guest_call(CORE(SVSM_CORE_DELETE_VCPU), VMSA1, 0, 0);
	guest_oracle();
	if (!refused()) {
		ck_assert_uint_eq(result, SVSM_SUCCESS);
		return false;
	}
	ck_assert_uint_eq(result, refuse_result(fail_code));
	ck_assert_int_eq(guest_owner(VMSA1), SVSM_OWN_VMSA);
	ck_assert_int_eq(guest_owner(CA1), SVSM_OWN_CAA);
	ck_assert(!fake_rmp(VMSA1)->vmsa);
	ck_assert(!(guest_vmsa(VMSA1)->efer & SVSM_EFER_SVME));
	ck_assert(!guest_can_write(VMSA1));
	ck_assert(svsm_vcpu_exists(&svsm_guest.vcpus, 1));
	refuse(0, 0, 0);
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_DELETE_VCPU), VMSA1, 0, 0),
			  SVSM_SUCCESS);
	return true;
}

START_TEST(J_12_deletion_refused_at_each_step)
{
	at_each_step(delete_step);
}
END_TEST

/* A vCPU whose own deletion fails goes on, with the reason in RAX. */
static bool own_step(unsigned n)
{
	struct regs regs = { .rax = CORE(SVSM_CORE_DELETE_VCPU), .rcx = VMSA1 };
	enum svsm_vcpu_next next;

	refuse_restart(FAKE_INVALID_4K);
	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	fail_at(n);
	next = guest_call_by(1, &regs);
	guest_oracle();
	if (!refused()) {
		ck_assert_int_eq(next, SVSM_VCPU_NONE);
		return false;
	}
	ck_assert_int_eq(next, SVSM_VCPU_RUN);
	ck_assert_uint_eq(regs.rax, refuse_result(fail_code));
	ck_assert(guest_vmsa(VMSA1)->efer & SVSM_EFER_SVME);
	return true;
}

START_TEST(J_12_own_deletion_refused_at_each_step)
{
	at_each_step(own_step);
}
END_TEST

UNIT_MAIN("failures", guest_setup, guest_teardown,
	  B_07_B_08_validation_refused_at_each_step,
	  B_08_rescinding_refused_at_each_step,
	  B_06_B_08_a_large_page_refused_at_each_step,
	  creation_refused_at_each_step, J_12_deletion_refused_at_each_step,
	  J_12_own_deletion_refused_at_each_step)
