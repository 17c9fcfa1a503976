/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The naive model of an allocator: a list of what is live, with what was
 * written into it.
 */
#ifndef MEM_SHADOW_H
#define MEM_SHADOW_H

#include <stddef.h>
#include <stdint.h>

#define SHADOWS		3000u

struct shadow {
	uint8_t *block;
	size_t size;
	uint8_t value;
};

/** Those that are live come first. */
extern struct shadow shadow[SHADOWS];
extern unsigned shadows;

/** Nothing is live; start the random sequence. */
void shadow_reset(void);

/** Write another value all over a block. */
void shadow_fill(struct shadow *it);

/** Count a block as live; it is the one behind the last. */
void shadow_add(void *block, size_t size);

/** It is gone; the last one takes its place. */
void shadow_remove(struct shadow *it);

/** One of those that are live. */
struct shadow *shadow_any(void);

#endif
