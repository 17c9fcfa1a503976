/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The instruction that our own code may use, and those that it may not.
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
	struct svsm_vc_env env = { .cpuid = &cpuid, };
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

/* What a host would have to be asked for ends the VM. */
START_TEST(nothing_is_asked_of_the_host)
{
	static const struct {
		uint64_t code;
		const char *bytes;
		size_t n;
	} cases[] = {
		{ SVSM_EXIT_MSR, "\x0f\x32", 2 },	/* RDMSR */
		{ SVSM_EXIT_MSR, "\x0f\x30", 2 },	/* WRMSR */
		{ SVSM_EXIT_IOIO, "\xec", 1 },		/* IN */
		{ SVSM_EXIT_IOIO, "\xe4\x70", 2 },
		{ SVSM_EXIT_IOIO, "\xee", 1 },		/* OUT */
		{ SVSM_EXIT_WBINVD, "\x0f\x09", 2 },
	};
	unsigned exits = fake_counters().exits;

	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(cases); i++) {
		struct svsm_vc_regs regs = { 1, 2, 0xc0000080, 4, 5 };
		struct svsm_vc_regs before = regs;

		ck_assert_int_eq(handle(cases[i].code, cases[i].bytes,
					cases[i].n, &regs), SVSM_EPERM);
		ck_assert_mem_eq(&regs, &before, sizeof(regs));
	}
	ck_assert_uint_eq(fake_counters().exits, exits);
}
END_TEST

UNIT_MAIN("vc", setup, fake_teardown,
	cpuid_is_answered_by_the_page_without_an_exit,
	nothing_is_asked_of_the_host)
