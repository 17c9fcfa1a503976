/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The registry of guest vCPUs by itself: what it refuses, whatever the map of
 * page owners says.
 */
#include <string.h>

#include <svsm/vcpu.h>

#include "fake.h"
#include "unit.h"

#define PAGE	0x1000ull

static struct svsm_vcpus vcpus;

static void setup(void)
{
	fake_setup();
	memset(&vcpus, 0, sizeof(vcpus));
}

static enum svsm_status add(uint32_t apic_id, uint64_t vmsa, uint64_t ca)
{
	return svsm_vcpu_register(&vcpus, &(struct svsm_vcpu){
		.apic_id = apic_id, .vmsa = { vmsa }, .ca = { ca } });
}

static enum svsm_status claim(uint64_t vmsa, struct svsm_vcpu **out)
{
	return svsm_vcpu_claim(&vcpus, svsm_gpa(vmsa), NULL, out);
}

START_TEST(J_02_a_page_is_of_one_vcpu)
{
	static const struct {
		uint64_t vmsa, ca;
	} bad[] = {
		{ PAGE, 3 * PAGE }, { 2 * PAGE, 3 * PAGE },
		{ 3 * PAGE, PAGE }, { 3 * PAGE, 2 * PAGE },
	};

	ck_assert_int_eq(add(1, PAGE, 2 * PAGE), SVSM_OK);
	for (size_t i = 0; i < SVSM_ARRAY_SIZE(bad); i++) {
		ck_assert_int_eq(add(2, bad[i].vmsa, bad[i].ca), SVSM_EEXIST);
		ck_assert_uint_eq(svsm_vcpu_count(&vcpus), 1);
		ck_assert(!svsm_vcpu_exists(&vcpus, 2));
	}
	ck_assert_int_eq(add(2, 3 * PAGE, 4 * PAGE), SVSM_OK);
}
END_TEST

START_TEST(J_02_a_calling_area_is_of_one_cpu)
{
	struct svsm_vcpu *gone = NULL;

	ck_assert_int_eq(add(1, PAGE, 9 * PAGE), SVSM_OK);
	ck_assert_int_eq(add(1, 2 * PAGE, 9 * PAGE), SVSM_OK);
	ck_assert_int_eq(add(2, 3 * PAGE, 9 * PAGE), SVSM_EEXIST);
	ck_assert_int_eq(claim(PAGE, &gone), SVSM_OK);
	svsm_vcpu_remove(&vcpus, gone);
	ck_assert_int_eq(add(2, 3 * PAGE, 9 * PAGE), SVSM_EEXIST);
	ck_assert_int_eq(claim(2 * PAGE, &gone), SVSM_OK);
	svsm_vcpu_remove(&vcpus, gone);
	ck_assert_int_eq(add(2, 3 * PAGE, 9 * PAGE), SVSM_OK);
}
END_TEST

START_TEST(S_09_a_full_table_refuses_until_one_goes)
{
	struct svsm_vcpu *gone = NULL;
	uint64_t vmsa = PAGE;

	for (uint32_t id = 0; id < SVSM_VCPUS; id++, vmsa += 2 * PAGE)
		ck_assert_int_eq(add(id, vmsa, vmsa + PAGE), SVSM_OK);
	ck_assert_int_eq(add(SVSM_VCPUS, vmsa, vmsa + PAGE), SVSM_ENOMEM);
	ck_assert(!svsm_vcpu_exists(&vcpus, SVSM_VCPUS));
	ck_assert_int_eq(claim(PAGE, &gone), SVSM_OK);
	svsm_vcpu_remove(&vcpus, gone);
	ck_assert(!svsm_vcpu_exists(&vcpus, 0));
	ck_assert_int_eq(add(SVSM_VCPUS, vmsa, vmsa + PAGE), SVSM_OK);
	ck_assert_uint_eq(svsm_vcpu_count(&vcpus), SVSM_VCPUS);
}
END_TEST

START_TEST(S_09_one_cpu_has_few_even_where_there_is_a_record)
{
	struct svsm_vcpu *vcpu = NULL;

	for (uint64_t i = 1; i <= SVSM_VCPUS_PER_CPU; i++)
		ck_assert_int_eq(add(1, 2 * i * PAGE, (2 * i + 1) * PAGE),
				 SVSM_OK);
	ck_assert_int_eq(add(2, 0x100 * PAGE, 0x101 * PAGE), SVSM_OK);
	ck_assert_int_eq(claim(0x100 * PAGE, &vcpu), SVSM_OK);
	svsm_vcpu_remove(&vcpus, vcpu);
	ck_assert_int_eq(add(1, 0x100 * PAGE, 0x101 * PAGE), SVSM_ENOMEM);
	ck_assert_int_eq(add(3, 0x100 * PAGE, 0x101 * PAGE), SVSM_OK);
}
END_TEST

START_TEST(J_11_one_at_a_time_deletes_a_vcpu)
{
	struct svsm_vcpu *first = NULL, *second = NULL;

	ck_assert_int_eq(add(1, PAGE, 2 * PAGE), SVSM_OK);
	ck_assert_int_eq(claim(2 * PAGE, &second), SVSM_ENOENT);
	ck_assert_int_eq(claim(PAGE, &first), SVSM_OK);
	ck_assert_int_eq(claim(PAGE, &second), SVSM_EBUSY);
	ck_assert_ptr_null(second);
	svsm_vcpu_release(&vcpus, first);
	ck_assert_int_eq(claim(PAGE, &second), SVSM_OK);
	ck_assert_ptr_eq(second, first);
	svsm_vcpu_remove(&vcpus, second);
	ck_assert_int_eq(claim(PAGE, &second), SVSM_ENOENT);
	ck_assert_uint_eq(svsm_vcpu_count(&vcpus), 0);
}
END_TEST

UNIT_MAIN("registry", setup, fake_teardown, J_02_a_page_is_of_one_vcpu,
	  J_02_a_calling_area_is_of_one_cpu,
	  S_09_a_full_table_refuses_until_one_goes,
	  S_09_one_cpu_has_few_even_where_there_is_a_record,
	  J_11_one_at_a_time_deletes_a_vcpu)
