/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What a cell and its SVSM tell each other: the head of a cell's image, the
 * numbers of its calls, its limits. Both sides are ours and measured together;
 * what a running cell says is checked like a guest's word all the same.
 */
#ifndef SVSM_ABI_CELL_H
#define SVSM_ABI_CELL_H

#include <stdint.h>

/** "SVSMCEL1", little-endian. */
#define SVSM_CELL_MAGIC		0x314c45434d535653ull
/** Where a cell's image begins, for all cells. */
#define SVSM_CELL_BASE		0x400000ull
/** Everything that a cell has lies below. */
#define SVSM_CELL_END		0x4000000ull

#define SVSM_CELL_STACK_MAX	64u	/* pages */
#define SVSM_CELL_HEAP_MAX	4096u	/* pages */
#define SVSM_CELL_BUFFER_MAX	16u	/* pages, a power of two */

/**
 * Head of a cell's image, as SVSM_CELL() of cell_program.h defines it. Then
 * follow, each from a page of its own on:
 *
 *	SVSM_CELL_BASE   text_start  text_end  data_start  data_end   bss_end
 *	| head, rodata   | text      |         | data      | (zero)   |
 *
 * The image file ends at data_end.
 */
struct svsm_cell_image {
	uint64_t magic;			/* 00 SVSM_CELL_MAGIC */
	uint32_t stack_pages;		/* 08 1 .. SVSM_CELL_STACK_MAX */
	uint32_t heap_pages;		/* 0c 0 .. SVSM_CELL_HEAP_MAX */
	uint32_t buffer_pages;		/* 10 1 .. SVSM_CELL_BUFFER_MAX */
	uint32_t reserved;		/* 14 */
	uint64_t text_start;		/* 18 multiple of 4096, as text_end */
	uint64_t text_end;		/* 20 */
	uint64_t data_start;		/* 28 the same */
	uint64_t data_end;		/* 30 */
	uint64_t bss_end;		/* 38 */
	uint64_t entry;			/* 40 in the text */
	uint64_t tcb;			/* 48 struct svsm_cell_tcb */
	char name[16];			/* 50 for log lines; NUL-terminated */
};

/** What %fs points to, as compilers and C libraries expect it. */
struct svsm_cell_tcb {
	uint64_t self;			/* 00 its own address */
	uint64_t reserved[4];
	uint64_t canary;		/* 28 of the stack protector */
};

/**
 * Calls: SYSCALL with the number in RAX, arguments in RDI, RSI, RDX. RAX is an
 * enum svsm_status afterwards, RCX and R11 are lost, RDX, R8 and R9 have the
 * results, where a call has any. R9 is lost in all of them: a slice can end in
 * each.
 *
 * Addresses are the cell's. A range of which a byte is not the cell's (or not
 * writable where the SVSM writes) is SVSM_EADDR, and nothing has been done.
 */
enum svsm_cell_sys {
	/** RDI: bytes of the reply in the buffer; waits for the next request.
	 *  RDX: its number, R8: its length, R9: end of the slice (TSC). The
	 *  first reply says that the cell is ready. SVSM_EINVAL: the reply is
	 *  longer than the buffer. */
	SVSM_CELL_REPLY = 0,
	/** Let the guest run. R9: end of the slice that goes on, or begins. */
	SVSM_CELL_YIELD = 1,
	/** RDI, RSI: text, up to SVSM_CELL_LOG_MAX bytes (else SVSM_EINVAL).
	 *  SVSM_EBUSY: so many lines were written in this slice. */
	SVSM_CELL_LOG = 2,
	/** RDI, RSI: fill with random bytes, up to SVSM_CELL_ENTROPY_MAX (else
	 *  SVSM_EINVAL). SVSM_EHOST: the processor has none. */
	SVSM_CELL_ENTROPY = 3,
	/** RDX: ticks of the TSC since boot; never runs backwards. */
	SVSM_CELL_TIME = 4,
	/** RDI: slot, RSI, RDX: memory. RDX: bytes that the slot has, all of
	 *  which are copied. SVSM_ENOENT: nothing was put there. SVSM_ESIZE:
	 *  it has more (RDX); nothing was copied. SVSM_ENOSYS: no storage. */
	SVSM_CELL_GET = 5,
	/** RDI: slot, RSI, RDX: what it holds from now on: all or nothing.
	 *  SVSM_EINVAL: no such slot. SVSM_ENOMEM: no room. SVSM_ENOSYS. */
	SVSM_CELL_PUT = 6,
	/** RDI: a number for the log. The cell dies. */
	SVSM_CELL_FAIL = 7,
};

#define SVSM_CELL_LOG_MAX	112u
#define SVSM_CELL_LOG_LINES	16u	/* in one slice */
#define SVSM_CELL_ENTROPY_MAX	256u

_Static_assert(sizeof(struct svsm_cell_image) == 0x60, "head of the image");

#endif
