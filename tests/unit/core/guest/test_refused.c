/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Instructions refused where something is amiss already: a page that the RMP
 * knows and the map does not, a large page that the host splits halfway, and
 * the way back refused as well. B-06, B-08, I-12, I-18, J-12.
 */
#include <string.h>

#include <svsm/rmp.h>

#include "refuse.h"

static uint32_t fail_code;

static unsigned lower_perms(uint64_t gpa)
{
	return fake_perms(gpa, 1) | fake_perms(gpa, 2) | fake_perms(gpa, 3);
}

/* Only the RMP says that it is valid; the guest wants it all the same. */
static bool stale_step(unsigned n)
{
	uint64_t result;

	refuse_restart(FAKE_INVALID_4K);
	fake_make_svsm(FREE_PAGES, PAGE);
	memset(fake_peek_private(FREE_PAGES), 0x66, PAGE);
	refuse(AT(n), fail_code, fail_code);
	result = guest_pvalidate(FREE_PAGES | VALIDATE | IGNORE);
	guest_oracle();
	if (result == SVSM_SUCCESS) {
		ck_assert(!refused() || fail_code == SVSM_RMP_SIZE);
		ck_assert(guest_is_clear(FREE_PAGES, PAGE));
		return refused();
	}
	ck_assert_uint_eq(result, refuse_result(fail_code));
	ck_assert_uint_eq(guest_list_next(LIST), 0);
	ck_assert_int_eq(guest_owner(FREE_PAGES), SVSM_OWN_INVALID);
	ck_assert_uint_eq(lower_perms(FREE_PAGES), 0);
	ck_assert_uint_eq(guest_pvalidate(FREE_PAGES | VALIDATE | IGNORE),
			  SVSM_SUCCESS);
	ck_assert(guest_is_clear(FREE_PAGES, PAGE));
	return true;
}

START_TEST(I_12_a_page_that_only_the_rmp_knows_refused_at_each_step)
{
	static const uint32_t codes[] = { SVSM_RMP_PERMISSION, SVSM_RMP_SIZE,
		16 };

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(codes); i++) {
		fail_code = codes[i];
		/* PVALIDATE, three to grant. */
		ck_assert_uint_eq(unit_each_step(stale_step), 4);
	}
}
END_TEST

/* A page that the guest has and wants clear. */
static bool clear_step(unsigned n)
{
	uint8_t mark = 0x66;
	uint64_t result;

	refuse_restart(FAKE_INVALID_4K);
	guest_give(FREE_PAGES, 1);
	ck_assert(fake_guest_write(FREE_PAGES, &mark, 1));
	refuse(AT(n), fail_code, fail_code);
	result = guest_pvalidate(FREE_PAGES | VALIDATE | IGNORE);
	ck_assert_int_eq(guest_owner(FREE_PAGES), SVSM_OWN_GUEST);
	guest_oracle();
	if (result == SVSM_SUCCESS) {
		ck_assert(!refused() || fail_code == SVSM_RMP_SIZE);
		ck_assert(guest_is_clear(FREE_PAGES, PAGE));
		ck_assert(guest_can_write(FREE_PAGES));
		return refused();
	}
	ck_assert_uint_eq(result, refuse_result(fail_code));
	ck_assert_uint_eq(guest_list_next(LIST), 0);
	/* Cleared before the grant, which every level above has already. */
	ck_assert(guest_is_clear(FREE_PAGES, PAGE));
	ck_assert_uint_eq(guest_pvalidate(FREE_PAGES | VALIDATE | IGNORE),
			  SVSM_SUCCESS);
	ck_assert(guest_can_write(FREE_PAGES));
	return true;
}

START_TEST(I_12_a_page_to_be_cleared_refused_at_each_step)
{
	static const uint32_t codes[] = { SVSM_RMP_PERMISSION, SVSM_RMP_SIZE };

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(codes); i++) {
		fail_code = codes[i];
		ck_assert_uint_eq(unit_each_step(clear_step), 3);
	}
}
END_TEST

/* Nothing of a large page is left to the guest, large or in pieces. */
static void expect_large_withdrawn(uint64_t gpa)
{
	ck_assert_int_eq(guest_owner(gpa), SVSM_OWN_INVALID);
	for (uint64_t at = gpa; at < gpa + HUGE; at += PAGE) {
		if (fake_rmp(at)->validated || lower_perms(at))
			ck_abort_msg("%#lx is not withdrawn",
				     (unsigned long)at);
	}
	guest_oracle();
}

START_TEST(B_06_a_large_page_split_by_the_host_and_then_refused)
{
	static const unsigned small_steps[] = { 3, 5, 33, 60 };

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(small_steps); i++) {
		refuse_restart(FAKE_INVALID_2M);
		refuse(AT(2) | AT(small_steps[i]), SVSM_RMP_SIZE,
		       SVSM_RMP_PERMISSION);
		ck_assert_uint_eq(guest_pvalidate(HUGE | VALIDATE | LARGE),
				  refuse_result(SVSM_RMP_PERMISSION));
		expect_large_withdrawn(HUGE);
		for (uint64_t at = HUGE; at < 2 * HUGE; at += PAGE)
			ck_assert_uint_eq(guest_pvalidate(at | VALIDATE),
					  SVSM_SUCCESS);
		ck_assert(guest_is_clear(HUGE, HUGE));
	}
}
END_TEST

/* A large page that is valid, and of which the map knows nothing. */
static void make_large_stale(void)
{
	struct svsm_range range = { { HUGE }, HUGE };

	refuse_restart(FAKE_INVALID_2M);
	ck_assert_uint_eq(guest_pvalidate(HUGE | VALIDATE | LARGE),
			  SVSM_SUCCESS);
	ck_assert_int_eq(svsm_own_set(&svsm_guest.own, &range,
				      SVSM_OWN_INVALID), SVSM_OK);
	memset(&fake_rmp(HUGE)->perms[1], 0, SVSM_VMPLS - 1);
	memset(fake_peek_private(HUGE), 0x66, PAGE);
}

START_TEST(B_06_a_large_page_that_only_the_rmp_knows_split_by_the_host)
{
	make_large_stale();
	refuse(AT(2), SVSM_RMP_SIZE, 0);
	ck_assert_uint_eq(guest_pvalidate(HUGE | VALIDATE | IGNORE | LARGE),
			  SVSM_SUCCESS);
	ck_assert(refused());
	ck_assert(guest_is_clear(HUGE, HUGE));
	ck_assert(guest_can_write(HUGE) && guest_can_write(2 * HUGE - PAGE));
	guest_oracle();
	make_large_stale();
	refuse(AT(2) | AT(17), SVSM_RMP_SIZE, SVSM_RMP_INUSE);
	ck_assert_uint_eq(guest_pvalidate(HUGE | VALIDATE | IGNORE | LARGE),
			  refuse_result(SVSM_RMP_INUSE));
	expect_large_withdrawn(HUGE);
}
END_TEST

/* It stays valid, out of the guest's reach, and the guest can ask again. */
START_TEST(B_08_a_page_that_can_neither_be_granted_nor_withdrawn)
{
	/* All from the grant on; or the grant, and the last step back. */
	static const uint64_t which[] = { FROM(2), FROM(3), AT(2) | AT(6) };

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(which); i++) {
		int reason;

		refuse_restart(FAKE_INVALID_4K);
		refuse(which[i], SVSM_RMP_PERMISSION, SVSM_RMP_INUSE);
		reason = fake_reason_of(guest_pvalidate(FREE_PAGES | VALIDATE));
		ck_assert_int_eq(reason, SVSM_REASON_PAGE_LOST);
	}
}
END_TEST

/* ------------------------------------------- pages that the host takes away */

static unsigned lost_at;

/* Between RMPADJUST and PVALIDATE of the n-th page. */
static void lose_page(enum refuse_insn insn)
{
	ck_assert_int_ne(insn, REFUSE_VALIDATE);
	if (insn == REFUSE_RESCIND && --lost_at == 0)
		fake_host_invalidate(FREE_PAGES + PAGE);
}

/* Rescind three pages, of which the host has the second already. */
static int rescind_with_loss(uint64_t flags)
{
	const uint64_t entries[] = { FREE_PAGES | flags,
		(FREE_PAGES + PAGE) | flags, (FREE_PAGES + 2 * PAGE) | flags };
	int reason;

	guest_give(FREE_PAGES, 3);
	guest_list(LIST, 3, 0, entries);
	lost_at = 2;
	refuse_before = lose_page;
	reason = fake_reason_of(guest_call(CORE(SVSM_CORE_PVALIDATE), LIST, 0,
					   0));
	refuse_before = NULL;
	return reason;
}

/* Two pages of the guest's would be valid for one address. */
START_TEST(I_18_a_page_lost_while_it_is_rescinded_ends_the_vm)
{
	ck_assert_int_eq(rescind_with_loss(0), SVSM_REASON_PAGE_LOST);
	refuse_restart(FAKE_INVALID_4K);
	ck_assert_int_eq(rescind_with_loss(IGNORE), SVSM_REASON_PAGE_LOST);
}
END_TEST

/* ------------------------------------------------------------------- vCPUs */

/* RMPADJUSTs up to the mark: revoke, revoke, set the mark. */
#define UNTIL_MARKED	7u

/* The guest's page still, though it cannot use it. */
START_TEST(J_12_access_that_cannot_be_given_back)
{
	for (unsigned n = 2; n <= UNTIL_MARKED; n++) {
		refuse_restart(FAKE_INVALID_4K);
		guest_give(VMSA1, 1);
		guest_give(CA1, 1);
		guest_make_vmsa(VMSA1);
		refuse(FROM(n), SVSM_RMP_PERMISSION, SVSM_RMP_INUSE);
		ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_CREATE_VCPU),
					     VMSA1, CA1, 1),
				  refuse_result(SVSM_RMP_INUSE));
		refuse(0, 0, 0);
		ck_assert_int_eq(guest_owner(VMSA1), SVSM_OWN_GUEST);
		ck_assert_int_eq(guest_owner(CA1), SVSM_OWN_GUEST);
		ck_assert(!fake_rmp(VMSA1)->vmsa);
		ck_assert(!svsm_vcpu_exists(&svsm_guest.vcpus, 1));
		guest_oracle();
		ck_assert_uint_eq(guest_pvalidate(VMSA1 | VALIDATE | IGNORE),
				  SVSM_SUCCESS);
		ck_assert(guest_can_write(VMSA1));
	}
}
END_TEST

UNIT_MAIN("refused", refuse_setup, guest_teardown,
	  I_12_a_page_that_only_the_rmp_knows_refused_at_each_step,
	  I_12_a_page_to_be_cleared_refused_at_each_step,
	  B_06_a_large_page_split_by_the_host_and_then_refused,
	  B_06_a_large_page_that_only_the_rmp_knows_split_by_the_host,
	  B_08_a_page_that_can_neither_be_granted_nor_withdrawn,
	  I_18_a_page_lost_while_it_is_rescinded_ends_the_vm,
	  J_12_access_that_cannot_be_given_back)
