/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Inside of a cell: what its C file says and calls. cell.h tells what a cell
 * is; docs/cells.md how to make one.
 */
#ifndef SVSM_CELL_PROGRAM_H
#define SVSM_CELL_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#include <svsm/abi/cell.h>
#include <svsm/addr.h>
#include <svsm/status.h>

/* Set by the linker script, and the library's. */
extern char svsm_cell_text_start[], svsm_cell_text_end[];
extern char svsm_cell_data_start[], svsm_cell_data_end[];
extern char svsm_cell_bss_end[], svsm_cell_entry[];
extern struct svsm_cell_tcb svsm_cell_tcb;

/**
 * Define the cell. Once, at file level, naming what differs:
 *
 *	SVSM_CELL(.name = "primes", .heap_pages = 16);
 *
 * Without: 4 pages of stack, no heap, one page of buffer.
 */
#define SVSM_CELL(...)							\
	_Pragma("GCC diagnostic push")					\
	_Pragma("GCC diagnostic ignored \"-Woverride-init\"")		\
	__attribute__((section(".rodata.svsm_cell"), used))		\
	const struct svsm_cell_image svsm_cell_image = {		\
		.magic = SVSM_CELL_MAGIC,				\
		.stack_pages = 4, .buffer_pages = 1,			\
		.text_start = (uintptr_t)svsm_cell_text_start,		\
		.text_end = (uintptr_t)svsm_cell_text_end,		\
		.data_start = (uintptr_t)svsm_cell_data_start,		\
		.data_end = (uintptr_t)svsm_cell_data_end,		\
		.bss_end = (uintptr_t)svsm_cell_bss_end,		\
		.entry = (uintptr_t)svsm_cell_entry,			\
		.tcb = (uintptr_t)&svsm_cell_tcb, __VA_ARGS__		\
	};								\
	_Pragma("GCC diagnostic pop")					\
	_Static_assert(sizeof(svsm_cell_image) == 0x60,			\
		       "ends the definition")

extern const struct svsm_cell_image svsm_cell_image;

/** A request, and later its reply. */
struct svsm_cell_request {
	uint32_t fn;		/* what is wanted: the SVSM's number */
	size_t len;		/* bytes of the request in the buffer */
};

/** The buffer that requests and replies are in, and its size. The caller of
 *  the SVSM chose the bytes; nobody changes them while the cell works. */
extern void *svsm_cell_buffer;
extern size_t svsm_cell_buffer_len;

/** The heap's pages, all zero at start: for svsm_malloc_init(). */
extern void *svsm_cell_heap;
extern size_t svsm_cell_heap_len;

/**
 * The cell's own code. To return is to fail.
 *
 * Set up, then svsm_cell_reply(0, &request) to say so; work, reply, again.
 */
void svsm_cell_main(void);

/**
 * Reply, and wait for the next request.
 *
 * @param len      Bytes of the reply in the buffer; 0 the first time.
 * @param request  Out.
 *
 * More than svsm_cell_buffer_len is a mistake: the cell fails.
 */
void svsm_cell_reply(size_t len, struct svsm_cell_request *request);

/**
 * Let go if the slice is used up: call it at least every millisecond or so of
 * work. Costs a few instructions unless it is time.
 */
void svsm_cell_yield(void);

/** A line of the log, cut to SVSM_CELL_LOG_MAX characters. */
void svsm_cell_log(const char *text, size_t len);

/**
 * Random bytes, any number of them.
 *
 * @retval SVSM_EHOST  The processor has none; @p dst is all zero.
 */
SVSM_CHECKED enum svsm_status svsm_cell_entropy(void *dst, size_t n);

/** Ticks since boot, of unknown length, never backwards; it stands still for
 *  as long as the host likes. */
uint64_t svsm_cell_time(void);

/**
 * Read a slot of the cell's storage.
 *
 * @param len  Out: its bytes, also with SVSM_ESIZE.
 *
 * @retval SVSM_ENOENT  Nothing was ever put there.
 * @retval SVSM_ESIZE   @p max is too small; nothing was copied.
 * @retval SVSM_ENOSYS  This cell has no storage.
 * @retval SVSM_EINVAL  No such slot.
 */
SVSM_CHECKED enum svsm_status
svsm_cell_get(uint32_t slot, void *dst, size_t max, size_t *len);

/**
 * Replace a slot's content: when this returns SVSM_OK the new one is there,
 * else the old one, whatever happens to the cell.
 *
 * @retval SVSM_ENOMEM  No room for it.
 * @retval SVSM_ENOSYS, SVSM_EINVAL  As svsm_cell_get().
 */
SVSM_CHECKED enum svsm_status
svsm_cell_put(uint32_t slot, const void *src, size_t len);

/** Die. The number goes to the log: never derive it from a secret. */
_Noreturn void svsm_cell_fail(unsigned code);

/* Numbers that the library fails with. */
#define SVSM_CELL_FAIL_ASSERT	1u	/* svsm_assert() */
#define SVSM_CELL_FAIL_STACK	2u	/* the stack protector */
#define SVSM_CELL_FAIL_RETURN	3u	/* svsm_cell_main() returned */
#define SVSM_CELL_FAIL_CALL	4u	/* a call that cannot fail did */
#define SVSM_CELL_FAIL_REASON	0x100u	/* + svsm_terminate()'s reason */

#endif
