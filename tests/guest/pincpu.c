/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Pins the same work to one CPU after the other. The work mixes integer and
 * floating point state with CPUID, which leaves the guest each time: a CPU
 * that loses a register on the way gives another result.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 200

/* The brand string's first leaf: an exit, and the same on every CPU. */
static uint64_t leave_the_guest(void)
{
	unsigned a = 0, b = 0, c = 0, d = 0;

	__get_cpuid(0x80000002, &a, &b, &c, &d);
	return ((uint64_t)a << 32 | b) ^ ((uint64_t)c << 32 | d);
}

static uint64_t work(void)
{
	uint64_t hash = 0xcbf29ce484222325ull, bits;
	double x = 1.5, y = 0.25;

	for (int i = 0; i < ROUNDS; i++) {
		hash = (hash ^ leave_the_guest()) * 0x100000001b3ull;
		x = x * 1.0000001 + y;
		y = y * 0.9999 + 1.0 / (x + i);
	}
	memcpy(&bits, &x, sizeof(bits));
	return hash ^ bits;
}

static int pin(unsigned cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

int main(void)
{
	unsigned cpus = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t first = 0;

	for (unsigned cpu = 0; cpu < cpus; cpu++) {
		uint64_t result;

		if (pin(cpu) != 0 || sched_getcpu() != (int)cpu) {
			printf("failed: cannot run on CPU %u\n", cpu);
			return 1;
		}
		result = work();
		if (cpu == 0)
			first = result;
		if (result != first) {
			printf("failed: CPU %u computes otherwise\n", cpu);
			return 1;
		}
	}
	printf("ok: %u CPUs\n", cpus);
	return 0;
}
