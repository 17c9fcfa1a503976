// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/*
 * The 8259 pair, with vectors of L1's choice.
 *
 * L1 takes an interrupt while the guest still has them off. A guest that
 * just starts to initialise the controller would then hand L1 vectors 0 to
 * 7, which are exceptions there. So the device keeps one base for ever. What
 * waits for the guest is the line; it becomes a vector when the guest takes
 * it, as a processor asks for one only then. A controller has nothing to give
 * until it is initialised, and forgets what it had when that begins anew.
 */
#include "cpu.h"
#include "devices.h"
#include "hostside.h"

#define CORE_BASE	0xe0u		/* 8 for each controller */
#define LINES		8u		/* of one controller */
#define ICW1		0x10u
#define ICW1_NEEDS_ICW4	0x01u
#define ICW1_SINGLE	0x02u
#define ICW1_CASCADE	0x11u		/* with ICW4 */
#define ICW4_8086	0x01u
#define EOI_OF		0x60u		/* | line */
#define CASCADE_LINE	2u

static const uint16_t command_port[] = { 0x20, 0xa0 };
static const uint8_t cascade[] = { 1u << CASCADE_LINE, CASCADE_LINE };

/* Words of an initialisation; they come in this order. */
enum { ICW1_DUE = 1, ICW2_DUE = 2, ICW3_DUE = 4, ICW4_DUE = 8 };

/* What the guest made of one of them. */
struct pic {
	uint8_t base;
	unsigned due;		/* words that are still to come; 0: it works */
};

static struct spinlock lock;
static struct pic pics[] = { { .due = ICW1_DUE }, { .due = ICW1_DUE } };

/* ICW1 clears the base, too: give it back before anyone can take a vector. */
static void write_start(unsigned chip, uint8_t icw1)
{
	outb(command_port[chip], icw1);
	outb(command_port[chip] + 1u, (uint8_t)(CORE_BASE + LINES * chip));
}

void pic_init(void)
{
	for (unsigned chip = 0; chip < 2; chip++) {
		uint16_t data = command_port[chip] + 1u;

		write_start(chip, ICW1_CASCADE);
		outb(data, cascade[chip]);
		outb(data, ICW4_8086);
		outb(data, 0xff);
	}
}

static void start(unsigned chip, uint8_t icw1)
{
	write_start(chip, icw1);
	pics[chip].due = ICW2_DUE | (icw1 & ICW1_SINGLE ? 0 : ICW3_DUE) |
		(icw1 & ICW1_NEEDS_ICW4 ? ICW4_DUE : 0);
	irq_forget_lines((uint16_t)(0xffu << LINES * chip));
}

static void write_data(unsigned chip, uint8_t value)
{
	struct pic *pic = &pics[chip];

	if (pic->due & ICW2_DUE)
		pic->base = value & 0xf8;
	else
		outb(command_port[chip] + 1u, value);
	if (pic->due != ICW1_DUE)
		pic->due &= pic->due - 1;
}

static void write_byte(uint16_t port, uint8_t value)
{
	unsigned chip = port >= command_port[1];

	if (port & 1)
		write_data(chip, value);
	else if (value & ICW1)
		start(chip, value);
	else
		outb(port, value);
}

void pic_write(uint16_t port, unsigned size, uint32_t value)
{
	spin_lock(&lock);
	for (unsigned i = 0; i < size; i++)
		write_byte((uint16_t)(port + i), (uint8_t)(value >> 8 * i));
	spin_unlock(&lock);
}

/* L1 took what the guest cannot have. */
static void give_up(unsigned line)
{
	unsigned chip = line / LINES;

	outb(command_port[chip], (uint8_t)(EOI_OF | line % LINES));
	if (chip)
		outb(command_port[0], EOI_OF | CASCADE_LINE);
}

bool pic_interrupt(uint8_t vector, uint16_t *lines)
{
	unsigned line = vector - CORE_BASE;

	if (vector < CORE_BASE || line >= 2 * LINES)
		return false;
	spin_lock(&lock);
	if (!pics[line / LINES].due)
		__atomic_fetch_or(lines, (uint16_t)(1u << line),
				  __ATOMIC_ACQ_REL);
	else
		give_up(line);
	spin_unlock(&lock);
	return true;
}

uint8_t pic_vector(unsigned line)
{
	return pics[line / LINES].base | (line % LINES);
}
