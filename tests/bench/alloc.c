/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The workloads of slab and heap.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "bench.h"

#define SIZE		64u
/* Out of memory: so many objects would be, were there the memory. */
#define TOO_MANY	40000u
#define RING		256u
#define CROSSED		20000u

/** What is live. */
struct set {
	size_t n;
	uint64_t random;
	void *block[];
};

static void *take(const struct bench_workload *work,
		  const struct bench_contender *who)
{
	uint64_t *block = who->alloc(work->size);

	if (!block)
		bench_die("out of memory");
	*block = 1;	/* as any user would */
	return block;
}

static struct set *make_set(size_t n)
{
	struct set *set = calloc(1, sizeof(*set) + n * sizeof(set->block[0]));

	if (!set)
		bench_die("no memory");
	set->n = n;
	set->random = 88172645463325252ull;
	return set;
}

static void *prepare(const struct bench_workload *work,
		     const struct bench_contender *who)
{
	struct set *set = make_set(work->live);

	for (size_t i = 0; i < work->live; i++)
		set->block[i] = take(work, who);
	return set;
}

static void finish(const struct bench_workload *work,
		   const struct bench_contender *who, void *state)
{
	struct set *set = state;

	while (set->n > 0)
		who->free(set->block[--set->n], work->size);
	free(set);
}

/* Taken and given back at once. */
static void run_pair(const struct bench_workload *work,
		     const struct bench_contender *who, void *state)
{
	(void)state;
	while (bench_round_goes_on())
		for (unsigned i = 0; i < BENCH_STEP; i++)
			who->free(take(work, who), work->size);
}

/* Any of those that are live makes room for a new one. */
static void run_churn(const struct bench_workload *work,
		      const struct bench_contender *who, void *state)
{
	struct set *set = state;

	while (bench_round_goes_on())
		for (unsigned i = 0; i < BENCH_STEP; i++) {
			size_t at = bench_random(&set->random) % set->n;

			who->free(set->block[at], work->size);
			set->block[at] = take(work, who);
		}
}

/* ----------------------------------------------- out of memory and refill */

/* How many our pool of fixed size has room for: the others take as many. */
static size_t full = TOO_MANY;

static size_t fill(const struct bench_workload *work,
		   const struct bench_contender *who, struct set *set)
{
	size_t taken = 0;

	for (size_t i = 0; i < full; i++) {
		if (set->block[i])
			continue;
		set->block[i] = who->alloc(work->size);
		if (!set->block[i])
			break;
		taken++;
	}
	return taken;
}

static size_t empty(const struct bench_workload *work,
		    const struct bench_contender *who, struct set *set,
		    size_t step)
{
	size_t given = 0;

	for (size_t i = 0; i < full; i += step)
		if (set->block[i]) {
			who->free(set->block[i], work->size);
			set->block[i] = NULL;
			given++;
		}
	return given;
}

static void *prepare_full(const struct bench_workload *work,
			  const struct bench_contender *who)
{
	struct set *set = make_set(TOO_MANY);

	if (who == work->contender[0]) {
		full = TOO_MANY;
		full = fill(work, who, set);
		if (full == TOO_MANY)
			bench_die("memory does not run out");
		empty(work, who, set, 1);
	}
	return set;
}

/* Until there is none; every second one back; again; all back. */
static void run_full(const struct bench_workload *work,
		     const struct bench_contender *who, void *state)
{
	size_t operations = fill(work, who, state);

	operations += empty(work, who, state, 2);
	operations += fill(work, who, state);
	operations += empty(work, who, state, 1);
	bench_round_count(operations / 2);
}

static void finish_full(const struct bench_workload *work,
			const struct bench_contender *who, void *state)
{
	(void)work;
	(void)who;
	free(state);
}

/* ------------------------------------------------------------- two threads */

struct crossing {
	const struct bench_workload *work;
	const struct bench_contender *who;
	void *slot[RING];
};

static void *produce(void *arg)
{
	struct crossing *cross = arg;

	bench_cpu(1);
	for (unsigned i = 0; i < CROSSED; i++) {
		void **slot = &cross->slot[i % RING];

		while (__atomic_load_n(slot, __ATOMIC_ACQUIRE))
			sched_yield();
		__atomic_store_n(slot, take(cross->work, cross->who),
				 __ATOMIC_RELEASE);
	}
	return NULL;
}

static void consume(struct crossing *cross)
{
	for (unsigned i = 0; i < CROSSED; i++) {
		void **slot = &cross->slot[i % RING];
		void *block;

		while (!(block = __atomic_load_n(slot, __ATOMIC_ACQUIRE)))
			sched_yield();
		cross->who->free(block, cross->work->size);
		__atomic_store_n(slot, NULL, __ATOMIC_RELEASE);
	}
}

/* One takes, the other gives back. */
static void run_cross(const struct bench_workload *work,
		      const struct bench_contender *who, void *state)
{
	struct crossing cross = { .work = work, .who = who };
	pthread_t thread;

	(void)state;
	if (pthread_create(&thread, NULL, produce, &cross))
		bench_die("no thread");
	consume(&cross);
	pthread_join(thread, NULL);
	bench_round_count(CROSSED);
}

/* ---------------------------------------------------------------- the list */

static const struct bench_contender *const of_slab[] = {
	&bench_slab, &bench_heap, &bench_glibc, &bench_jemalloc,
	&bench_mimalloc, &bench_walk, &bench_loop, NULL
};

/* The baseline has no lock, the loop no blocks. */
static const struct bench_contender *const of_threads[] = {
	&bench_slab, &bench_heap, &bench_glibc, &bench_jemalloc,
	&bench_mimalloc, NULL
};

static const struct bench_contender *const of_full[] = {
	&bench_slab_small, &bench_glibc, &bench_jemalloc, &bench_mimalloc,
	&bench_walk, NULL
};

#define PAIR(n)	{ "pair, quick reuse", SIZE, n, 8, of_slab, prepare,	\
		  run_pair, finish }
#define CHURN(n) { "pair, random churn", SIZE, n, 8, of_slab, prepare,	\
		   run_churn, finish }

const struct bench_workload bench_alloc_workloads[] = {
	PAIR(1000), PAIR(10000), PAIR(100000), PAIR(1000000),
	CHURN(1000), CHURN(10000), CHURN(100000), CHURN(1000000),
	{ "pair, out of memory and refill", SIZE, TOO_MANY, 0, of_full,
	  prepare_full, run_full, finish_full },
	{ "pair, second thread frees", SIZE, 0, 0, of_threads, prepare,
	  run_cross, finish },
	{ 0 }
};
