/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Hostile cases, group D as far as it is pure: a #VC has to be proved by the
 * instruction at RIP.
 */
#include <stdlib.h>
#include <string.h>

#include <svsm/abi/snp.h>
#include <svsm/vc.h>

#include "fake.h"
#include "requests.h"
#include "unit.h"

static const uint8_t op_cpuid[] = { 0x0f, 0xa2 };
static const uint8_t op_vmmcall[] = { 0x0f, 0x01, 0xd9 };

static struct svsm_vc_env env(void)
{
	static const struct svsm_cpuid none;

	return (struct svsm_vc_env){ .cpuid = &none };
}

static enum svsm_reason refused(uint64_t code, const uint8_t *bytes, size_t n)
{
	struct svsm_vc_regs regs = { 1, 2, 3, 4, 5 };
	struct svsm_vc_regs before = regs;
	struct svsm_vc_env e = env();
	enum svsm_reason why = SVSM_REASON_DONE;
	unsigned exits = fake_counters().exits;

	ck_assert_int_eq(svsm_vc_handle(&e, code, bytes, n, &regs, &why),
			SVSM_EPERM);
	ck_assert_mem_eq(&regs, &before, sizeof(regs));
	ck_assert_uint_eq(fake_counters().exits, exits);
	return why;
}

START_TEST(d01_vmmcall_code_is_never_believed)
{
	ck_assert_int_eq(refused(SVSM_EXIT_VMMCALL, op_cpuid, 2),
			SVSM_REASON_VC_MISMATCH);
	ck_assert_int_eq(refused(SVSM_EXIT_VMMCALL, op_vmmcall, 3),
			SVSM_REASON_VC_MISMATCH);
}
END_TEST

START_TEST(d02_mmio_is_not_emulated_at_vmpl0)
{
	static const uint8_t mov[] = { 0x8b, 0x00 };

	ck_assert_int_eq(refused(SVSM_EXIT_NPF, mov, 2),
			SVSM_REASON_VC_MISMATCH);
	ck_assert_int_eq(refused(0x80000001, mov, 2), SVSM_REASON_VC_MISMATCH);
	ck_assert_int_eq(refused(0x80000002, mov, 2), SVSM_REASON_VC_MISMATCH);
}
END_TEST

/* What is accepted, said a second time and another way. */
static bool acceptable(uint64_t code, const uint8_t *b, size_t n)
{
	return code == 0x72 && n >= 2 && memcmp(b, "\x0f\xa2", 2) == 0;
}

/* Bytes as they are in code: opcodes that matter are frequent. */
static void random_insn(uint8_t bytes[SVSM_INSN_MAX])
{
	static const uint8_t likely[] = { 0x0f, 0xa2, 0x30, 0x32, 0x09, 0x66,
		0xe4, 0xe7, 0xec, 0xef, 0x01, 0xd9 };

	for (unsigned i = 0; i < SVSM_INSN_MAX; i++)
		bytes[i] = rand() & 1 ? (uint8_t)rand() :
			likely[(size_t)rand() % sizeof(likely)];
}

/* One decision against the second opinion. */
static bool decides_right(uint64_t code, const uint8_t *bytes, size_t n,
		bool *accepted)
{
	enum svsm_reason why = SVSM_REASON_DONE;
	enum svsm_status status = svsm_vc_check(code, bytes, n, &why);

	*accepted = status == SVSM_OK;
	if (*accepted)
		return acceptable(code, bytes, n);
	return !acceptable(code, bytes, n) && status == SVSM_EPERM &&
		why != SVSM_REASON_DONE;
}

START_TEST(d03_only_exact_pairs_of_code_and_instruction_pass)
{
	uint8_t bytes[SVSM_INSN_MAX];
	unsigned passed = 0;

	srand(3);
	for (uint64_t code = 0; code < 0x10000; code++) {
		unsigned rounds = code == 0x72 ? 100000 :
			code < 0x100 ? 1000 : 4;

		for (unsigned i = 0; i < rounds; i++) {
			size_t n = (size_t)rand() % (SVSM_INSN_MAX + 1);
			bool accepted;

			random_insn(bytes);
			if (!decides_right(code, bytes, n, &accepted))
				ck_abort_msg("code %lx", (unsigned long)code);
			passed += accepted;
		}
	}
	ck_assert_uint_gt(passed, 50);
}
END_TEST

START_TEST(d03_codes_with_high_bits_are_refused)
{
	for (unsigned bit = 16; bit < 64; bit++)
		ck_assert_int_eq(refused(SVSM_EXIT_CPUID | 1ull << bit,
				op_cpuid, 2), SVSM_REASON_VC_MISMATCH);
}
END_TEST

START_TEST(d03_more_bytes_than_an_instruction_has_are_refused)
{
	uint8_t bytes[32] = { 0x0f, 0xa2 };

	ck_assert_int_eq(refused(SVSM_EXIT_CPUID, bytes, SVSM_INSN_MAX + 1),
			SVSM_REASON_VC_MISMATCH);
	ck_assert_int_eq(refused(SVSM_EXIT_CPUID, bytes, 0),
			SVSM_REASON_VC_MISMATCH);
}
END_TEST

START_TEST(d04_real_instruction_is_executed_once)
{
	struct svsm_vc_regs regs = { .rax = 0x12345, .rcx = 7, .rip = 0x1000 };
	struct svsm_vc_env e = env();
	enum svsm_reason why;

	ck_assert_int_eq(svsm_vc_handle(&e, SVSM_EXIT_CPUID, op_cpuid, 2,
				&regs, &why), SVSM_OK);
	ck_assert_uint_eq(regs.rip, 0x1002);
	ck_assert_uint_eq(regs.rax, 0);
	ck_assert_uint_eq(regs.rcx, 0);
}
END_TEST

START_TEST(d05_lost_page_is_told_before_any_decoding)
{
	ck_assert_int_eq(refused(SVSM_EXIT_NOT_VALIDATED, NULL, 0),
			SVSM_REASON_PAGE_LOST);
	ck_assert_int_eq(refused(SVSM_EXIT_NOT_VALIDATED, op_cpuid, 2),
			SVSM_REASON_PAGE_LOST);
}
END_TEST

START_TEST(d08_exception_codes_are_bad_exceptions)
{
	for (unsigned vector = 0; vector < 32; vector++)
		ck_assert_int_eq(refused(0x40 + vector, op_cpuid, 2),
				SVSM_REASON_BAD_EXCEPTION);
	ck_assert_int_eq(refused(0x3f, op_cpuid, 2), SVSM_REASON_VC_MISMATCH);
	ck_assert_int_eq(refused(0x60, op_cpuid, 2), SVSM_REASON_VC_MISMATCH);
}
END_TEST

UNIT_MAIN("hostile D", requests_setup, fake_teardown,
	d01_vmmcall_code_is_never_believed,
	d02_mmio_is_not_emulated_at_vmpl0,
	d03_only_exact_pairs_of_code_and_instruction_pass,
	d03_codes_with_high_bits_are_refused,
	d03_more_bytes_than_an_instruction_has_are_refused,
	d04_real_instruction_is_executed_once,
	d05_lost_page_is_told_before_any_decoding,
	d08_exception_codes_are_bad_exceptions)
