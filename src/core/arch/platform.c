/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The seam (platform.h) on a real processor: what is more than an instruction.
 */
#include <svsm/abi/ghcb.h>
#include <svsm/abi/snp.h>
#include <svsm/cpuid.h>
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

static bool broadcasts;

/*
 * The CPUID page decides, which the firmware has checked: it never has more
 * than the processor. Where the host has not enabled what it lists, the first
 * INVLPGB ends the VM; where it lists less, we flush without. It must know
 * nested translations, since they are what holds the RMP's permissions.
 */
void arch_tlb_init(const struct svsm_cpuid *cpuid)
{
	const uint32_t want = SVSM_CPUID_SIZES_EBX_INVLPGB |
		SVSM_CPUID_SIZES_EBX_NESTED;
	struct svsm_cpuid_regs regs;

	broadcasts = svsm_cpuid_find(cpuid, SVSM_CPUID_SIZES, 0, &regs) ==
		SVSM_OK && (regs.ebx & want) == want;
	if (!broadcasts)
		svsm_info("no INVLPGB: TLBs are flushed one by one");
}

bool svsm_plat_tlb_broadcast(void)
{
	if (broadcasts)
		svsm_arch_invlpgb();
	return broadcasts;
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
