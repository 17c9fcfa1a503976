/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * CPUs, time and memory of a process that is nothing but fast; see also
 * inline/svsm/platform_inline.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <svsm/assert.h>
#include <svsm/percpu.h>
#include <svsm/platform.h>
#include <svsm/terminate.h>

#include "bench.h"

#define CPUS	4u

static struct svsm_cpu cpus[CPUS];
_Thread_local struct svsm_cpu *bench_self = &cpus[0];

void bench_cpu(unsigned index)
{
	cpus[index].index = index;
	bench_self = &cpus[index];
}

_Noreturn void bench_die(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

_Noreturn void svsm_terminate(enum svsm_reason reason)
{
	fprintf(stderr, "bench: terminated, reason %d\n", (int)reason);
	abort();
}

_Noreturn void svsm_assert_failed(const char *file, unsigned line)
{
	fprintf(stderr, "bench: assertion failed at %s:%u\n", file, line);
	abort();
}

double bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Twice the alignment is mapped, the ends are given back. */
void *bench_memory(size_t bytes)
{
	size_t huge = 2u << 20;
	char *p = mmap(NULL, bytes + huge, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *start = (char *)(((uintptr_t)p + huge - 1) & ~(huge - 1));

	if (p == MAP_FAILED)
		bench_die("no memory");
	if (start > p)
		munmap(p, (size_t)(start - p));
	munmap(start + bytes, huge - (size_t)(start - p));
	return start;
}

void bench_memory_free(void *memory, size_t bytes)
{
	munmap(memory, bytes);
}

uint64_t bench_random(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	*state = x;
	return x;
}
