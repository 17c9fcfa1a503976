/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The stress guest's vCPUs: VMSAs, and calls about those of the spare CPU.
 */
#include <svsm/abi/snp.h>
#include <svsm/abi/svsm.h>
#include <svsm/abi/vmsa.h>

#include "../../boot/images/stress/stress.h"
#include "layout.h"
#include "stress_cpu.h"

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

void write_vmsa(uint64_t gpa, void (*fn)(uint64_t), uint64_t argument,
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
	v->vmpl = STRESS_VMPL;
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

/* Its own or one that is not there. (Another vCPU for one that runs would be
 * accepted, and serve instead of it.) */
static uint64_t bad_apic(struct cpu *cpu)
{
	switch (draw(cpu, 3)) {
	case 0:
		return cpu->index;
	case 1:
		return 1ull << 32 | SPARE_APIC;
	default:
		return SPARE_APIC + 1 + draw(cpu, 100);
	}
}

/* -------------------------------------------------------------- spare VMSAs */

void write_spare_vmsa(unsigned whose)
{
	write_vmsa(own_page(whose, PAGE_SPARE_VMSA), NULL, 0, 0);
}

/*
 * A call that names such a page may take it from the guest or make it a VMSA,
 * which nobody may write. So a vCPU holds the page for the length of the call,
 * as many of them as like to, and writes it when it holds it alone. As any
 * guest must: what is raced for are the calls, never a page in use.
 */
#define ALONE	UINT64_MAX

static bool try_hold(volatile uint64_t *holders, bool alone)
{
	uint64_t old = __atomic_load_n(holders, __ATOMIC_RELAXED);

	if (old == ALONE || (alone && old != 0))
		return false;
	return __atomic_compare_exchange_n(holders, &old,
					   alone ? ALONE : old + 1, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static void hold(unsigned whose, bool alone)
{
	while (!try_hold(&SHARED->holders[whose], alone))
		__asm__ volatile("pause");
}

static void let_go(unsigned whose, bool alone)
{
	__atomic_fetch_add(&SHARED->holders[whose], alone ? 1 : -1ull,
			   __ATOMIC_ACQ_REL);
}

/* An ordinary page again, with a state that CREATE_VCPU takes. When the SVSM
 * has no room in its map for that, the page stays as it is. */
static void renew(struct cpu *cpu, unsigned whose)
{
	uint64_t vmsa = own_page(whose, PAGE_SPARE_VMSA);

	hold(whose, true);
	call(cpu, SVSM_CORE_DELETE_VCPU, vmsa, 0, 0);
	if (validate(cpu, vmsa,
		     SVSM_PVALIDATE_VALID | SVSM_PVALIDATE_IGNORE_CF))
		write_spare_vmsa(whose);
	let_go(whose, true);
}

/* For the spare CPU, which never runs it: only the SVSM hears of it. Where it
 * is not made anew, the page has whatever state the last calls left it. */
void play_create(struct cpu *cpu)
{
	unsigned whose = (unsigned)draw(cpu, CPUS);
	uint64_t vmsa = own_page(whose, PAGE_SPARE_VMSA);
	uint64_t ca = own_page((unsigned)draw(cpu, CPUS), PAGE_SPARE_CA);
	uint64_t apic_id = draw(cpu, 8) ? SPARE_APIC : bad_apic(cpu);

	if (draw(cpu, 8) == 0)
		vmsa = small_page(cpu);
	if (draw(cpu, 8) == 0)
		ca = foreign_page(cpu);
	if (draw(cpu, 8) == 0)
		vmsa += draw(cpu, 0x1000);
	if (draw(cpu, 2))
		renew(cpu, whose);
	hold(whose, false);
	SHARED->created[cpu->index] +=
		call(cpu, SVSM_CORE_CREATE_VCPU, vmsa, ca, apic_id);
	let_go(whose, false);
}

/* Anybody's, but not those that run. */
void play_delete(struct cpu *cpu)
{
	unsigned whose = (unsigned)draw(cpu, CPUS);
	uint64_t vmsa = own_page(whose, PAGE_SPARE_VMSA);

	if (draw(cpu, 8) == 0)
		vmsa = draw(cpu, 2) ? foreign_page(cpu) | 1 : small_page(cpu);
	hold(whose, false);
	call(cpu, SVSM_CORE_DELETE_VCPU, vmsa, 0, 0);
	let_go(whose, false);
}

/* Taken or given while others create and delete it. */
void play_vmsa_page(struct cpu *cpu)
{
	unsigned whose = (unsigned)draw(cpu, CPUS);
	uint64_t flags = draw(cpu, 16) & ~SVSM_PVALIDATE_SIZE;

	hold(whose, false);
	validate(cpu, own_page(whose, PAGE_SPARE_VMSA), flags);
	let_go(whose, false);
}
