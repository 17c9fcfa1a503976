/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Touches all free memory of the guest from all CPUs: each CPU fills a share
 * with words made from their addresses, then checks the share of the next CPU,
 * so that every page crosses from one CPU to another.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LINE 64			/* bytes; one word per cache line is enough */
#define RESERVE (24ull << 20)	/* bytes left to the kernel and to us */

struct share {
	pthread_t thread;
	unsigned cpu;
	uint64_t *own, *next;	/* what to fill, what to check */
	size_t words;
	size_t wrong;
};

static pthread_barrier_t filled;

static uint64_t pattern(const uint64_t *word)
{
	return ((uintptr_t)word ^ 0x5a5a5a5a00000000ull) *
		0x9e3779b97f4a7c15ull;
}

static void fill(uint64_t *words, size_t n)
{
	for (size_t i = 0; i < n; i += LINE / sizeof(*words))
		words[i] = pattern(&words[i]);
}

static size_t check(const uint64_t *words, size_t n)
{
	size_t wrong = 0;

	for (size_t i = 0; i < n; i += LINE / sizeof(*words))
		wrong += words[i] != pattern(&words[i]);
	return wrong;
}

static int pin(unsigned cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

static void *work(void *arg)
{
	struct share *s = arg;

	if (pin(s->cpu) != 0) {
		perror("memtest: sched_setaffinity");
		exit(1);
	}
	fill(s->own, s->words);
	pthread_barrier_wait(&filled);
	s->wrong = check(s->next, s->words);
	return NULL;
}

/* Bytes that the kernel would give to programs without swapping. */
static uint64_t available(void)
{
	char line[128];
	unsigned long long kib = 0;
	FILE *file = fopen("/proc/meminfo", "r");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %llu", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib << 10;
}

static size_t run(uint64_t *memory, size_t words, unsigned cpus)
{
	struct share *shares = calloc(cpus, sizeof(*shares));
	size_t wrong = 0;

	if (!shares)
		return 1;
	pthread_barrier_init(&filled, NULL, cpus);
	for (unsigned i = 0; i < cpus; i++) {
		shares[i].cpu = i;
		shares[i].words = words;
		shares[i].own = memory + i * words;
		shares[i].next = memory + (i + 1) % cpus * words;
		if (pthread_create(&shares[i].thread, NULL, work, &shares[i]))
			return 1;
	}
	for (unsigned i = 0; i < cpus; i++) {
		pthread_join(shares[i].thread, NULL);
		wrong += shares[i].wrong;
	}
	free(shares);
	return wrong;
}

int main(void)
{
	unsigned cpus = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t free_bytes = available();
	size_t page = (size_t)sysconf(_SC_PAGESIZE), share, wrong;
	void *memory;

	if (free_bytes < 2 * RESERVE) {
		printf("failed: only %llu KiB are free\n",
			(unsigned long long)free_bytes >> 10);
		return 1;
	}
	share = (free_bytes - RESERVE - free_bytes / 32) / cpus / page * page;
	memory = mmap(NULL, share * cpus, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED) {
		printf("failed: no memory\n");
		return 1;
	}
	wrong = run(memory, share / sizeof(uint64_t), cpus);
	if (wrong) {
		printf("failed: %zu wrong words\n", wrong);
		return 1;
	}
	printf("ok: %zu MiB by %u CPUs\n", share * cpus >> 20, cpus);
	return 0;
}
