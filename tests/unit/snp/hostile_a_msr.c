/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Hostile cases, group A: what the host answers in the MSR protocol.
 */
#include <string.h>

#include <svsm/abi/snp.h>
#include <svsm/ghcb_msr.h>
#include <svsm/log.h>

#include "fake.h"
#include "requests.h"
#include "unit.h"

#define GHCB_GPA 0x8001000ull

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

/* --------------------------------------------------------------------- */

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

/* --------------------------------------------------------------------- */

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

/* --------------------------------------------------------------- */

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

/* --------------------------------------------------------------------- */

static bool do_nothing(struct fake_exit *exit)
{
	(void)exit;
	return true;
}

START_TEST(a14_host_that_leaves_the_request_in_the_msr_ends_the_vm)
{
	fake_before_exit = do_nothing;
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(msr_requests); i++)
		ck_assert_int_eq(fake_reason_of(msr_requests[i].ask()),
				SVSM_REASON_GHCB_PROTOCOL);
	fake_oracle(SVSM_ARRAY_SIZE(msr_requests) + 1);
}
END_TEST

/* --------------------------------------------------------------------- */

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

UNIT_MAIN("hostile A, MSR", requests_setup, fake_teardown,
	a02_missing_features_end_the_vm_and_are_named,
	a02_missing_feature_without_a_name_is_told_by_its_number,
	a02_unknown_feature_bits_are_ignored,
	a03_registration_of_another_frame_ends_the_vm,
	a04_answer_to_another_request_ends_the_vm,
	a05_reserved_bit_in_an_answer_ends_the_vm,
	a05_cpuid_answer_for_another_register_ends_the_vm,
	a05_host_without_our_protocol_version_ends_the_vm,
	a14_host_that_leaves_the_request_in_the_msr_ends_the_vm,
	a18_switch_that_fails_is_tried_again_but_not_for_ever)
