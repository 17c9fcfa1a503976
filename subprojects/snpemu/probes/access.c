// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Memory accesses: private, shared, validated or not, remapped or taken. */
#include "probe.h"

#define WORD(va) (*(volatile uint32_t *)(va))

static void say_word(const char *what, uint64_t va)
{
	say("%s %x\n", what, (uint64_t)WORD(va));
}

/* ------------------------------------------------------- validation */

PROBE(read_of_a_page_not_validated_is_a_vc)
{
	struct regs r = { .rsi = TEST_PAGE + 0x123 };

	need(psc_private(TEST_PAGE));
	TRY(read, &r);
}

PROBE(write_of_a_page_not_validated_is_a_vc)
{
	struct regs r = { .rdi = TEST_PAGE + 0xfff };

	need(psc_private(TEST_PAGE));
	TRY(write, &r);
}

PROBE(fetch_of_a_page_not_validated_is_a_vc)
{
	struct regs r = { .rax = TEST_PAGE };

	need(psc_private(TEST_PAGE));
	report("fetch", attempt(insn_jump, &r), (char *)TEST_PAGE);
}

PROBE(access_across_pages_names_the_bad_one)
{
	struct regs r = { .rsi = TEST_PAGE + 0xffe };

	take_page(TEST_PAGE);
	need(psc_private(TEST_PAGE + 0x1000));
	TRY(read32, &r);
}

PROBE(rescinding_takes_effect_with_the_own_flush)
{
	struct regs r = { .rsi = TEST_PAGE };

	take_page(TEST_PAGE);
	TRY(read, &r);
	need(pvalidate(TEST_PAGE, 0, 0));
	TRY(read, &r);
	flush_own_tlb();
	TRY(read, &r);
}

PROBE(ring_3_read_of_a_page_not_validated_is_a_vc)
{
	struct regs r = { .rsi = TEST_PAGE };

	need(psc_private(TEST_PAGE));
	TRY_USER(read, &r);
}

PROBE(page_fault_of_the_guests_tables_comes_first)
{
	struct regs r = { .rdi = TEST_PAGE };

	need(psc_private(TEST_PAGE));
	page_flags(TEST_PAGE, 0, 2);
	TRY(write, &r);
}

/* -------------------------------------------------- private and shared */

PROBE(private_read_of_a_shared_page_breaks_a_rule)
{
	struct regs r = { .rsi = TEST_PAGE };

	TRY(read, &r);
}

PROBE(private_write_of_a_shared_page_breaks_a_rule)
{
	struct regs r = { .rdi = TEST_PAGE };

	TRY(write, &r);
}

PROBE(shared_write_of_a_private_page_breaks_a_rule)
{
	struct regs r = { .rdi = SHARED_BASE + TEST_PAGE };

	take_page(TEST_PAGE);
	TRY(write, &r);
}

PROBE(shared_read_of_a_private_page_is_no_plaintext)
{
	take_page(TEST_PAGE);
	WORD(TEST_PAGE) = 0x5ec4e7;
	say("private %x\n", (uint64_t)WORD(TEST_PAGE));
	say("shared view shows it: %u\n",
	    (uint64_t)(WORD(SHARED_BASE + TEST_PAGE) == 0x5ec4e7));
}

PROBE(shared_memory_can_be_written_and_read)
{
	WORD(SHARED_BASE + TEST_PAGE) = 0xbeef;
	say_word("shared", SHARED_BASE + TEST_PAGE);
}

PROBE(content_does_not_cross_from_shared_to_private)
{
	WORD(SHARED_BASE + TEST_PAGE) = 0x12345678;
	need(psc_private(TEST_PAGE));
	need(pvalidate(TEST_PAGE, 0, 1));
	say("private view shows it: %u\n",
	    (uint64_t)(WORD(TEST_PAGE) == 0x12345678));
}

PROBE(content_does_not_cross_from_private_to_shared)
{
	take_page(TEST_PAGE);
	WORD(TEST_PAGE) = 0x5ec4e7;
	need(pvalidate(TEST_PAGE, 0, 0));
	need(psc_shared(TEST_PAGE));
	say("shared view shows it: %u\n",
	    (uint64_t)(WORD(SHARED_BASE + TEST_PAGE) == 0x5ec4e7));
}

PROBE(host_does_not_see_private_content)
{
	take_page(TEST_PAGE);
	WORD(TEST_PAGE) = 0x5ec4e7;
	say("host sees it: %u\n",
	    (uint64_t)(attack(ATTACK_LOOK, TEST_PAGE) == 0x5ec4e7));
}

PROBE(host_sees_shared_content)
{
	WORD(SHARED_BASE + TEST_PAGE) = 0xcafe;
	say("host sees %x\n", (uint64_t)attack(ATTACK_LOOK, TEST_PAGE));
}

/* ------------------------------------------------- what the host takes */

PROBE(remapped_page_is_not_validated)
{
	struct regs r = { .rsi = TEST_PAGE };

	take_page(TEST_PAGE);
	need(attack(ATTACK_REMAP, TEST_PAGE) == 0);
	TRY(read, &r);
}

PROBE(pvalidate_accepts_a_remapped_page)
{
	take_page(TEST_PAGE);
	WORD(TEST_PAGE) = 0x600d;
	need(attack(ATTACK_REMAP, TEST_PAGE) == 0);
	try_pvalidate(TEST_PAGE, 0, 1);
	say("old content is there: %u\n",
	    (uint64_t)(WORD(TEST_PAGE) == 0x600d));
}

PROBE(page_taken_by_the_host_breaks_a_rule)
{
	struct regs r = { .rsi = TEST_PAGE };

	take_page(TEST_PAGE);
	need(attack(ATTACK_TAKE, TEST_PAGE) == 0);
	TRY(read, &r);
}

PROBE(page_with_another_address_breaks_a_rule)
{
	struct regs r = { .rsi = TEST_PAGE };

	take_page(TEST_PAGE);
	need(attack(ATTACK_MOVE, TEST_PAGE) == 0);
	TRY(read, &r);
}

PROBE(page_shared_by_request_must_be_validated_again)
{
	struct regs r = { .rsi = TEST_PAGE };

	take_page(TEST_PAGE);
	need(psc_shared(TEST_PAGE));
	need(psc_private(TEST_PAGE));
	flush_own_tlb();
	TRY(read, &r);
	try_pvalidate(TEST_PAGE, 0, 1);
}
