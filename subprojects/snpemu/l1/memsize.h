/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * How the machine's memory is told where a guest looks for it: pure, tested
 * on the host. The guest has [0, low) and [4 GiB, 4 GiB + high).
 */
#ifndef SNPEMU_L1_MEMSIZE_H
#define SNPEMU_L1_MEMSIZE_H

#include <stdbool.h>
#include <stdint.h>

#define E820_RAM	1u
#define E820_RESERVED	2u

struct e820_entry {
	uint64_t address;
	uint64_t length;
	uint32_t type;
} __attribute__((packed));

_Static_assert(sizeof(struct e820_entry) == 20, "e820 entry");

/* A CMOS byte that states a memory size; false for the others. */
bool cmos_memory_byte(uint64_t low, uint64_t high, uint8_t index,
		      uint8_t *value);

/*
 * Cut the RAM entries of a table down to the guest's share, in place; empty
 * ones go. Returns how many are left.
 */
unsigned e820_clip(struct e820_entry *entry, unsigned count, uint64_t low,
		   uint64_t high);

/*
 * Take [start, start + len) out of the RAM of a table with room for @max
 * entries and add it as reserved. False, with nothing changed, when the room
 * is not enough; that takes two entries more than there are.
 */
bool e820_reserve(struct e820_entry *entry, unsigned *count, unsigned max,
		  uint64_t start, uint64_t len);

#endif
