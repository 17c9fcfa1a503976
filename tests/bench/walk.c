/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A shape to compare with: slabs in one list, which is walked to find room
 * and to find the slab of what is freed. It is small and correct, and what it
 * costs grows with what is live.
 */
#include <stdlib.h>

#include "bench.h"

#define BYTES	4096u

struct walk_slab {
	struct walk_slab *next;
	size_t size;
	size_t used;
	uint64_t taken[4];	/* a bit for each object */
	char object[] __attribute__((aligned(16)));
};

static struct walk_slab *slabs;

static size_t count(const struct walk_slab *slab)
{
	size_t n = (BYTES - sizeof(*slab)) / slab->size;

	return n < 256 ? n : 256;
}

static struct walk_slab *add(size_t size)
{
	struct walk_slab *slab = aligned_alloc(BYTES, BYTES);

	if (!slab)
		return NULL;
	*slab = (struct walk_slab){ .next = slabs, .size = size };
	slabs = slab;
	return slab;
}

static void *take(struct walk_slab *slab)
{
	for (size_t i = 0; i < count(slab); i++) {
		uint64_t bit = 1ull << i % 64;

		if (!(slab->taken[i / 64] & bit)) {
			slab->taken[i / 64] |= bit;
			slab->used++;
			return slab->object + i * slab->size;
		}
	}
	return NULL;
}

static void *walk_alloc(size_t size)
{
	struct walk_slab *slab = slabs;

	while (slab && (slab->size != size || slab->used == count(slab)))
		slab = slab->next;
	if (!slab)
		slab = add(size);
	return slab ? take(slab) : NULL;
}

static bool holds(const struct walk_slab *slab, const void *block)
{
	uintptr_t offset = (uintptr_t)block - (uintptr_t)slab->object;

	return offset < count(slab) * slab->size;
}

static void walk_free(void *block, size_t size)
{
	struct walk_slab **at = &slabs;
	struct walk_slab *slab;
	size_t i;

	while (*at && !holds(*at, block))
		at = &(*at)->next;
	slab = *at;
	if (!slab)
		bench_die("free of what is in no slab");
	i = (size_t)((char *)block - slab->object) / size;
	slab->taken[i / 64] &= ~(1ull << i % 64);
	if (--slab->used > 0)
		return;
	*at = slab->next;
	free(slab);
}

const struct bench_contender bench_walk = {
	"list walk", walk_alloc, walk_free, NULL, NULL
};
