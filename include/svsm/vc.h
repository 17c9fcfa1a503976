/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * #VC in the SVSM itself: proving that an event is what it says, and doing
 * what the instruction wanted.
 *
 * The host can raise vector 29 with any error code at any time. An event is
 * believed only when the instruction at RIP is exactly one that causes this
 * code, and only the few that our code uses are handled. Anything else gives
 * the reason with which the caller ends the VM.
 */
#ifndef SVSM_VC_H
#define SVSM_VC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <svsm/cpuid.h>
#include <svsm/ghcb.h>
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
	const struct svsm_cpuid *cpuid;	/**< CPUID never asks the host. */
	struct svsm_ghcb *ghcb;		/**< NULL: no exit can be handled. */
	struct svsm_cpuid_env cpu;
};

/** What a #VC was about. */
enum svsm_vc_event {
	SVSM_VC_CPUID,
	SVSM_VC_RDMSR,
	SVSM_VC_WRMSR,
	SVSM_VC_IN,
	SVSM_VC_OUT,
	SVSM_VC_WBINVD,
};

/** A decoded event. */
struct svsm_vc_insn {
	enum svsm_vc_event event;
	uint8_t len;		/**< bytes of the instruction */
	uint8_t size;		/**< IN, OUT: 1, 2 or 4 bytes */
	bool imm_port;		/**< IN, OUT: the port is in `port` */
	uint16_t port;
};

/**
 * Does this instruction raise this code, and do we handle it? Pure.
 *
 * @param code   Error code of the #VC.
 * @param bytes  Instruction bytes at RIP, copied; @param n how many, at most
 *               SVSM_INSN_MAX.
 * @param insn   Out.
 * @param why    Out, when refused: SVSM_REASON_PAGE_LOST for code 0x404,
 *               SVSM_REASON_BAD_EXCEPTION for 0x40..0x5f, else
 *               SVSM_REASON_VC_MISMATCH.
 *
 * @retval SVSM_OK      Handled by svsm_vc_handle().
 * @retval SVSM_EPERM   Refused.
 */
SVSM_CHECKED enum svsm_status
svsm_vc_decode(uint64_t code, const uint8_t *bytes, size_t n,
		struct svsm_vc_insn *insn, enum svsm_reason *why);

/**
 * Decode and do it; RIP moves behind the instruction, once.
 *
 * @param regs  In and out; untouched on failure.
 * @param why   Out on failure.
 *
 * @retval SVSM_OK     Return to the interrupted code.
 * @retval SVSM_EPERM  Not believed: terminate with @p why.
 * @retval SVSM_EHOST  The host did not do it (@p why is
 *                     SVSM_REASON_GHCB_PROTOCOL): recover or terminate.
 *
 * Context: the #VC handler, on its own stack.
 * Trust:   none in code or answer; CPUID comes from the page.
 */
SVSM_CHECKED enum svsm_status
svsm_vc_handle(const struct svsm_vc_env *env, uint64_t code,
		const uint8_t *bytes, size_t n, struct svsm_vc_regs *regs,
		enum svsm_reason *why);

#endif
