/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * #VC in the SVSM itself: proving that an event is what it says.
 *
 * The host can raise vector 29 with any error code at any time, and whatever
 * is asked of it then it answers as it likes. So no event is handled for which
 * the host would have to be asked: not RDMSR (EFER would be what it says), not
 * WRMSR (it would not happen), no port, no WBINVD. Our code causes none of
 * them: it talks to the host by requests that it makes itself (ghcb.h), and
 * the MSRs that it uses are not intercepted by a host that is honest.
 *
 * What is left is CPUID, which the architecture always intercepts: the answer
 * comes from the CPUID page. It is believed only at a CPUID instruction.
 * Anything else gives the reason with which the caller ends the VM.
 */
#ifndef SVSM_VC_H
#define SVSM_VC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <svsm/cpuid.h>
#include <svsm/status.h>
#include <svsm/terminate.h>

/** An instruction is never longer. */
#define SVSM_INSN_MAX 15

/** The interrupted code's registers; what the instruction writes is changed. */
struct svsm_vc_regs {
	uint64_t rax, rbx, rcx, rdx;
	uint64_t rip;
};

/** What answers come from. */
struct svsm_vc_env {
	const struct svsm_cpuid *cpuid;
	struct svsm_cpuid_env cpu;
};

/**
 * Does this instruction raise this code, and is it CPUID? Pure.
 *
 * @param code   Error code of the #VC.
 * @param bytes  Instruction bytes at RIP, copied; @param n how many, at most
 *               SVSM_INSN_MAX.
 * @param why    Out, when refused: SVSM_REASON_PAGE_LOST for code 0x404,
 *               SVSM_REASON_BAD_EXCEPTION for 0x40..0x5f, else
 *               SVSM_REASON_VC_MISMATCH.
 *
 * @retval SVSM_OK      svsm_vc_handle() answers it.
 * @retval SVSM_EPERM   Refused.
 */
SVSM_CHECKED enum svsm_status
svsm_vc_check(uint64_t code, const uint8_t *bytes, size_t n,
	      enum svsm_reason *why);

/**
 * Check and do it; RIP moves behind the instruction, once.
 *
 * @param regs  In and out; untouched on failure.
 * @param why   Out on failure.
 *
 * @retval SVSM_OK     Return to the interrupted code.
 * @retval SVSM_EPERM  Not believed: terminate with @p why.
 *
 * Context: the #VC handler, on its own stack. Does not exit to the host.
 * Trust:   none in the code; CPUID comes from the page.
 */
SVSM_CHECKED enum svsm_status
svsm_vc_handle(const struct svsm_vc_env *env, uint64_t code,
	       const uint8_t *bytes, size_t n, struct svsm_vc_regs *regs,
	       enum svsm_reason *why);

#endif
