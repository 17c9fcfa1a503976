// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* The 8259: which vector its interrupts have, and when. */
#include "probe.h"

#define PIC_COMMAND	0x20
#define PIC_DATA	0x21
#define PIC_EOI		0x20
#define ICW1		0x11	/* cascade, with ICW4 */
#define ICW3_SLAVE_AT_2	0x04
#define ICW4_8086	0x01
#define ALL_MASKED	0xff
#define TIMER_UNMASKED	0xfe

#define PIT_COUNTER	0x40
#define PIT_COMMAND	0x43
#define PIT_RATE	0x34	/* counter 0, two bytes, mode 2 */
#define PIT_LATCH	0x00
#define PIT_1_MS	1193

#define WAIT_MAX	100000
#define WRAPS		20

static void timer_start(void)
{
	outb_host(PIT_COMMAND, PIT_RATE);
	outb_host(PIT_COUNTER, PIT_1_MS & 0xff);
	outb_host(PIT_COUNTER, PIT_1_MS >> 8);
}

static unsigned timer_count(void)
{
	unsigned low;

	outb_host(PIT_COMMAND, PIT_LATCH);
	low = inb_host(PIT_COUNTER);
	return low | (unsigned)inb_host(PIT_COUNTER) << 8;
}

/* Long enough for an edge of the timer: the counter starts again often. */
static void wait_for_edge(void)
{
	unsigned last = timer_count(), wraps = 0;

	for (unsigned i = 0; i < WAIT_MAX && wraps < WRAPS; i++) {
		unsigned now = timer_count();

		wraps += now > last;
		last = now;
	}
	need(wraps == WRAPS);
}

/* What starts the 8259 also unmasks all its lines. */
static void pic_finish(uint8_t base)
{
	outb_host(PIC_DATA, base);
	outb_host(PIC_DATA, ICW3_SLAVE_AT_2);
	outb_host(PIC_DATA, ICW4_8086);
	outb_host(PIC_DATA, ALL_MASKED);
	outb_host(PIC_COMMAND, PIC_EOI);
}

static void window(void)
{
	__asm__ volatile("sti; nop; nop; cli" : : : "memory");
	outb_host(PIC_COMMAND, PIC_EOI);
}

static bool timer_comes_at(uint8_t vector)
{
	unsigned before = irq_count[vector];

	outb_host(PIC_DATA, TIMER_UNMASKED);
	for (unsigned i = 0; i < WAIT_MAX && irq_count[vector] == before; i++)
		window();
	return irq_count[vector] != before;
}

PROBE(pic_gives_no_vector_before_it_has_one)
{
	timer_start();
	outb_host(PIC_COMMAND, ICW1);
	wait_for_edge();
	window();
	pic_finish(0x40);
	window();
	say("no exception came\n");
	say("the timer comes at 40: %u\n", (uint64_t)timer_comes_at(0x40));
}

PROBE(pic_forgets_its_interrupts_when_it_starts_again)
{
	unsigned before;

	timer_start();
	outb_host(PIC_COMMAND, ICW1);
	pic_finish(0x40);
	need(timer_comes_at(0x40));
	wait_for_edge();
	before = irq_count[0x40];
	outb_host(PIC_COMMAND, ICW1);
	pic_finish(0x48);
	window();
	say("more at 40: %u\n", (uint64_t)(irq_count[0x40] - before));
	say("the timer comes at 48: %u\n", (uint64_t)timer_comes_at(0x48));
}
