// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* INVLPGB and TLBSYNC: who may use them, what they refuse, whom they reach. */
#include "probe.h"

#define VA_VALID	1u
#define PCID_VALID	2u
#define ASID_VALID	4u
#define GLOBAL		8u
#define COUNT_MAX	7u

PROBE(invlpgb_drops_everything)
{
	struct regs r = { .rax = ASID_VALID | GLOBAL };

	TRY(invlpgb, &r);
	TRY(tlbsync, &r);
}

PROBE(invlpgb_drops_pages)
{
	struct regs r = { .rax = TEST_PAGE | VA_VALID, .rcx = COUNT_MAX };

	TRY(invlpgb, &r);
	r.rcx |= 1u << 31;	/* steps of 2 MiB */
	TRY(invlpgb, &r);
}

/* The guest's own ASID is taken instead. */
PROBE(invlpgb_takes_any_asid)
{
	struct regs r = { .rax = ASID_VALID, .rdx = 0xffff };

	TRY(invlpgb, &r);
}

PROBE(invlpgb_refuses_reserved_bits)
{
	for (unsigned bit = 6; bit < 12; bit++) {
		struct regs r = { .rax = ASID_VALID | 1u << bit };

		TRY(invlpgb, &r);
	}
}

PROBE(invlpgb_refuses_reserved_bits_of_the_count)
{
	struct regs low = { .rax = VA_VALID, .rcx = 1u << 16 };
	struct regs high = { .rax = VA_VALID, .rcx = 1u << 30 };

	TRY(invlpgb, &low);
	TRY(invlpgb, &high);
}

PROBE(invlpgb_refuses_reserved_bits_of_edx)
{
	struct regs r = { .rax = ASID_VALID, .rdx = 1u << 28 };

	TRY(invlpgb, &r);
}

PROBE(invlpgb_refuses_more_pages_than_cpuid_says)
{
	struct regs r = { .rax = VA_VALID, .rcx = COUNT_MAX + 1 };

	TRY(invlpgb, &r);
}

PROBE(invlpgb_knows_no_pcid_without_pcide)
{
	struct regs valid = { .rax = PCID_VALID };
	struct regs number = { .rax = ASID_VALID, .rdx = 1u << 16 };

	TRY(invlpgb, &valid);
	TRY(invlpgb, &number);
}

PROBE(invlpgb_with_a_prefix_is_undefined)
{
	struct regs r = { .rax = ASID_VALID };

	TRY(invlpgb_66, &r);
}

PROBE(invlpgb_needs_cpl_0)
{
	struct regs r = { .rax = ASID_VALID };

	TRY_USER(invlpgb, &r);
	TRY_USER(tlbsync, &r);
}

PROBE(invlpgb_works_in_32_bit_code)
{
	struct regs r = { .rax = ASID_VALID };

	TRY32(invlpgb, &r);
}

static void at_vmpl1(uint64_t unused)
{
	struct regs r = { .rax = ASID_VALID };

	(void)unused;
	TRY(invlpgb, &r);
	TRY(tlbsync, &r);
	level_back();
}

static void at_both_levels(void)
{
	struct regs r = { .rax = ASID_VALID };

	TRY(invlpgb, &r);
	TRY(tlbsync, &r);
	level_start(1, at_vmpl1, 0);
	level_run(1);
}

PROBE(invlpgb_is_for_all_levels_or_none)
{
	at_both_levels();
}

/* What is expected of it differs by the host's options. */
PROBE(invlpgb_is_undefined_without_the_host)
{
	at_both_levels();
}

PROBE(invlpgb_may_fault_though_cpuid_lists_it)
{
	at_both_levels();
}

/* Another CPU reads through a translation that it has had for long. */
static volatile uint32_t turn, seen;

static void read_again_and_again(uint64_t va)
{
	while (turn < 3) {
		seen = *(volatile uint32_t *)va;
		if (turn == 0)
			turn = 1;
		else if (turn == 2)
			turn = 3;
	}
	for (;;)
		__asm__ volatile("pause");
}

PROBE(invlpgb_reaches_the_other_cpu)
{
	extern uint64_t tables_pt[];
	struct regs r = { .rax = ASID_VALID | GLOBAL };

	take_page(TEST_PAGE);
	take_page(TEST_PAGE + 0x1000);
	*(volatile uint32_t *)TEST_PAGE = 1;
	*(volatile uint32_t *)(TEST_PAGE + 0x1000) = 2;
	cpu1_prepare(read_again_and_again, TEST_PAGE);
	need(cpu1_create().info1 == 0);
	need(wait_for(&turn, 1));
	say("sees %u\n", (uint64_t)seen);
	tables_pt[TEST_PAGE / 4096] = tables_pt[TEST_PAGE / 4096 + 1];
	TRY(invlpgb, &r);
	TRY(tlbsync, &r);
	turn = 2;
	need(wait_for(&turn, 3));
	say("sees %u\n", (uint64_t)seen);
}
