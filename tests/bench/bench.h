/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The allocators' bench: the same work done by several allocators, in turns.
 *
 * A *workload* is a shape of use at one size. A *contender* is an allocator
 * that does it. All of a workload's contenders are prepared first; then, in
 * each round, one after the other runs once, so that what else the machine
 * does falls on all of them. A round's ratio is a contender's time by that of
 * the first (ours) in the same round.
 */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <svsm/status.h>

struct bench_contender {
	const char *name;
	void *(*alloc)(size_t size);	/* NULL: out of memory */
	void (*free)(void *block, size_t size);
	/* Around a workload; NULL: nothing to do. False: not available. */
	bool (*start)(size_t bytes);	/* that will be live, at most */
	void (*stop)(void);
};

struct bench_workload {
	const char *name;
	size_t size;			/* of a block, bytes */
	size_t live;			/* blocks */
	double goal;			/* ns of an operation; 0: none */
	const struct bench_contender *const *contender;	/* NULL-terminated */

	/* Make ready; the state is the workload's own. */
	void *(*prepare)(const struct bench_workload *work,
			 const struct bench_contender *who);
	/* One round; the bench_round_*() count and time it. */
	void (*run)(const struct bench_workload *work,
		    const struct bench_contender *who, void *state);
	void (*finish)(const struct bench_workload *work,
		       const struct bench_contender *who, void *state);
};

/**
 * One round of a workload's run():
 *
 *	while (bench_round_goes_on())
 *		for (i = 0; i < BENCH_STEP; i++)
 *			one operation;
 *
 * It ends after some milliseconds, or after the number of operations that was
 * asked for. What is not to be timed goes between bench_round_pause() and
 * bench_round_resume(). A run that is no such loop says at its end how many
 * operations it was: bench_round_count().
 */
#define BENCH_STEP	1000u
SVSM_CHECKED bool bench_round_goes_on(void);
void bench_round_pause(void);
void bench_round_resume(void);
void bench_round_count(size_t operations);

/** Lists of workloads, ended by one without a name. */
extern const struct bench_workload bench_alloc_workloads[];
extern const struct bench_workload bench_page_workloads[];

/** The contenders that answer to malloc() sizes; ours is the first. */
extern const struct bench_contender bench_heap;		/* svsm_heap */
extern const struct bench_contender bench_slab;		/* svsm_slab, 64 B */
/** The same in a pool of 2 MiB. */
extern const struct bench_contender bench_slab_small;
extern const struct bench_contender bench_glibc;
extern const struct bench_contender bench_jemalloc;
extern const struct bench_contender bench_mimalloc;
extern const struct bench_contender bench_walk;		/* walks a list */
/** Does nothing: what remains is the bench's own loop. */
extern const struct bench_contender bench_loop;

/**
 * Nanoseconds that the calling thread has run: what other programs take of
 * the machine does not count.
 */
double bench_now(void);

/** The calling thread is this CPU from now on (svsm_plat_cpu()). */
void bench_cpu(unsigned index);

/** Zeroed memory, aligned to 2 MiB; ends the process when there is none. */
void *bench_memory(size_t bytes);
void bench_memory_free(void *memory, size_t bytes);

/** xorshift; the state is not 0. */
uint64_t bench_random(uint64_t *state);

/** End the process with a message. */
_Noreturn void bench_die(const char *what);

#endif
