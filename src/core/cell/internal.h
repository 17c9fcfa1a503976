/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Cells: what the files of this folder share.
 */
#ifndef CORE_CELL_INTERNAL_H
#define CORE_CELL_INTERNAL_H

#include <svsm/cell.h>

#include "gate.h"

/** Calls and CPUIDs after which a slice is over even if the clock stands. */
#define CELL_CALLS	10000u

/** Where the parts of a cell are, and what they cost. */
struct cell_layout {
	uint64_t stack;		/* [stack, stack_end) */
	uint64_t stack_end;
	uint64_t buffer;
	uint64_t heap;
	uint64_t end;		/* of the last part */
	size_t pages;		/* that the SVSM has to give, at most */
};

/** What a running cell does next. */
enum cell_next {
	CELL_ENTER,		/* goes on */
	CELL_REPLIED,
	CELL_SUSPEND,
	CELL_DIES,		/* death, vector and detail say why */
};

/* layout.c: pure */

/**
 * @retval SVSM_EFORMAT  Not an image that we can run.
 */
SVSM_CHECKED enum svsm_status
cell_layout(const struct svsm_cell_image *image, struct cell_layout *out);

/** Is [va, va + len) within what a cell can have? */
bool cell_range_is_sane(uint64_t va, uint64_t len);

/* life.c: pure; the lock is held */

enum cell_taken {
	CELL_NEW,		/* take a request */
	CELL_BEGUN,		/* go on with one */
	CELL_REVIVE,		/* make it anew, then as CELL_NEW */
	CELL_REVOKE,		/* it has run for too long elsewhere: busy */
};

/**
 * @retval SVSM_OK  @p what is set; with CELL_REVOKE the caller has not got it.
 * @retval others   As svsm_cell_take().
 */
SVSM_CHECKED enum svsm_status
life_take(struct svsm_cell *cell, const struct svsm_cell_ticket *ticket,
	  uint64_t now, enum cell_taken *what);
/** It is no longer the caller's. */
void life_give(struct svsm_cell *cell, uint64_t now);
void life_run(struct svsm_cell *cell, uint64_t now);
/** It no longer runs, and is the caller's still: begun, dead or neither. */
void life_stop(struct svsm_cell *cell, enum cell_next next, uint64_t now);

/* space.c */

/** Take the pages, once; the memory is as for cell_space_fill(). */
SVSM_CHECKED enum svsm_status
cell_space_make(struct svsm_cell *cell, const struct cell_layout *layout);
/** Data, registers and canary as at the start. All else is zero already.
 *  @retval SVSM_EHOST  No random numbers. */
SVSM_CHECKED enum svsm_status cell_space_fill(struct svsm_cell *cell);
/** Everything that the cell could write becomes zero. */
void cell_space_wipe(struct svsm_cell *cell);
/** Take the user memory away, or give it back, in one store. */
void cell_space_revoke(struct svsm_cell *cell);
void cell_space_restore(struct svsm_cell *cell);
/**
 * Our pointer to a byte of the cell, good to the end of its page; NULL when
 * that is not there for ring 3, or not writable and @p write.
 */
void *cell_space_find(const struct svsm_cell *cell, uint64_t va, bool write);
/** Are all bytes there? False when it wraps. */
bool cell_bytes_check(const struct svsm_cell_bytes *bytes, bool write);

/* event.c, syscall.c */

/** Why did ring 3 end, and what then? The registers are in the frame. */
enum cell_next cell_event(struct svsm_cell *cell, size_t *reply);
enum cell_next cell_syscall(struct svsm_cell *cell, size_t *reply);
/** It came out by itself, which is also where a slice can end. */
enum cell_next cell_count(struct svsm_cell *cell, uint64_t now);
/** Hand the request over; the cell waits for one. */
void cell_deliver(struct svsm_cell *cell);
/** A request goes on: in a call, the cell is told of the slice that begins. */
void cell_resume(struct svsm_cell *cell);
/** Note why it dies. */
enum cell_next cell_dies(struct svsm_cell *cell, enum svsm_cell_death death,
			 uint64_t detail);

#endif
