// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Lower levels on this CPU, and VMPL0 on the other CPU: VMSAs of our own. */
#include "rt.h"

#define MSR_RUN_VMPL	0x016

/* [0] is vCPU 1 at VMPL0; [1] to [3] are the levels of vCPU 0. */
static uint8_t vmsa[4][4096] ALIGNED_PAGE;
static uint8_t stacks[4][4096] ALIGNED_PAGE;
uint8_t cpu1_stack[0x4000] ALIGNED_PAGE;

volatile unsigned level;

unsigned cpu_number(void)
{
	uint64_t rsp;

	__asm__("mov %%rsp, %0" : "=r"(rsp));
	return rsp - (uint64_t)cpu1_stack <= sizeof(cpu1_stack);
}

uint64_t vmsa_gpa(unsigned vmpl)
{
	return (uint64_t)vmsa[vmpl];
}

uint64_t cpu1_vmsa(void)
{
	return vmsa_gpa(0);
}

void vmsa_set(unsigned vmpl, unsigned offset, uint64_t value)
{
	*(volatile uint64_t *)(vmsa[vmpl] + offset) = value;
}

uint64_t vmsa_get(unsigned vmpl, unsigned offset)
{
	return *(volatile uint64_t *)(vmsa[vmpl] + offset);
}

static void segment(unsigned vmpl, unsigned offset, uint64_t selector,
		    uint64_t attributes, uint64_t base, uint64_t limit)
{
	vmsa_set(vmpl, offset, selector | attributes << 16 | limit << 32);
	vmsa_set(vmpl, offset + 8, base);
}

static uint64_t read_cr(unsigned n)
{
	uint64_t value = 0;

	if (n == 0)
		__asm__ volatile("mov %%cr0, %0" : "=r"(value));
	else if (n == 3)
		__asm__ volatile("mov %%cr3, %0" : "=r"(value));
	else
		__asm__ volatile("mov %%cr4, %0" : "=r"(value));
	return value;
}

static void prepare_segments(unsigned vmpl)
{
	unsigned cpu = vmpl == 0;

	for (unsigned offset = 0; offset < 0x60; offset += 0x10)
		segment(vmpl, offset, SEL_DATA, 0xc93, 0, 0xffffffff);
	segment(vmpl, 0x10, SEL_CODE64, 0xa9b, 0, 0xffffffff);
	segment(vmpl, 0x60, 0, 0, gdt_pointer.base, gdt_pointer.limit);
	segment(vmpl, 0x70, 0, 0x82, 0, 0xffff);
	segment(vmpl, 0x80, 0, 0, idt_pointer.base, idt_pointer.limit);
	segment(vmpl, 0x90, cpu ? SEL_TSS1 : SEL_TSS0, 0x8b,
		(uint64_t)tss[cpu], 103);
}

static void prepare_control(unsigned vmpl)
{
	vmsa_set(vmpl, 0x0c8, (uint64_t)vmpl << 16);
	vmsa_set(vmpl, 0x0d0, rdmsr(MSR_EFER) | 0x1000);
	vmsa_set(vmpl, 0x148, read_cr(4));
	vmsa_set(vmpl, 0x150, read_cr(3));
	vmsa_set(vmpl, 0x158, read_cr(0));
	vmsa_set(vmpl, 0x160, 0x400);
	vmsa_set(vmpl, 0x168, 0xffff0ff0);
	vmsa_set(vmpl, 0x170, 2);
	vmsa_set(vmpl, 0x268, 0x0007040600070406);
	vmsa_set(vmpl, 0x3b0, FEATURE_SNP);
	vmsa_set(vmpl, 0x3e8, 1);
	vmsa_set(vmpl, 0x408, 0xffff00001f80);	/* x87: as FNINIT */
	vmsa_set(vmpl, 0x410, 0x37f);
}

void vmsa_prepare(unsigned vmpl, void (*fn)(uint64_t), uint64_t argument)
{
	uint64_t top = (uint64_t)stacks[vmpl] + sizeof(stacks[vmpl]) - 8;

	if (vmpl == 0)
		top = (uint64_t)cpu1_stack + sizeof(cpu1_stack) - 8;
	memset(vmsa[vmpl], 0, sizeof(vmsa[vmpl]));
	prepare_segments(vmpl);
	prepare_control(vmpl);
	vmsa_set(vmpl, 0x178, (uint64_t)fn);
	vmsa_set(vmpl, 0x1d8, top);
	vmsa_set(vmpl, 0x338, argument);	/* RDI */
}

void vmsa_mark(unsigned vmpl)
{
	need(rmpadjust(vmsa_gpa(vmpl), 0, ADJUST(1, 0) | ADJUST_VMSA));
}

struct answer vmsa_create(unsigned vmpl, uint64_t gpa, uint64_t features,
			  uint64_t apic_id)
{
	ghcb_begin();
	ghcb_set(GHCB_RAX, features);
	return ghcb_go(NAE_AP_CREATION, apic_id << 32 | vmpl << 16 | 1, gpa);
}

/* VMSAs would lose their mark, GHCBs are shared. */
static bool is_grantable(uint64_t at)
{
	return at - (uint64_t)vmsa >= sizeof(vmsa) &&
	       at - ghcb_gpa() >= GHCB_PAGES * 4096;
}

void grant_image(unsigned vmpl)
{
	for (uint64_t at = (uint64_t)image_start; at < (uint64_t)image_end;
	     at += 4096)
		if (is_grantable(at))
			need(rmpadjust(at, 0, ADJUST(vmpl, P_ALL)));
}

void level_start(unsigned vmpl, void (*fn)(uint64_t), uint64_t argument)
{
	struct answer answer;

	vmsa_prepare(vmpl, fn, argument);
	grant_image(vmpl);
	vmsa_mark(vmpl);
	answer = vmsa_create(vmpl, vmsa_gpa(vmpl), FEATURE_SNP, 0);
	need(answer.info1 == 0);
}

struct answer level_run(unsigned vmpl)
{
	struct answer answer;
	uint64_t gpa = ghcb_gpa();

	ghcb_begin();
	ghcb_set(GHCB_CODE, NAE_RUN_VMPL);
	ghcb_set(GHCB_INFO1, vmpl);
	ghcb_set(GHCB_INFO2, 0);
	level = vmpl;
	msr_call(gpa);
	level = 0;
	answer = (struct answer){ ghcb_get(GHCB_INFO1), ghcb_get(GHCB_INFO2) };
	say_held();
	return answer;
}

void level_back(void)
{
	msr_call(MSR_RUN_VMPL);
}

void cpu1_prepare(void (*fn)(uint64_t), uint64_t argument)
{
	vmsa_prepare(0, fn, argument);
	vmsa_mark(0);
}

struct answer cpu1_create(void)
{
	return vmsa_create(0, cpu1_vmsa(), FEATURE_SNP, 1);
}

/* In TSC ticks: some ten seconds on any machine of today. */
#define PATIENCE	30000000000ull

static uint64_t ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

bool wait_ticks(volatile uint32_t *word, uint32_t value, uint64_t patience)
{
	uint64_t end = ticks() + patience;

	while (*word != value) {
		if (ticks() > end)
			return false;
		__asm__ volatile("pause");
	}
	return true;
}

_Noreturn void rest(void)
{
	for (;;)
		__asm__ volatile("pause");
}

bool wait_for(volatile uint32_t *word, uint32_t value)
{
	return wait_ticks(word, value, PATIENCE);
}
