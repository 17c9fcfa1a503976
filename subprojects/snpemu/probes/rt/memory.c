// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Page states, and the three instructions with their answers in words. */
#include "rt.h"

#define CR4_PGE		0x80ull
#define MSR_PSC		0x014
#define OP_PRIVATE	1ull
#define OP_SHARED	2ull

static bool psc(uint64_t gpa, uint64_t op)
{
	return msr_call(gpa | op << 52 | MSR_PSC) == MSR_PSC + 1;
}

bool psc_private(uint64_t gpa)
{
	return psc(gpa, OP_PRIVATE);
}

bool psc_shared(uint64_t gpa)
{
	return psc(gpa, OP_SHARED);
}

void take_page(uint64_t gpa)
{
	need(psc_private(gpa));
	need(pvalidate(gpa, 0, 1));
	memset((void *)gpa, 0, 4096);
}

void take_large(uint64_t gpa)
{
	volatile uint64_t *list = (volatile uint64_t *)(ghcb_page() +
							GHCB_BUFFER);
	struct answer answer;

	ghcb_begin();
	list[0] = 0;
	list[1] = gpa | OP_PRIVATE << 52 | 1ull << 56;
	ghcb_set(GHCB_SCRATCH, ghcb_gpa() + GHCB_BUFFER);
	answer = ghcb_go(NAE_PSC, 0, 0);
	need(answer.info1 == 0 && answer.info2 == 0);
	need(pvalidate(gpa, 1, 1));
}

void page_flags(uint64_t va, uint64_t set, uint64_t clear)
{
	volatile uint64_t *entry = &tables_pt[va / 4096];

	*entry = (*entry | set) & ~clear;
	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

void flush_own_tlb(void)
{
	uint64_t cr4;

	__asm__ volatile("mov %%cr4, %0; xor %1, %0; mov %0, %%cr4; "
			 "xor %1, %0; mov %0, %%cr4"
			 : "=&r"(cr4) : "r"(CR4_PGE) : "memory");
}

/* ------------------------------------------------------ the instructions */

bool pvalidate(uint64_t va, uint64_t size, uint64_t valid)
{
	struct regs r = { .rax = va, .rcx = size, .rdx = valid };

	insn_pvalidate(&r);
	return r.rax == 0 && !(r.flags & FLAG_CF);
}

bool rmpadjust(uint64_t va, uint64_t size, uint64_t rdx)
{
	struct regs r = { .rax = va, .rcx = size, .rdx = rdx };

	insn_rmpadjust(&r);
	return r.rax == 0;
}

void try_pvalidate(uint64_t va, uint64_t size, uint64_t valid)
{
	struct regs r = { .rax = va, .rcx = size, .rdx = valid };

	if (attempt(insn_pvalidate, &r))
		say("pvalidate: eax %u cf %u\n", r.rax & 0xffffffff,
		    r.flags & FLAG_CF);
	else
		report("pvalidate", false, insn_pvalidate_at);
}

void try_rmpadjust(uint64_t va, uint64_t size, uint64_t rdx)
{
	struct regs r = { .rax = va, .rcx = size, .rdx = rdx };

	if (attempt(insn_rmpadjust, &r))
		say("rmpadjust: eax %u\n", r.rax & 0xffffffff);
	else
		report("rmpadjust", false, insn_rmpadjust_at);
}

void try_rmpquery(uint64_t va, uint64_t vmpl)
{
	struct regs r = { .rax = va, .rdx = vmpl, .rcx = ~0ull };

	if (!attempt(insn_rmpquery, &r))
		report("rmpquery", false, insn_rmpquery_at);
	else if ((uint32_t)r.rax != 0)
		say("rmpquery: eax %u\n", r.rax & 0xffffffff);
	else
		say("rmpquery: eax 0 vmpl %u mask %x vmsa %u size %u\n",
		    r.rdx & 0xff, r.rdx >> 8 & 0xff, r.rdx >> 16 & 1, r.rcx);
}
