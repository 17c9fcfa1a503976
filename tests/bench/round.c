/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * How long a round is, and how long it took.
 */
#include "bench.h"
#include "round.h"

#define ROUND_NS	3e6

static struct {
	size_t wanted;		/* operations; 0: by the clock */
	size_t done;
	double begin;
	double paused;		/* when */
	double without;		/* ns that do not count */
	double end;		/* 0: not yet */
} round;

void round_begin(size_t wanted)
{
	round.wanted = wanted;
	round.done = 0;
	round.paused = 0;
	round.without = 0;
	round.end = 0;
	round.begin = bench_now();
}

/* Called before each step: all but the first time one has been done. */
bool bench_round_goes_on(void)
{
	double now = bench_now();
	static bool inside;

	if (inside)
		round.done += BENCH_STEP;
	inside = round.wanted ? round.done < round.wanted :
				now - round.begin < ROUND_NS;
	if (!inside)
		round.end = now;
	return inside;
}

void bench_round_pause(void)
{
	round.paused = bench_now();
}

void bench_round_resume(void)
{
	round.without += bench_now() - round.paused;
}

void bench_round_count(size_t operations)
{
	round.end = bench_now();
	round.done = operations;
}

double round_ns(void)
{
	if (!round.done || !(round.end > 0))
		bench_die("a round without operations");
	return (round.end - round.begin - round.without) / (double)round.done;
}
