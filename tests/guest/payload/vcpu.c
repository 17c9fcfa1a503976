/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A further vCPU of the guest: what its VMSA says.
 */
#include "layout.h"
#include "svsm.h"
#include "vmsa.h"

static void segment(volatile struct svsm_abi_segment *s, uint16_t selector,
		    uint16_t attrib)
{
	s->selector = selector;
	s->attrib = attrib;
	s->limit = 0xffffffff;
}

static uint64_t read_efer(void)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_EFER));
	return (uint64_t)high << 32 | low;
}

static void write_segments(volatile struct svsm_abi_vmsa *v)
{
	volatile struct svsm_abi_segment *data[] = {
		&v->ss, &v->ds, &v->es, &v->fs, &v->gs,
	};
	struct { uint16_t limit; uint64_t base; } __attribute__((packed)) gdt;

	__asm__ volatile("sgdt %0" : "=m"(gdt));
	v->gdtr.base = gdt.base;
	v->gdtr.limit = gdt.limit;
	segment(&v->cs, 24, 0xa9b);
	for (unsigned i = 0; i < sizeof(data) / sizeof(data[0]); i++)
		segment(data[i], 16, 0xc93);
	segment(&v->tr, 0, 0x8b);
	segment(&v->ldtr, 0, 0x82);
}

/* The mode of the vCPU that writes it. */
static void write_mode(volatile struct svsm_abi_vmsa *v)
{
	uint64_t cr0, cr3, cr4;

	__asm__ volatile("mov %%cr0, %0; mov %%cr3, %1; mov %%cr4, %2"
			 : "=r"(cr0), "=r"(cr3), "=r"(cr4));
	v->efer |= read_efer();
	v->cr0 = cr0;
	v->cr3 = cr3;
	v->cr4 = cr4;
}

void vcpu_write(uint64_t gpa, void (*fn)(uint64_t), uint64_t argument,
		uint64_t stack)
{
	volatile struct svsm_abi_vmsa *v = (volatile struct svsm_abi_vmsa *)gpa;

	make_acceptable(v, GUEST_VMPL);
	write_segments(v);
	write_mode(v);
	v->rflags = 2;
	v->dr6 = 0xffff0ff0;
	v->dr7 = 0x400;
	v->g_pat = 0x0007040600070406;
	v->xcr0 = 1;
	v->mxcsr = 0x1f80;
	v->x87_ftw = 0xffff;	/* as FNINIT, see "parallel" in run.ini */
	v->x87_fcw = 0x37f;
	v->rip = (uint64_t)fn;
	v->rdi = argument;
	v->rsp = stack - 8;	/* as after a call */
}
