// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* A host that strikes at an instruction. */
#include "probe.h"

#define MSR_READ	0
#define BS		(1ull << 14)
#define TF		(1ull << 8)

static volatile uint32_t stage;

/* Where the exception was, in the function that executes PAUSE. */
static void pause_once(void)
{
	struct regs r = { 0 };

	if (attempt(insn_pause, &r))
		say("nothing\n");
	else
		say("exception %u error %x at %x\n", trap.vector, trap.error,
		    trap.rip - (uint64_t)insn_pause);
}

static void pause_times(unsigned n)
{
	while (n--)
		pause_once();
}

PROBE(host_strikes_with_an_nmi)
{
	pause_times(2);
}

PROBE(host_strikes_with_a_vc_of_any_code)
{
	pause_times(2);
}

PROBE(host_strikes_with_a_double_fault)
{
	pause_times(2);
}

PROBE(host_strikes_at_the_nth_arrival)
{
	pause_times(4);
}

PROBE(host_strikes_one_instruction_later_each_time)
{
	pause_times(5);
}

PROBE(host_ends_its_walk_at_an_address)
{
	pause_times(10);
}

PROBE(host_may_leave_arrivals_out)
{
	pause_times(5);
}

/* The frame is one word lower than the handler believes. */
PROBE(host_strikes_with_an_error_code_where_there_is_none)
{
	struct regs r = { 0 };

	(void)attempt(insn_pause, &r);
	say("exception %u would return to %x\n", trap.vector, trap.rip);
}

PROBE(host_cannot_inject_breakpoints)
{
	pause_times(1);
}

PROBE(restricted_injection_lets_hv_through)
{
	pause_times(2);
}

PROBE(restricted_injection_keeps_nmis_out)
{
	pause_times(1);
}

PROBE(normal_injection_keeps_hv_out)
{
	pause_times(1);
}

PROBE(single_steps_do_not_show)
{
	struct regs r = { 0 };
	uint64_t dr6;

	pause_once();
	need(attempt(insn_pause, &r));
	__asm__ volatile("mov %%dr6, %0" : "=r"(dr6));
	say("TF %u BS %u\n", (uint64_t)!!(r.flags & TF),
	    (uint64_t)!!(dr6 & BS));
}

/* All of a probe's memory is ring 3's, too. */
PROBE(stack_that_ring_3_can_write_is_a_take_over)
{
	pause_once();
}

PROBE(stack_that_the_host_can_write_is_a_take_over)
{
	uint64_t top = (uint64_t)shared(TEST_PAGE) + 0x1000;

	__asm__ volatile("mov %%rsp, %%r12\n\t"
			 "mov %0, %%rsp\n\t"
			 "call insn_pause_at\n\t"
			 "mov %%r12, %%rsp"
			 : : "r"(top) : "r12", "rax", "memory");
}

PROBE(host_answers_what_it_likes)
{
	struct regs r = { 0 };

	TRY(pause, &r);
	for (unsigned i = 0; i < 2; i++) {
		ghcb_begin();
		ghcb_set(GHCB_RCX, 0x277);
		ghcb_go(NAE_MSR, MSR_READ, 0);
		say("rdmsr %x:%x\n", ghcb_get(GHCB_RDX), ghcb_get(GHCB_RAX));
	}
}

static volatile uint32_t *const word = (volatile uint32_t *)TEST_PAGE;

PROBE(page_changes_between_two_instructions)
{
	take_page(TEST_PAGE);
	*word = 1;
	pause_once();			/* back to page 1 */
	say("page 1 has %u\n", (uint64_t)*word);
	try_pvalidate(TEST_PAGE, 0, 0);	/* page 2 */
	pause_once();
	say("page 1 has %u\n", (uint64_t)*word);
}

static void arrive(uint64_t argument)
{
	stage = (uint32_t)argument;
	for (;;)
		__asm__ volatile("pause");
}

PROBE(host_runs_a_vmsa_that_nobody_asked_for)
{
	cpu1_prepare(arrive, 7);
	say("before: %u\n", (uint64_t)stage);
	pause_once();
	say("it runs: %u\n", (uint64_t)wait_for(&stage, 7));
}
