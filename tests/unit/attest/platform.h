/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What tests can do to the TPM's platform.
 */
#ifndef UNIT_ATTEST_PLATFORM_H
#define UNIT_ATTEST_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <svsm/abi/vtpm.h>

/** Exit status of a process whose TPM ended when platform_may_die. */
#define PLATFORM_DIED	77

/** ... of one whose power went. */
#define PLATFORM_CUT	78

extern bool platform_may_die;

/** Allocations so far; the one with number fail_at finds no memory. */
extern unsigned long platform_allocations;
extern unsigned long platform_fail_at;

/** Called before each allocation, if set; need not return. */
extern void (*platform_before_memory)(void);

/** How often others could have run. */
extern unsigned long platform_yields;

/** Begin a sequence of random bytes. */
void platform_seed(uint64_t seed);

/** New memory has this in each byte; 0, as at first: whatever was there. */
void platform_colour(uint8_t value);

/** clock_gettime() always says the same from now on. */
void platform_stop_clock(void);

/** Bytes that a slot holds. */
#define PLATFORM_SLOT_BYTES	(1u << 18)

/** What the TPM keeps. Shared with child processes: it survives them. */
struct platform_storage {
	struct {
		bool used;
		size_t len;
		unsigned char bytes[PLATFORM_SLOT_BYTES];
	} slot[SVSM_VTPM_SLOTS];
	bool broken[SVSM_VTPM_SLOTS];	/* cannot be read */
	bool full[SVSM_VTPM_SLOTS];	/* cannot be written */
};

/** What was put so far; the power goes before the one with number cut_at. */
extern unsigned long platform_puts;
extern unsigned long platform_cut_at;

/** An empty one, the first time or again. */
void platform_storage_reset(void);

/** What is left of it after a reset of the VM. */
void platform_storage_permanent(void);
extern struct platform_storage *platform_storage;

/** Random bytes of a sequence of the caller's. */
void platform_random(void *buf, size_t len, uint64_t *state);

#endif
