/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * <time.h>: the TPM's clock is the one of the program around it.
 */
#include "platform.h"

struct timespec {
	long tv_sec;
	long tv_nsec;
};

int clock_gettime(int id, struct timespec *t);
long clock(void);

int clock_gettime(int id, struct timespec *t)
{
	uint64_t ms = vtpm_plat_clock_ms();

	(void)id;
	t->tv_sec = (long)(ms / 1000);
	t->tv_nsec = (long)(ms % 1000) * 1000000;
	return 0;
}

/* In microseconds, as every Unix has it. */
long clock(void)
{
	return (long)vtpm_plat_clock_ms() * 1000;
}
