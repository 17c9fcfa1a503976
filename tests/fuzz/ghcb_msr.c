/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The host's answers in the GHCB MSR: 64 bits, each request's own shape.
 */
#include <svsm/abi/ghcb.h>
#include <svsm/ghcb_msr.h>

#include "fake.h"
#include "fuzz.h"

/** A shared page, as the caller has to see to. */
#define GHCB_GPA	0x8002000u

static struct fuzz_input input;

/* An answer of the kind that was asked for, or any. */
static bool lie(struct fake_exit *exit)
{
	uint8_t kind = fuzz_u8(&input);

	if (!input.len)
		return false;
	exit->msr = fuzz_u64(&input);
	if (kind & 1)
		exit->msr = (exit->msr & ~0xfffull) |
			((exit->code + 1) & 0xfff);
	if (kind & 2)
		exit->msr &= 0xffffffff00000fffull;
	return true;
}

static void ask(uint8_t which, uint64_t argument)
{
	struct svsm_sev_info info;
	uint32_t value;

	switch (which % 7) {
	case 0:
		svsm_ghcb_msr_negotiate();
		break;
	case 1:
		svsm_ghcb_msr_cpuid((uint32_t)argument,
				    (enum svsm_cpuid_reg)(argument >> 32 & 3),
				    &value);
		break;
	case 2:
		svsm_ghcb_msr_register(svsm_gpa(GHCB_GPA));
		break;
	case 3:
		fake_ignore(svsm_ghcb_msr_psc(svsm_gpa(argument & 0x1fff000),
					      argument & 3));
		break;
	case 4:
		(void)svsm_ghcb_msr_features_require(argument & 0x3f);
		break;
	case 5:
		svsm_vmpl_run(1 + (unsigned)(argument % 3));
		break;
	default:
		info = svsm_ghcb_msr_sev_info();
		(void)info;
	}
}

static bool is_hosts_fault(int reason)
{
	switch (reason) {
	case FAKE_NO_TERMINATION:
	case SVSM_REASON_GHCB_PROTOCOL:
	case SVSM_REASON_GHCB_REGISTER:
	case SVSM_REASON_FEATURES:
	case SVSM_REASON_VMPL_SWITCH:
		return true;
	default:
		return false;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	input = (struct fuzz_input){ data, len };
	fake_setup();
	fake_make_shared(GHCB_GPA, SVSM_PAGE_BYTES);
	fake_before_exit = lie;
	for (unsigned i = 0; i < 8 && input.len > 9; i++) {
		uint8_t which = fuzz_u8(&input);
		uint64_t argument = fuzz_u64(&input);
		int reason = fake_reason_of(ask(which, argument));

		FUZZ_REQUIRE(is_hosts_fault(reason));
	}
	fake_oracle(8 * SVSM_VMPL_RUN_TRIES);
	fake_teardown();
	return 0;
}
