/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The TPM's platform in a process: the C library's memory, random bytes that
 * are the same each time, and an end that a test can wait for.
 */
#include <check.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "platform.h"
#include "vtpm/platform.h"

/* Where --wrap puts the C library's. */
void *__real_realloc(void *block, size_t size);
int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

bool platform_may_die;
unsigned long platform_allocations;
unsigned long platform_fail_at;
unsigned long platform_puts;
unsigned long platform_cut_at;
unsigned long platform_yields;
void (*platform_before_memory)(void);

struct platform_storage *platform_storage;

static uint64_t random_state;
static uint8_t colour;
static bool clock_stands;

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

void platform_colour(uint8_t value)
{
	colour = value;
}

void platform_stop_clock(void)
{
	clock_stands = true;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	if (!clock_stands)
		return __real_clock_gettime(clock, now);
	*now = (struct timespec){ .tv_sec = 1000 };
	return 0;
}

/* Up to what was there before. */
static void *coloured(void *block, size_t size)
{
	size_t before = block ? malloc_usable_size(block) : 0;
	uint8_t *made = __real_realloc(block, size);

	if (made && size > before)
		memset(made + before, colour, size - before);
	return made;
}

void *vtpm_plat_realloc(void *block, size_t size)
{
	if (platform_before_memory)
		platform_before_memory();
	if (++platform_allocations == platform_fail_at)
		return NULL;
	return colour ? coloured(block, size) : __real_realloc(block, size);
}

void platform_storage_reset(void)
{
	if (!platform_storage) {
		platform_storage = mmap(NULL, sizeof(*platform_storage),
			PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
		ck_assert_ptr_ne(platform_storage, MAP_FAILED);
	}
	memset(platform_storage, 0, sizeof(*platform_storage));
}

void platform_storage_permanent(void)
{
	for (unsigned i = SVSM_VTPM_VOLATILE; i < SVSM_VTPM_SLOTS; i++)
		platform_storage->slot[i].used = false;
}

enum svsm_status
vtpm_plat_get(enum svsm_vtpm_slot slot, void *dst, size_t max, size_t *len)
{
	if (platform_storage->broken[slot])
		return SVSM_EHOST;
	if (!platform_storage->slot[slot].used)
		return SVSM_ENOENT;
	*len = platform_storage->slot[slot].len;
	if (*len > max)
		return SVSM_ESIZE;
	memcpy(dst, platform_storage->slot[slot].bytes, *len);
	return SVSM_OK;
}

enum svsm_status
vtpm_plat_put(enum svsm_vtpm_slot slot, const void *src, size_t len)
{
	if (++platform_puts == platform_cut_at)
		_exit(PLATFORM_CUT);
	if (platform_storage->full[slot] || len > PLATFORM_SLOT_BYTES)
		return SVSM_ENOMEM;
	memcpy(platform_storage->slot[slot].bytes, src, len);
	platform_storage->slot[slot].len = len;
	platform_storage->slot[slot].used = true;
	return SVSM_OK;
}

void vtpm_plat_yield(void)
{
	platform_yields++;
}

_Noreturn void vtpm_plat_die(const char *why)
{
	if (platform_may_die)
		_exit(PLATFORM_DIED);
	fprintf(stderr, "the TPM ended: %s\n", why);
	abort();
}
