// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/*
 * The 8259 pair, with vectors of L1's choice.
 *
 * L1 takes an interrupt while the guest still has them off. A guest that
 * just starts to initialise the controller would then hand L1 vectors 0 to
 * 7, which are exceptions there. So the device keeps one base for ever, and
 * the guest's is put in when the vector goes to the guest.
 */
#include "cpu.h"
#include "devices.h"

#define CORE_BASE	0xe0u		/* 8 for each controller */
#define ICW1		0x10u
#define ICW1_CASCADE	0x11u		/* with ICW4 */
#define ICW4_8086	0x01u

static const uint16_t command_port[] = { 0x20, 0xa0 };
static const uint8_t cascade[] = { 0x04, 0x02 };

static struct spinlock lock;
static uint8_t guest_base[2];
static bool base_expected[2];

static unsigned which(uint16_t port)
{
	return port >= command_port[1];
}

/* ICW1 clears the base, too: give it back before anyone can take a vector. */
static void start(unsigned chip, uint8_t value)
{
	outb(command_port[chip], value);
	outb(command_port[chip] + 1u, (uint8_t)(CORE_BASE + 8 * chip));
	base_expected[chip] = true;
}

void pic_init(void)
{
	for (unsigned chip = 0; chip < 2; chip++) {
		uint16_t data = command_port[chip] + 1u;

		start(chip, ICW1_CASCADE);
		outb(data, cascade[chip]);
		outb(data, ICW4_8086);
		outb(data, 0xff);
		base_expected[chip] = false;
	}
}

static void write_byte(uint16_t port, uint8_t value)
{
	unsigned chip = which(port);
	bool data = port & 1;

	if (!data && value & ICW1) {
		start(chip, value);
	} else if (data && base_expected[chip]) {
		guest_base[chip] = value & 0xf8;
		base_expected[chip] = false;
	} else {
		outb(port, value);
	}
}

void pic_write(uint16_t port, unsigned size, uint32_t value)
{
	spin_lock(&lock);
	for (unsigned i = 0; i < size; i++)
		write_byte((uint16_t)(port + i), (uint8_t)(value >> 8 * i));
	spin_unlock(&lock);
}

bool pic_vector(uint8_t *vector)
{
	unsigned chip = *vector >> 3 & 1;

	if (*vector < CORE_BASE || *vector >= CORE_BASE + 16)
		return false;
	*vector = guest_base[chip] | (*vector & 7);
	return true;
}
