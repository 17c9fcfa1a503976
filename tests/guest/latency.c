/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * How late a CPU runs the most urgent task: wakes up each millisecond and
 * prints how late that was. What kept the CPU (interrupts off, a call that does
 * not return) delays the task by as long as it lasted. It ends after some
 * seconds, or when there is a file of that name.
 *
 *	latency CPU SECONDS [FILE]
 *	cpu 0 max_us 812 late_ms <1:2990 <2:10 ...
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000ll	/* ns */
#define PERIOD 1000000ll
#define LOOK 64			/* periods after which to look for the file */

/* Upper ends of the histogram's bins, in ms; above the last is one more. */
static const unsigned ends[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000,
	2000, 5000, 10000};
#define BINS (sizeof(ends) / sizeof(ends[0]) + 1)

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

static void sleep_until(int64_t when)
{
	struct timespec ts = {when / SECOND, when % SECOND};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL))
		;
}

static size_t bin(int64_t late)
{
	size_t i = 0;

	while (i < BINS - 1 && late >= ends[i] * (SECOND / 1000))
		i++;
	return i;
}

static int64_t measure(int64_t seconds, const char *file, unsigned *histogram)
{
	int64_t end = now() + seconds * SECOND, max = 0;
	unsigned n = 0;

	for (int64_t due = now() + PERIOD; due < end; due += PERIOD) {
		int64_t late;

		if (file && ++n % LOOK == 0 && access(file, F_OK) == 0)
			break;
		sleep_until(due);
		late = now() - due;
		if (late > max)
			max = late;
		histogram[bin(late)]++;
		/* What was missed meanwhile is one gap, not many. */
		due += late / PERIOD * PERIOD;
	}
	return max;
}

static void print(unsigned cpu, int64_t max, const unsigned *histogram)
{
	printf("cpu %u max_us %lld late_ms", cpu, (long long)max / 1000);
	for (size_t i = 0; i < BINS; i++) {
		if (histogram[i] == 0)
			continue;
		if (i < BINS - 1)
			printf(" <%u:%u", ends[i], histogram[i]);
		else
			printf(" more:%u", histogram[i]);
	}
	printf("\n");
}

int main(int argc, char **argv)
{
	struct sched_param urgent = {.sched_priority = 50};
	unsigned histogram[BINS] = {0}, cpu;
	cpu_set_t set;

	if (argc != 3 && argc != 4) {
		fprintf(stderr, "latency CPU SECONDS [FILE]\n");
		return 2;
	}
	cpu = (unsigned)strtoul(argv[1], NULL, 10);
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) ||
	    sched_setscheduler(0, SCHED_FIFO, &urgent)) {
		perror("latency");
		return 1;
	}
	print(cpu, measure(strtol(argv[2], NULL, 10), argv[3], histogram),
		histogram);
	return 0;
}
