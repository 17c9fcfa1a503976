/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Who called whom, from the frame pointers.
 */
#ifndef SVSM_BACKTRACE_H
#define SVSM_BACKTRACE_H

#include <stddef.h>
#include <stdint.h>

#include <svsm/abi/launch.h>

/** Frames that a backtrace shows at most. */
#define SVSM_BACKTRACE_MAX	24

/** A stack: frames are looked for in [start, end) and nowhere else. */
struct svsm_stack {
	uintptr_t start;
	uintptr_t end;
};

/**
 * Collect return addresses from frame pointer @p fp on.
 *
 * A frame is taken only if it lies wholly in one of @p stacks, is aligned,
 * and is further up than the one before or on another of the stacks that has
 * not been visited; so this ends, and reads nothing but stacks, whatever the
 * memory holds. Allocates nothing.
 *
 * @param fp      Frame pointer: address of {saved frame pointer, return
 *                address}. Any value.
 * @param stacks  The known stacks, borrowed.
 * @param count   Number of stacks, at most 32.
 * @param out     Return addresses, innermost first.
 * @param max     Room in @p out.
 *
 * Returns the number of addresses stored.
 *
 * Context: any.
 */
size_t svsm_backtrace(uintptr_t fp, const struct svsm_stack *stacks,
		      size_t count, uintptr_t *out, size_t max);

/**
 * Find the name of the function that @p addr is in.
 *
 * @param table   The symbol table, borrowed; its offsets are checked.
 * @param len     Its length in bytes.
 * @param addr    Offset from the start of the region.
 * @param offset  Set to the distance from the function's start.
 *
 * Returns its name, NUL-terminated within the table, or NULL.
 *
 * Context: any.
 */
const char *svsm_symbol_find(const struct svsm_abi_symbols *table, size_t len,
			     uint32_t addr, uint32_t *offset);

/** Stacks that one CPU can have. */
#define SVSM_BACKTRACE_STACKS	8

/** Where svsm_backtrace_log() finds stacks and names. */
struct svsm_backtrace_source {
	/** Lists the stacks of the calling CPU; at most @p max. */
	size_t (*stacks)(struct svsm_stack *out, size_t max);
	const struct svsm_abi_symbols *symbols;	/* NULL: no names */
	size_t symbols_len;			/* bytes */
	uintptr_t region_start;
	uintptr_t text_start;
	uintptr_t text_end;
};

/** Tell it, at boot. Without, svsm_backtrace_log() is silent. */
void svsm_backtrace_init(const struct svsm_backtrace_source *from);

/**
 * Log a backtrace of this CPU, one line per frame.
 *
 * @param rip  Where it happened, shown first; 0 for none.
 * @param fp   Frame pointer to start at.
 *
 * Context: any, including exception handlers.
 */
void svsm_backtrace_log(uintptr_t rip, uintptr_t fp);

#endif
