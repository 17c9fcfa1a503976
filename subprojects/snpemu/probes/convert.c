// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Pages that the host converts because of an access, as QEMU's does. */
#include "probe.h"

#define WORD(va) (*(volatile uint32_t *)(va))
#define SHARED_PAGE	(SHARED_BASE + TEST_PAGE)

PROBE(private_read_of_a_shared_page_makes_it_private)
{
	struct regs r = { .rsi = TEST_PAGE };

	WORD(SHARED_PAGE) = 5;
	TRY(read, &r);
	try_pvalidate(TEST_PAGE, 0, 1);
	say("private view shows it: %u\n", (uint64_t)(WORD(TEST_PAGE) == 5));
}

PROBE(fetch_of_a_shared_page_makes_it_private)
{
	struct regs r = { .rax = TEST_PAGE };

	report("fetch", attempt(insn_jump, &r), (char *)TEST_PAGE);
	try_pvalidate(TEST_PAGE, 0, 1);
}

PROBE(pvalidate_of_a_shared_page_makes_it_private)
{
	try_pvalidate(TEST_PAGE, 0, 1);
	WORD(TEST_PAGE) = 7;
	say("private %x\n", (uint64_t)WORD(TEST_PAGE));
}

PROBE(pvalidate_of_a_large_shared_page_converts_a_small_one)
{
	try_pvalidate(TEST_LARGE, 1, 1);
	try_pvalidate(TEST_LARGE, 0, 1);
}

PROBE(rmpadjust_of_a_shared_page_makes_it_private)
{
	try_rmpadjust(TEST_PAGE, 0, ADJUST(1, P_READ));
}

PROBE(shared_read_of_a_private_page_makes_it_shared)
{
	struct regs r = { .rsi = TEST_PAGE };

	take_page(TEST_PAGE);
	WORD(TEST_PAGE) = 0x5ec4e7;
	say("shared view shows it: %u\n",
	    (uint64_t)(WORD(SHARED_PAGE) == 0x5ec4e7));
	flush_own_tlb();
	TRY(read, &r);
	try_pvalidate(TEST_PAGE, 0, 1);
	say("content is there: %u\n", (uint64_t)(WORD(TEST_PAGE) == 0x5ec4e7));
}

PROBE(shared_write_of_a_private_page_makes_it_shared)
{
	struct regs r = { .rsi = TEST_PAGE };

	take_page(TEST_PAGE);
	WORD(SHARED_PAGE) = 9;
	say("shared %x\n", (uint64_t)WORD(SHARED_PAGE));
	flush_own_tlb();
	TRY(read, &r);
}

PROBE(shared_write_in_a_large_private_page_splits_it)
{
	struct regs r = { .rsi = TEST_LARGE + 0x3000 };

	take_large(TEST_LARGE);
	WORD(TEST_LARGE) = 3;
	WORD(SHARED_BASE + TEST_LARGE + 0x3000) = 9;
	say("first page %x\n", (uint64_t)WORD(TEST_LARGE));
	flush_own_tlb();
	TRY(read, &r);
}

static void write_shared(uint64_t va)
{
	WORD(va) = 1;
	level_back();
}

PROBE(shared_write_at_vmpl1_takes_a_page_of_vmpl0)
{
	struct regs r = { .rsi = TEST_PAGE };

	take_page(TEST_PAGE);
	level_start(1, write_shared, SHARED_PAGE);
	level_run(1);
	flush_own_tlb();
	TRY(read, &r);
}

/* The processor's own access on its way to a handler counts, too. */
PROBE(delivery_on_a_shared_stack_is_a_double_fault)
{
	struct regs r = { 0 };

	trap_use_ist(29);
	need(pvalidate((uint64_t)ist_stack, 0, 0));
	need(psc_shared((uint64_t)ist_stack));
	TRY(cpuid, &r);
	try_pvalidate((uint64_t)ist_stack, 0, 1);
}
