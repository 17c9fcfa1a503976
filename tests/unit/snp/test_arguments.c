/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What requests and questions refuse before anybody is asked: a GHCB that is in
 * use, arguments that no host knows, a CPUID page that lacks a leaf. Cases A-18
 * and A-23.
 */
#include <string.h>

#include <svsm/cpuid.h>
#include <svsm/ghcb_msr.h>
#include <svsm/psc.h>

#include "fake.h"
#include "internal.h"
#include "requests.h"
#include "unit.h"

START_TEST(a_ghcb_in_use_takes_no_second_request)
{
	struct svsm_range range = { { REQUESTS_PAGE }, SVSM_PAGE_BYTES };
	unsigned exits = fake_counters().exits;

	requests_ghcb.busy = true;
	ck_assert_int_eq(svsm_ghcb_io_write(&requests_ghcb, 0x3f8, "x", 1),
			 SVSM_EBUSY);
	ck_assert_int_eq(svsm_ghcb_mmio_write(&requests_ghcb,
					      svsm_gpa(0xfec00010), 4, 1),
			 SVSM_EBUSY);
	ck_assert_int_eq(svsm_psc(&requests_ghcb, &range, 1,
				  SVSM_PSC_OP_SHARED, SVSM_PAGE_4K),
			 SVSM_EBUSY);
	requests_ghcb.busy = false;
	ck_assert_uint_eq(fake_counters().exits, exits);
}
END_TEST

START_TEST(arguments_that_no_host_knows_stay_here)
{
	unsigned exits = fake_counters().exits;

	ck_assert_int_eq(svsm_ghcb_hv_doorbell(&requests_ghcb,
		(enum svsm_doorbell_op)4, svsm_gpa(0x3000), NULL), SVSM_EINVAL);
	ck_assert_int_eq(svsm_ghcb_hv_doorbell(&requests_ghcb,
		SVSM_DOORBELL_SET, svsm_gpa(0x3001), NULL), SVSM_EINVAL);
	ck_assert_int_eq(svsm_ghcb_run_vmpl(&requests_ghcb, 0), SVSM_EINVAL);
	ck_assert_int_eq(svsm_ghcb_run_vmpl(&requests_ghcb, 4), SVSM_EINVAL);
	ck_assert_int_eq(svsm_ghcb_ap_create(&requests_ghcb,
		(enum svsm_ap_action)3, 0, 2, svsm_gpa(0x8007000), 1),
		SVSM_EINVAL);
	ck_assert_int_eq(svsm_ghcb_ap_create(&requests_ghcb, SVSM_AP_CREATE, 0,
		4, svsm_gpa(0x8007000), 1), SVSM_EINVAL);
	ck_assert_int_eq(svsm_ghcb_ap_create(&requests_ghcb, SVSM_AP_CREATE, 0,
		2, svsm_gpa(0x8007001), 1), SVSM_EINVAL);
	ck_assert_int_eq(svsm_ghcb_ap_create(&requests_ghcb, SVSM_AP_CREATE, 0,
		2, svsm_gpa(SVSM_HUGE_BYTES), 1), SVSM_EINVAL);
	ck_assert_uint_eq(fake_counters().exits, exits);
}
END_TEST

static enum svsm_status ask_psp(uint64_t message, uint64_t response)
{
	uint64_t errors = 0;
	enum svsm_status status = svsm_ghcb_guest_request(&requests_ghcb,
		svsm_gpa(message), svsm_gpa(response), &errors);

	ck_assert_uint_eq(errors, UINT64_MAX);
	return status;
}

START_TEST(pages_that_the_psp_cannot_take_stay_here)
{
	unsigned exits = fake_counters().exits;

	ck_assert_int_eq(ask_psp(0x4008, 0x5000), SVSM_EINVAL);
	ck_assert_int_eq(ask_psp(0x4000, 0x5fff), SVSM_EINVAL);
	ck_assert_int_eq(ask_psp(0x4000, 0x4000), SVSM_EINVAL);
	ck_assert_uint_eq(fake_counters().exits, exits);
}
END_TEST

START_TEST(pages_that_the_msr_cannot_name_stay_here)
{
	const uint64_t end = SVSM_PSC_FRAME_MASK + SVSM_PAGE_BYTES;
	unsigned exits = fake_counters().exits;

	ck_assert_int_eq(svsm_ghcb_msr_psc(svsm_gpa(end), SVSM_PSC_OP_SHARED),
			 SVSM_EINVAL);
	ck_assert_int_eq(svsm_ghcb_msr_psc(svsm_gpa(0x1800),
					   SVSM_PSC_OP_SHARED), SVSM_EINVAL);
	ck_assert_int_eq(svsm_ghcb_msr_psc(svsm_gpa(0x1000), 0), SVSM_EINVAL);
	ck_assert_int_eq(svsm_ghcb_msr_psc(svsm_gpa(0x1000), 3), SVSM_EINVAL);
	ck_assert_uint_eq(fake_counters().exits, exits);
}
END_TEST

START_TEST(a_doorbell_page_need_not_be_told)
{
	ck_assert_int_eq(svsm_ghcb_hv_doorbell(&requests_ghcb,
		SVSM_DOORBELL_SET, svsm_gpa(0x3000), NULL), SVSM_OK);
	fake_oracle(2);
}
END_TEST

START_TEST(a_page_without_a_leaf_has_no_fact_of_it)
{
	static const struct svsm_abi_cpuid_page page;
	const struct svsm_cpuid cpuid = { &page, 0 };
	unsigned number = 77;

	ck_assert_int_eq(svsm_cpuid_phys_bits(&cpuid, &number), SVSM_EFORMAT);
	ck_assert_int_eq(svsm_cpuid_cbit(&cpuid, &number), SVSM_EFORMAT);
	ck_assert_uint_eq(number, 77);
	ck_assert_uint_eq(svsm_cpuid_xcr0(&cpuid), 3);
}
END_TEST

START_TEST(an_xcr0_that_cannot_be_has_no_size)
{
	ck_assert_uint_eq(svsm_xsave_size(0), 0);	/* x87 is always on */
	ck_assert_uint_eq(svsm_xsave_size(5), 0);	/* AVX without SSE */
	ck_assert_uint_eq(svsm_xsave_size(0x27), 0);	/* a part of AVX-512 */
	ck_assert_uint_eq(svsm_xsave_size(1ull << 62 | 1), 0);
}
END_TEST

START_TEST(a23_buffer_offsets_and_lengths_cannot_leave_the_buffer)
{
	static const struct {
		size_t off, len;
		enum svsm_status expected;
	} cases[] = {
		{ 0, 2032, SVSM_OK }, { 2031, 1, SVSM_OK },
		{ 2032, 0, SVSM_OK }, { 2032, 1, SVSM_EINVAL },
		{ 0, 2033, SVSM_EINVAL }, { 1, 2032, SVSM_EINVAL },
		{ SIZE_MAX, 1, SVSM_EINVAL }, { 1, SIZE_MAX, SVSM_EINVAL },
		{ SIZE_MAX, SIZE_MAX, SVSM_EINVAL },
		{ SIZE_MAX - 2031, 2032, SVSM_EINVAL },
	};
	struct svsm_abi_ghcb *page = fake_peek_shared(requests_ghcb.gpa.v);
	static uint8_t data[4096];

	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(cases); i++) {
		page->version = 0x5a5a;
		memset(data, 0x11, sizeof(data));
		ck_assert_int_eq(ghcb_buf_write(&requests_ghcb, cases[i].off,
				data, cases[i].len), cases[i].expected);
		ck_assert_uint_eq(page->version, 0x5a5a);
		ck_assert_int_eq(ghcb_buf_read(&requests_ghcb, cases[i].off,
				data, cases[i].len), cases[i].expected);
	}
	fake_oracle(1);
}
END_TEST

START_TEST(a23_misaligned_or_odd_sized_accesses_never_reach_the_host)
{
	unsigned before = fake_counters().exits;
	uint64_t value;
	uint32_t small;

	ck_assert_int_eq(svsm_ghcb_mmio_read(&requests_ghcb, svsm_gpa(2), 4,
				&value), SVSM_EINVAL);
	ck_assert_int_eq(svsm_ghcb_mmio_write(&requests_ghcb, svsm_gpa(0), 16,
				1), SVSM_EINVAL);
	ck_assert_int_eq(svsm_ghcb_mmio_read(&requests_ghcb, svsm_gpa(0), 0,
				&value), SVSM_EINVAL);
	ck_assert_int_eq(svsm_ghcb_io_in(&requests_ghcb, 0, 3, &small),
			SVSM_EINVAL);
	ck_assert_int_eq(svsm_ghcb_io_out(&requests_ghcb, 0, 8, 0),
			SVSM_EINVAL);
	ck_assert_int_eq(svsm_ghcb_ap_create(&requests_ghcb, SVSM_AP_CREATE, 1,
				0, svsm_gpa(0x200000), 1), SVSM_EINVAL);
	ck_assert_int_eq(svsm_ghcb_ap_create(&requests_ghcb, SVSM_AP_CREATE, 1,
				4, svsm_gpa(0x1000), 1), SVSM_EINVAL);
	ck_assert_int_eq(
		svsm_ghcb_guest_request(&requests_ghcb, svsm_gpa(0x1000),
			svsm_gpa(0x1000), &value), SVSM_EINVAL);
	ck_assert_uint_eq(fake_counters().exits, before);
}
END_TEST

START_TEST(a18_level_that_is_none_never_reaches_the_host)
{
	unsigned before = fake_counters().exits;

	ck_assert_int_eq(svsm_ghcb_msr_run_vmpl(0), SVSM_EINVAL);
	ck_assert_int_eq(svsm_ghcb_msr_run_vmpl(4), SVSM_EINVAL);
	ck_assert_int_eq(svsm_ghcb_run_vmpl(&requests_ghcb, 0), SVSM_EINVAL);
	ck_assert_int_eq(svsm_ghcb_run_vmpl(&requests_ghcb, 4), SVSM_EINVAL);
	ck_assert_uint_eq(fake_counters().exits, before);
}
END_TEST

UNIT_MAIN("arguments", requests_setup, fake_teardown,
	a_ghcb_in_use_takes_no_second_request,
	arguments_that_no_host_knows_stay_here,
	pages_that_the_psp_cannot_take_stay_here,
	pages_that_the_msr_cannot_name_stay_here,
	a_doorbell_page_need_not_be_told,
	a_page_without_a_leaf_has_no_fact_of_it,
	an_xcr0_that_cannot_be_has_no_size,
	a23_buffer_offsets_and_lengths_cannot_leave_the_buffer,
	a23_misaligned_or_odd_sized_accesses_never_reach_the_host,
	a18_level_that_is_none_never_reaches_the_host)
