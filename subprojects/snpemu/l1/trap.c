// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* L1's IDT: physical interrupts go to the host side, the rest is a fault. */
#include "host.h"
#include "mm.h"
#include "trap.h"
#include "vcpu.h"

#define GATE_INTERRUPT	0x8e00ull
#define CODE_SELECTOR	0x08ull
#define STUB_BYTES	16

struct trap_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rdi, rsi, rbp, rbx, rdx, rcx, rax;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};

struct gate {
	uint64_t low, high;
};

extern uint8_t trap_stubs[];
extern uint8_t wait_begin[], wait_end[];

static struct gate idt[256];

void trap_init(void)
{
	for (unsigned i = 0; i < 256; i++) {
		uint64_t stub = (uint64_t)trap_stubs + i * STUB_BYTES;

		idt[i].low = (stub & 0xffff) | CODE_SELECTOR << 16 |
			     GATE_INTERRUPT << 32 |
			     ((stub >> 16) & 0xffff) << 48;
		idt[i].high = stub >> 32;
	}
}

void trap_load(void)
{
	struct __attribute__((packed)) {
		uint16_t limit;
		uint64_t base;
	} idtr = { sizeof(idt) - 1, (uint64_t)idt };

	__asm__ volatile("lidt %0" : : "m"(idtr));
}

static void take_nmi(struct vcpu *v, struct trap_frame *frame)
{
	if (frame->rip >= (uint64_t)wait_begin &&
	    frame->rip < (uint64_t)wait_end)
		frame->rip = (uint64_t)wait_end;
	if (v && !__atomic_exchange_n(&v->nmi_is_kick, 0, __ATOMIC_ACQ_REL))
		host_nmi(v);
}

void trap_entry(struct trap_frame *frame)
{
	struct vcpu *v = vcpu_self();

	if (frame->vector == VECTOR_NMI) {
		take_nmi(v, frame);
	} else if (frame->vector >= 32) {
		counter_add(v, COUNTER_INTERRUPT, 1);
		host_interrupt(v, (uint8_t)frame->vector);
	} else {
		machine_stop(STOP_FAULT, "L1 took exception %lu (error %lx) at "
			     "%lx, cr2 %lx, rsp %lx", frame->vector,
			     frame->error, frame->rip, read_cr2(), frame->rsp);
	}
}
