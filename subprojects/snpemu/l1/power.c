// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/*
 * Power-off and reset, seen before they reach the device so that L1 can
 * print its counters while there still is a machine.
 */
#include "devices.h"
#include "log.h"

#define PM1_CONTROL		4		/* from PMBASE on */
#define PM1_SLEEP_ENABLE	(1u << 13)
#define PM1_SLEEP_TYPE(value)	((value) >> 10 & 7)

#define LPC_PMBASE		0x8000f840u	/* 00:1f.0 register 40 */
#define PMBASE_MASK		0xff80u

#define PORT_KEYBOARD		0x64
#define PORT_92			0x92
#define PORT_RESET		0xcf9

uint16_t pm_base(void)
{
	return pci_config_read(LPC_PMBASE) & PMBASE_MASK;
}

/* ICH9: S5 is sleep type 0 on QEMU, S3 type 1, S4 type 2. */
static bool sleep_write(uint16_t port, unsigned size, uint32_t value)
{
	if (size < 2 || (port & 0x7f) != PM1_CONTROL ||
	    !(value & PM1_SLEEP_ENABLE))
		return false;
	if (pm_base() + PM1_CONTROL != port)
		return false;
	if (PM1_SLEEP_TYPE(value) != 1)
		machine_stop(STOP_POWER_OFF, "guest powered off");
	log_line("suspend to memory ignored: an SNP guest cannot be resumed");
	return true;
}

/* The keyboard controller pulses its reset line, output bit 0, low. */
static bool keyboard_reset(uint32_t value)
{
	return (value & 0xf1) == 0xf0;
}

bool power_write(uint16_t port, unsigned size, uint32_t value)
{
	bool reset = false;

	switch (port) {
	case PORT_KEYBOARD:
		reset = keyboard_reset(value);
		break;
	case PORT_92:
		reset = value & 1;
		break;
	case PORT_RESET:
		reset = value & 4;
		break;
	default:
		return sleep_write(port, size, value);
	}
	if (reset)
		machine_stop(STOP_RESET, "guest asked for a reset (port %x)",
			     port);
	return false;
}
