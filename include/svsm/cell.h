/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Cells: programs in ring 3, each in an address space of its own.
 *
 * A cell is a static program that the image carries as measured pages. What it
 * does wrong ends the cell and nothing else: it can reach its own memory, ask
 * for eight things (abi/cell.h), and be continued or not. cell_program.h is its
 * side of this, docs/cells.md has the pictures.
 *
 * What is mapped while a cell runs:
 *
 *	the cell's, ring 3     text r-x, rodata r--, data and bss rw-, stack
 *	                       rw-, buffer rw-, heap rw-, with a page that is
 *	                       not there below each of the last three and at
 *	                       the end
 *	supervisor only        one page of code by which CPUs enter and leave,
 *	                       one page of the cell's with descriptor tables,
 *	                       entry stacks and saved registers
 *
 * Nothing else of the SVSM, nothing of the guest. Text and rodata are the
 * image's own pages; everything else is taken from the SVSM's pages, charged
 * to an account of the cell that guarantees it what it needs and no more.
 *
 * In ring 3 there are SSE (no AVX), a red zone, %fs with a stack protector's
 * canary, CPUID (answered from the CPUID page), RDTSC, RDRAND; interrupts are
 * off. All other ways out are the cell's death: each exception, each
 * privileged instruction, a call that does not exist. A page of it that is no
 * longer valid was the host's deed, and ends the VM. The way in is SYSCALL,
 * because the host can inject any vector but no SYSCALL.
 *
 * How long it runs. The guest's vCPU stands still while a cell runs on it, so:
 *
 *  - A cell calls svsm_cell_yield() as it works. After a slice (see struct
 *    svsm_cell_config) that returns to the guest with SVSM_EAGAIN, and the next
 *    call of the same caller goes on with it. Every other call of a cell, and
 *    every CPUID, that comes after the slice's end does the same.
 *  - An NMI or #HV that strikes in ring 3 after the slice's end suspends the
 *    cell, too; after `patience` without a call of its own the cell dies.
 *  - Another CPU that wants a cell which has run for longer than `patience`
 *    takes its memory away: the next instruction faults, and the cell dies.
 *    That needs INVLPGB. Without it that CPU goes on with its TLB, and the
 *    cell stays busy for everybody else.
 *  - A request that needs more than `slices` is ended: the cell dies.
 *
 * What is left: VMPL0 has no timer of its own. A cell that loops without a
 * call, with a host that sends neither NMI nor #HV, on a VM with one CPU or
 * without INVLPGB, holds its CPU for ever; the other CPUs go on. The host can
 * stop a CPU anyway; a cell that could be made to loop by the guest has to
 * yield in that loop.
 */
#ifndef SVSM_CELL_H
#define SVSM_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <svsm/abi/cell.h>
#include <svsm/addr.h>
#include <svsm/lock.h>
#include <svsm/page.h>
#include <svsm/protocol.h>
#include <svsm/status.h>

/**
 * What a cell is at the moment.
 *
 *	EMPTY --start--> IDLE --take--> TAKEN --run--> RUNNING --> TAKEN
 *	TAKEN --give--> IDLE, after a reply
 *	                SUSPENDED, when the slice was over before
 *	                DEAD, after a fault and the like
 *	SUSPENDED --take by its caller--> TAKEN
 *	DEAD --take, when restarts are left--> TAKEN
 *
 * A suspended call whose caller does not come back, or comes back with another
 * call, is carried on by whoever calls next, who is told SVSM_EAGAIN until it
 * is over; its reply is dropped. So nobody can keep a cell from the others, and
 * what the cell was changing is changed.
 */
enum svsm_cell_state {
	SVSM_CELL_EMPTY = 0,
	SVSM_CELL_IDLE,
	SVSM_CELL_TAKEN,
	SVSM_CELL_RUNNING,
	SVSM_CELL_SUSPENDED,
	SVSM_CELL_DEAD,
};

/** Why a cell died, for the log and for tests. */
enum svsm_cell_death {
	SVSM_CELL_ALIVE = 0,
	SVSM_CELL_FAULTED,	/* an exception; `vector` says which */
	SVSM_CELL_FAILED,	/* SVSM_CELL_FAIL; `detail` is its number */
	SVSM_CELL_BAD_CALL,	/* no such call; `detail` is its number */
	SVSM_CELL_TOO_LONG,	/* no call for `patience` */
	SVSM_CELL_TOO_MANY,	/* a request took more than `slices` */
	SVSM_CELL_UNREADY,	/* no memory, or no random numbers at start */
};

struct svsm_cell;
struct svsm_cell_bytes;

/**
 * Where a cell's slots are kept. Several per image, so a struct of functions;
 * svsm_cell_memory_store() is one.
 *
 * Context: the CPU that runs the cell; no lock held, one call at a time.
 * Trust:   slot and lengths are the cell's words: any value.
 */
struct svsm_cell_store {
	/** Copy a slot's content. As SVSM_CELL_GET; @p len is set with
	 *  SVSM_ESIZE, too. */
	enum svsm_status (*get)(struct svsm_cell_store *store, uint32_t slot,
				const struct svsm_cell_bytes *to, size_t *len);
	/** Replace it, wholly or not at all. As SVSM_CELL_PUT. */
	enum svsm_status (*put)(struct svsm_cell_store *store, uint32_t slot,
				const struct svsm_cell_bytes *from);
};

/** Memory of a cell, checked beforehand: all of it is there. */
struct svsm_cell_bytes {
	struct svsm_cell *cell;
	uint64_t va;
	size_t len;
};

/** Copy out of it; [offset, offset + n) lies inside (asserted). */
void svsm_cell_bytes_read(const struct svsm_cell_bytes *bytes, size_t offset,
			  void *dst, size_t n);
/** Copy into it; likewise, and it was checked for writing. */
void svsm_cell_bytes_write(const struct svsm_cell_bytes *bytes, size_t offset,
			   const void *src, size_t n);

/** What an SVSM decides for a cell. Members that are 0 have the defaults. */
struct svsm_cell_config {
	/** SVSM_CELL_NAMED(name). */
	const struct svsm_cell_image *image;
	uint64_t slice;		/* TSC ticks; 0: SVSM_CELL_SLICE */
	uint64_t patience;	/* TSC ticks; 0: SVSM_CELL_PATIENCE */
	uint64_t slices;	/* of one request; 0: SVSM_CELL_SLICES */
	unsigned restarts;	/* after deaths, since boot */
	struct svsm_cell_store *store;	/* NULL: SVSM_ENOSYS */
	/** Its random bytes, and its stack protector's: svsm_random(), say.
	 *  NULL: svsm_entropy(), as the processor gives them. */
	enum svsm_status (*random)(void *dst, size_t n);
};

/** 2 to 5 ms on processors of today. */
#define SVSM_CELL_SLICE		10000000ull
#define SVSM_CELL_PATIENCE	(1ull << 32)
#define SVSM_CELL_SLICES	(1ull << 16)

/** Whose call, and which: the same call again has the same. Opaque numbers. */
struct svsm_cell_ticket {
	uint64_t who;
	uint64_t what;
};

/** Zero-initialised is EMPTY. Members are for cell.c and for tests. */
struct svsm_cell {
	struct svsm_lock lock;		/* state, ticket, since, revoked */
	enum svsm_cell_state state;
	struct svsm_cell_ticket ticket;
	uint64_t since;			/* TSC when it became what it is */
	bool revoked;			/* user memory was taken away */
	bool dead;			/* it dies when it is given back */

	struct svsm_cell_config config;	/* constant after start */
	struct svsm_page_account account;

	/* Of who has taken it. */
	uint64_t *root;			/* PML4 */
	void *gate;			/* gate.h */
	void *buffer;
	size_t buffer_len;
	uint64_t heap, stack_end, user_buffer;	/* addresses in the cell */
	bool ready;			/* has replied once */
	bool begun;			/* a request is in it */
	bool orphan;			/* ... whose reply nobody wants */
	uint32_t fn;
	size_t len;
	uint64_t slices;		/* of this request */
	uint64_t slice_end;		/* TSC */
	uint64_t last_call;		/* TSC of the cell's last call */
	unsigned calls, lines;		/* in this slice */
	uint64_t time;			/* the latest that it was told */
	unsigned restarts;		/* so far */
	enum svsm_cell_death death;
	uint64_t vector, detail;
};

/** A cell that is linked into this image, by its name in meson.build. */
#define SVSM_CELL_NAMED(cell)	(&svsm_cell_image_##cell)
#define SVSM_CELL_DECLARE(cell)						\
	extern const struct svsm_cell_image svsm_cell_image_##cell

/**
 * Make a cell and its memory. It runs at its first request.
 *
 * @param cell    All zero; kept for ever.
 * @param config  Borrowed; what it points to is kept.
 *
 * @retval SVSM_EFORMAT  The image is none, or its limits are not within ours.
 * @retval SVSM_ENOMEM   The pages it needs cannot be guaranteed to it.
 * @retval SVSM_EHOST    No random numbers for the stack protector.
 * @retval SVSM_ESTATE   It was started before.
 *
 * Context: VMPL0, boot CPU or later; takes the page lock.
 */
SVSM_CHECKED enum svsm_status
svsm_cell_start(struct svsm_cell *cell, const struct svsm_cell_config *config);

/**
 * Get hold of a cell, for one call. Pair: svsm_cell_give().
 *
 * @param ticket  Borrowed.
 * @param begun   Out. True: this call is in the middle, go on with
 *                svsm_cell_run(); its arguments do not matter. False: put a
 *                request into svsm_cell_buffer() first.
 *
 * @retval SVSM_EBUSY   Another CPU or another caller has it.
 * @retval SVSM_ESTATE  It is dead for good, or was never started.
 * @retval SVSM_ENOMEM, SVSM_EHOST  It was dead and could not be started again,
 *                      see svsm_cell_start(); it is dead still.
 *
 * Context: any CPU, no lock held. At once.
 * Trust:   the ticket is only compared.
 */
SVSM_CHECKED enum svsm_status
svsm_cell_take(struct svsm_cell *cell, const struct svsm_cell_ticket *ticket,
	       bool *begun);

/** Requests go in, replies come out: bytes for who has taken the cell. */
static inline void *svsm_cell_buffer(const struct svsm_cell *cell)
{
	return cell->buffer;
}

/** Its size in bytes. */
static inline size_t svsm_cell_buffer_len(const struct svsm_cell *cell)
{
	return cell->buffer_len;
}

/**
 * Let the cell work for a slice at most.
 *
 * @param fn     What is wanted.
 * @param len    Bytes of the request in the buffer.
 * @param reply  Out: bytes of the reply in the buffer. What is behind them is
 *               what the cell left there: never pass it on.
 *
 * @retval SVSM_OK      Replied.
 * @retval SVSM_EAGAIN  Not finished: give the cell back, take it again with
 *                      the same ticket.
 * @retval SVSM_EINVAL  @p len is larger than the buffer; nothing was done.
 * @retval SVSM_ESTATE  The cell died; the log says why.
 *
 * Context: who has taken it; no lock held. The CPU is away (tlb.h) meanwhile.
 */
SVSM_CHECKED enum svsm_status
svsm_cell_run(struct svsm_cell *cell, uint32_t fn, size_t len, size_t *reply);

/** Others may take it. What is left in the buffer is cleared, unless a call is
 *  in the middle. */
void svsm_cell_give(struct svsm_cell *cell);

/**
 * All of it for a guest's call: take, copy the request in once, run, copy the
 * reply out once, give.
 *
 * @param fn   For the cell.
 * @param in   The request, opened for reading; NULL: none.
 * @param out  Where the reply goes, opened for writing; NULL: nowhere.
 * @param len  Out: bytes of the reply.
 *
 * @retval SVSM_EINVAL  The request is larger than the buffer, or @p out
 *                      smaller than the reply; in the latter case the cell has
 *                      done its work.
 * @retval others       As svsm_cell_take(), svsm_cell_run(), svsm_umem_read()
 *                      and svsm_umem_write().
 *
 * svsm_result() makes a result code of it: SVSM_EAGAIN is "incomplete",
 * SVSM_EBUSY "busy".
 */
SVSM_CHECKED enum svsm_status
svsm_cell_serve(struct svsm_cell *cell, const struct svsm_call *call,
		uint32_t fn, const struct svsm_umem *in,
		const struct svsm_umem *out, size_t *len);

/* ------------------------------------------------------- storage in memory */

/** Slots of a svsm_cell_memory. */
#define SVSM_CELL_SLOTS		16u
/** Bytes that one slot holds at most. */
#define SVSM_CELL_SLOT_MAX	(64u * 4096u)

/**
 * Slots in pages of ours: they survive the cell, not the VM. Zero-initialised,
 * but for @ref store and @ref account: svsm_cell_memory_init().
 */
struct svsm_cell_memory {
	struct svsm_cell_store store;
	struct svsm_page_account *account;
	struct {
		void *block;
		unsigned order;
		size_t len;
		bool used;
	} slot[SVSM_CELL_SLOTS];
};

/**
 * @param account  Pays for the content; its limit is the storage's. A content
 *                 takes the next power of two of pages, and while it is
 *                 replaced both are there. Kept.
 */
void svsm_cell_memory_init(struct svsm_cell_memory *memory,
			   struct svsm_page_account *account);

#endif
