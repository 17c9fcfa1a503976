/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* Devices of QEMU's that the guest sees through a filter. */
#ifndef SNPEMU_L1_DEVICES_H
#define SNPEMU_L1_DEVICES_H

#include <stdbool.h>
#include <stdint.h>

/* io.c: the ports themselves. */
uint32_t port_read(uint16_t port, unsigned size);
void port_write(uint16_t port, unsigned size, uint32_t value);

/* cmos.c: the real-time clock's memory, with the guest's memory size. */
uint32_t cmos_read(uint16_t port, unsigned size);
void cmos_write(uint16_t port, unsigned size, uint32_t value);

/* The clock's flags, which its guest finds all the same when it reads them. */
uint8_t cmos_peek_flags(void);

/* fwcfg.c: QEMU's fw_cfg without L1's files and with the guest's memory. */
void fwcfg_init(void);
void fwcfg_reserve(uint64_t gpa, uint64_t len);
uint32_t fwcfg_read(uint16_t port, unsigned size);
void fwcfg_write(uint16_t port, unsigned size, uint32_t value);

/* power.c: true when the write ends, or must not reach, the machine. */
bool power_write(uint16_t port, unsigned size, uint32_t value);

/* Where the power management registers are. */
uint16_t pm_base(void);

/* pm1.c: the clock's alarm as an event of power management. */
uint32_t pm1_read(uint16_t port, unsigned size, uint32_t value);
void pm1_write(uint16_t port, unsigned size, uint32_t value);

/* pic.c: the 8259 pair. */
void pic_init(void);
void pic_write(uint16_t port, unsigned size, uint32_t value);

/*
 * Put the line of a vector that L1 took into @lines (bit 0: the first), or
 * drop it: the guest has not initialised the controller. False: not from it.
 */
bool pic_interrupt(uint8_t vector, uint16_t *lines);

/* The vector that the guest has for a line now. */
uint8_t pic_vector(unsigned line);

/* platform.c: A20, SMI, PCI host bridge. */
void keyboard_data_write(uint16_t port, unsigned size, uint32_t value);
void keyboard_command_write(uint16_t port, unsigned size, uint32_t value);
uint32_t port92_read(uint16_t port, unsigned size);
void port92_write(uint16_t port, unsigned size, uint32_t value);
void apm_write(uint16_t port, unsigned size, uint32_t value);
void pci_port_write(uint16_t port, unsigned size, uint32_t value);
uint32_t pci_config_read(uint32_t address);

#define IOAPIC_PAGE	0xfec00000ull

#define IOAPIC_MASKED	(1u << 16)

uint32_t ioapic_read(uint32_t offset);
void ioapic_entry(unsigned pin, uint32_t *low, uint32_t *high);
void ioapic_write(uint32_t offset, uint32_t value);

#endif
