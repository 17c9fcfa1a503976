/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Exceptions at VMPL0. Few are expected: a #VC that its instruction proves, an
 * #HV that says nothing we need, a fault in one of the listed accesses. The
 * rest ends the VM, because the host can raise any of them at any time and a
 * wrong guess would be worse than none.
 */
#include <svsm/abi/snp.h>
#include <svsm/addr.h>
#include <svsm/budget.h>
#include <svsm/log.h>
#include <svsm/platform.h>
#include <svsm/terminate.h>
#include <svsm/vc.h>

#include "arch/arch.h"
#include "boot.h"

/* Event word of the #HV doorbell page; vector and NMI say nothing to us. */
#define DOORBELL_MC	(1u << 9)

struct recover {
	uint32_t at;
	uint32_t to;
};

extern const struct recover svsm_recover_start[], svsm_recover_end[];

static bool recover(struct arch_frame *frame)
{
	size_t count = ((uintptr_t)svsm_recover_end -
			(uintptr_t)svsm_recover_start) / sizeof(struct recover);

	for (size_t i = 0; i < count; i++) {
		if (frame->rip == svsm_recover_start[i].at) {
			frame->rip = svsm_recover_start[i].to;
			return true;
		}
	}
	return false;
}

static _Noreturn void
fatal(const struct arch_frame *frame, enum svsm_reason reason)
{
	/* Telling may fault, too: then it is for the first reason. */
	if (!terminate_begin(reason))
		svsm_plat_terminate(SVSM_REASON_SET);
	svsm_error("exception %u at 0x%lx, error 0x%lx, cr2 0x%lx",
		   (unsigned)frame->vector, (unsigned long)frame->rip,
		   (unsigned long)frame->error, (unsigned long)arch_cr2());
	svsm_backtrace_log(frame->rip, frame->rbp);
	svsm_budget_log_stacks();
	svsm_terminate(reason);
}

/* Did a push run into the page below a stack? */
static bool is_stack_overflow(uintptr_t addr)
{
	const struct arch_cpu *cpu = arch_cpu_self();

	for (unsigned i = 0; i < STACKS; i++)
		if (addr < cpu->stack[i].start &&
		    cpu->stack[i].start - addr <= SVSM_PAGE_BYTES)
			return true;
	return addr < (uintptr_t)svsm_boot_stack &&
	       (uintptr_t)svsm_boot_stack - addr <= SVSM_PAGE_BYTES;
}

static void on_fault(struct arch_frame *frame)
{
	if (recover(frame))
		return;
	if (frame->vector != VECTOR_GP && frame->vector != VECTOR_UD &&
	    is_stack_overflow(arch_cr2()))
		fatal(frame, SVSM_REASON_STACK);
	fatal(frame, SVSM_REASON_FAULT);
}

/* Instruction bytes at RIP; none if RIP is not in the image's code. */
static size_t fetch(uintptr_t rip, uint8_t bytes[SVSM_INSN_MAX])
{
	size_t n = SVSM_INSN_MAX;

	if (rip < (uintptr_t)svsm_text_start || rip >= (uintptr_t)svsm_text_end)
		return 0;
	if (n > (uintptr_t)svsm_text_end - rip)
		n = (uintptr_t)svsm_text_end - rip;
	return svsm_plat_copy(bytes, (const void *)rip, n) ? n : 0;
}

static void emulate(struct arch_frame *frame)
{
	struct arch_cpu *cpu = arch_cpu_self();
	struct svsm_vc_env env = {
		.cpuid = svsm_boot_cpuid(),
		.cpu = { .apic_id = cpu->cpu.apic_id, .xcr0 = 1,
			 .osxsave = arch_cr4() & CR4_OSXSAVE },
	};
	struct svsm_vc_regs regs = { frame->rax, frame->rbx, frame->rcx,
				     frame->rdx, frame->rip };
	uint8_t bytes[SVSM_INSN_MAX];
	size_t n = fetch(frame->rip, bytes);
	enum svsm_reason why;

	if (svsm_vc_handle(&env, frame->error, bytes, n, &regs, &why) !=
	    SVSM_OK)
		fatal(frame, why);
	frame->rax = regs.rax;
	frame->rbx = regs.rbx;
	frame->rcx = regs.rcx;
	frame->rdx = regs.rdx;
	frame->rip = regs.rip;
}

/* A second #VC overwrites the frame of the first: it must never return. */
static void on_vc(struct arch_frame *frame)
{
	const struct svsm_stack *own = &arch_cpu_self()->stack[STACK_VC];
	bool nested = frame->rsp > own->start && frame->rsp <= own->end;

	if (frame->error == SVSM_EXIT_NOT_VALIDATED) {
		if (nested || !recover(frame))
			fatal(frame, SVSM_REASON_PAGE_LOST);
		return;
	}
	if (nested)
		fatal(frame, SVSM_REASON_VC_NESTED);
	emulate(frame);
}

/* Take all of it: what is left there would keep the host from sending more. */
static void on_hv(struct arch_frame *frame)
{
	struct arch_cpu *cpu = arch_cpu_self();

	if (!cpu->doorbell || frame->error)
		fatal(frame, SVSM_REASON_BAD_EXCEPTION);
	cpu->doorbells++;
	if (__atomic_exchange_n(cpu->doorbell, 0, __ATOMIC_ACQ_REL) &
	    DOORBELL_MC)
		fatal(frame, SVSM_REASON_MCE);
}

void svsm_exception(struct arch_frame *frame)
{
	switch (frame->vector) {
	case VECTOR_VC:
		on_vc(frame);
		break;
	case VECTOR_HV:
		on_hv(frame);
		break;
	case VECTOR_UD:
	case VECTOR_GP:
	case VECTOR_PF:
	case VECTOR_DF:
		on_fault(frame);
		break;
	case VECTOR_MC:
		fatal(frame, SVSM_REASON_MCE);
	default:
		fatal(frame, SVSM_REASON_BAD_EXCEPTION);
	}
}
