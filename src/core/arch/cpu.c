/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Descriptor tables and control registers.
 */
#include <svsm/addr.h>
#include <svsm/platform.h>

#include "arch.h"

#define DESC_CODE	0x00af9b000000ffffull
#define DESC_DATA	0x00cf93000000ffffull
#define DESC_CODE32	0x00cf9b000000ffffull
#define DESC_TSS	0x0000890000000000ull
#define GATE_INTERRUPT	0x8e00u

/* Numbers in the TSS, 1 to 7; 0 is the stack at hand. */
enum ist {
	IST_NONE,
	IST_VC,
	IST_HV,
	IST_DF,
	IST_NMI,
};

struct gate {
	uint16_t offset_low;
	uint16_t selector;
	uint16_t ist_type;
	uint16_t offset_mid;
	uint32_t offset_high;
	uint32_t reserved;
};

/* In .data: exceptions work before .bss does. */
static struct gate idt[VECTORS] __attribute__((section(".data.idt")));

static void gate_set(unsigned vector, const char *entry, enum ist ist)
{
	uintptr_t addr = (uintptr_t)entry;

	idt[vector] = (struct gate){
		.offset_low = (uint16_t)addr,
		.selector = SEL_CODE,
		.ist_type = (uint16_t)(GATE_INTERRUPT | ist),
		.offset_mid = (uint16_t)(addr >> 16),
		.offset_high = (uint32_t)(addr >> 32),
	};
}

static const char *vector_entry(unsigned vector)
{
	switch (vector) {
	case VECTOR_NMI:
		return svsm_vector_nmi;
	case VECTOR_HV:
		return svsm_vector_hv;
	default:
		return svsm_vectors + vector * 16;
	}
}

struct arch_table arch_idtr(void)
{
	return (struct arch_table){ sizeof(idt) - 1, (uintptr_t)idt };
}

void arch_idt_init(void)
{
	struct arch_table idtr = arch_idtr();

	for (unsigned i = 0; i < VECTORS; i++)
		gate_set(i, vector_entry(i), IST_NONE);
	__asm__ volatile("lidt %0" : : "m"(idtr));
}

void arch_idt_use_stacks(void)
{
	gate_set(VECTOR_VC, vector_entry(VECTOR_VC), IST_VC);
	gate_set(VECTOR_HV, vector_entry(VECTOR_HV), IST_HV);
	gate_set(VECTOR_DF, vector_entry(VECTOR_DF), IST_DF);
	gate_set(VECTOR_MC, vector_entry(VECTOR_MC), IST_DF);
	gate_set(VECTOR_NMI, vector_entry(VECTOR_NMI), IST_NMI);
}

void arch_cpu_tables(struct arch_cpu *cpu)
{
	uintptr_t tss = (uintptr_t)&cpu->tss;

	cpu->tss.ist[IST_VC - 1] = cpu->stack[STACK_VC].end;
	cpu->tss.ist[IST_HV - 1] = cpu->stack[STACK_HV].end;
	cpu->tss.ist[IST_DF - 1] = cpu->stack[STACK_DF].end;
	cpu->tss.ist[IST_NMI - 1] = cpu->stack[STACK_DF].start +
				    NMI_STACK_BYTES;
	cpu->hv_start = cpu->stack[STACK_HV].start;
	cpu->hv_top = cpu->stack[STACK_HV].end - HV_LANDING;
	cpu->tss.rsp[0] = cpu->stack[STACK_MAIN].end;
	cpu->tss.io_map = sizeof(cpu->tss);
	cpu->gdt[SEL_CODE / 8] = DESC_CODE;
	cpu->gdt[SEL_DATA / 8] = DESC_DATA;
	cpu->gdt[SEL_CODE32 / 8] = DESC_CODE32;
	cpu->gdt[SEL_TSS / 8] = DESC_TSS | (sizeof(cpu->tss) - 1) |
				(tss & 0xffffff) << 16 |
				(tss >> 24 & 0xff) << 56;
	cpu->gdt[SEL_TSS / 8 + 1] = tss >> 32;
}

struct arch_table arch_gdtr(const struct arch_cpu *cpu)
{
	return (struct arch_table){ sizeof(cpu->gdt) - 1,
				    (uintptr_t)cpu->gdt };
}

/* CS keeps its cached descriptor: the entry is the same in all GDTs. */
void arch_cpu_load(struct arch_cpu *cpu)
{
	struct arch_table gdtr = arch_gdtr(cpu);

	__asm__ volatile("lgdt %0\n\tltr %w1"
			 : : "m"(gdtr), "r"(SEL_TSS) : "memory");
}

void arch_cpu_set_self(struct arch_cpu *cpu)
{
	cpu->cpu.self = &cpu->cpu;
	svsm_plat_msr_write(MSR_GS_BASE, (uintptr_t)cpu);
}

struct arch_cpu *arch_cpu_self(void)
{
	return (struct arch_cpu *)svsm_plat_cpu();
}

uint64_t arch_cr0(void)
{
	uint64_t v;

	__asm__ volatile("mov %%cr0, %0" : "=r"(v));
	return v;
}

uint64_t arch_cr2(void)
{
	uint64_t v;

	__asm__ volatile("mov %%cr2, %0" : "=r"(v));
	return v;
}

uint64_t arch_cr3(void)
{
	uint64_t v;

	__asm__ volatile("mov %%cr3, %0" : "=r"(v));
	return v;
}

uint64_t arch_cr4(void)
{
	uint64_t v;

	__asm__ volatile("mov %%cr4, %0" : "=r"(v));
	return v;
}

void arch_cr4_set(uint64_t bits)
{
	__asm__ volatile("mov %0, %%cr4" : : "r"(arch_cr4() | bits) : "memory");
}
