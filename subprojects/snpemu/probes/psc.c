// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Page state change lists: progress, errors, large pages. */
#include "probe.h"

#define PRIVATE	1ull
#define SHARED	2ull
#define SMASH	3ull
#define LARGE	(1ull << 56)

static volatile uint64_t *list(void)
{
	return (volatile uint64_t *)(ghcb_page() + GHCB_BUFFER);
}

static uint64_t entry(uint64_t gpa, uint64_t op)
{
	return gpa | op << 52;
}

/* Entries are in place; the header says from where to where. */
static void change(uint64_t current, uint64_t end)
{
	list()[0] = current | end << 16;
	ghcb_begin();
	ghcb_set(GHCB_SCRATCH, ghcb_gpa() + GHCB_BUFFER);
	say_answer("psc", ghcb_go(NAE_PSC, 0, 0));
}

static void say_progress(void)
{
	say("at entry %u of %u\n", list()[0] & 0xffff,
	    list()[0] >> 16 & 0xffff);
}

PROBE(psc_list_is_worked_through)
{
	for (unsigned i = 0; i < 3; i++)
		list()[1 + i] = entry(TEST_PAGE + i * 4096, PRIVATE);
	change(0, 2);
	say_progress();
	say("pages done %u %u %u\n", list()[1] & 0xfff, list()[2] & 0xfff,
	    list()[3] & 0xfff);
	try_pvalidate(TEST_PAGE + 0x2000, 0, 1);
}

PROBE(psc_may_come_back_early)
{
	need(attack(ATTACK_BATCH, 2 * 4096) == 0);
	for (unsigned i = 0; i < 3; i++)
		list()[1 + i] = entry(TEST_PAGE + i * 4096, PRIVATE);
	change(0, 2);
	say_progress();
	*(volatile uint32_t *)shared(TEST_PAGE + 0x2000) = 1;
	say("the third is shared still\n");
	change(list()[0] & 0xffff, 2);
	say_progress();
	try_pvalidate(TEST_PAGE + 0x2000, 0, 1);
}

PROBE(psc_goes_on_from_the_current_entry)
{
	list()[1] = entry(TEST_PAGE, PRIVATE);
	list()[2] = entry(TEST_PAGE + 4096, PRIVATE);
	change(1, 1);
	say_progress();
	try_pvalidate(TEST_PAGE + 4096, 0, 1);
	*(volatile uint32_t *)shared(TEST_PAGE) = 1;
	say("the first is shared still\n");
}

PROBE(psc_stops_at_a_bad_entry)
{
	list()[1] = entry(TEST_PAGE, PRIVATE);
	list()[2] = entry(TEST_PAGE + 4096, 9);
	list()[3] = entry(TEST_PAGE + 8192, PRIVATE);
	change(0, 2);
	say_progress();
	try_pvalidate(TEST_PAGE, 0, 1);
	*(volatile uint32_t *)shared(TEST_PAGE + 8192) = 1;
	say("the third is shared still\n");
}

PROBE(psc_refuses_a_header_beyond_the_buffer)
{
	change(0, 253);
}

PROBE(psc_of_nothing_is_no_error)
{
	change(3, 2);
	say_progress();
}

PROBE(psc_refuses_a_misaligned_large_page)
{
	list()[1] = entry(TEST_LARGE + 4096, PRIVATE) | LARGE;
	change(0, 0);
	say_progress();
}

PROBE(psc_refuses_reserved_bits)
{
	list()[1] = entry(TEST_PAGE, PRIVATE) | 1ull << 60;
	change(0, 0);
	say_progress();
}

PROBE(psc_of_a_large_page_counts_512)
{
	list()[1] = entry(TEST_LARGE, PRIVATE) | LARGE;
	change(0, 0);
	say("pages done %u\n", list()[1] & 0xfff);
	try_pvalidate(TEST_LARGE, 1, 1);
}

PROBE(psc_of_a_large_page_goes_on_in_its_middle)
{
	list()[1] = entry(TEST_LARGE, PRIVATE) | LARGE | 256;
	change(0, 0);
	say("pages done %u\n", list()[1] & 0xfff);
	try_pvalidate(TEST_LARGE + 300 * 4096, 0, 1);
	*(volatile uint32_t *)shared(TEST_LARGE) = 1;
	say("the first page is shared still\n");
}

PROBE(psc_smash_splits_a_large_page)
{
	take_large(TEST_LARGE);
	list()[1] = entry(TEST_LARGE, SMASH) | LARGE;
	change(0, 0);
	try_pvalidate(TEST_LARGE, 1, 1);
	try_pvalidate(TEST_LARGE + 4096, 0, 1);
}

PROBE(psc_of_one_page_in_a_large_one_spares_the_others)
{
	take_large(TEST_LARGE);
	*(volatile uint32_t *)(TEST_LARGE + 8192) = 0x77;
	need(psc_shared(TEST_LARGE + 4096));
	*(volatile uint32_t *)shared(TEST_LARGE + 4096) = 1;
	say("neighbour has %x\n",
	    (uint64_t)*(volatile uint32_t *)(TEST_LARGE + 8192));
	try_pvalidate(TEST_LARGE + 8192, 0, 1);
}

PROBE(psc_to_private_of_a_private_page_keeps_it)
{
	take_page(TEST_PAGE);
	*(volatile uint32_t *)TEST_PAGE = 0x600d;
	list()[1] = entry(TEST_PAGE, PRIVATE);
	change(0, 0);
	try_pvalidate(TEST_PAGE, 0, 1);
	say("content %x\n", (uint64_t)*(volatile uint32_t *)TEST_PAGE);
}
