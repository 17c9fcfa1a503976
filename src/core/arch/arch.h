/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The processor side of a CPU: what boot, exceptions and SMP start share.
 */
#ifndef CORE_ARCH_ARCH_H
#define CORE_ARCH_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <svsm/backtrace.h>
#include <svsm/cpuid.h>
#include <svsm/ghcb.h>
#include <svsm/percpu.h>
#include <svsm/status.h>

#include "layout.h"

/** What vectors.S saves; the upper part is the processor's. */
struct arch_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rdi, rsi, rbp, rbx, rdx, rcx, rax;
	uint64_t vector;
	uint64_t error;
	uint64_t rip, cs, rflags, rsp, ss;
};

enum arch_vector {
	VECTOR_NMI = 2,
	VECTOR_UD = 6,
	VECTOR_DF = 8,
	VECTOR_GP = 13,
	VECTOR_PF = 14,
	VECTOR_MC = 18,
	VECTOR_HV = HV_VECTOR,
	VECTOR_VC = 29,
	VECTORS = 32
};

struct arch_tss {
	uint32_t reserved_0;
	uint64_t rsp[3];
	uint64_t reserved_1;
	uint64_t ist[7];
	uint64_t reserved_2;
	uint16_t reserved_3;
	uint16_t io_map;
} __attribute__((packed));

/** A GDTR or IDTR operand. */
struct arch_table {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

/**
 * Stacks of a CPU. #VC and #HV can strike anywhere, #DF means that the stack
 * at hand is unusable: each has its own. #MC, which never returns, uses
 * #DF's. Below each stack is a page that is not mapped.
 */
enum arch_stack {
	STACK_MAIN,
	STACK_VC,
	STACK_HV,
	STACK_DF,
	STACKS
};

/** One per CPU, one page at most. */
struct arch_cpu {
	struct svsm_cpu cpu;		/* first: the GS base points here */
	uintptr_t hv_start;		/* of the #HV stack, */
	uintptr_t hv_top;		/* up to where frames land */
	struct svsm_ghcb ghcb;
	struct svsm_stack stack[STACKS];
	uint32_t *doorbell;		/* NULL without restricted injection */
	uint32_t doorbells;		/* answered; only ever counted up */
	uint64_t *vmsa;			/* of a further CPU */
	bool online;
	struct arch_cpu *next;		/* arch_cpu_first() */
	uint64_t gdt[GDT_ENTRIES];
	struct arch_tss tss;
};
_Static_assert(sizeof(struct arch_cpu) <= 4096, "allocated as one page");
_Static_assert(offsetof(struct arch_cpu, hv_start) == ARCH_HV_START &&
	       offsetof(struct arch_cpu, hv_top) == ARCH_HV_TOP, "vectors.S");

/* Set by the linker script. */
extern char svsm_text_start[], svsm_text_end[];
extern char svsm_bss_start[], svsm_bss_end[];
extern char svsm_boot_stack[], svsm_boot_stack_end[];
extern const char svsm_vectors[], svsm_vector_nmi[], svsm_vector_hv[];

/** Mask of the C-bit in a page table entry. */
extern uint64_t arch_cbit;

/* cpu.c: descriptor tables, control registers */

/** Gates without stacks of their own, for the first steps of boot. */
void arch_idt_init(void);
/** Gates as they stay: each exception on its stack. */
void arch_idt_use_stacks(void);
/** Fill GDT and TSS of a CPU whose stacks are mapped. */
void arch_cpu_tables(struct arch_cpu *cpu);
/** Load them on the CPU itself. */
void arch_cpu_load(struct arch_cpu *cpu);
/** GS base: from now on svsm_plat_cpu() works here. */
void arch_cpu_set_self(struct arch_cpu *cpu);
struct arch_table arch_gdtr(const struct arch_cpu *cpu);
struct arch_table arch_idtr(void);
uint64_t arch_cr0(void);
uint64_t arch_cr2(void);
uint64_t arch_cr3(void);
uint64_t arch_cr4(void);
void arch_cr4_set(uint64_t bits);
/** The calling CPU. */
struct arch_cpu *arch_cpu_self(void);

/* space.c: the address space beside the region */

/** Set up windows, and where further page tables come from. */
SVSM_CHECKED enum svsm_status arch_space_init(void);
/** Allocate and map the stacks of a CPU. */
SVSM_CHECKED enum svsm_status arch_stacks_map(struct arch_cpu *cpu);
/** The CPUs that have stacks, the latest first; each leads to the next. */
const struct arch_cpu *arch_cpu_first(void);

/* entry.S, vectors.S */
_Noreturn void svsm_arch_leave_stack(uintptr_t top, void (*to)(void));
void svsm_entry_ap(void);
void svsm_arch_invlpgb(void);

/* platform.c: decide how TLBs are flushed, once, before there is a second
 * CPU. */
void arch_tlb_init(const struct svsm_cpuid *cpuid);

/* boot.c, exception.c, smp.c: called from assembly */
_Noreturn void svsm_boot(const struct svsm_abi_launch *launch, uint64_t cbit);
_Noreturn void svsm_boot_ap(struct arch_cpu *cpu);
void svsm_exception(struct arch_frame *frame);

#endif
