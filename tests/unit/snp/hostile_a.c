/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Hostile cases, group A: GHCB page and MSR protocol.
 */
#include <string.h>

#include <svsm/abi/snp.h>
#include <svsm/ghcb_msr.h>
#include <svsm/log.h>
#include <svsm/wait.h>

#include "fake.h"
#include "internal.h"
#include "requests.h"
#include "unit.h"

#define GHCB_GPA 0x8001000ull

static struct svsm_abi_ghcb *page(void)
{
	return fake_peek_shared(GHCB_GPA);
}

/* ----------------------------------------------------- MSR protocol hooks */

static uint64_t msr_answer;

static bool answer_msr(struct fake_exit *exit)
{
	if (!exit->msr_protocol)
		return false;
	exit->msr = msr_answer;
	return true;
}

static uint64_t msr_flip;

static void flip_msr(struct fake_exit *exit)
{
	exit->msr ^= msr_flip;
}

/* Each request of the MSR protocol, and which answer bits are reserved. */
static void ask_sev_info(void)
{
	svsm_ghcb_msr_sev_info();
}

static void ask_cpuid(void)
{
	uint32_t value;

	svsm_ghcb_msr_cpuid(0x8000001f, SVSM_CPUID_EBX, &value);
}

static void ask_register(void)
{
	svsm_ghcb_msr_register(svsm_gpa(GHCB_GPA));
}

static void ask_psc(void)
{
	fake_ignore(svsm_ghcb_msr_psc(svsm_gpa(REQUESTS_PAGE),
				      SVSM_PSC_OP_SHARED));
}

static void ask_features(void)
{
	svsm_ghcb_msr_features();
}

static void ask_run_vmpl(void)
{
	fake_ignore(svsm_ghcb_msr_run_vmpl(2));
}

static const struct {
	void (*ask)(void);
	unsigned response;
	uint64_t reserved;
} msr_requests[] = {
	{ ask_sev_info, 0x001, 0xfff000 },
	{ ask_cpuid, 0x005, 0x3ffff000 },
	{ ask_register, 0x013, 0 },
	{ ask_psc, 0x015, 0xfffff000 },
	{ ask_features, 0x081, 0 },
	{ ask_run_vmpl, 0x017, 0xfffff000 },
};

/* ------------------------------------------------------------------- */

static char logged[4096];
static size_t logged_len;

static void keep_log(void *ctx, const char *line, size_t len)
{
	(void)ctx;
	fake_oracle_log(line, len);
	if (len < sizeof(logged) - logged_len) {
		memcpy(logged + logged_len, line, len);
		logged_len += len;
		logged[logged_len] = '\0';
	}
}

START_TEST(a02_missing_features_end_the_vm_and_are_named)
{
	const uint64_t required = SVSM_HV_SNP | SVSM_HV_RESTRICTED_INJ;

	svsm_log_init(keep_log, NULL, SVSM_LOG_INFO);
	fake_before_exit = answer_msr;
	msr_answer = SVSM_HV_AP_CREATION << 12 | SVSM_GHCB_MSR_FEATURES_RESP;
	ck_assert_int_eq(fake_reason_of(svsm_ghcb_msr_features_require(
				required)), SVSM_REASON_FEATURES);
	ck_assert_ptr_nonnull(strstr(logged, "SNP"));
	ck_assert_ptr_nonnull(strstr(logged, "restricted"));
	ck_assert_ptr_null(strstr(logged, "VMPL"));
	fake_oracle(2);
}
END_TEST

START_TEST(a02_missing_feature_without_a_name_is_told_by_its_number)
{
	svsm_log_init(keep_log, NULL, SVSM_LOG_INFO);
	ck_assert_int_eq(fake_reason_of(svsm_ghcb_msr_features_require(
				1ull << 51)), SVSM_REASON_FEATURES);
	ck_assert_ptr_nonnull(strstr(logged, "feature 51 (?)"));
	fake_oracle(2);
}
END_TEST

START_TEST(a02_unknown_feature_bits_are_ignored)
{
	fake_before_exit = answer_msr;
	msr_answer = ~0xfffull | SVSM_GHCB_MSR_FEATURES_RESP;
	ck_assert_uint_eq(svsm_ghcb_msr_features_require(SVSM_HV_SNP),
			~0ull >> 12);
	fake_oracle(2);
}
END_TEST

/* ------------------------------------------------------------------- */

START_TEST(a03_registration_of_another_frame_ends_the_vm)
{
	static const uint64_t frames[] = { 0, 0x8002000, ~0xfffull,
		GHCB_GPA | 1ull << 51, GHCB_GPA + 0x1000 };

	fake_before_exit = answer_msr;
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(frames); i++) {
		msr_answer = frames[i] | SVSM_GHCB_MSR_REGISTER_RESP;
		ck_assert_int_eq(fake_reason_of(ask_register()),
				SVSM_REASON_GHCB_REGISTER);
	}
	fake_oracle(SVSM_ARRAY_SIZE(frames) + 1);
}
END_TEST

/* ------------------------------------------------------------- */

START_TEST(a04_answer_to_another_request_ends_the_vm)
{
	fake_before_exit = answer_msr;
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(msr_requests); i++) {
		for (unsigned code = 0; code < 0x1000; code++) {
			if (code == msr_requests[i].response)
				continue;
			msr_answer = code;
			ck_assert_int_eq(fake_reason_of(msr_requests[i].ask()),
					SVSM_REASON_GHCB_PROTOCOL);
		}
	}
	fake_oracle(6 * 0x1000);
}
END_TEST

START_TEST(a05_reserved_bit_in_an_answer_ends_the_vm)
{
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(msr_requests); i++) {
		ck_assert_int_eq(fake_reason_of(msr_requests[i].ask()),
				FAKE_NO_TERMINATION);
		fake_after_exit = flip_msr;
		for (unsigned bit = 12; bit < 64; bit++) {
			msr_flip = 1ull << bit;
			if (!(msr_requests[i].reserved & msr_flip))
				continue;
			ck_assert_int_eq(fake_reason_of(msr_requests[i].ask()),
					SVSM_REASON_GHCB_PROTOCOL);
		}
		fake_after_exit = NULL;
	}
	fake_oracle(100);
}
END_TEST

START_TEST(a05_cpuid_answer_for_another_register_ends_the_vm)
{
	fake_after_exit = flip_msr;
	msr_flip = 1ull << 31;
	ck_assert_int_eq(fake_reason_of(ask_cpuid()),
			SVSM_REASON_GHCB_PROTOCOL);
}
END_TEST

START_TEST(a05_host_without_our_protocol_version_ends_the_vm)
{
	fake_before_exit = answer_msr;
	msr_answer = 1ull << 48 | 1ull << 32 | SVSM_GHCB_MSR_SEV_INFO_RESP;
	ck_assert_int_eq(fake_reason_of(svsm_ghcb_msr_negotiate()),
			SVSM_REASON_GHCB_PROTOCOL);
	msr_answer = 9ull << 48 | 3ull << 32 | SVSM_GHCB_MSR_SEV_INFO_RESP;
	ck_assert_int_eq(fake_reason_of(svsm_ghcb_msr_negotiate()),
			SVSM_REASON_GHCB_PROTOCOL);
	msr_answer = 9ull << 48 | 1ull << 32 | SVSM_GHCB_MSR_SEV_INFO_RESP;
	ck_assert_int_eq(fake_reason_of(svsm_ghcb_msr_negotiate()),
			FAKE_NO_TERMINATION);
}
END_TEST

/* -------------------------------------------------------- GHCB page hooks */

static uint64_t result_info1, result_info2;

static void spoil_result(struct fake_exit *exit)
{
	if (!exit->msr_protocol) {
		exit->ghcb->sw_exitinfo1 = result_info1;
		exit->ghcb->sw_exitinfo2 = result_info2;
	}
}

static size_t clear_bit;

static void spoil_valid(struct fake_exit *exit)
{
	if (!exit->msr_protocol)
		exit->ghcb->valid_bitmap[clear_bit / 64] &=
			~(1ull << (clear_bit % 64));
}

/* The table's page state change wants its pages back as they were. */
static void restore(void)
{
	fake_make_invalid(REQUESTS_PAGE, 2 * SVSM_PAGE_BYTES);
}

static void all_are_denied(void)
{
	for (unsigned i = 0; i < request_count; i++) {
		enum svsm_status status = requests[i].make();

		ck_assert_msg(status == SVSM_EHOST, "%s: %s", requests[i].name,
				svsm_status_name(status));
		ck_assert(!requests_ghcb.busy);
		restore();
	}
}

START_TEST(honest_host_gets_every_request_done)
{
	for (unsigned i = 0; i < request_count; i++)
		ck_assert_msg(requests[i].make() == SVSM_OK, "%s",
				requests[i].name);
	fake_oracle(request_count + 1);
}
END_TEST

/* ------------------------------------------------------------------- */

START_TEST(a06_exception_that_the_host_wants_is_not_raised)
{
	static const uint64_t events[] = { 0x80000b0d, 0x80000306, 0x8000031d,
		0x80000002, 0, ~0ull };

	fake_after_exit = spoil_result;
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(events); i++) {
		result_info1 = SVSM_GHCB_RESULT_EXCEPTION;
		result_info2 = events[i];
		all_are_denied();
	}
	fake_oracle(6 * request_count + 1);
}
END_TEST

START_TEST(a06_unknown_results_are_denied)
{
	static const uint64_t results[] = { 2, 3, 0xffff, 0x80000000,
		0xffffffff };

	fake_after_exit = spoil_result;
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(results); i++) {
		result_info1 = results[i];
		result_info2 = 5;
		all_are_denied();
	}
	fake_oracle(5 * request_count + 1);
}
END_TEST

/* ------------------------------------------------------------- */

START_TEST(a07_register_that_is_not_marked_is_denied)
{
	uint64_t value = 7;
	uint32_t small = 7;

	fake_after_exit = spoil_valid;
	clear_bit = SVSM_GHCB_BIT(rax);
	ck_assert_int_eq(svsm_ghcb_msr_read(&requests_ghcb, 1, &value),
			SVSM_EHOST);
	ck_assert_int_eq(svsm_ghcb_io_in(&requests_ghcb, 1, 1, &small),
			SVSM_EHOST);
	clear_bit = SVSM_GHCB_BIT(rdx);
	ck_assert_int_eq(svsm_ghcb_msr_read(&requests_ghcb, 1, &value),
			SVSM_EHOST);
	ck_assert_uint_eq(value, 7);
	ck_assert_uint_eq(small, 7);
	fake_oracle(4);
}
END_TEST

START_TEST(a08_exit_info_that_is_not_marked_is_denied_everywhere)
{
	fake_after_exit = spoil_valid;
	clear_bit = SVSM_GHCB_BIT(sw_exitinfo1);
	all_are_denied();
	clear_bit = SVSM_GHCB_BIT(sw_exitinfo2);
	all_are_denied();
	fake_oracle(2 * request_count + 1);
}
END_TEST

START_TEST(a08_guest_request_without_answer_reports_no_error_code)
{
	uint64_t errors = 0;

	fake_after_exit = spoil_valid;
	clear_bit = SVSM_GHCB_BIT(sw_exitinfo2);
	ck_assert_int_eq(
		svsm_ghcb_guest_request(&requests_ghcb, svsm_gpa(0x4000),
			svsm_gpa(0x5000), &errors), SVSM_EHOST);
	ck_assert_uint_eq(errors, UINT64_MAX);
}
END_TEST

/* ------------------------------------------------------------------- */

static void flip_behind(uint64_t gpa, void *bytes, size_t n)
{
	uint8_t *p = bytes;

	(void)gpa;
	for (size_t i = 0; i < n; i++)
		p[i] ^= 0xff;
}

START_TEST(a09_field_that_flips_after_it_was_read_changes_nothing)
{
	for (unsigned i = 0; i < request_count; i++) {
		uint64_t expected, where;

		requests_result = 0;
		ck_assert_int_eq(requests[i].make(), SVSM_OK);
		expected = requests_result;
		restore();
		requests_result = 0;
		fake_after_fetch = flip_behind;
		ck_assert_msg(requests[i].make() == SVSM_OK, "%s",
				requests[i].name);
		fake_after_fetch = NULL;
		ck_assert_uint_eq(requests_result, expected);
		ck_assert_msg(fake_fetch_max(&where) <= 1,
				"%s fetches %#lx twice", requests[i].name,
				(unsigned long)where);
		restore();
	}
	fake_oracle(2 * request_count + 1);
}
END_TEST

/* One field changes at the first fetch: read before or after, but once. */
static size_t flip_field;
static bool flipped;

static void flip_elsewhere(uint64_t gpa, void *bytes, size_t n)
{
	uint8_t *p = (uint8_t *)page() + flip_field;

	(void)gpa;
	(void)bytes;
	(void)n;
	if (flipped)
		return;
	flipped = true;
	for (unsigned i = 0; i < 8; i++)
		p[i] ^= 0xff;
}

START_TEST(a09_field_that_flips_early_gives_one_snapshot_or_denial)
{
	static const size_t fields[] = {
		offsetof(struct svsm_abi_ghcb, rax),
		offsetof(struct svsm_abi_ghcb, rdx),
		offsetof(struct svsm_abi_ghcb, sw_exitcode),
		offsetof(struct svsm_abi_ghcb, sw_exitinfo1),
		offsetof(struct svsm_abi_ghcb, sw_exitinfo2),
		offsetof(struct svsm_abi_ghcb, valid_bitmap),
		offsetof(struct svsm_abi_ghcb, valid_bitmap) + 8,
		offsetof(struct svsm_abi_ghcb, version) - 2,
	};
	const uint32_t low = (uint32_t)REQUESTS_VALUE;
	const uint32_t high = REQUESTS_VALUE >> 32;

	fake_after_fetch = flip_elsewhere;
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(fields); i++) {
		uint64_t value = 0;
		enum svsm_status status;

		flip_field = fields[i];
		flipped = false;
		status = svsm_ghcb_msr_read(&requests_ghcb, 1, &value);
		if (status == SVSM_EHOST)
			continue;
		ck_assert_int_eq(status, SVSM_OK);
		ck_assert((uint32_t)value == low || (uint32_t)value == ~low);
		ck_assert(value >> 32 == high ||
				(uint32_t)(value >> 32) == ~high);
	}
	fake_oracle(SVSM_ARRAY_SIZE(fields) + 1);
}
END_TEST

/* ------------------------------------------------------- */

static void spoil_what_is_not_read(struct fake_exit *exit)
{
	if (exit->msr_protocol)
		return;
	exit->ghcb->version = 0xffff;
	exit->ghcb->usage = 0xffffffff;
	exit->ghcb->sw_exitcode = ~0ull;
	exit->ghcb->sw_scratch = 0x8002000;
	exit->ghcb->rcx = ~0ull;
	exit->ghcb->rbx = ~0ull;
	exit->ghcb->cpl = 3;
}

START_TEST(a10_a11_version_usage_code_and_scratch_are_not_read_back)
{
	uint64_t value;

	fake_after_exit = spoil_what_is_not_read;
	for (unsigned i = 0; i < request_count; i++)
		ck_assert_msg(requests[i].make() == SVSM_OK, "%s",
				requests[i].name);
	ck_assert_int_eq(svsm_ghcb_mmio_read(&requests_ghcb,
				svsm_gpa(0xfec00000), 8, &value), SVSM_OK);
	ck_assert_uint_eq(value, REQUESTS_VALUE);
	ck_assert_uint_eq(fake_fetch_count(GHCB_GPA +
			offsetof(struct svsm_abi_ghcb, sw_scratch), false), 0);
	fake_oracle(request_count + 2);
}
END_TEST

static void fill_buffer(struct fake_exit *exit)
{
	if (!exit->msr_protocol)
		memset(exit->ghcb->buffer, 0xaa, sizeof(exit->ghcb->buffer));
}

START_TEST(a12_only_the_bytes_asked_for_come_back)
{
	fake_after_exit = fill_buffer;
	for (unsigned size = 1; size <= 8; size *= 2) {
		uint64_t value = ~0ull;

		ck_assert_int_eq(svsm_ghcb_mmio_read(&requests_ghcb,
				svsm_gpa(0xfec00000), size, &value), SVSM_OK);
		ck_assert_uint_eq(value,
			0xaaaaaaaaaaaaaaaaull >> (64 - size * 8));
		ck_assert_uint_eq(fake_fetch_count(GHCB_GPA + 0x800 + size - 1,
				false), 1);
		ck_assert_uint_eq(fake_fetch_count(GHCB_GPA + 0x800 + size,
				false), 0);
	}
	fake_oracle(5);
}
END_TEST

/* ------------------------------------------------------------------- */

static enum svsm_status nested_status;
static uint64_t nested_features;

/* What an #HV or NMI handler would do between our write and our read. */
static void strike(struct fake_exit *exit)
{
	uint64_t value;

	if (exit->msr_protocol)
		return;
	fake_after_exit = NULL;
	nested_status = svsm_ghcb_msr_read(&requests_ghcb, 2, &value);
	nested_features = svsm_ghcb_msr_features();
	fake_after_exit = strike;
}

START_TEST(a13_nested_use_takes_nothing_from_the_outer_exit)
{
	for (unsigned i = 0; i < request_count; i++) {
		uint64_t expected;

		requests_result = 0;
		ck_assert_int_eq(requests[i].make(), SVSM_OK);
		expected = requests_result;
		restore();
		nested_status = SVSM_OK;
		fake_after_exit = strike;
		ck_assert_msg(requests[i].make() == SVSM_OK, "%s",
				requests[i].name);
		fake_after_exit = NULL;
		ck_assert_int_eq(nested_status, SVSM_EBUSY);
		ck_assert_uint_eq(nested_features & SVSM_HV_SNP, SVSM_HV_SNP);
		ck_assert_uint_eq(requests_result, expected);
		restore();
	}
	fake_oracle(3 * request_count + 1);
}
END_TEST

/* ------------------------------------------------------------------- */

static bool do_nothing(struct fake_exit *exit)
{
	(void)exit;
	return true;
}

START_TEST(a14_host_that_does_nothing_is_given_up)
{
	fake_before_exit = do_nothing;
	for (unsigned i = 0; i < request_count; i++) {
		unsigned before = fake_counters().exits;
		int reason = fake_reason_of(fake_ignore(requests[i].make()));

		ck_assert(reason == FAKE_NO_TERMINATION ||
				reason == SVSM_REASON_PSC);
		ck_assert_uint_le(fake_counters().exits - before, 16);
	}
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(msr_requests); i++)
		ck_assert_int_eq(fake_reason_of(msr_requests[i].ask()),
				SVSM_REASON_GHCB_PROTOCOL);
	fake_oracle(request_count + 6 + 17);
}
END_TEST

START_TEST(a14_registers_need_an_answer_even_from_an_idle_host)
{
	uint64_t value = 7;
	uint32_t small = 7;

	fake_before_exit = do_nothing;
	for (unsigned i = 0; i < 1000; i++) {
		ck_assert_int_eq(svsm_ghcb_msr_read(&requests_ghcb, 1, &value),
				SVSM_EHOST);
		ck_assert_int_eq(svsm_ghcb_io_in(&requests_ghcb, 1, 1, &small),
				SVSM_EHOST);
	}
	ck_assert_uint_eq(value, 7);
	ck_assert_uint_eq(small, 7);
	fake_oracle(2001);
}
END_TEST

/* ------------------------------------------------------- */

static uint64_t hostile_value;

static uint64_t hostile_msr(uint32_t number, bool write, uint64_t value)
{
	(void)number;
	return write ? value : hostile_value;
}

START_TEST(a15_msr_values_are_numbers_and_nothing_else)
{
	static const uint64_t values[] = { 0, 1, ~0ull, 1ull << 63,
		0x8002000, 0xdeadbeef00000000ull };

	fake_msr = hostile_msr;
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(values); i++) {
		uint64_t value;

		hostile_value = values[i];
		ck_assert_int_eq(svsm_ghcb_msr_read(&requests_ghcb, 0x10,
				&value), SVSM_OK);
		ck_assert_uint_eq(value, values[i]);
	}
	fake_oracle(7);
}
END_TEST

/* RAX wider than the access: the upper bits are the host's invention. */
static void widen(struct fake_exit *exit)
{
	if (exit->ghcb)
		exit->ghcb->rax = hostile_value | 0xabcdef0000000000ull;
}

START_TEST(a16_a17_port_values_are_cut_to_the_access)
{
	fake_after_exit = widen;
	for (uint32_t v = 0; v < 0x10000; v++) {
		unsigned size = 1u << v % 3;
		uint32_t value = 0;

		hostile_value = v * 0x10001ull;
		ck_assert_int_eq(svsm_ghcb_io_in(&requests_ghcb, 0x402, size,
				&value), SVSM_OK);
		ck_assert_uint_eq(value, size == 4 ? v * 0x10001u :
				v & (size == 2 ? 0xffff : 0xff));
	}
	fake_oracle(0x10001);
}
END_TEST

START_TEST(a17_mmio_and_msr_values_are_cut_to_their_width)
{
	uint64_t value;

	fake_after_exit = widen;
	hostile_value = 0x11223344;
	ck_assert_int_eq(svsm_ghcb_msr_read(&requests_ghcb, 1, &value),
			SVSM_OK);
	ck_assert_uint_eq(value, REQUESTS_VALUE >> 32 << 32 | 0x11223344);
}
END_TEST

/* ------------------------------------------------------------------- */

static unsigned failures;

static bool fail_run_vmpl(struct fake_exit *exit)
{
	if (exit->code != SVSM_GHCB_MSR_RUN_VMPL_REQ || !failures)
		return false;
	failures--;
	exit->msr = 1ull << 32 | SVSM_GHCB_MSR_RUN_VMPL_RESP;
	return true;
}

START_TEST(a18_switch_that_fails_is_tried_again_but_not_for_ever)
{
	fake_before_exit = fail_run_vmpl;
	for (unsigned n = 0; n < SVSM_VMPL_RUN_TRIES; n++) {
		failures = n;
		ck_assert_int_eq(fake_reason_of(svsm_vmpl_run(2)),
				FAKE_NO_TERMINATION);
	}
	failures = 1000000;
	ck_assert_int_eq(fake_reason_of(svsm_vmpl_run(2)),
			SVSM_REASON_VMPL_SWITCH);
	ck_assert_uint_eq(failures, 1000000 - SVSM_VMPL_RUN_TRIES);
	fake_oracle(200);
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

/* ------------------------------------------------------------------- */

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
	static uint8_t data[4096];

	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(cases); i++) {
		page()->version = 0x5a5a;
		memset(data, 0x11, sizeof(data));
		ck_assert_int_eq(ghcb_buf_write(&requests_ghcb, cases[i].off,
				data, cases[i].len), cases[i].expected);
		ck_assert_uint_eq(page()->version, 0x5a5a);
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

/* ------------------------------------------------------------------- */

static unsigned looks(struct svsm_wait wait)
{
	unsigned n = 0;

	while (svsm_wait_more(&wait))
		n++;
	return n;
}

START_TEST(a24_wait_ends_between_its_step_counts_whatever_the_clock_does)
{
	static const int64_t steps[] = { 0, 1, -1, -1000000, 1000000000000,
		INT64_MAX, INT64_MIN };
	const struct svsm_wait wait = { .ticks = 1000000, .steps_min = 50,
		.steps_max = 5000 };

	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(steps); i++) {
		fake_tsc_step = steps[i];
		ck_assert_uint_ge(looks(wait), 50);
		ck_assert_uint_le(looks(wait), 5000);
	}
	fake_tsc_step = 10000;
	ck_assert_uint_eq(looks(wait), 101 - 1);
	fake_tsc_step = 0;
	ck_assert_uint_eq(looks(wait), 5000);
	/* backwards is no time at all, not 2^64 ticks */
	fake_tsc_step = -1000;
	ck_assert_uint_eq(looks(wait), 5000);
}
END_TEST

START_TEST(a24_wait_without_budget_is_over)
{
	ck_assert_uint_eq(looks((struct svsm_wait){ 0 }), 0);
}
END_TEST

UNIT_MAIN("hostile A", requests_setup, fake_teardown,
	honest_host_gets_every_request_done,
	a02_missing_features_end_the_vm_and_are_named,
	a02_missing_feature_without_a_name_is_told_by_its_number,
	a02_unknown_feature_bits_are_ignored,
	a03_registration_of_another_frame_ends_the_vm,
	a04_answer_to_another_request_ends_the_vm,
	a05_reserved_bit_in_an_answer_ends_the_vm,
	a05_cpuid_answer_for_another_register_ends_the_vm,
	a05_host_without_our_protocol_version_ends_the_vm,
	a06_exception_that_the_host_wants_is_not_raised,
	a06_unknown_results_are_denied,
	a07_register_that_is_not_marked_is_denied,
	a08_exit_info_that_is_not_marked_is_denied_everywhere,
	a08_guest_request_without_answer_reports_no_error_code,
	a09_field_that_flips_after_it_was_read_changes_nothing,
	a09_field_that_flips_early_gives_one_snapshot_or_denial,
	a10_a11_version_usage_code_and_scratch_are_not_read_back,
	a12_only_the_bytes_asked_for_come_back,
	a13_nested_use_takes_nothing_from_the_outer_exit,
	a14_host_that_does_nothing_is_given_up,
	a14_registers_need_an_answer_even_from_an_idle_host,
	a15_msr_values_are_numbers_and_nothing_else,
	a16_a17_port_values_are_cut_to_the_access,
	a17_mmio_and_msr_values_are_cut_to_their_width,
	a18_switch_that_fails_is_tried_again_but_not_for_ever,
	a18_level_that_is_none_never_reaches_the_host,
	a23_buffer_offsets_and_lengths_cannot_leave_the_buffer,
	a23_misaligned_or_odd_sized_accesses_never_reach_the_host,
	a24_wait_ends_between_its_step_counts_whatever_the_clock_does,
	a24_wait_without_budget_is_over)
