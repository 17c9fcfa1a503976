/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The TPM's bench, for `kit bench tpm`.
 *
 *	tpm_bench run OURS THEIRS [COMMAND]...
 *				time of these commands, or of all, on each
 *				side; the sides take turns
 *	tpm_bench memory ...	stack and heap of ours at their peak
 *	tpm_bench yield ...	ours: the longest time between two yields
 *	tpm_bench count ...	for callgrind: a dump for each command
 *
 * It prints lines of fields with a tab between them.
 */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <valgrind/callgrind.h>

#include "tpm_bench.h"

/* A short command's are more, which other work on the machine disturbs more. */
#define ROUNDS		15u
#define ROUNDS_SHORT	101u
#define ROUND_NS	2e6
#define REPEATS		7u
#define STRETCHES	(1u << 16)
#define STACK_BYTES	(1u << 20)
#define PAINT		0xa5

static struct side side[SIDES];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Of what a command made, outside of its time. */
static void flush(const struct bench_command *c, struct side *s)
{
	if (c->makes && tpm_flush(&s->t, tpm_get32(&s->t, 10)))
		bench_fail("cannot flush");
}

/* ns of the commands alone: to look at the clock takes about as long as a
 * short one. */
static double several(const struct bench_command *c, struct side *s, unsigned n)
{
	double begin;
	double ns;

	c->build(s);
	begin = now();
	while (n--) {
		if (tpm_run(&s->t))
			bench_fail(c->name);
	}
	ns = now() - begin;
	flush(c, s);
	return ns;
}

static double once(const struct bench_command *c, struct side *s)
{
	return several(c, s, 1);
}

/* What makes an object has no room for a second one. */
static double one_round(const struct bench_command *c, struct side *s)
{
	unsigned batch = c->makes ? 1 : 1 + (unsigned)(ROUND_NS / once(c, s));
	double ns = 0;
	unsigned n = 0;

	while (ns < ROUND_NS) {
		ns += several(c, s, batch);
		n += batch;
	}
	return ns / n;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Quarter 2 is the median. */
static double quarter(const double *values, unsigned rounds, unsigned nr)
{
	double sorted[ROUNDS_SHORT];

	memcpy(sorted, values, rounds * sizeof(sorted[0]));
	qsort(sorted, rounds, sizeof(sorted[0]), compare);
	return sorted[(rounds - 1) * nr / 4];
}

static void tell(const struct bench_command *c, unsigned who,
	double ns[SIDES][ROUNDS_SHORT], unsigned rounds)
{
	double ratio[ROUNDS_SHORT];

	for (unsigned i = 0; i < rounds; i++)
		ratio[i] = ns[who][i] / ns[SIDE_OPENSSL][i];
	printf("%s\t%s\t%.1f\t%.3f\t%.3f\t%.3f\n", c->name, side_names[who],
		quarter(ns[who], rounds, 2) / 1e3, quarter(ratio, rounds, 2),
		quarter(ratio, rounds, 1), quarter(ratio, rounds, 3));
}

/* Beside each other in each round. */
static void run(const struct bench_command *c)
{
	double ns[SIDES][ROUNDS_SHORT];
	bool is_short = once(c, &side[SIDE_OPENSSL]) < ROUND_NS;
	unsigned rounds = is_short ? ROUNDS_SHORT : ROUNDS;

	for (unsigned i = 0; i < rounds; i++)
		for (unsigned who = 0; who < SIDES; who++)
			ns[who][i] = one_round(c, &side[who]);
	for (unsigned who = 0; who < SIDES; who++)
		tell(c, who, ns, rounds);
}

/* What libtpms needs: vtpm_command() wipes more than that afterwards. */
static void *one_command(void *command)
{
	once(command, &side[SIDE_LIBRARY]);
	return NULL;
}

/* On a stack that was painted: how much of it is another colour then. */
static size_t stack_of(const struct bench_command *c)
{
	static unsigned char stack[STACK_BYTES] __attribute__((aligned(4096)));
	pthread_attr_t attr;
	pthread_t thread;
	size_t clean = 0;

	memset(stack, PAINT, STACK_BYTES);
	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, stack, STACK_BYTES);
	if (pthread_create(&thread, &attr, one_command, (void *)(uintptr_t)c))
		bench_fail("no thread");
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attr);
	while (clean < STACK_BYTES && stack[clean] == PAINT)
		clean++;
	return STACK_BYTES - clean;
}

static void memory(const struct bench_command *c)
{
	struct shared_figures *figures = side_figures();
	size_t bytes;

	figures->heap_peak = figures->heap;
	bytes = stack_of(c);
	once(c, &side[SIDE_CELL]);
	printf("%s\t%zu\t%zu\n", c->name, bytes, figures->heap_peak);
}

/* Warm, then one that is counted. */
static void count(const struct bench_command *c)
{
	char what[128];

	for (unsigned who = 0; who < SIDES; who++) {
		struct side *s = &side[who];

		once(c, s);
		c->build(s);
		snprintf(what, sizeof(what), "%s\t%s", c->name,
			side_names[who]);
		CALLGRIND_ZERO_STATS;
		if (tpm_run(&s->t))
			bench_fail(c->name);
		CALLGRIND_DUMP_STATS_AT(what);
		flush(c, s);
	}
}

/* The same command yields at the same places: of each stretch the shortest
 * time is what the processor needs, all else is this machine's other work. */
static struct {
	double ns[STRETCHES];
	double begin;
	unsigned n;
} stretches;

static void stretch_ends(void)
{
	double end = now();
	double ns = end - stretches.begin;

	if (stretches.n == STRETCHES)
		bench_fail("it yields too often");
	if (stretches.ns[stretches.n] > ns)
		stretches.ns[stretches.n] = ns;
	stretches.n++;
	stretches.begin = now();
}

/* The first and the last one end with the command. */
static unsigned stretches_of(const struct bench_command *c)
{
	struct side *s = &side[SIDE_CELL];

	c->build(s);
	stretches.n = 0;
	side_watch(stretch_ends);
	stretches.begin = now();
	if (tpm_run(&s->t))
		bench_fail(c->name);
	stretch_ends();
	side_watch(NULL);
	flush(c, s);
	return stretches.n;
}

static void yields(const struct bench_command *c)
{
	double longest = 0;
	unsigned n;

	for (unsigned i = 0; i < STRETCHES; i++)
		stretches.ns[i] = HUGE_VAL;
	n = stretches_of(c);
	for (unsigned i = 1; i < REPEATS; i++) {
		if (stretches_of(c) != n)
			bench_fail("it yields at other places");
	}
	while (n--) {
		if (stretches.ns[n] > longest)
			longest = stretches.ns[n];
	}
	printf("%s\t%.1f\n", c->name, longest / 1e3);
}

static const struct {
	const char *name;
	void (*fn)(const struct bench_command *c);
} modes[] = {
	{ "run", run }, { "memory", memory }, { "count", count },
	{ "yield", yields },
};

static bool is_among(const char *name, char **names)
{
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names;
}

/* No names: all commands. A name of none is a mistake. */
static void each(void (*fn)(const struct bench_command *c), char **names,
	int wanted)
{
	int n = 0;

	for (const struct bench_command *c = bench_commands; c->name; c++) {
		if (wanted && !is_among(c->name, names))
			continue;
		fn(c);
		fflush(stdout);
		n++;
	}
	if (wanted && n != wanted)
		bench_fail("there is no such command");
}

int main(int argc, char **argv)
{
	if (argc < 4)
		bench_fail("run | memory | count | yield OURS THEIRS ...");
	sides_load(argv[2], argv[3]);
	for (unsigned who = 0; who < SIDES; who++)
		side_start(&side[who], who);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(argv[1], modes[i].name) == 0) {
			each(modes[i].fn, argv + 4, argc - 4);
			return 0;
		}
	}
	bench_fail("there is no such mode");
}
