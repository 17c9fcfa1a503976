/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The TPM's platform in a process: the C library's memory, random bytes that
 * are the same each time, and an end that a test can wait for.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "platform.h"
#include "vtpm/platform.h"

/* Where --wrap puts the C library's. */
void *__real_realloc(void *block, size_t size);

bool platform_may_die;
unsigned long platform_allocations;
unsigned long platform_fail_at;

static uint64_t random_state;

void platform_seed(uint64_t seed)
{
	random_state = 0x9e3779b97f4a7c15ull * (seed + 1);
}

void platform_random(void *buf, size_t len, uint64_t *state)
{
	unsigned char *byte = buf;

	while (len--) {
		*state ^= *state << 13;
		*state ^= *state >> 7;
		*state ^= *state << 17;
		*byte++ = (unsigned char)(*state >> 24);
	}
}

void vtpm_plat_entropy(void *buf, size_t len)
{
	if (random_state == 0)
		platform_seed(0);
	platform_random(buf, len, &random_state);
}

void *vtpm_plat_realloc(void *block, size_t size)
{
	if (++platform_allocations == platform_fail_at)
		return NULL;
	return __real_realloc(block, size);
}

_Noreturn void vtpm_plat_die(const char *why)
{
	if (platform_may_die)
		_exit(PLATFORM_DIED);
	fprintf(stderr, "the TPM ended: %s\n", why);
	abort();
}
