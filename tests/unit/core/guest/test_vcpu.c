/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * CREATE_VCPU and DELETE_VCPU: group J of the hostile cases.
 */
#include <stdlib.h>
#include <string.h>

#include <svsm/rmp.h>

#include "fixture.h"

#define VMSA2	0x7000ull
#define CA2	0x8000ull

static uint64_t create(uint64_t vmsa, uint64_t ca, uint64_t apic_id)
{
	return guest_call(CORE(SVSM_CORE_CREATE_VCPU), vmsa, ca, apic_id);
}

static uint64_t delete(uint64_t vmsa)
{
	return guest_call(CORE(SVSM_CORE_DELETE_VCPU), vmsa, 0, 0);
}

static size_t vcpus(void)
{
	return svsm_vcpu_count(&svsm_guest.vcpus);
}

/* The vCPU is served, from this VMSA. */
static void expect_served(uint32_t apic_id, uint64_t vmsa)
{
	struct regs regs = { .rax = CORE(SVSM_CORE_QUERY_PROTOCOL), .rcx = 1 };

	ck_assert_int_eq(guest_call_by(apic_id, &regs), SVSM_VCPU_RUN);
	ck_assert_uint_eq(regs.rax, SVSM_SUCCESS);
	ck_assert_uint_eq(guest_vmsa(vmsa)->rcx, 1ull << 32 | 1);
}

/* ------------------------------------------------------------------ create */

START_TEST(a_created_vcpu_is_the_svsms_to_write_and_serves)
{
	uint8_t byte = 0;

	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	ck_assert_int_eq(guest_owner(VMSA1), SVSM_OWN_VMSA);
	ck_assert_int_eq(guest_owner(CA1), SVSM_OWN_CAA);
	ck_assert(fake_rmp(VMSA1)->vmsa);
	ck_assert(fake_guest_read(VMSA1, &byte, 1));
	ck_assert(!fake_guest_write(VMSA1, &byte, 1));
	ck_assert_uint_eq(fake_perms(VMSA1, 1), 0);
	expect_served(1, VMSA1);
	ck_assert_uint_eq(fake_counters().flushes, 2);
	guest_oracle();
}
END_TEST

START_TEST(J_01_bad_addresses)
{
	static const uint64_t bad[] = {
		VMSA1 + 8, VMSA1 + 0x800, REGION, VMSA0, REGION + REGION_LEN,
		MEMORY, FREE_PAGES /* not validated */, 1ull << 51 | VMSA1,
		1ull << 63, ~0xfffull,
	};

	guest_give(VMSA1, 1);
	guest_give(CA1, 1);
	guest_make_vmsa(VMSA1);
	for (size_t i = 0; i < SVSM_ARRAY_SIZE(bad); i++) {
		ck_assert_uint_eq(create(bad[i], CA1, 1),
				  SVSM_ERR_INVALID_ADDRESS);
		ck_assert_uint_eq(create(VMSA1, bad[i], 1),
				  SVSM_ERR_INVALID_ADDRESS);
		ck_assert(guest_can_write(VMSA1) && guest_can_write(CA1));
		guest_oracle();
	}
	ck_assert_uint_eq(vcpus(), 2);
}
END_TEST

/* Processors lose a VMSA there. */
START_TEST(J_01_a_vmsa_at_a_multiple_of_2_mib)
{
	guest_give(HUGE, 1);
	guest_give(CA1, 1);
	guest_make_vmsa(HUGE);
	ck_assert_uint_eq(create(HUGE, CA1, 1), SVSM_ERR_INVALID_ADDRESS);
	guest_oracle();
}
END_TEST

START_TEST(J_02_pages_that_are_in_use_already)
{
	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	guest_give(VMSA2, 1);
	guest_give(CA2, 1);
	guest_make_vmsa(VMSA2);
	ck_assert_uint_eq(create(VMSA2, VMSA2, 2), SVSM_ERR_INVALID_ADDRESS);
	ck_assert_uint_eq(create(VMSA1, CA2, 2), SVSM_ERR_INVALID_ADDRESS);
	ck_assert_uint_eq(create(CA1, CA2, 2), SVSM_ERR_INVALID_ADDRESS);
	ck_assert_uint_eq(create(CA0, CA2, 2), SVSM_ERR_INVALID_ADDRESS);
	ck_assert_uint_eq(create(VMSA2, VMSA1, 2), SVSM_ERR_INVALID_ADDRESS);
	ck_assert_uint_eq(create(VMSA2, CA1, 2), SVSM_ERR_INVALID_ADDRESS);
	ck_assert_uint_eq(create(VMSA2, CA0, 2), SVSM_ERR_INVALID_ADDRESS);
	ck_assert(guest_can_write(VMSA2) && guest_can_write(CA2));
	ck_assert_uint_eq(vcpus(), 3);
	guest_oracle();
}
END_TEST

/* A CPU that goes and comes keeps its calling area, with a VMSA elsewhere. */
START_TEST(J_02_vcpus_of_one_cpu_share_a_calling_area)
{
	for (unsigned i = 0; i < 10; i++) {
		uint64_t old = i % 2 ? VMSA2 : VMSA1;
		uint64_t new = i % 2 ? VMSA1 : VMSA2;

		if (i == 0)
			ck_assert_uint_eq(guest_create(1, old, CA1),
					  SVSM_SUCCESS);
		guest_give(new, 1);
		guest_make_vmsa(new);
		ck_assert_uint_eq(create(new, CA1, 1), SVSM_SUCCESS);
		expect_served(1, new);
		ck_assert_uint_eq(delete(old), SVSM_SUCCESS);
		ck_assert_int_eq(guest_owner(CA1), SVSM_OWN_CAA);
		ck_assert_uint_eq(guest_pvalidate(CA1),
				  SVSM_ERR_INVALID_ADDRESS);
		expect_served(1, new);
		guest_oracle();
	}
	ck_assert_uint_eq(delete(VMSA1), SVSM_SUCCESS);
	ck_assert_int_eq(guest_owner(CA1), SVSM_OWN_GUEST);
	guest_oracle();
}
END_TEST

START_TEST(J_02_a_refused_vmsa_takes_no_calling_area_away)
{
	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	guest_give(VMSA2, 1);
	guest_make_vmsa(VMSA2);
	guest_vmsa(VMSA2)->vmpl = 0;
	ck_assert_uint_eq(create(VMSA2, CA1, 1), SVSM_ERR_INVALID_PARAMETER);
	ck_assert_int_eq(guest_owner(CA1), SVSM_OWN_CAA);
	expect_served(1, VMSA1);
	guest_oracle();
}
END_TEST

START_TEST(J_04_other_sev_features_by_one_bit)
{
	guest_give(VMSA1, 1);
	guest_give(CA1, 1);
	for (unsigned bit = 0; bit < 64; bit++) {
		guest_make_vmsa(VMSA1);
		guest_vmsa(VMSA1)->sev_features ^= 1ull << bit;
		ck_assert_uint_eq(create(VMSA1, CA1, 1),
				  SVSM_ERR_INVALID_PARAMETER);
		ck_assert(guest_can_write(VMSA1));
		ck_assert_int_eq(guest_owner(VMSA1), SVSM_OWN_GUEST);
		ck_assert_int_eq(guest_owner(CA1), SVSM_OWN_GUEST);
		guest_oracle();
	}
}
END_TEST

START_TEST(J_05_a_vmsa_that_cannot_run)
{
	guest_give(VMSA1, 1);
	guest_give(CA1, 1);
	guest_make_vmsa(VMSA1);
	guest_vmsa(VMSA1)->efer &= ~SVSM_EFER_SVME;
	ck_assert_uint_eq(create(VMSA1, CA1, 1), SVSM_ERR_INVALID_PARAMETER);
	ck_assert(guest_can_write(VMSA1));
	guest_oracle();
}
END_TEST

START_TEST(a_vmsa_of_another_vmpl_is_refused)
{
	guest_give(VMSA1, 1);
	guest_give(CA1, 1);
	for (unsigned vmpl = 0; vmpl < 256; vmpl++) {
		if (vmpl == 2)
			continue;
		guest_make_vmsa(VMSA1);
		guest_vmsa(VMSA1)->vmpl = (uint8_t)vmpl;
		ck_assert_uint_eq(create(VMSA1, CA1, 1),
				  SVSM_ERR_INVALID_PARAMETER);
	}
	guest_oracle();
}
END_TEST

START_TEST(J_06_without_an_acknowledged_flush_the_vm_ends)
{
	int reason;

	guest_give(VMSA1, 1);
	guest_give(CA1, 1);
	guest_make_vmsa(VMSA1);
	guest_deaf_cpu_start();
	reason = fake_reason_of(create(VMSA1, CA1, 1));
	guest_deaf_cpu_end();
	ck_assert_int_eq(reason, SVSM_REASON_TLB_SYNC);
}
END_TEST

START_TEST(J_08_apic_ids)
{
	static const uint64_t bad[] = {
		CPUS, 255, 0xffffffff, 0 /* the caller's own */,
		1ull << 32 | 1, ~0ull,
	};

	guest_give(VMSA1, 1);
	guest_give(CA1, 1);
	guest_make_vmsa(VMSA1);
	for (size_t i = 0; i < SVSM_ARRAY_SIZE(bad); i++) {
		ck_assert_uint_eq(create(VMSA1, CA1, bad[i]),
				  SVSM_ERR_INVALID_PARAMETER);
		ck_assert(guest_can_write(VMSA1));
		guest_oracle();
	}
}
END_TEST

/* Linux registers its own VMSA for a CPU that the firmware has started, and
 * deletes the firmware's later. */
START_TEST(J_08_a_cpu_that_has_a_vcpu_gets_the_new_one)
{
	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	expect_served(1, VMSA1);
	ck_assert_uint_eq(guest_create(1, VMSA2, CA2), SVSM_SUCCESS);
	expect_served(1, VMSA2);
	ck_assert_uint_eq(delete(VMSA1), SVSM_SUCCESS);
	expect_served(1, VMSA2);
	ck_assert_uint_eq(vcpus(), 3);
	guest_oracle();
}
END_TEST

START_TEST(S_09_a_cpu_has_a_bounded_number_of_vcpus)
{
	uint64_t vmsa = FREE_PAGES + PAGE;

	for (unsigned i = 0; i < SVSM_VCPUS_PER_CPU; i++, vmsa += 2 * PAGE)
		ck_assert_uint_eq(guest_create(1, vmsa, vmsa + PAGE),
				  SVSM_SUCCESS);
	ck_assert_uint_eq(guest_create(1, vmsa, vmsa + PAGE), SVSM_ERR_BUSY);
	ck_assert(guest_can_write(vmsa) && guest_can_write(vmsa + PAGE));
	ck_assert_int_eq(guest_owner(vmsa), SVSM_OWN_GUEST);
	guest_oracle();
}
END_TEST

/* ------------------------------------------------------------------ delete */

START_TEST(a_deleted_vcpu_leaves_ordinary_pages)
{
	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	ck_assert_uint_eq(delete(VMSA1), SVSM_SUCCESS);
	ck_assert_int_eq(guest_owner(VMSA1), SVSM_OWN_GUEST);
	ck_assert_int_eq(guest_owner(CA1), SVSM_OWN_GUEST);
	ck_assert(!fake_rmp(VMSA1)->vmsa);
	ck_assert(guest_can_write(VMSA1) && guest_can_write(CA1));
	ck_assert(!svsm_vcpu_exists(&svsm_guest.vcpus, 1));
	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	guest_oracle();
}
END_TEST

START_TEST(J_11_deleting_what_is_none)
{
	static const uint64_t bad[] = {
		VMSA1 + 1, VMSA1, CA0, LIST, REGION, MEMORY, 1ull << 63,
		~0xfffull, 1ull << 51 | VMSA1,
	};

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(bad); i++) {
		ck_assert_uint_eq(delete(bad[i]), SVSM_ERR_INVALID_PARAMETER);
		guest_oracle();
	}
	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	ck_assert_uint_eq(delete(CA1), SVSM_ERR_INVALID_PARAMETER);
	ck_assert_uint_eq(delete(VMSA1), SVSM_SUCCESS);
	ck_assert_uint_eq(delete(VMSA1), SVSM_ERR_INVALID_PARAMETER);
	guest_oracle();
}
END_TEST

START_TEST(J_11_a_vcpu_that_deletes_itself_never_comes_back)
{
	struct regs regs = { .rax = CORE(SVSM_CORE_DELETE_VCPU), .rcx = VMSA1 };

	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	ck_assert_int_eq(guest_call_by(1, &regs), SVSM_VCPU_NONE);
	ck_assert_int_eq(guest_owner(VMSA1), SVSM_OWN_GUEST);
	ck_assert_int_eq(guest_owner(CA1), SVSM_OWN_GUEST);
	/* Nothing was written into what is the guest's again. */
	ck_assert_uint_eq(guest_vmsa(VMSA1)->rax, CORE(SVSM_CORE_DELETE_VCPU));
	ck_assert(!(guest_vmsa(VMSA1)->efer & SVSM_EFER_SVME));
	ck_assert_int_eq(svsm_vcpu_serve(&svsm_guest, 1, guest_protocols,
					 guest_protocol_count),
			 SVSM_VCPU_NONE);
	guest_oracle();
}
END_TEST

START_TEST(J_12_a_running_vcpu_stays_registered_and_running)
{
	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	fake_rmp(VMSA1)->in_use = true;
	ck_assert_uint_eq(delete(VMSA1), SVSM_ERR_VCPU_IN_USE);
	fake_rmp(VMSA1)->in_use = false;
	ck_assert(guest_vmsa(VMSA1)->efer & SVSM_EFER_SVME);
	ck_assert(fake_rmp(VMSA1)->vmsa);
	ck_assert_int_eq(guest_owner(VMSA1), SVSM_OWN_VMSA);
	ck_assert_uint_eq(vcpus(), 3);
	guest_oracle();
	ck_assert_uint_eq(delete(VMSA1), SVSM_SUCCESS);
	guest_oracle();
}
END_TEST

/* It lives in a page of ours, which goes back to our pool. */
START_TEST(J_13_the_startup_vcpu_can_be_deleted)
{
	struct svsm_vcpu startup = { .apic_id = 2, .ours = true };
	struct svsm_range ca = { { CA2 }, PAGE };
	void *page;

	ck_assert_int_eq(svsm_page_alloc(&svsm_guest_vmsas, 0, &page),
			 SVSM_OK);
	startup.vmsa = svsm_gpa((uintptr_t)page);
	startup.ca = ca.start;
	memset(page, 0, PAGE);
	((struct svsm_abi_vmsa *)page)->efer = SVSM_EFER_SVME;
	ck_assert_int_eq(svsm_rmp_vmsa_set(page, 2, false, NULL), SVSM_OK);
	guest_give(CA2, 1);
	ck_assert_int_eq(svsm_own_set(&svsm_guest.own, &ca, SVSM_OWN_CAA),
			 SVSM_OK);
	ck_assert_int_eq(svsm_vcpu_register(&svsm_guest.vcpus, &startup),
			 SVSM_OK);
	ck_assert_uint_eq(delete(startup.vmsa.v), SVSM_SUCCESS);
	ck_assert_int_eq(guest_owner(startup.vmsa.v), SVSM_OWN_SVSM);
	ck_assert_int_eq(guest_owner(CA2), SVSM_OWN_GUEST);
	ck_assert(!fake_rmp(startup.vmsa.v)->vmsa);
	ck_assert_uint_eq(fake_perms(startup.vmsa.v, 2), 0);
	guest_oracle();
}
END_TEST

/* J-14, and no walk that grows with what happened before. */
START_TEST(J_14_many_cycles_leave_nothing)
{
	unsigned calls = unit_long() ? 200000 : 20000;
	size_t runs = 0;

	srand(2);
	for (unsigned i = 0; i < calls; i++) {
		uint32_t apic_id = 1 + (uint32_t)rand() % 6;
		uint64_t vmsa = FREE_PAGES + (2 * apic_id + 1) * PAGE;

		if (guest_owner(vmsa) == SVSM_OWN_VMSA) {
			ck_assert_uint_eq(delete(vmsa), SVSM_SUCCESS);
		} else {
			ck_assert_uint_eq(guest_create(apic_id, vmsa,
						       vmsa + PAGE),
					  SVSM_SUCCESS);
		}
		if (i % 10000 == 0)
			guest_oracle();
		if (i == 1500)
			runs = svsm_guest.own.count;
	}
	for (uint32_t apic_id = 1; apic_id < 7; apic_id++) {
		uint64_t vmsa = FREE_PAGES + (2 * apic_id + 1) * PAGE;

		if (guest_owner(vmsa) == SVSM_OWN_VMSA)
			ck_assert_uint_eq(delete(vmsa), SVSM_SUCCESS);
	}
	ck_assert_uint_eq(vcpus(), 2);
	ck_assert_uint_le(svsm_guest.own.count, runs);
	guest_oracle();
}
END_TEST

START_TEST(J_16_the_guests_right_to_a_vmsa_is_to_read_it)
{
	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	ck_assert_uint_eq(fake_perms(VMSA1, 2), SVSM_PERM_READ);
	ck_assert_uint_eq(fake_perms(VMSA1, 1), 0);
	ck_assert_uint_eq(fake_perms(VMSA1, 3), 0);
	ck_assert_uint_eq(guest_pvalidate(VMSA1), SVSM_ERR_INVALID_ADDRESS);
	ck_assert_uint_eq(guest_pvalidate(VMSA1 | SVSM_PVALIDATE_VALID |
					  SVSM_PVALIDATE_IGNORE_CF),
			  SVSM_ERR_INVALID_ADDRESS);
	guest_oracle();
}
END_TEST

START_TEST(J_17_a_recreated_vcpu_is_served_from_its_new_pages)
{
	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	expect_served(1, VMSA1);
	ck_assert_uint_eq(delete(VMSA1), SVSM_SUCCESS);
	ck_assert_uint_eq(guest_create(1, VMSA2, CA2), SVSM_SUCCESS);
	expect_served(1, VMSA2);
	guest_oracle();
}
END_TEST

UNIT_MAIN("vcpu", guest_setup, guest_teardown,
	  a_created_vcpu_is_the_svsms_to_write_and_serves,
	  J_01_bad_addresses, J_01_a_vmsa_at_a_multiple_of_2_mib,
	  J_02_pages_that_are_in_use_already,
	  J_02_vcpus_of_one_cpu_share_a_calling_area,
	  J_02_a_refused_vmsa_takes_no_calling_area_away,
	  J_04_other_sev_features_by_one_bit, J_05_a_vmsa_that_cannot_run,
	  a_vmsa_of_another_vmpl_is_refused,
	  J_06_without_an_acknowledged_flush_the_vm_ends, J_08_apic_ids,
	  J_08_a_cpu_that_has_a_vcpu_gets_the_new_one,
	  S_09_a_cpu_has_a_bounded_number_of_vcpus,
	  a_deleted_vcpu_leaves_ordinary_pages, J_11_deleting_what_is_none,
	  J_11_a_vcpu_that_deletes_itself_never_comes_back,
	  J_12_a_running_vcpu_stays_registered_and_running,
	  J_13_the_startup_vcpu_can_be_deleted,
	  J_14_many_cycles_leave_nothing,
	  J_16_the_guests_right_to_a_vmsa_is_to_read_it,
	  J_17_a_recreated_vcpu_is_served_from_its_new_pages)
