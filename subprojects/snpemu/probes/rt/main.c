// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Runs the probe that the image names. */
#include "rt.h"

extern const struct probe probes_start[], probes_end[];
extern uint32_t probe_hash;

/* FNV-1a; probe_image.py computes the same. */
static uint32_t hash_of(const char *name)
{
	uint32_t hash = 0x811c9dc5;

	while (*name)
		hash = (hash ^ (uint8_t)*name++) * 0x01000193;
	return hash;
}

static const struct probe *find_probe(void)
{
	uint64_t bytes = (uint64_t)probes_end - (uint64_t)probes_start;

	for (uint64_t i = 0; i < bytes / sizeof(struct probe); i++)
		if (hash_of(probes_start[i].name) == probe_hash)
			return &probes_start[i];
	return NULL;
}

_Noreturn void fail(unsigned reason)
{
	for (;;)
		msr_call((uint64_t)reason << 16 | 14 << 12 | 0x100);
}

_Noreturn void probe_main(void);	/* boot.S enters here */

_Noreturn void probe_main(void)
{
	const struct probe *probe = find_probe();

	trap_init();
	if (!ghcb_init())
		fail(3);
	if (probe)
		probe->run();
	fail(probe ? 0 : 4);
}

/* The compiler may ask for these. */
void *memset(void *to, int byte, size_t len)
{
	for (uint8_t *p = to; len != 0; len--)
		*(volatile uint8_t *)p++ = (uint8_t)byte;
	return to;
}

void *memcpy(void *to, const void *from, size_t len)
{
	const uint8_t *q = from;

	for (uint8_t *p = to; len != 0; len--)
		*(volatile uint8_t *)p++ = *q++;
	return to;
}
