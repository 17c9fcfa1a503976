// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* INT instructions, and code that changes while another vCPU executes it. */
#include "probe.h"

#define BP	3
#define ROUNDS	200u

/* Five bytes, a long NOP or a jump to what follows; and a return. */
__asm__(".balign 64\n"
	"patched:\n\t.byte 0x0f, 0x1f, 0x44, 0, 0\n\tret\n");

extern uint8_t patched[];

static const uint8_t forms[2][5] = {
	{ 0x0f, 0x1f, 0x44, 0, 0 }, { 0xe9, 0, 0, 0, 0 },
};

static volatile uint32_t asked, agreed, under_way, finished, stale;

/* IRET, which completes before anything after it is fetched. */
static void serialize(void)
{
	uint64_t unused;

	__asm__ volatile("mov %%ss, %0; push %0\n\t"
			 "push %%rsp; addq $8, (%%rsp); pushfq\n\t"
			 "mov %%cs, %0; push %0; push $1f\n\t"
			 "iretq; 1:" : "=&r"(unused) : : "memory", "cc");
}

static void execute(uint64_t unused)
{
	(void)unused;
	while (!finished) {
		uint32_t now = asked;

		if (now != agreed) {
			serialize();
			agreed = now;
		}
		__asm__ volatile("call patched" : : : "memory");
	}
	for (;;)
		__asm__ volatile("pause");
}

/* As Linux does: who patches has told what is changing, or it is a fault. */
static bool step_over(struct trap_frame *frame)
{
	if (frame->vector != BP || frame->rip != (uint64_t)patched + 1)
		return false;
	if (!under_way)
		stale++;
	frame->rip += 4;
	return true;
}

static void agree(void)
{
	uint32_t round = ++asked;

	need(wait_for(&agreed, round));
}

static void patch(const uint8_t *form)
{
	volatile uint8_t *code = patched;

	under_way = 1;
	code[0] = 0xcc;
	agree();
	for (unsigned i = 1; i < 5; i++)
		code[i] = form[i];
	agree();
	code[0] = form[0];
	agree();
	under_way = 0;
	agree();
}

PROBE(patched_code_is_seen_by_the_other_cpu)
{
	trap_hook = step_over;
	cpu1_prepare(execute, 0);
	need(cpu1_create().info1 == 0);
	for (unsigned i = 0; i < ROUNDS; i++)
		patch(forms[(i + 1) % 2]);
	finished = 1;
	say("breakpoints that were gone: %u\n", (uint64_t)stale);
}

/* RIP behind the instruction, no error code. */
PROBE(int_returns_behind_itself)
{
	struct regs r = { 0 };

	attempt(insn_int3, &r);
	say("int3: exception %u, %u behind\n", trap.vector,
	    trap.rip - (uint64_t)insn_int3_at);
	attempt(insn_int16, &r);
	say("int 16: exception %u, %u behind\n", trap.vector,
	    trap.rip - (uint64_t)insn_int16_at);
	attempt(insn_int64, &r);
	say("int 64: taken %u times\n", (uint64_t)irq_count[64]);
}

/* Only the gates of the debugger and of user_return() are open to it. */
PROBE(user_int_needs_an_open_gate)
{
	struct regs r = { 0 };

	TRY_USER(int3, &r);
	TRY_USER(int16, &r);
	TRY_USER(int64, &r);
}
