/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Instructions that our own code may use: what the handler does for them.
 */
#include <svsm/abi/snp.h>
#include <svsm/vc.h>

#include "fake.h"
#include "requests.h"
#include "unit.h"

static struct svsm_abi_cpuid_page cpuid_page;
static struct svsm_cpuid cpuid;

static void setup(void)
{
	requests_setup();
	cpuid_page = (struct svsm_abi_cpuid_page){ .count = 1 };
	cpuid_page.entry[0] = (struct svsm_abi_cpuid_entry){ .eax_in = 0x40,
		.eax = 0xa, .ebx = 0xb, .ecx = 0xc, .edx = 0xd };
	cpuid.page = &cpuid_page;
	cpuid.count = 1;
}

static enum svsm_status handle(uint64_t code, const char *bytes, size_t n,
		struct svsm_vc_regs *regs)
{
	struct svsm_vc_env env = { .cpuid = &cpuid, .ghcb = &requests_ghcb };
	enum svsm_reason why;

	return svsm_vc_handle(&env, code, (const uint8_t *)bytes, n, regs,
			&why);
}

START_TEST(cpuid_is_answered_by_the_page_without_an_exit)
{
	struct svsm_vc_regs regs = { .rax = 0xffffffff00000040,
		.rbx = ~0ull, .rcx = 0xffffffff00000000, .rdx = ~0ull,
		.rip = 10 };
	unsigned exits = fake_counters().exits;

	ck_assert_int_eq(handle(SVSM_EXIT_CPUID, "\x0f\xa2\x90", 3, &regs),
			SVSM_OK);
	ck_assert_uint_eq(regs.rax, 0xa);
	ck_assert_uint_eq(regs.rbx, 0xb);
	ck_assert_uint_eq(regs.rcx, 0xc);
	ck_assert_uint_eq(regs.rdx, 0xd);
	ck_assert_uint_eq(regs.rip, 12);
	ck_assert_uint_eq(fake_counters().exits, exits);
}
END_TEST

START_TEST(rdmsr_fills_eax_and_edx)
{
	struct svsm_vc_regs regs = { .rax = ~0ull, .rcx = 0x1b, .rdx = ~0ull };

	ck_assert_int_eq(handle(SVSM_EXIT_MSR, "\x0f\x32", 2, &regs), SVSM_OK);
	ck_assert_uint_eq(regs.rax, REQUESTS_VALUE & 0xffffffff);
	ck_assert_uint_eq(regs.rdx, REQUESTS_VALUE >> 32);
	ck_assert_uint_eq(regs.rip, 2);
}
END_TEST

static uint64_t last_value;
static uint32_t last_number;
static unsigned last_size;

static uint64_t note_msr(uint32_t msr, bool write, uint64_t value)
{
	ck_assert(write);
	last_number = msr;
	last_value = value;
	return 0;
}

static uint32_t note_io(uint16_t port, bool in, unsigned size, uint32_t value)
{
	last_number = port;
	last_size = size;
	last_value = value;
	return in ? 0xa1b2c3d4 : 0;
}

START_TEST(wrmsr_takes_the_low_halves)
{
	struct svsm_vc_regs regs = { .rax = 0xeeeeeeee11223344,
		.rdx = 0xeeeeeeee55667788, .rcx = 0xffffffff00000830 };

	fake_msr = note_msr;
	ck_assert_int_eq(handle(SVSM_EXIT_MSR, "\x0f\x30", 2, &regs), SVSM_OK);
	ck_assert_uint_eq(last_number, 0x830);
	ck_assert_uint_eq(last_value, 0x5566778811223344);
}
END_TEST

START_TEST(port_reads_keep_the_register_bits_that_the_cpu_keeps)
{
	static const struct {
		const char *bytes;
		size_t n;
		unsigned port, size;
		uint64_t rax;
	} cases[] = {
		{ "\xec", 1, 0x3fd, 1, 0xffffffffffffffd4 },
		{ "\x66\xed", 2, 0x3fd, 2, 0xffffffffffffc3d4 },
		{ "\xed", 1, 0x3fd, 4, 0xa1b2c3d4 },
		{ "\xe4\x70", 2, 0x70, 1, 0xffffffffffffffd4 },
		{ "\x66\xe5\x70", 3, 0x70, 2, 0xffffffffffffc3d4 },
		{ "\xe5\x71", 2, 0x71, 4, 0xa1b2c3d4 },
	};

	fake_io = note_io;
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(cases); i++) {
		struct svsm_vc_regs regs = { .rax = ~0ull,
			.rdx = 0xffff03fd };

		ck_assert_int_eq(handle(SVSM_EXIT_IOIO, cases[i].bytes,
					cases[i].n, &regs), SVSM_OK);
		ck_assert_uint_eq(last_number, cases[i].port);
		ck_assert_uint_eq(last_size, cases[i].size);
		ck_assert_uint_eq(regs.rax, cases[i].rax);
		ck_assert_uint_eq(regs.rip, cases[i].n);
	}
}
END_TEST

START_TEST(port_writes_are_cut_to_their_size)
{
	struct svsm_vc_regs regs = { .rax = 0x8877665544332211, .rdx = 0x402 };

	fake_io = note_io;
	ck_assert_int_eq(handle(SVSM_EXIT_IOIO, "\xee", 1, &regs), SVSM_OK);
	ck_assert_uint_eq(last_value, 0x11);
	ck_assert_int_eq(handle(SVSM_EXIT_IOIO, "\xef", 1, &regs), SVSM_OK);
	ck_assert_uint_eq(last_value, 0x44332211);
	ck_assert_int_eq(handle(SVSM_EXIT_IOIO, "\x66\xe7\x80", 3, &regs),
			SVSM_OK);
	ck_assert_uint_eq(last_value, 0x2211);
	ck_assert_uint_eq(last_number, 0x80);
	ck_assert_uint_eq(regs.rip, 5);
}
END_TEST

START_TEST(wbinvd_is_passed_on)
{
	struct svsm_vc_regs regs = { .rip = 1 };
	unsigned exits = fake_counters().exits;

	ck_assert_int_eq(handle(SVSM_EXIT_WBINVD, "\x0f\x09", 2, &regs),
			SVSM_OK);
	ck_assert_uint_eq(regs.rip, 3);
	ck_assert_uint_eq(fake_counters().exits, exits + 1);
}
END_TEST

static bool refuse(struct fake_exit *exit)
{
	fake_ghcb_answer(exit->ghcb, SVSM_GHCB_RESULT_EXCEPTION, 0x80000b0d);
	return true;
}

START_TEST(refused_access_changes_nothing_and_raises_nothing)
{
	struct svsm_vc_regs regs = { 1, 2, 3, 4, 5 };
	struct svsm_vc_regs before = regs;

	fake_before_exit = refuse;
	ck_assert_int_eq(handle(SVSM_EXIT_MSR, "\x0f\x32", 2, &regs),
			SVSM_EHOST);
	ck_assert_int_eq(handle(SVSM_EXIT_IOIO, "\xed", 1, &regs), SVSM_EHOST);
	ck_assert_mem_eq(&regs, &before, sizeof(regs));
}
END_TEST

START_TEST(event_before_there_is_a_ghcb_is_refused_unless_it_is_cpuid)
{
	static const uint8_t rdmsr[] = { 0x0f, 0x32 };
	static const uint8_t op_cpuid[] = { 0x0f, 0xa2 };
	struct svsm_vc_env env = { .cpuid = &cpuid };
	struct svsm_vc_regs regs = { .rax = 0x40 };
	enum svsm_reason why = SVSM_REASON_DONE;

	ck_assert_int_eq(svsm_vc_handle(&env, SVSM_EXIT_MSR, rdmsr, 2, &regs,
			&why), SVSM_EHOST);
	ck_assert_int_eq(why, SVSM_REASON_GHCB_PROTOCOL);
	ck_assert_int_eq(svsm_vc_handle(&env, SVSM_EXIT_CPUID, op_cpuid, 2,
			&regs, &why), SVSM_OK);
	ck_assert_uint_eq(regs.rax, 0xa);
}
END_TEST

UNIT_MAIN("vc", setup, fake_teardown,
	cpuid_is_answered_by_the_page_without_an_exit,
	rdmsr_fills_eax_and_edx,
	wrmsr_takes_the_low_halves,
	port_reads_keep_the_register_bits_that_the_cpu_keeps,
	port_writes_are_cut_to_their_size,
	wbinvd_is_passed_on,
	refused_access_changes_nothing_and_raises_nothing,
	event_before_there_is_a_ghcb_is_refused_unless_it_is_cpuid)
