/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * REMAP_CA: group K of the hostile cases.
 */
#include "fixture.h"

#define VMSA2	0x7000ull
#define SHARED	0x8000ull

static uint64_t remap(uint64_t ca)
{
	return guest_call(CORE(SVSM_CORE_REMAP_CA), ca, 0, 0);
}

START_TEST(a_remapped_calling_area_takes_the_place_of_the_old)
{
	uint64_t garbage = ~0ull;

	guest_give(CA1, 1);
	ck_assert(fake_guest_write(CA1, &garbage, sizeof(garbage)));
	/* guest_call() looks at the old page: its pending byte is cleared. */
	ck_assert_uint_eq(remap(CA1), SVSM_SUCCESS);
	ck_assert_uint_eq(*(uint64_t *)fake_peek_private(CA1), 0);
	ck_assert_int_eq(guest_owner(CA0), SVSM_OWN_GUEST);
	ck_assert_int_eq(guest_owner(CA1), SVSM_OWN_CAA);
	ck_assert_uint_eq(remap(CA1), SVSM_SUCCESS);
	ck_assert_uint_eq(remap(CA0), SVSM_SUCCESS);
	ck_assert_int_eq(guest_owner(CA1), SVSM_OWN_GUEST);
	guest_oracle();
}
END_TEST

/* REMAP_CA of one of two leaves the other's calling area what it is. */
START_TEST(K_03_a_shared_calling_area_stays_until_the_last_has_moved)
{
	struct regs regs = { .rax = CORE(SVSM_CORE_REMAP_CA), .rcx = SHARED };

	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	guest_give(VMSA2, 1);
	guest_make_vmsa(VMSA2);
	guest_give(SHARED, 1);
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_CREATE_VCPU), VMSA2, CA1,
				     1), SVSM_SUCCESS);
	ck_assert_int_eq(guest_call_by(1, &regs), SVSM_VCPU_RUN);
	ck_assert_uint_eq(regs.rax, SVSM_SUCCESS);
	ck_assert_int_eq(guest_owner(CA1), SVSM_OWN_CAA);
	ck_assert_int_eq(guest_owner(SHARED), SVSM_OWN_CAA);
	regs = (struct regs){ .rax = CORE(SVSM_CORE_REMAP_CA), .rcx = CA1 };
	ck_assert_int_eq(guest_call_by(1, &regs), SVSM_VCPU_RUN);
	ck_assert_uint_eq(regs.rax, SVSM_SUCCESS);
	ck_assert_int_eq(guest_owner(SHARED), SVSM_OWN_GUEST);
	ck_assert_int_eq(guest_owner(CA1), SVSM_OWN_CAA);
	guest_oracle();
}
END_TEST

/* By the end of the call the old page may be anything, a VMSA for instance. */
static svsm_result_t remap_and_reuse(struct svsm_call *call, uint32_t fn)
{
	svsm_result_t result = svsm_core_protocol.call(call, fn);
	uint8_t mark = 0x77;

	if (!fake_guest_write(CA0, &mark, sizeof(mark)))
		fake_violation("the old calling area is not the guest's");
	return result;
}

START_TEST(K_03_an_old_calling_area_is_left_alone)
{
	static const struct svsm_protocol protocol = {
		.id = SVSM_PROTOCOL_CORE, .min = 1, .max = 1,
		.call = remap_and_reuse,
	};
	static const struct svsm_protocol *const protocols[] = { &protocol };
	struct svsm_abi_vmsa *vmsa = guest_vmsa(VMSA0);

	guest_give(CA1, 1);
	vmsa->rax = CORE(SVSM_CORE_REMAP_CA);
	vmsa->rcx = CA1;
	vmsa->exit_code = SVSM_EXIT_VMGEXIT;
	*(uint8_t *)fake_peek_private(CA0) = 1;
	ck_assert_int_eq(svsm_vcpu_serve(&svsm_guest, 0, protocols, 1),
			 SVSM_VCPU_RUN);
	ck_assert_uint_eq(vmsa->rax, SVSM_SUCCESS);
	ck_assert_uint_eq(*(uint8_t *)fake_peek_private(CA0), 0x77);
	ck_assert_uint_eq(*(uint8_t *)fake_peek_private(CA1), 0);
	guest_oracle();
}
END_TEST

START_TEST(K_01_bad_calling_areas_change_nothing)
{
	static const struct {
		uint64_t ca, result;
	} cases[] = {
		{ LIST + 1, SVSM_ERR_INVALID_PARAMETER },
		{ LIST + 0x800, SVSM_ERR_INVALID_PARAMETER },
		{ REGION, SVSM_ERR_INVALID_ADDRESS },
		{ VMSA0, SVSM_ERR_INVALID_ADDRESS },
		{ VMSA1, SVSM_ERR_INVALID_ADDRESS },
		{ CA1, SVSM_ERR_INVALID_ADDRESS },
		{ 0x2000, SVSM_ERR_INVALID_ADDRESS },
		{ MEMORY, SVSM_ERR_INVALID_ADDRESS },
		{ FREE_PAGES, SVSM_ERR_INVALID_ADDRESS },
		{ 0xfee00000, SVSM_ERR_INVALID_ADDRESS },
		{ 1ull << 51 | LIST, SVSM_ERR_INVALID_ADDRESS },
		{ ~0xfffull, SVSM_ERR_INVALID_ADDRESS },
	};

	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	for (size_t i = 0; i < SVSM_ARRAY_SIZE(cases); i++) {
		ck_assert_uint_eq(remap(cases[i].ca), cases[i].result);
		ck_assert_int_eq(guest_owner(CA0), SVSM_OWN_CAA);
		guest_oracle();
	}
}
END_TEST

START_TEST(K_01_a_calling_area_that_the_host_has_taken)
{
	guest_give(CA1, 1);
	fake_host_invalidate(CA1);
	ck_assert_uint_eq(remap(CA1), SVSM_ERR_INVALID_ADDRESS);
	ck_assert_int_eq(guest_owner(CA0), SVSM_OWN_CAA);
	ck_assert_int_eq(guest_owner(CA1), SVSM_OWN_GUEST);
}
END_TEST

UNIT_MAIN("remap", guest_setup, guest_teardown,
	  a_remapped_calling_area_takes_the_place_of_the_old,
	  K_03_a_shared_calling_area_stays_until_the_last_has_moved,
	  K_03_an_old_calling_area_is_left_alone,
	  K_01_bad_calling_areas_change_nothing,
	  K_01_a_calling_area_that_the_host_has_taken)
