/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The seam (platform.h) on a real processor: what is more than an instruction.
 */
#include <svsm/abi/ghcb.h>
#include <svsm/abi/snp.h>
#include <svsm/log.h>
#include <svsm/percpu.h>
#include <svsm/platform.h>
#include <svsm/tlb.h>

#include "arch.h"

void svsm_plat_vmgexit(void)
{
	bool before = svsm_tlb_leave();

	__asm__ volatile("rep; vmmcall" : : : "memory");
	svsm_tlb_return(before);
}

void svsm_plat_pause(void)
{
	__asm__ volatile("pause" : : : "memory");
	svsm_tlb_poll();
}

void svsm_plat_halt(void)
{
	bool before = svsm_tlb_leave();

	__asm__ volatile("hlt" : : : "memory");
	svsm_tlb_return(before);
}

void svsm_plat_tlb_flush(void)
{
	uint64_t cr4 = arch_cr4();

	__asm__ volatile("mov %0, %%cr4\n\tmov %1, %%cr4"
			 : : "r"(cr4 ^ CR4_PGE), "r"(cr4) : "memory");
}

/* Tried once: CPUID is the host's word, and #UD says it as well. */
bool svsm_plat_tlb_broadcast(void)
{
	static bool absent;

	if (__atomic_load_n(&absent, __ATOMIC_RELAXED))
		return false;
	if (svsm_arch_invlpgb())
		return true;
	if (!__atomic_exchange_n(&absent, true, __ATOMIC_RELAXED))
		svsm_warn("no INVLPGB: TLBs are flushed one by one");
	return false;
}

/*
 * The processor's broadcast reaches the CPUs whatever they are running. A
 * hypervisor that does not enable it (#UD) has to make RMPADJUST itself reach
 * them, as snpemu does; what is left for us is this CPU's own TLB.
 */
enum svsm_status svsm_plat_tlb_flush_guests(void)
{
	if (!svsm_plat_tlb_broadcast())
		svsm_plat_tlb_flush();
	return SVSM_OK;
}

/* Not in .bss: the end may come before that is there. */
static uint32_t first_reason __attribute__((section(".data.first"))) = ~0u;

bool svsm_plat_ending(unsigned reason)
{
	uint32_t none = ~0u;

	return __atomic_compare_exchange_n(&first_reason, &none, reason, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

_Noreturn void svsm_plat_terminate(unsigned set)
{
	(void)svsm_plat_irq_save();
	for (;;) {
		svsm_plat_msr_write(SVSM_MSR_GHCB,
				    SVSM_GHCB_MSR_TERM(set, first_reason));
		svsm_plat_vmgexit();
	}
}
