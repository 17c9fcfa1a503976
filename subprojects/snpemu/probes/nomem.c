// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Ranges of the host's memory map that are no memory. */
#include "probe.h"

#define WORD(va) (*(volatile uint32_t *)(va))
#define SHARED_PAGE	(SHARED_BASE + TEST_PAGE)

static void accept(uint64_t gpa)
{
	say("private: %u\n", (uint64_t)psc_private(gpa));
	try_pvalidate(gpa, 0, 1);
}

/* An exit, as any request is. */
static void leave(void)
{
	msr_call(2);
}

PROBE(write_to_read_only_memory_never_ends)
{
	accept(TEST_PAGE);
	say("can be read: %u\n", (uint64_t)(WORD(TEST_PAGE) | 1) & 1);
	try_rmpadjust(TEST_PAGE, 0, ADJUST(1, P_READ));
	WORD(TEST_PAGE) = 1;
	say("still here\n");
}

PROBE(shared_write_to_read_only_memory_never_ends)
{
	say("can be read: %u\n", (uint64_t)(WORD(SHARED_PAGE) | 1) & 1);
	WORD(SHARED_PAGE) = 1;
	say("still here\n");
}

PROBE(write_to_lost_memory_is_lost)
{
	uint32_t before;

	accept(TEST_PAGE);
	before = WORD(TEST_PAGE);
	WORD(TEST_PAGE) = ~before;
	leave();
	say("it is there: %u\n", (uint64_t)(WORD(TEST_PAGE) == ~before));
	say("as it was: %u\n", (uint64_t)(WORD(TEST_PAGE) == before));
	before = WORD(SHARED_PAGE + 4096);
	WORD(SHARED_PAGE + 4096) = ~before;
	leave();
	say("shared, as it was: %u\n",
	    (uint64_t)(WORD(SHARED_PAGE + 4096) == before));
}

PROBE(write_across_pages_of_lost_memory_goes_on)
{
	struct regs r = { .rdi = TEST_PAGE + 0xffe };

	accept(TEST_PAGE);
	accept(TEST_PAGE + 4096);
	TRY(write32, &r);
}

PROBE(access_to_a_device_in_the_memory_map_is_a_vc)
{
	struct regs r = { .rsi = TEST_PAGE };

	say("private: %u\n", (uint64_t)psc_private(TEST_PAGE));
	TRY(read, &r);
	r.rsi = SHARED_PAGE;
	TRY(read, &r);
	r.rdi = SHARED_PAGE;
	TRY(write, &r);
	say("memory behind it is fine: %u\n",
	    (uint64_t)psc_private(TEST_PAGE + 4096));
}

PROBE(pvalidate_of_a_device_in_the_memory_map_never_ends)
{
	try_pvalidate(TEST_PAGE, 0, 1);
}

PROBE(pvalidate_of_memory_that_is_not_there_never_ends)
{
	accept(TEST_PAGE);
}

PROBE(read_of_memory_that_is_not_there_never_ends)
{
	say("read %x\n", (uint64_t)WORD(SHARED_PAGE));
}

static volatile uint32_t beats;

static void hang(uint64_t unused)
{
	(void)unused;
	beats = 1;
	WORD(SHARED_PAGE) = 1;
	beats = 2;
}

/* The other vCPU goes on for as long as it likes. */
PROBE(vcpu_without_progress_stops_no_other)
{
	cpu1_prepare(hang, 0);
	need(cpu1_create().info1 == 0);
	need(wait_for(&beats, 1));
	say("it goes on: %u\n", (uint64_t)wait_ticks(&beats, 2, 9000000000));
}

/* Both are at it for ever; for test_loud.py, as either of them ends it. */
PROBE(vcpus_without_progress_end_the_run)
{
	cpu1_prepare(hang, 0);
	need(cpu1_create().info1 == 0);
	need(wait_for(&beats, 1));
	WORD(SHARED_PAGE + 4096) = 1;
}
