/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * VM save areas.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>
#include <x86intrin.h>

#include <svsm/abi/snp.h>
#include <svsm/vmsa.h>

#include "fake.h"
#include "unit.h"

#define TRAP_FLAG	0x100ll

START_TEST(reset_state_is_the_one_of_an_x86_cpu)
{
	struct svsm_abi_vmsa vmsa;

	memset(&vmsa, 0xff, sizeof(vmsa));
	svsm_vmsa_init_reset(&vmsa, 2, SVSM_SEV_SNP);
	ck_assert_uint_eq(vmsa.cs.base + vmsa.rip, 0xfffffff0);
	ck_assert_uint_eq(vmsa.cs.selector, 0xf000);
	ck_assert_uint_eq(vmsa.cr0, 0x10);
	ck_assert_uint_eq(vmsa.rflags, 2);
	ck_assert_uint_eq(vmsa.vmpl, 2);
	ck_assert_uint_eq(vmsa.sev_features, SVSM_SEV_SNP);
	ck_assert_uint_eq(vmsa.cpl, 0);
	ck_assert_uint_eq(vmsa.rest[0], 0);
}
END_TEST

START_TEST(reset_state_passes_our_own_check)
{
	struct svsm_abi_vmsa vmsa;

	for (unsigned vmpl = 1; vmpl < 4; vmpl++) {
		svsm_vmsa_init_reset(&vmsa, vmpl, 0x21);
		ck_assert_int_eq(svsm_vmsa_check(&vmsa, vmpl, 0x21), SVSM_OK);
	}
	/* A level that no guest has, however well they match. */
	svsm_vmsa_init_reset(&vmsa, 4, 0x21);
	ck_assert_int_eq(svsm_vmsa_check(&vmsa, 4, 0x21), SVSM_EINVAL);
}
END_TEST

/* J-04, J-05 at their root. */
START_TEST(other_features_level_or_a_clear_svme_is_refused)
{
	struct svsm_abi_vmsa vmsa;

	svsm_vmsa_init_reset(&vmsa, 2, 0x21);
	for (unsigned bit = 0; bit < 64; bit++)
		ck_assert_int_eq(svsm_vmsa_check(&vmsa, 2, 0x21 ^ 1ull << bit),
				SVSM_EINVAL);
	for (unsigned vmpl = 0; vmpl < 256; vmpl++) {
		vmsa.vmpl = (uint8_t)vmpl;
		ck_assert_int_eq(svsm_vmsa_check(&vmsa, 2, 0x21),
				vmpl == 2 ? SVSM_OK : SVSM_EINVAL);
	}
	vmsa.vmpl = 0;
	ck_assert_int_eq(svsm_vmsa_check(&vmsa, 0, 0x21), SVSM_EINVAL);
	vmsa.vmpl = 2;
	vmsa.efer = ~SVSM_EFER_SVME;
	ck_assert_int_eq(svsm_vmsa_check(&vmsa, 2, 0x21), SVSM_EINVAL);
}
END_TEST

START_TEST(stop_and_start_touch_nothing_but_svme)
{
	struct svsm_abi_vmsa vmsa;

	svsm_vmsa_init_reset(&vmsa, 2, 1);
	vmsa.efer = 0x1d01;
	ck_assert_int_eq(svsm_vmsa_stop(&vmsa), SVSM_OK);
	ck_assert_uint_eq(vmsa.efer, 0xd01);
	ck_assert_int_eq(svsm_vmsa_stop(&vmsa), SVSM_OK);
	svsm_vmsa_start(&vmsa);
	ck_assert_uint_eq(vmsa.efer, 0x1d01);
}
END_TEST

/* Somebody who sets SVME again after each instruction of ours. */
static struct svsm_abi_vmsa contended;
static unsigned sets_left;

static void set_again(int number, siginfo_t *info, void *context)
{
	ucontext_t *at = context;

	(void)number;
	(void)info;
	if (sets_left && sets_left--)
		contended.efer |= SVSM_EFER_SVME;
	else
		at->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
}

static enum svsm_status stop_contended(unsigned sets)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO };
	struct sigaction before;
	enum svsm_status status;

	action.sa_sigaction = set_again;
	svsm_vmsa_init_reset(&contended, 2, 1);
	sets_left = sets;
	sigaction(SIGTRAP, &action, &before);
	__writeeflags(__readeflags() | TRAP_FLAG);
	status = svsm_vmsa_stop(&contended);
	__writeeflags(__readeflags() & ~TRAP_FLAG);
	sigaction(SIGTRAP, &before, NULL);
	return status;
}

START_TEST(stop_tries_again_when_somebody_starts_the_vcpu_meanwhile)
{
	ck_assert_int_eq(stop_contended(500), SVSM_OK);
	ck_assert_uint_eq(contended.efer & SVSM_EFER_SVME, 0);
	ck_assert_uint_eq(sets_left, 0);
}
END_TEST

START_TEST(stop_gives_up_when_somebody_never_lets_it_be)
{
	ck_assert_int_eq(stop_contended(UINT_MAX), SVSM_EBUSY);
	ck_assert_uint_eq(contended.efer & SVSM_EFER_SVME, SVSM_EFER_SVME);
	ck_assert_uint_ge(UINT_MAX - sets_left, 1000);
}
END_TEST

START_TEST(only_vmgexit_is_a_call)
{
	struct svsm_abi_vmsa vmsa = { .exit_code = 0x403 };

	ck_assert(svsm_vmsa_called(&vmsa));
	for (unsigned bit = 0; bit < 64; bit++) {
		vmsa.exit_code = 0x403 ^ 1ull << bit;
		ck_assert(!svsm_vmsa_called(&vmsa));
	}
}
END_TEST

UNIT_MAIN("vmsa", fake_setup, fake_teardown,
	reset_state_is_the_one_of_an_x86_cpu,
	reset_state_passes_our_own_check,
	other_features_level_or_a_clear_svme_is_refused,
	stop_and_start_touch_nothing_but_svme,
	stop_tries_again_when_somebody_starts_the_vcpu_meanwhile,
	stop_gives_up_when_somebody_never_lets_it_be,
	only_vmgexit_is_a_call)
