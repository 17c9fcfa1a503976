/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The TPM's bench, for `kit bench tpm`.
 *
 *	tpm_bench run OURS THEIRS	time of each command on each side; all
 *					take turns. Lines of fields with a tab
 *					between them
 *	tpm_bench memory OURS THEIRS	stack and heap of ours at their peak
 *	tpm_bench count OURS THEIRS	for callgrind: a dump for each command
 *	tpm_bench yield OURS THEIRS	for callgrind: a dump at each yield
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <valgrind/callgrind.h>

#include "tpm_bench.h"

#define ROUNDS		15u
#define ROUND_NS	2e6
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

/* ns of the command alone. */
static double once(const struct bench_command *c, struct side *s)
{
	double begin;
	double ns;

	c->build(s);
	begin = now();
	if (tpm_run(&s->t))
		bench_fail(c->name);
	ns = now() - begin;
	flush(c, s);
	return ns;
}

static double one_round(const struct bench_command *c, struct side *s)
{
	double ns = 0;
	unsigned n = 0;

	while (ns < ROUND_NS) {
		ns += once(c, s);
		n++;
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
static double quarter(const double *values, unsigned nr)
{
	double sorted[ROUNDS];

	memcpy(sorted, values, sizeof(sorted));
	qsort(sorted, ROUNDS, sizeof(sorted[0]), compare);
	return sorted[(ROUNDS - 1) * nr / 4];
}

static void tell(const struct bench_command *c, unsigned who,
	double ns[SIDES][ROUNDS])
{
	double ratio[ROUNDS];

	for (unsigned i = 0; i < ROUNDS; i++)
		ratio[i] = ns[who][i] / ns[SIDE_OPENSSL][i];
	printf("%s\t%s\t%.1f\t%.3f\t%.3f\t%.3f\t%g\t%g\n", c->name,
		side_names[who], quarter(ns[who], 2) / 1e3, quarter(ratio, 2),
		quarter(ratio, 1), quarter(ratio, 3), c->floor, c->goal);
}

static void run(void)
{
	for (const struct bench_command *c = bench_commands; c->name; c++) {
		double ns[SIDES][ROUNDS];

		for (unsigned who = 0; who < SIDES; who++)
			once(c, &side[who]);
		for (unsigned i = 0; i < ROUNDS; i++)
			for (unsigned who = 0; who < SIDES; who++)
				ns[who][i] = one_round(c, &side[who]);
		for (unsigned who = 0; who < SIDES; who++)
			tell(c, who, ns);
		fflush(stdout);
	}
}

/* What libtpms needs: vtpm_command() wipes more than that afterwards. */
static void *one_command(void *command)
{
	once(command, &side[SIDE_LIBRARY]);
	return NULL;
}

/* On a stack that was painted: how much of it is another colour then. */
static size_t stack_of(const struct bench_command *c, unsigned char *stack)
{
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

static void memory(void)
{
	unsigned char *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct shared_figures *figures = side_figures();

	if (stack == MAP_FAILED)
		bench_fail("no stack");
	for (const struct bench_command *c = bench_commands; c->name; c++) {
		size_t bytes;

		figures->heap_peak = figures->heap;
		bytes = stack_of(c, stack);
		once(c, &side[SIDE_CELL]);
		printf("%s\t%zu\t%zu\n", c->name, bytes, figures->heap_peak);
	}
}

/* Warm, then one that is counted. */
static void count(void)
{
	char what[128];

	for (const struct bench_command *c = bench_commands; c->name; c++) {
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
}

static const char *watched;

static void dump(void)
{
	CALLGRIND_DUMP_STATS_AT(watched);
}

/* The stretch before the first yield and the one after the last, too. */
static void yields(void)
{
	struct side *s = &side[SIDE_CELL];

	for (const struct bench_command *c = bench_commands; c->name; c++) {
		c->build(s);
		watched = c->name;
		CALLGRIND_ZERO_STATS;
		side_watch(dump);
		if (tpm_run(&s->t))
			bench_fail(c->name);
		side_watch(NULL);
		dump();
		flush(c, s);
	}
}

static const struct {
	const char *name;
	void (*fn)(void);
} modes[] = {
	{ "run", run }, { "memory", memory }, { "count", count },
	{ "yield", yields },
};

int main(int argc, char **argv)
{
	if (argc != 4)
		bench_fail("run | memory | count | yield OURS THEIRS");
	sides_load(argv[2], argv[3]);
	for (unsigned who = 0; who < SIDES; who++)
		side_start(&side[who], who);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(argv[1], modes[i].name) == 0) {
			modes[i].fn();
			return 0;
		}
	}
	bench_fail("there is no such mode");
}
