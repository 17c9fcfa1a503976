// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Exceptions: an attempt ends in one, or in its result. */
#include "rt.h"

#define GATE_DPL3	0xee
#define GATE_DPL0	0x8e
#define VECTOR_USER	0x80	/* user code says that it is done */
#define VC		29

struct context {
	uint64_t word[8];
};

extern int context_save(struct context *context)
	__attribute__((returns_twice));
extern _Noreturn void context_resume(const struct context *context);
extern _Noreturn void user_enter(insn_fn *code, uint64_t stack, void *arg);
extern void user_return(void);
extern void code32_call(const void *target, struct regs *regs);
extern uint8_t trap_entries[256][16];
extern uint64_t gdt[];

volatile struct trap trap;
volatile unsigned irq_count[256];
volatile bool irq_eoi;
bool (*volatile trap_hook)(struct trap_frame *frame);
uint8_t ist_stack[4096] ALIGNED_PAGE;
uint8_t tss[2][104] __attribute__((aligned(8)));
struct descriptor_table idt_pointer;

static struct context contexts[2];
static volatile bool catching[2];
static uint8_t user_stack[4096] ALIGNED_PAGE;
static uint8_t kernel_stack[2][4096] ALIGNED_PAGE;

static struct gate {
	uint16_t low, selector;
	uint8_t ist, type;
	uint16_t middle;
	uint32_t high, reserved;
} idt[256] ALIGNED_PAGE;

/* ------------------------------------------------------------------ set-up */

static void set_gate(unsigned vector, uint8_t type)
{
	uint64_t at = (uint64_t)trap_entries[vector];

	idt[vector] = (struct gate){
		.low = (uint16_t)at,
		.middle = (uint16_t)(at >> 16),
		.high = (uint32_t)(at >> 32),
		.selector = SEL_CODE64,
		.type = type,
	};
}

static void set_tss(unsigned cpu)
{
	uint64_t base = (uint64_t)tss[cpu];
	uint64_t rsp0 = (uint64_t)kernel_stack[cpu] + 4096;
	uint64_t ist1 = (uint64_t)ist_stack + sizeof(ist_stack);
	uint16_t no_bitmap = sizeof(tss[cpu]);
	uint64_t *entry = &gdt[(SEL_TSS0 + 16 * cpu) / 8];

	memcpy(tss[cpu] + 102, &no_bitmap, sizeof(no_bitmap));
	memcpy(tss[cpu] + 4, &rsp0, sizeof(rsp0));
	memcpy(tss[cpu] + 36, &ist1, sizeof(ist1));
	entry[0] = 103 | (base & 0xffffff) << 16 | 0x89ull << 40 |
		   (base >> 24 & 0xff) << 56;
	entry[1] = base >> 32;
}

void trap_init(void)
{
	for (unsigned i = 0; i < 256; i++)
		set_gate(i, i == VECTOR_USER ? GATE_DPL3 : GATE_DPL0);
	idt_pointer.limit = sizeof(idt) - 1;
	idt_pointer.base = (uint64_t)idt;
	set_tss(0);
	set_tss(1);
	__asm__ volatile("lidt %0" : : "m"(idt_pointer));
	__asm__ volatile("ltr %w0" : : "r"(SEL_TSS0));
}

void trap_use_ist(unsigned vector)
{
	idt[vector].ist = 1;
}

void trap_gate_absent(unsigned vector)
{
	idt[vector].type &= 0x7f;
}

/* ------------------------------------------------------------------ taking */

static void record(const struct trap_frame *frame)
{
	uint64_t cr2;

	__asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
	trap.vector = frame->vector;
	trap.error = frame->error;
	trap.cr2 = cr2;
	trap.rip = frame->rip;
	trap.cs = frame->cs;
	trap.flags = frame->flags;
	trap.rsp = frame->rsp;
	trap.frame = (uint64_t)frame;
}

static bool is_interrupt(uint64_t vector)
{
	return vector >= 32 && vector != VECTOR_USER;
}

static void take_interrupt(uint64_t vector)
{
	irq_count[vector]++;
	if (irq_eoi)
		wrmsr(0x80b, 0);
}

void trap_taken(struct trap_frame *frame);

void trap_taken(struct trap_frame *frame)
{
	unsigned cpu = cpu_number();

	if (trap_hook && trap_hook(frame))
		return;
	if (is_interrupt(frame->vector)) {
		take_interrupt(frame->vector);
		return;
	}
	record(frame);
	if (!catching[cpu]) {
		say("unexpected exception %u error %x rip %x cr2 %x\n",
		    trap.vector, trap.error, trap.rip, trap.cr2);
		fail(2);
	}
	catching[cpu] = false;
	context_resume(&contexts[cpu]);
}

/* ---------------------------------------------------------------- attempts */

static void catch_begin(void)
{
	trap.vector = ~0ull;
	catching[cpu_number()] = true;
}

bool attempt(insn_fn *insn, struct regs *regs)
{
	catch_begin();
	if (context_save(&contexts[cpu_number()]))
		return false;
	insn(regs);
	catching[cpu_number()] = false;
	return true;
}

bool attempt_user(insn_fn *insn, struct regs *regs)
{
	uint64_t *top = (uint64_t *)(user_stack + sizeof(user_stack)) - 1;

	*top = (uint64_t)user_return;
	catch_begin();
	if (!context_save(&contexts[cpu_number()]))
		user_enter(insn, (uint64_t)top, regs);
	return trap.vector == VECTOR_USER;
}

bool attempt32(const char *insn, struct regs *regs)
{
	static struct {
		uint32_t offset;
		uint16_t selector;
	} target;

	target.offset = (uint32_t)(uint64_t)insn;
	target.selector = SEL_CODE32;
	catch_begin();
	if (context_save(&contexts[cpu_number()]))
		return false;
	code32_call(&target, regs);
	catching[cpu_number()] = false;
	return true;
}

static const char *place(const char *at)
{
	return trap.rip == (uint64_t)at ? "at the instruction" :
					  "somewhere else";
}

void report(const char *name, bool done, const char *at)
{
	if (done) {
		say("%s: done\n", name);
		return;
	}
	if (trap.vector == VC)
		say("%s: #VC %x %s", name, trap.error, place(at));
	else
		say("%s: exception %u error %x %s", name, trap.vector,
		    trap.error, place(at));
	if (trap.vector == 14 || (trap.vector == VC && trap.error == 0x404))
		say(" cr2 %x", trap.cr2);
	say(trap.cs & 3 ? " cpl 3\n" : "\n");
}
