/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * #VC in the SVSM: the instruction has to prove the code.
 */
#include <svsm/abi/snp.h>
#include <svsm/vc.h>

#define CPUID_BYTES 2

static enum svsm_status refuse(enum svsm_reason reason, enum svsm_reason *why)
{
	*why = reason;
	return SVSM_EPERM;
}

static bool is_cpuid(const uint8_t *bytes, size_t n)
{
	return n >= CPUID_BYTES && n <= SVSM_INSN_MAX && bytes[0] == 0x0f &&
		bytes[1] == 0xa2;
}

enum svsm_status
svsm_vc_check(uint64_t code, const uint8_t *bytes, size_t n,
	      enum svsm_reason *why)
{
	/* No look at the instruction: it may be on the page that is gone. */
	if (code == SVSM_EXIT_NOT_VALIDATED)
		return refuse(SVSM_REASON_PAGE_LOST, why);
	if (code >= SVSM_EXIT_EXCEPTION_FIRST &&
			code <= SVSM_EXIT_EXCEPTION_LAST)
		return refuse(SVSM_REASON_BAD_EXCEPTION, why);
	if (code != SVSM_EXIT_CPUID || !is_cpuid(bytes, n))
		return refuse(SVSM_REASON_VC_MISMATCH, why);
	return SVSM_OK;
}

enum svsm_status
svsm_vc_handle(const struct svsm_vc_env *env, uint64_t code,
	       const uint8_t *bytes, size_t n, struct svsm_vc_regs *regs,
	       enum svsm_reason *why)
{
	enum svsm_status status = svsm_vc_check(code, bytes, n, why);
	struct svsm_cpuid_regs out;

	if (status != SVSM_OK)
		return status;
	svsm_cpuid_query(env->cpuid, &env->cpu, (uint32_t)regs->rax,
			 (uint32_t)regs->rcx, &out);
	regs->rax = out.eax;
	regs->rbx = out.ebx;
	regs->rcx = out.ecx;
	regs->rdx = out.edx;
	regs->rip += CPUID_BYTES;
	return SVSM_OK;
}
