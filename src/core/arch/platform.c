/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The seam (platform.h) on a real processor, one function per instruction.
 */
#include <svsm/abi/ghcb.h>
#include <svsm/abi/snp.h>
#include <svsm/log.h>
#include <svsm/percpu.h>
#include <svsm/platform.h>
#include <svsm/tlb.h>

#include "arch.h"

/* PVALIDATE and RMPADJUST as bytes: assemblers know them only since 2020. */
struct svsm_pvalidate_out svsm_plat_pvalidate(void *va, bool huge, bool valid)
{
	struct svsm_pvalidate_out out;
	uint64_t rax = (uintptr_t)va;

	__asm__ volatile(".byte 0xf2, 0x0f, 0x01, 0xff"
			 : "+a"(rax), "=@ccc"(out.unchanged)
			 : "c"((uint64_t)huge), "d"((uint64_t)valid)
			 : "memory");
	out.code = (uint32_t)rax;
	return out;
}

uint32_t svsm_plat_rmpadjust(void *va, bool huge, uint64_t attrs)
{
	uint64_t rax = (uintptr_t)va;

	__asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xfe"
			 : "+a"(rax)
			 : "c"((uint64_t)huge), "d"(attrs)
			 : "memory", "cc");
	return (uint32_t)rax;
}

uint64_t svsm_plat_msr_read(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

void svsm_plat_msr_write(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr"
			 : : "c"(msr), "a"((uint32_t)value),
			     "d"((uint32_t)(value >> 32))
			 : "memory");
}

void svsm_plat_vmgexit(void)
{
	bool before = svsm_tlb_leave();

	__asm__ volatile("rep; vmmcall" : : : "memory");
	svsm_tlb_return(before);
}

void svsm_plat_clear(void *va, uint64_t len)
{
	uint64_t words = len / sizeof(uint64_t);

	__asm__ volatile("rep stosq"
			 : "+D"(va), "+c"(words) : "a"(0ull) : "memory");
}

uint64_t svsm_plat_tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
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

void svsm_plat_pte_set(uint64_t *pte, uint64_t val, void *va)
{
	*(volatile uint64_t *)pte = val;
	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
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

uint64_t svsm_plat_irq_save(void)
{
	uint64_t flags;

	__asm__ volatile("pushfq\n\tpop %0\n\tcli" : "=r"(flags) : : "memory");
	return flags;
}

void svsm_plat_irq_restore(uint64_t flags)
{
	__asm__ volatile("push %0\n\tpopfq" : : "r"(flags) : "memory", "cc");
}

struct svsm_cpu *svsm_plat_cpu(void)
{
	struct svsm_cpu *cpu;

	__asm__ volatile("mov %%gs:0, %0" : "=r"(cpu));
	return cpu;
}

/* The first CPU here names the reason; it may be before .bss is there. */
_Noreturn void svsm_plat_terminate(unsigned set, unsigned reason)
{
	static uint32_t first __attribute__((section(".data.first"))) = 1;

	(void)svsm_plat_irq_save();
	if (!__atomic_exchange_n(&first, 0, __ATOMIC_ACQ_REL)) {
		for (;;)
			svsm_plat_halt();
	}
	for (;;) {
		svsm_plat_msr_write(SVSM_MSR_GHCB,
				    SVSM_GHCB_MSR_TERM(set, reason));
		svsm_plat_vmgexit();
	}
}
