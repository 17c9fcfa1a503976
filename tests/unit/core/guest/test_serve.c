/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The sequence around one call where others take part: services that answer,
 * a host that takes pages, CPUs that delete and create meanwhile. Linked with
 * --wrap for svsm_vmsa_stop().
 */
#include <string.h>

#include <svsm/vmsa.h>

#include "fixture.h"

#define VMSA2	0x7000ull
#define CA2	0x8000ull
#define ANSWER	0xa15e4ull

/* The n-th VMSA from now does not stop; 0: all do. */
static unsigned stop_fails_at;

enum svsm_status __real_svsm_vmsa_stop(struct svsm_abi_vmsa *vmsa);
enum svsm_status __wrap_svsm_vmsa_stop(struct svsm_abi_vmsa *vmsa);

/* SVME is there again each time: another CPU is writing it. */
enum svsm_status __wrap_svsm_vmsa_stop(struct svsm_abi_vmsa *vmsa)
{
	if (stop_fails_at && --stop_fails_at == 0)
		return SVSM_EBUSY;
	return __real_svsm_vmsa_stop(vmsa);
}

static void serve_setup(void)
{
	stop_fails_at = 0;
	guest_setup();
}

/* One call of a vCPU whose SVSM has this one protocol. */
static enum svsm_vcpu_next
serve(uint32_t apic_id, uint64_t vmsa, uint64_t ca, uint64_t rax,
      svsm_result_t (*call)(struct svsm_call *call, uint32_t fn))
{
	const struct svsm_protocol protocol = {
		.id = SVSM_PROTOCOL_CORE, .min = 1, .max = 1, .call = call,
	};
	const struct svsm_protocol *const protocols[] = { &protocol };

	guest_vmsa(vmsa)->rax = rax;
	guest_vmsa(vmsa)->exit_code = SVSM_EXIT_VMGEXIT;
	*(uint8_t *)fake_peek_private(ca) = 1;
	return svsm_vcpu_serve(&svsm_guest, apic_id, protocols, 1);
}

/* The vCPU is served, from this VMSA. */
static void expect_served(uint32_t apic_id, uint64_t vmsa)
{
	struct regs regs = { .rax = CORE(SVSM_CORE_QUERY_PROTOCOL), .rcx = 1 };

	ck_assert_int_eq(guest_call_by(apic_id, &regs), SVSM_VCPU_RUN);
	ck_assert_uint_eq(regs.rax, SVSM_SUCCESS);
	ck_assert_uint_eq(guest_vmsa(vmsa)->rcx, 1ull << 32 | 1);
}

/* ----------------------------------------------------------------- answers */

/* The function number is a mask of the registers to answer. */
static svsm_result_t answer_some(struct svsm_call *call, uint32_t fn)
{
	for (unsigned reg = SVSM_RCX; reg <= SVSM_R9; reg++)
		if (fn & 1u << reg)
			svsm_call_answer(call, (enum svsm_reg)reg,
					 ANSWER + reg);
	return SVSM_SUCCESS;
}

START_TEST(the_answered_registers_are_written_and_no_others)
{
	struct svsm_abi_vmsa *vmsa = guest_vmsa(VMSA0);

	for (unsigned mask = 0; mask < 1u << (SVSM_R9 + 1); mask++) {
		vmsa->rcx = vmsa->rdx = vmsa->r8 = vmsa->r9 = 0x77;
		ck_assert_int_eq(serve(0, VMSA0, CA0, CORE(mask), answer_some),
				 SVSM_VCPU_RUN);
		ck_assert_uint_eq(vmsa->rax, SVSM_SUCCESS);
		ck_assert_uint_eq(vmsa->rcx, mask & 1u << SVSM_RCX ?
				  ANSWER + SVSM_RCX : 0x77);
		ck_assert_uint_eq(vmsa->rdx, mask & 1u << SVSM_RDX ?
				  ANSWER + SVSM_RDX : 0x77);
		ck_assert_uint_eq(vmsa->r8, mask & 1u << SVSM_R8 ?
				  ANSWER + SVSM_R8 : 0x77);
		ck_assert_uint_eq(vmsa->r9, mask & 1u << SVSM_R9 ?
				  ANSWER + SVSM_R9 : 0x77);
	}
	guest_oracle();
}
END_TEST

/* -------------------------------------------------------- whose turn it is */

/* It is neither answered nor entered; the call is served when that is over. */
START_TEST(J_15_a_vmsa_that_does_not_stop_is_left_alone)
{
	struct svsm_abi_vmsa before;

	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	memcpy(&before, guest_vmsa(VMSA1), sizeof(before));
	*(uint8_t *)fake_peek_private(CA1) = 1;
	stop_fails_at = 1;
	ck_assert_int_eq(svsm_vcpu_serve(&svsm_guest, 1, guest_protocols,
					 guest_protocol_count),
			 SVSM_VCPU_NONE);
	ck_assert_mem_eq(&before, guest_vmsa(VMSA1), sizeof(before));
	ck_assert_uint_eq(*(uint8_t *)fake_peek_private(CA1), 1);
	guest_oracle();
	expect_served(1, VMSA1);
}
END_TEST

START_TEST(J_12_a_vmsa_that_does_not_stop_cannot_be_deleted)
{
	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	stop_fails_at = 2;	/* the first one is the caller's */
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_DELETE_VCPU), VMSA1, 0, 0),
			  SVSM_ERR_VCPU_IN_USE);
	ck_assert_uint_eq(stop_fails_at, 0);
	ck_assert_int_eq(guest_owner(VMSA1), SVSM_OWN_VMSA);
	ck_assert(fake_rmp(VMSA1)->vmsa);
	ck_assert(guest_vmsa(VMSA1)->efer & SVSM_EFER_SVME);
	guest_oracle();
	expect_served(1, VMSA1);
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_DELETE_VCPU), VMSA1, 0, 0),
			  SVSM_SUCCESS);
	guest_oracle();
}
END_TEST

/* Deletion takes far less; should it never end, the CPU is not lost. */
START_TEST(J_11_a_vcpu_that_is_being_deleted_for_ever_is_not_waited_for)
{
	struct svsm_vcpu *vcpu = NULL;

	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	ck_assert_int_eq(svsm_vcpu_claim(&svsm_guest.vcpus, svsm_gpa(VMSA1),
					 NULL, &vcpu), SVSM_OK);
	ck_assert_int_eq(svsm_vcpu_serve(&svsm_guest, 1, guest_protocols,
					 guest_protocol_count),
			 SVSM_VCPU_NONE);
	ck_assert(guest_vmsa(VMSA1)->efer & SVSM_EFER_SVME);
	svsm_vcpu_release(&svsm_guest.vcpus, vcpu);
	expect_served(1, VMSA1);
	guest_oracle();
}
END_TEST

/* In a record that became free before that of an older one. */
START_TEST(J_17_the_youngest_vcpu_of_a_cpu_is_served)
{
	ck_assert_uint_eq(guest_create(2, VMSA1, CA1), SVSM_SUCCESS);
	ck_assert_uint_eq(guest_create(1, VMSA2, CA2), SVSM_SUCCESS);
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_DELETE_VCPU), VMSA1, 0, 0),
			  SVSM_SUCCESS);
	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	expect_served(1, VMSA1);
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_DELETE_VCPU), VMSA1, 0, 0),
			  SVSM_SUCCESS);
	expect_served(1, VMSA2);
	guest_oracle();
}
END_TEST

/* ----------------------------------------------- between call and its end */

/* Its pages are the guest's again, and another CPU wants them at once. */
static svsm_result_t delete_and_reuse(struct svsm_call *call, uint32_t fn)
{
	svsm_result_t result = svsm_core_protocol.call(call, fn);
	struct svsm_vcpu *vcpu = NULL;

	ck_assert_uint_eq(result, SVSM_SUCCESS);
	ck_assert_int_eq(svsm_vcpu_claim(&svsm_guest.vcpus, svsm_gpa(VMSA1),
					 NULL, &vcpu), SVSM_ENOENT);
	guest_make_vmsa(VMSA1);
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_CREATE_VCPU), VMSA1, CA1,
				     2), SVSM_ERR_INVALID_PARAMETER);
	ck_assert_int_eq(guest_owner(VMSA1), SVSM_OWN_GUEST);
	ck_assert_int_eq(guest_owner(CA1), SVSM_OWN_GUEST);
	ck_assert(!fake_rmp(VMSA1)->vmsa);
	return result;
}

START_TEST(J_11_the_pages_of_a_vcpu_are_free_when_its_last_call_is_over)
{
	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	guest_vmsa(VMSA1)->rcx = VMSA1;
	ck_assert_int_eq(serve(1, VMSA1, CA1, CORE(SVSM_CORE_DELETE_VCPU),
			       delete_and_reuse), SVSM_VCPU_NONE);
	guest_oracle();
	ck_assert_uint_eq(guest_create(2, VMSA1, CA1), SVSM_SUCCESS);
	expect_served(2, VMSA1);
	guest_oracle();
}
END_TEST

/* The host takes the page in which the call began. */
static svsm_result_t remap_from_nothing(struct svsm_call *call, uint32_t fn)
{
	fake_host_invalidate(CA0);
	return svsm_core_protocol.call(call, fn);
}

START_TEST(K_01_an_old_calling_area_that_the_host_has_taken)
{
	guest_give(CA1, 1);
	guest_vmsa(VMSA0)->rcx = CA1;
	ck_assert_int_eq(serve(0, VMSA0, CA0, CORE(SVSM_CORE_REMAP_CA),
			       remap_from_nothing), SVSM_VCPU_RUN);
	ck_assert_uint_eq(guest_vmsa(VMSA0)->rax, SVSM_SUCCESS);
	ck_assert_int_eq(guest_owner(CA1), SVSM_OWN_CAA);
	ck_assert_int_eq(guest_owner(CA0), SVSM_OWN_GUEST);
	expect_served(0, VMSA0);
	guest_oracle();
}
END_TEST

UNIT_MAIN("serve", serve_setup, guest_teardown,
	  the_answered_registers_are_written_and_no_others,
	  J_15_a_vmsa_that_does_not_stop_is_left_alone,
	  J_12_a_vmsa_that_does_not_stop_cannot_be_deleted,
	  J_11_a_vcpu_that_is_being_deleted_for_ever_is_not_waited_for,
	  J_17_the_youngest_vcpu_of_a_cpu_is_served,
	  J_11_the_pages_of_a_vcpu_are_free_when_its_last_call_is_over,
	  K_01_an_old_calling_area_that_the_host_has_taken)
