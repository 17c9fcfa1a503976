// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/*
 * Registers of the chipset with which a guest could change the machine under
 * L1: the A20 gate, SMI, where ECAM is decoded, how the IOAPIC delivers.
 */
#include "cpu.h"
#include "devices.h"
#include "hostside.h"
#include "mm.h"

#define PORT_KEYBOARD		0x64
#define PORT_92			0x92
#define KEYBOARD_WRITE_OUTPUT	0xd1
#define KEYBOARD_A20_OFF	0xdd
#define OUTPUT_A20		2u

#define APM_ACPI_ENABLE		2u
#define APM_ACPI_DISABLE	3u

#define PCI_ADDRESS		0xcf8
#define PCI_DATA		0xcfc
#define PCI_ENABLE		0x80000000u
#define HOST_BRIDGE_ECAM	0x60u	/* 00:00.0, 8 bytes */

#define IOAPIC_SELECT		0x00u
#define IOAPIC_WINDOW		0x10u
#define IOAPIC_TABLE		0x10u

static struct spinlock lock;
static uint32_t pci_address;
static uint32_t ioapic_index;
static bool output_expected;

void keyboard_command_write(uint16_t port, unsigned size, uint32_t value)
{
	(void)size;
	if (value == KEYBOARD_A20_OFF)
		return;
	spin_lock(&lock);
	output_expected = value == KEYBOARD_WRITE_OUTPUT;
	outb(port, (uint8_t)value);
	spin_unlock(&lock);
}

/* Output port: bit 0 low is a reset, bit 1 is the A20 gate. */
void keyboard_data_write(uint16_t port, unsigned size, uint32_t value)
{
	(void)size;
	spin_lock(&lock);
	if (output_expected) {
		if (!(value & 1))
			machine_stop(STOP_RESET,
				     "guest asked for a reset (keyboard)");
		value |= OUTPUT_A20;
		output_expected = false;
	}
	outb(port, (uint8_t)value);
	spin_unlock(&lock);
}

uint32_t port92_read(uint16_t port, unsigned size)
{
	(void)port;
	(void)size;
	return OUTPUT_A20;
}

void port92_write(uint16_t port, unsigned size, uint32_t value)
{
	(void)port;
	(void)size;
	(void)value;
}

/* Only what switches ACPI on and off; the rest would raise an SMI. */
void apm_write(uint16_t port, unsigned size, uint32_t value)
{
	(void)size;
	if (value == APM_ACPI_ENABLE || value == APM_ACPI_DISABLE)
		outb(port, (uint8_t)value);
}

uint32_t pci_config_read(uint32_t address)
{
	uint32_t value;

	spin_lock(&lock);
	outl(PCI_ADDRESS, address | PCI_ENABLE);
	value = inl(PCI_DATA);
	outl(PCI_ADDRESS, pci_address);
	spin_unlock(&lock);
	return value;
}

/* ECAM may only be decoded where no memory is. */
static bool ecam_is_safe(uint32_t value)
{
	uint64_t base = value & 0xf0000000u;

	return !(value & 1) || !mm_is_ram(base, 256ull << 20);
}

static bool config_write_is_safe(uint16_t port, uint32_t value)
{
	uint32_t reg = (pci_address & 0xfffffcu) | (port & 3u);

	if (!(pci_address & PCI_ENABLE) ||
	    reg < HOST_BRIDGE_ECAM || reg > HOST_BRIDGE_ECAM + 7)
		return true;
	if (reg == HOST_BRIDGE_ECAM)
		return ecam_is_safe(value);
	return !value;		/* its high half, or a part of a register */
}

void pci_port_write(uint16_t port, unsigned size, uint32_t value)
{
	spin_lock(&lock);
	if (port == PCI_ADDRESS && size == 4) {
		pci_address = value;
		outl(port, value);
	} else if (port < PCI_DATA || config_write_is_safe(port, value)) {
		port_write(port, size, value);
	} else {
		log_line("PCI: ECAM at %x refused: memory is there", value);
	}
	spin_unlock(&lock);
}

static volatile uint32_t *ioapic(uint32_t offset)
{
	return mm_mmio(IOAPIC_PAGE + offset);
}

uint32_t ioapic_read(uint32_t offset)
{
	uint32_t value = 0;

	spin_lock(&lock);
	if (offset == IOAPIC_SELECT) {
		value = ioapic_index;
	} else {
		*ioapic(IOAPIC_SELECT) = ioapic_index;
		value = *ioapic(offset);
	}
	spin_unlock(&lock);
	return value;
}

void ioapic_entry(unsigned pin, uint32_t *low, uint32_t *high)
{
	spin_lock(&lock);
	*ioapic(IOAPIC_SELECT) = IOAPIC_TABLE + 2 * pin;
	*low = *ioapic(IOAPIC_WINDOW);
	*ioapic(IOAPIC_SELECT) = IOAPIC_TABLE + 2 * pin + 1;
	*high = *ioapic(IOAPIC_WINDOW);
	spin_unlock(&lock);
}

/* What would reach L1 as something else than an interrupt is masked. */
static uint32_t safe_entry(uint32_t value)
{
	unsigned mode = value >> 8 & 7;

	if (ioapic_index < IOAPIC_TABLE || ioapic_index & 1 ||
	    value & IOAPIC_MASKED || mode == 4 || mode == 7 ||
	    (mode < 2 && (value & 0xff) >= FIRST_CORE_VECTOR))
		return value;
	log_line("IOAPIC: entry %x masked", value);
	return value | IOAPIC_MASKED;
}

void ioapic_write(uint32_t offset, uint32_t value)
{
	spin_lock(&lock);
	if (offset == IOAPIC_SELECT)
		ioapic_index = value & 0xff;
	else if (offset == IOAPIC_WINDOW)
		value = safe_entry(value);
	*ioapic(IOAPIC_SELECT) = ioapic_index;
	if (offset != IOAPIC_SELECT)
		*ioapic(offset) = value;
	spin_unlock(&lock);
}
