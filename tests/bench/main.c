/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The allocators' bench, for `kit bench alloc`.
 *
 *	bench run [NAME]	all workloads, or those whose name begins so:
 *				lines of fields with a tab between them
 *	bench list		workloads and contenders, one pair in a line
 *	bench count NR CONTENDER OPERATIONS
 *				one of those, for an instruction counter
 *
 * jemalloc wants more thread-local memory than a library that comes late gets:
 * GLIBC_TUNABLES=glibc.rtld.optional_static_tls=65536.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "round.h"

#define CONTENDERS	8u
#define ROUNDS		15u

/** A workload while it runs. */
struct trial {
	const struct bench_workload *work;
	unsigned contenders;
	const struct bench_contender *who[CONTENDERS];
	void *state[CONTENDERS];
	double ns[CONTENDERS][ROUNDS];
};

static const struct bench_workload *const lists[] = {
	bench_alloc_workloads, bench_page_workloads
};

static void begin(struct trial *trial, const struct bench_contender *who)
{
	const struct bench_workload *work = trial->work;

	if (who->start && !who->start(work->live * work->size)) {
		fprintf(stderr, "bench: there is no %s here\n", who->name);
		return;
	}
	if (trial->contenders == CONTENDERS)
		bench_die("too many contenders");
	trial->who[trial->contenders] = who;
	trial->state[trial->contenders++] = work->prepare(work, who);
}

static void end(struct trial *trial)
{
	for (unsigned i = 0; i < trial->contenders; i++) {
		trial->work->finish(trial->work, trial->who[i],
				    trial->state[i]);
		if (trial->who[i]->stop)
			trial->who[i]->stop();
	}
}

static double one_round(struct trial *trial, unsigned i, size_t operations)
{
	round_begin(operations);
	trial->work->run(trial->work, trial->who[i], trial->state[i]);
	return round_ns();
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

static void print(const struct trial *trial, unsigned i)
{
	const struct bench_workload *work = trial->work;
	double ratio[ROUNDS];

	for (unsigned round = 0; round < ROUNDS; round++)
		ratio[round] = trial->ns[i][round] / trial->ns[0][round];
	printf("%s\t%zu\t%zu\t%s\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%g\n",
	       work->name, work->size, work->live, trial->who[i]->name,
	       quarter(trial->ns[i], 2), quarter(trial->ns[i], 1),
	       quarter(trial->ns[i], 3), quarter(ratio, 2), quarter(ratio, 1),
	       quarter(ratio, 3), work->goal);
	fflush(stdout);
}

static void run(const struct bench_workload *work)
{
	static struct trial trial;

	trial = (struct trial){ .work = work };
	for (unsigned i = 0; work->contender[i]; i++)
		begin(&trial, work->contender[i]);
	/* The first round warms up. */
	for (unsigned i = 0; i < trial.contenders; i++)
		one_round(&trial, i, 0);
	for (unsigned round = 0; round < ROUNDS; round++)
		for (unsigned i = 0; i < trial.contenders; i++)
			trial.ns[i][round] = one_round(&trial, i, 0);
	for (unsigned i = 0; i < trial.contenders; i++)
		print(&trial, i);
	end(&trial);
}

/* NULL: there are not so many. */
static const struct bench_workload *workload(unsigned nr)
{
	for (unsigned i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (const struct bench_workload *work = lists[i]; work->name;
		     work++)
			if (nr-- == 0)
				return work;
	return NULL;
}

static void run_all(const char *name)
{
	const struct bench_workload *work;

	for (unsigned nr = 0; (work = workload(nr)); nr++)
		if (!strncmp(work->name, name, strlen(name)))
			run(work);
}

static void list(void)
{
	const struct bench_workload *work;

	for (unsigned nr = 0; (work = workload(nr)); nr++)
		for (unsigned i = 0; work->contender[i]; i++)
			printf("%u\t%s\t%zu\t%s\n", nr, work->name, work->live,
			       work->contender[i]->name);
}

static void count(unsigned nr, const char *name, size_t operations)
{
	struct trial trial = { .work = workload(nr) };

	if (!trial.work)
		bench_die("no such workload");
	for (unsigned i = 0; trial.work->contender[i]; i++)
		if (!strcmp(trial.work->contender[i]->name, name))
			begin(&trial, trial.work->contender[i]);
	if (!trial.contenders)
		bench_die("no such contender");
	one_round(&trial, 0, operations);
	end(&trial);
}

int main(int argc, char **argv)
{
	bench_cpu(0);
	if (argc >= 2 && argc <= 3 && !strcmp(argv[1], "run"))
		run_all(argc == 3 ? argv[2] : "");
	else if (argc == 2 && !strcmp(argv[1], "list"))
		list();
	else if (argc == 5 && !strcmp(argv[1], "count"))
		count((unsigned)strtoul(argv[2], NULL, 10), argv[3],
		      strtoul(argv[4], NULL, 10));
	else
		bench_die("run [NAME] | list | count NR CONTENDER OPERATIONS");
	return 0;
}
