/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The sequence around a call, and the small calls: group H of the hostile
 * cases, A-19.
 */
#include "fixture.h"

static const struct svsm_abi_vmsa *vmsa0(void)
{
	return guest_vmsa(VMSA0);
}

static uint8_t *pending0(void)
{
	return fake_peek_private(CA0);
}

static enum svsm_vcpu_next serve(uint32_t apic_id)
{
	return svsm_vcpu_serve(&svsm_guest, apic_id, guest_protocols,
			       guest_protocol_count);
}

/* A call is prepared but for what the test leaves out. */
static void prepare(uint64_t rax, uint64_t exit_code, uint8_t pending)
{
	struct svsm_abi_vmsa *vmsa = guest_vmsa(VMSA0);

	vmsa->rax = rax;
	vmsa->rcx = 1;
	vmsa->exit_code = exit_code;
	*pending0() = pending;
}

START_TEST(a_cpu_without_a_vcpu_has_nothing_to_run)
{
	ck_assert_int_eq(serve(3), SVSM_VCPU_NONE);
	ck_assert_int_eq(serve(~0u), SVSM_VCPU_NONE);
	ck_assert(!svsm_vcpu_exists(&svsm_guest.vcpus, 3));
	ck_assert(svsm_vcpu_exists(&svsm_guest.vcpus, 0));
	guest_oracle();
}
END_TEST

/* the host may enter VMPL0 whenever it likes. */
START_TEST(A_19_without_a_pending_call_nothing_happens)
{
	prepare(CORE(SVSM_CORE_QUERY_PROTOCOL), SVSM_EXIT_VMGEXIT, 0);
	ck_assert_int_eq(serve(0), SVSM_VCPU_RUN);
	ck_assert_uint_eq(vmsa0()->rax, CORE(SVSM_CORE_QUERY_PROTOCOL));
	ck_assert_uint_eq(vmsa0()->rcx, 1);
	ck_assert(vmsa0()->efer & SVSM_EFER_SVME);
	guest_oracle();
}
END_TEST

START_TEST(H_02_H_12_an_exit_that_is_no_vmgexit_is_no_call)
{
	static const uint64_t codes[] = {
		0, 0x60, 0x61, 0x78, 0x400, 0x402, 0x404, 1ull << 32 | 0x403,
		~0ull, ~1ull, ~2ull,
	};

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(codes); i++) {
		prepare(CORE(SVSM_CORE_QUERY_PROTOCOL), codes[i], 1);
		ck_assert_int_eq(serve(0), SVSM_VCPU_RUN);
		ck_assert_uint_eq(vmsa0()->rax,
				  CORE(SVSM_CORE_QUERY_PROTOCOL));
		ck_assert_uint_eq(*pending0(), 1);
		ck_assert(vmsa0()->efer & SVSM_EFER_SVME);
		guest_oracle();
	}
}
END_TEST

START_TEST(a_reserved_pending_value_is_a_bad_format)
{
	for (unsigned pending = 2; pending < 256; pending++) {
		prepare(CORE(SVSM_CORE_QUERY_PROTOCOL), SVSM_EXIT_VMGEXIT,
			(uint8_t)pending);
		ck_assert_int_eq(serve(0), SVSM_VCPU_RUN);
		ck_assert_uint_eq(vmsa0()->rax, SVSM_ERR_INVALID_FORMAT);
		ck_assert_uint_eq(*pending0(), 0);
	}
	guest_oracle();
}
END_TEST

/* The second vCPU sets the byte again as soon as it was read. */
static void set_again(uint64_t gpa, void *bytes, size_t n)
{
	(void)n;
	if (gpa == CA0)
		*(uint8_t *)bytes = 1;
}

START_TEST(H_03_a_pending_byte_that_toggles_is_one_call)
{
	fake_fetch_reset();
	fake_after_fetch = set_again;
	prepare(CORE(SVSM_CORE_QUERY_PROTOCOL), SVSM_EXIT_VMGEXIT, 1);
	ck_assert_int_eq(serve(0), SVSM_VCPU_RUN);
	fake_after_fetch = NULL;
	ck_assert_uint_eq(fake_fetch_count(CA0, true), 1);
	ck_assert_uint_eq(vmsa0()->rax, SVSM_SUCCESS);
	ck_assert_uint_eq(*pending0(), 0);
	/* What comes now is a second call only if the byte says so. */
	ck_assert_int_eq(serve(0), SVSM_VCPU_RUN);
	ck_assert_uint_eq(vmsa0()->rax, SVSM_SUCCESS);
	guest_oracle();
}
END_TEST

START_TEST(unknown_protocols_and_calls_have_their_codes)
{
	static const uint64_t protocols[] = {
		1, 2, 3, 4, 5, 0x80000000, 0xffffffff,
	};
	static const uint64_t calls[] = {
		8, 9, 0x7fffffff, 0x80000000, 0xffffffff,
	};

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(protocols); i++)
		ck_assert_uint_eq(guest_call(protocols[i] << 32, 0, 0, 0),
				  SVSM_ERR_UNSUPPORTED_PROTOCOL);
	for (size_t i = 0; i < SVSM_ARRAY_SIZE(calls); i++)
		ck_assert_uint_eq(guest_call(CORE(calls[i]), LIST, 0, 0),
				  SVSM_ERR_UNSUPPORTED_CALL);
	guest_oracle();
}
END_TEST

static uint64_t query(uint64_t rcx)
{
	struct regs regs = {
		.rax = CORE(SVSM_CORE_QUERY_PROTOCOL), .rcx = rcx,
		.rdx = 0xd, .r8 = 0x8, .r9 = 0x9,
	};

	ck_assert_int_eq(guest_call_by(0, &regs), SVSM_VCPU_RUN);
	ck_assert_uint_eq(regs.rax, SVSM_SUCCESS);
	/* H-10: no other register changes. */
	ck_assert_uint_eq(regs.rdx, 0xd);
	ck_assert_uint_eq(regs.r8, 0x8);
	ck_assert_uint_eq(regs.r9, 0x9);
	return regs.rcx;
}

START_TEST(H_05_query_protocol)
{
	ck_assert_uint_eq(query(1), 1ull << 32 | 1);
	ck_assert_uint_eq(query(0), 0);
	ck_assert_uint_eq(query(2), 0);
	ck_assert_uint_eq(query(0xffffffff), 0);
	ck_assert_uint_eq(query(1ull << 32 | 1), 0);
	ck_assert_uint_eq(query(~0ull), 0);
	guest_oracle();
}
END_TEST

START_TEST(H_10_failed_calls_answer_in_rax_only)
{
	/* guest_call() checks RCX, RDX, R8, R9 and all the rest. */
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_PVALIDATE), 1, 2, 3),
			  SVSM_ERR_INVALID_PARAMETER);
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_DELETE_VCPU), 1, 2, 3),
			  SVSM_ERR_INVALID_PARAMETER);
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_CREATE_VCPU), 1, 2, 3),
			  SVSM_ERR_INVALID_ADDRESS);
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_REMAP_CA), 1, 2, 3),
			  SVSM_ERR_INVALID_PARAMETER);
	guest_oracle();
}
END_TEST

/* H-06: APIC IDs are 32 bits: test_vcpu, J-08. Here the call number's half. */
START_TEST(H_06_call_numbers_are_32_bits_each)
{
	ck_assert_uint_eq(guest_call(1ull << 63 | SVSM_CORE_QUERY_PROTOCOL,
				     1, 0, 0),
			  SVSM_ERR_UNSUPPORTED_PROTOCOL);
	ck_assert_uint_eq(guest_call(CORE(1u << 31 | SVSM_CORE_PVALIDATE),
				     LIST, 0, 0),
			  SVSM_ERR_UNSUPPORTED_CALL);
	guest_oracle();
}
END_TEST

START_TEST(vtom_can_be_asked_for_and_is_not_there)
{
	struct regs regs = { .rax = CORE(SVSM_CORE_CONFIGURE_VTOM), .rcx = 1 };

	ck_assert_int_eq(guest_call_by(0, &regs), SVSM_VCPU_RUN);
	ck_assert_uint_eq(regs.rax, SVSM_SUCCESS);
	ck_assert_uint_eq(regs.rcx, 0);
	for (unsigned bit = 1; bit < 64; bit++) {
		uint64_t rcx = 1ull << bit;
		uint64_t expected = bit >= 5 && bit <= 11 ?
			SVSM_ERR_INVALID_PARAMETER : SVSM_ERR_INVALID_REQUEST;

		ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_CONFIGURE_VTOM),
					     rcx, 0, 0), expected);
		ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_CONFIGURE_VTOM),
					     rcx | 1, 0, 0),
				  SVSM_ERR_INVALID_PARAMETER);
	}
	guest_oracle();
}
END_TEST

/* The host takes the page in which the guest says that it calls. */
START_TEST(a_lost_calling_area_is_no_call)
{
	prepare(CORE(SVSM_CORE_QUERY_PROTOCOL), SVSM_EXIT_VMGEXIT, 1);
	fake_host_invalidate(CA0);
	ck_assert_int_eq(serve(0), SVSM_VCPU_RUN);
	ck_assert_uint_eq(vmsa0()->rax, CORE(SVSM_CORE_QUERY_PROTOCOL));
}
END_TEST

START_TEST(B_01_a_lost_vmsa_ends_the_vm)
{
	int reason;

	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	fake_host_invalidate(VMSA1);
	reason = fake_reason_of(ck_assert_int_eq(serve(1), SVSM_VCPU_NONE));
	ck_assert_int_eq(reason, SVSM_REASON_PAGE_LOST);
}
END_TEST

/* B-14: no address with C-bit or beyond the width gets anywhere. */
START_TEST(B_14_addresses_with_too_many_bits)
{
	for (unsigned bit = 40; bit < 64; bit++) {
		uint64_t gpa = 1ull << bit | LIST;

		ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_PVALIDATE),
					     gpa, 0, 0),
				  SVSM_ERR_INVALID_ADDRESS);
		ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_REMAP_CA),
					     gpa, 0, 0),
				  SVSM_ERR_INVALID_ADDRESS);
		ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_CREATE_VCPU),
					     gpa, gpa + PAGE, 1),
				  SVSM_ERR_INVALID_ADDRESS);
		guest_oracle();
	}
}
END_TEST

START_TEST(I_09_pages_that_no_page_table_can_show)
{
	unsigned executed = fake_counters().pvalidates;

	guest_set_owner(BEYOND, 1, SVSM_OWN_INVALID);
	ck_assert_uint_eq(guest_pvalidate(BEYOND | VALIDATE),
			  SVSM_ERR_INVALID_PARAMETER);
	ck_assert_int_eq(guest_owner(BEYOND), SVSM_OWN_INVALID);
	guest_set_owner(BEYOND, 1, SVSM_OWN_GUEST);
	ck_assert_uint_eq(guest_pvalidate(BEYOND), SVSM_ERR_INVALID_PARAMETER);
	ck_assert_uint_eq(guest_pvalidate(BEYOND | VALIDATE | IGNORE),
			  SVSM_ERR_INVALID_PARAMETER);
	ck_assert_uint_eq(pvalidate_at(BEYOND), SVSM_ERR_INVALID_PARAMETER);
	ck_assert_int_eq(guest_owner(BEYOND), SVSM_OWN_GUEST);
	ck_assert_uint_eq(fake_counters().pvalidates, executed);
	guest_oracle();
}
END_TEST

START_TEST(J_01_K_01_vmsa_and_calling_area_that_no_page_table_can_show)
{
	guest_set_owner(BEYOND, 1, SVSM_OWN_GUEST);
	guest_give(CA1, 1);
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_CREATE_VCPU), BEYOND, CA1,
				     1), SVSM_ERR_INVALID_PARAMETER);
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_REMAP_CA), BEYOND, 0, 0),
			  SVSM_ERR_INVALID_PARAMETER);
	ck_assert_int_eq(guest_owner(BEYOND), SVSM_OWN_GUEST);
	ck_assert_int_eq(guest_owner(CA1), SVSM_OWN_GUEST);
	ck_assert_int_eq(guest_owner(CA0), SVSM_OWN_CAA);
	ck_assert(!svsm_vcpu_exists(&svsm_guest.vcpus, 1));
	guest_oracle();
}
END_TEST

static svsm_result_t two_pages(struct svsm_call *call, uint32_t fn)
{
	static uint8_t bytes[0x1800];
	struct svsm_umem umem;
	enum svsm_status status;

	(void)fn;
	status = svsm_call_umem(call, call->in[SVSM_RCX], sizeof(bytes),
				SVSM_READ_WRITE, &umem);
	if (status == SVSM_OK)
		status = svsm_umem_write(&umem, 0, bytes, sizeof(bytes));
	return svsm_result(status);
}

/* Any protocol gets its buffers through svsm_call_umem(). */
START_TEST(H_11_a_buffer_that_runs_into_a_hole)
{
	static const struct svsm_protocol protocol = {
		.id = 5, .min = 1, .max = 1, .call = two_pages,
	};
	static const struct svsm_protocol *const protocols[] = { &protocol };
	uint8_t mark = 0x42;

	guest_give(FREE_PAGES, 1);
	ck_assert(fake_guest_write(FREE_PAGES + 0x900, &mark, 1));
	prepare(5ull << 32, SVSM_EXIT_VMGEXIT, 1);
	((struct svsm_abi_vmsa *)guest_vmsa(VMSA0))->rcx = FREE_PAGES + 0x800;
	ck_assert_int_eq(svsm_vcpu_serve(&svsm_guest, 0, protocols, 1),
			 SVSM_VCPU_RUN);
	ck_assert_uint_eq(vmsa0()->rax, SVSM_ERR_INVALID_ADDRESS);
	ck_assert(fake_guest_read(FREE_PAGES + 0x900, &mark, 1));
	ck_assert_uint_eq(mark, 0x42);
	guest_oracle();
}
END_TEST

START_TEST(every_status_has_a_result_code)
{
	for (unsigned i = SVSM_OK + 1; i < SVSM_STATUS_COUNT; i++) {
		svsm_result_t result = svsm_result((enum svsm_status)i);

		ck_assert_uint_ge(result, SVSM_ERR_INCOMPLETE);
	}
	ck_assert_uint_eq(svsm_result(SVSM_OK), SVSM_SUCCESS);
	ck_assert_uint_eq(svsm_result((enum svsm_status)1000),
			  SVSM_ERR_INVALID_REQUEST);
}
END_TEST

UNIT_MAIN("calls", guest_setup, guest_teardown,
	  a_cpu_without_a_vcpu_has_nothing_to_run,
	  A_19_without_a_pending_call_nothing_happens,
	  H_02_H_12_an_exit_that_is_no_vmgexit_is_no_call,
	  a_reserved_pending_value_is_a_bad_format,
	  H_03_a_pending_byte_that_toggles_is_one_call,
	  unknown_protocols_and_calls_have_their_codes, H_05_query_protocol,
	  H_10_failed_calls_answer_in_rax_only,
	  H_06_call_numbers_are_32_bits_each,
	  vtom_can_be_asked_for_and_is_not_there,
	  a_lost_calling_area_is_no_call, B_01_a_lost_vmsa_ends_the_vm,
	  B_14_addresses_with_too_many_bits,
	  I_09_pages_that_no_page_table_can_show,
	  J_01_K_01_vmsa_and_calling_area_that_no_page_table_can_show,
	  H_11_a_buffer_that_runs_into_a_hole, every_status_has_a_result_code)
