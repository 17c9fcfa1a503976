/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A kernel that another kernel has started calls through the calling area of
 * the launch, which the first one has left: REMAP_CA, and nothing else.
 */
#include "fixture.h"

#define NEW_CA	0x9000ull

/* As the first kernel leaves it. */
static void second_setup(void)
{
	guest_setup();
	guest_give(CA1, 1);
	guest_give(NEW_CA, 1);
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_REMAP_CA), CA1, 0, 0),
			  SVSM_SUCCESS);
	ck_assert_int_eq(guest_owner(CA0), SVSM_OWN_GUEST);
}

static uint8_t *pending(uint64_t ca)
{
	return fake_peek_private(ca);
}

/* A call by CPU 0 with whatever is pending: RAX after it. */
static uint64_t call(uint64_t rax, uint64_t rcx)
{
	struct svsm_abi_vmsa *vmsa = guest_vmsa(VMSA0);

	vmsa->rax = rax;
	vmsa->rcx = rcx;
	vmsa->exit_code = SVSM_EXIT_VMGEXIT;
	ck_assert_int_eq(svsm_vcpu_serve(&svsm_guest, 0, guest_protocols,
					 guest_protocol_count),
			 SVSM_VCPU_RUN);
	return vmsa->rax;
}

/* Nothing has happened: the area is where it was, and still pending. */
static void expect_left(uint8_t byte)
{
	*pending(CA0) = byte;
	(void)call(CORE(SVSM_CORE_REMAP_CA), NEW_CA);
	ck_assert_uint_eq(*pending(CA0), byte);
	ck_assert_int_eq(guest_owner(NEW_CA), SVSM_OWN_GUEST);
	ck_assert_int_eq(guest_owner(CA1), SVSM_OWN_CAA);
	*pending(CA0) = 0;
	guest_oracle();
}

START_TEST(the_launch_area_takes_a_remap)
{
	for (unsigned kernels = 0; kernels < 3; kernels++) {
		uint64_t from = kernels % 2 ? NEW_CA : CA1;
		uint64_t to = kernels % 2 ? CA1 : NEW_CA;

		*pending(CA0) = 1;
		ck_assert_uint_eq(call(CORE(SVSM_CORE_REMAP_CA), to),
				  SVSM_SUCCESS);
		ck_assert_uint_eq(*pending(CA0), 0);
		ck_assert_int_eq(guest_owner(to), SVSM_OWN_CAA);
		ck_assert_int_eq(guest_owner(from), SVSM_OWN_GUEST);
		guest_oracle();
	}
}
END_TEST

START_TEST(the_launch_area_can_become_the_calling_area_again)
{
	*pending(CA0) = 1;
	ck_assert_uint_eq(call(CORE(SVSM_CORE_REMAP_CA), CA0), SVSM_SUCCESS);
	ck_assert_int_eq(guest_owner(CA0), SVSM_OWN_CAA);
	ck_assert_int_eq(guest_owner(CA1), SVSM_OWN_GUEST);
	guest_oracle();
}
END_TEST

/* The call is answered, as bad. */
START_TEST(a_bad_remap_is_refused_there)
{
	*pending(CA0) = 1;
	ck_assert_uint_eq(call(CORE(SVSM_CORE_REMAP_CA), VMSA0),
			  SVSM_ERR_INVALID_ADDRESS);
	ck_assert_uint_eq(*pending(CA0), 0);
	ck_assert_int_eq(guest_owner(CA1), SVSM_OWN_CAA);
	guest_oracle();
}
END_TEST

START_TEST(no_other_call_is_taken_there)
{
	static const uint64_t other[] = {
		CORE(SVSM_CORE_PVALIDATE), CORE(SVSM_CORE_DELETE_VCPU),
		CORE(SVSM_CORE_QUERY_PROTOCOL), 1ull << 32, 1ull << 63,
	};

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(other); i++) {
		*pending(CA0) = 1;
		ck_assert_uint_eq(call(other[i], LIST), other[i]);
		ck_assert_uint_eq(*pending(CA0), 1);
		guest_oracle();
	}
}
END_TEST

START_TEST(only_a_pending_byte_of_one_is_a_call_there)
{
	for (unsigned byte = 2; byte < 256; byte++)
		expect_left((uint8_t)byte);
	expect_left(0);
}
END_TEST

START_TEST(a_call_in_the_registered_area_comes_first)
{
	*pending(CA0) = 1;
	*pending(CA1) = 1;
	ck_assert_uint_eq(call(CORE(SVSM_CORE_REMAP_CA), NEW_CA), SVSM_SUCCESS);
	ck_assert_uint_eq(*pending(CA0), 1);
	ck_assert_int_eq(guest_owner(NEW_CA), SVSM_OWN_CAA);
}
END_TEST

/* By now it is a VMSA: nothing of it is read or written. */
START_TEST(a_launch_area_that_is_a_vmsa_is_left_alone)
{
	guest_make_vmsa(CA0);
	guest_give(0x7000, 1);
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_CREATE_VCPU), CA0, 0x7000,
				     1), SVSM_SUCCESS);
	expect_left(1);
}
END_TEST

START_TEST(the_calling_area_of_another_cpu_is_left_alone)
{
	guest_give(0x7000, 1);
	guest_make_vmsa(0x7000);
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_CREATE_VCPU), 0x7000, CA0,
				     1), SVSM_SUCCESS);
	expect_left(1);
}
END_TEST

START_TEST(a_launch_area_that_is_gone_is_no_call)
{
	ck_assert_uint_eq(guest_pvalidate(CA0), SVSM_SUCCESS);
	ck_assert_uint_eq(call(CORE(SVSM_CORE_REMAP_CA), NEW_CA),
			  CORE(SVSM_CORE_REMAP_CA));
	ck_assert_int_eq(guest_owner(CA1), SVSM_OWN_CAA);
	guest_oracle();
}
END_TEST

/* The guest says it is valid, the host has taken it. */
START_TEST(a_launch_area_that_the_host_took_is_no_call)
{
	*pending(CA0) = 1;
	fake_host_invalidate(CA0);
	ck_assert_uint_eq(call(CORE(SVSM_CORE_REMAP_CA), NEW_CA),
			  CORE(SVSM_CORE_REMAP_CA));
	ck_assert_int_eq(guest_owner(CA1), SVSM_OWN_CAA);
}
END_TEST

START_TEST(a_vcpu_that_the_guest_made_has_no_launch_area)
{
	struct regs regs = { .rax = CORE(SVSM_CORE_REMAP_CA), .rcx = NEW_CA };
	struct svsm_abi_vmsa *vmsa = guest_vmsa(0x7000);

	ck_assert_uint_eq(guest_create(1, 0x7000, 0x8000), SVSM_SUCCESS);
	ck_assert_int_eq(guest_call_by(1, &regs), SVSM_VCPU_RUN);
	guest_give(0xa000, 1);
	*pending(0x8000) = 1;
	vmsa->rax = CORE(SVSM_CORE_REMAP_CA);
	vmsa->rcx = 0xa000;
	ck_assert_int_eq(svsm_vcpu_serve(&svsm_guest, 1, guest_protocols,
					 guest_protocol_count),
			 SVSM_VCPU_RUN);
	ck_assert_uint_eq(*pending(0x8000), 1);
	ck_assert_int_eq(guest_owner(NEW_CA), SVSM_OWN_CAA);
	ck_assert_int_eq(guest_owner(0xa000), SVSM_OWN_GUEST);
}
END_TEST

UNIT_MAIN("second_kernel", second_setup, guest_teardown,
	  the_launch_area_takes_a_remap,
	  the_launch_area_can_become_the_calling_area_again,
	  a_bad_remap_is_refused_there, no_other_call_is_taken_there,
	  only_a_pending_byte_of_one_is_a_call_there,
	  a_call_in_the_registered_area_comes_first,
	  a_launch_area_that_is_a_vmsa_is_left_alone,
	  the_calling_area_of_another_cpu_is_left_alone,
	  a_launch_area_that_is_gone_is_no_call,
	  a_launch_area_that_the_host_took_is_no_call,
	  a_vcpu_that_the_guest_made_has_no_launch_area)
