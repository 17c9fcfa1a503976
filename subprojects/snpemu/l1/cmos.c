// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* The CMOS: QEMU's, but the memory sizes in it are the guest's. */
#include "cpu.h"
#include "devices.h"
#include "memsize.h"
#include "mm.h"

#define CMOS_INDEX	0x70
#define CMOS_DATA	0x71
#define NMI_DISABLE	0x80
#define RTC_FLAGS	0x0c		/* reading clears them */

static struct spinlock lock;
static uint8_t selected;
static uint8_t flags_seen;

static uint8_t read_flags(void)
{
	uint8_t value = inb(CMOS_DATA) | flags_seen;

	flags_seen = 0;
	return value;
}

static uint8_t read_data(void)
{
	uint8_t value;

	if ((selected & ~NMI_DISABLE) == RTC_FLAGS)
		return read_flags();
	if (cmos_memory_byte(guest_memory.low, guest_memory.high,
			     selected & ~NMI_DISABLE, &value))
		return value;
	return inb(CMOS_DATA);
}

uint32_t cmos_read(uint16_t port, unsigned size)
{
	uint32_t value = 0xff;

	spin_lock(&lock);
	if (port == CMOS_DATA)
		value = read_data();
	else if (size == 2)
		value |= (uint32_t)read_data() << 8;
	spin_unlock(&lock);
	return value;
}

static void write_byte(uint16_t port, uint8_t value)
{
	if (port == CMOS_INDEX)
		selected = value;
	outb(port, value);
}

void cmos_write(uint16_t port, unsigned size, uint32_t value)
{
	spin_lock(&lock);
	write_byte(port, (uint8_t)value);
	if (size == 2)
		write_byte(CMOS_DATA, (uint8_t)(value >> 8));
	spin_unlock(&lock);
}

uint8_t cmos_peek_flags(void)
{
	uint8_t value;

	spin_lock(&lock);
	outb(CMOS_INDEX, RTC_FLAGS);
	value = inb(CMOS_DATA);
	outb(CMOS_INDEX, selected);
	flags_seen |= value;
	spin_unlock(&lock);
	return value;
}
