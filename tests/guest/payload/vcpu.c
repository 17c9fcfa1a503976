/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A further vCPU of the guest: what its VMSA says.
 */
#include <svsm/abi/snp.h>
#include <svsm/abi/vmsa.h>

#include "layout.h"
#include "svsm.h"

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

void vcpu_write(uint64_t gpa, void (*fn)(uint64_t), uint64_t argument,
		uint64_t stack)
{
	volatile struct svsm_abi_vmsa *v = (volatile struct svsm_abi_vmsa *)gpa;
	struct { uint16_t limit; uint64_t base; } __attribute__((packed)) gdt;
	uint64_t cr0, cr3, cr4;

	__asm__ volatile("mov %%cr0, %0; mov %%cr3, %1; mov %%cr4, %2; sgdt %3"
			 : "=r"(cr0), "=r"(cr3), "=r"(cr4), "=m"(gdt));
	segment(&v->cs, 24, 0xa9b);
	segment(&v->ss, 16, 0xc93);
	segment(&v->ds, 16, 0xc93);
	segment(&v->es, 16, 0xc93);
	segment(&v->fs, 16, 0xc93);
	segment(&v->gs, 16, 0xc93);
	segment(&v->tr, 0, 0x8b);
	segment(&v->ldtr, 0, 0x82);
	v->gdtr.base = gdt.base;
	v->gdtr.limit = gdt.limit;
	v->vmpl = GUEST_VMPL;
	v->efer = read_efer() | SVSM_EFER_SVME;
	v->cr0 = cr0;
	v->cr3 = cr3;
	v->cr4 = cr4;
	v->rflags = 2;
	v->dr6 = 0xffff0ff0;
	v->dr7 = 0x400;
	v->g_pat = 0x0007040600070406;
	v->xcr0 = 1;
	v->mxcsr = 0x1f80;
	v->x87_ftw = 0xffff;	/* as FNINIT, see "parallel" in run.ini */
	v->x87_fcw = 0x37f;
	v->sev_features = SVSM_SEV_SNP;
	v->rip = (uint64_t)fn;
	v->rdi = argument;
	v->rsp = stack - 8;	/* as after a call */
}
