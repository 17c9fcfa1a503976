// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* XSAVE: its instructions work, and each level has its own XCR0. */
#include "probe.h"

#define CR4_OSXSAVE	(1ull << 18)
#define VMSA_XCR0	0x3e8

static void enable(void)
{
	uint64_t cr4;

	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("mov %0, %%cr4" : : "r"(cr4 | CR4_OSXSAVE));
}

static uint64_t xcr0(void)
{
	uint32_t low, high;

	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (uint64_t)high << 32 | low;
}

static void set_xcr0(uint64_t value)
{
	__asm__ volatile("xsetbv" : : "a"((uint32_t)value), "d"(0), "c"(0));
}

PROBE(xsave_saves_what_xcr0_names)
{
	static uint8_t area[0x240] __attribute__((aligned(64)));

	enable();
	say("xcr0 %x\n", xcr0());
	set_xcr0(3);
	__asm__ volatile("fldz; xsave64 (%0); ffree %%st(0)"
			 : : "r"(area), "a"(~0u), "d"(~0u) : "memory");
	say("xstate_bv %x, x87 register in use %u\n",
	    (uint64_t)area[512], (uint64_t)(area[4] != 0));
}

static void another_xcr0(uint64_t unused)
{
	(void)unused;
	enable();
	say("vmpl1: xcr0 %x\n", xcr0());
	set_xcr0(3);
	level_back();
	say("vmpl1: xcr0 %x\n", xcr0());
	level_back();
}

PROBE(xcr0_belongs_to_the_level)
{
	enable();
	set_xcr0(7);
	level_start(1, another_xcr0, 0);
	level_run(1);
	say("vmpl0: xcr0 %x, its vmsa says %x\n", xcr0(),
	    vmsa_get(1, VMSA_XCR0));
	vmsa_set(1, VMSA_XCR0, 1);
	level_run(1);
	say("vmpl0: xcr0 %x\n", xcr0());
}
