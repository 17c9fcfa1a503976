/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Checked caches: guard zones, poison and quarantine. See slab.h.
 *
 * A block ends with a struct guard. Between it and the bytes that the user
 * asked for are GUARD bytes, SLAB_GUARD - sizeof(struct guard) at least. A
 * freed block is POISON up to its struct guard.
 */
#include <svsm/log.h>
#include <svsm/string.h>

#include "slab_internal.h"

#define GUARD		0xfb
#define POISON		0xdd
#define UNINIT		0xaa
#define LIVE_KEY	0x6c6976656c697665ull
#define DEAD_KEY	0x6465616464656164ull
/* Objects of a cache in quarantine. */
#define QUARANTINE	16u

struct guard {
	uint64_t key;		/* ^ address; a new page has 0 */
	uint64_t size;
	void *next;		/* in quarantine */
};

_Static_assert(SLAB_GUARD >= sizeof(struct guard) + 64, "guard bytes");

static struct guard *guard_of(const void *block, size_t room)
{
	return (struct guard *)((uintptr_t)block + room - sizeof(struct guard));
}

static uint64_t key_of(const void *block, uint64_t key)
{
	return (uintptr_t)block ^ key;
}

static bool is_all(const void *p, int value, size_t n)
{
	const uint8_t *byte = p;

	while (n > 0 && byte[n - 1] == value)
		n--;
	return n == 0;
}

static void checked_guard(void *block, size_t size, size_t room)
{
	struct guard *guard = guard_of(block, room);

	memset((char *)block + size, GUARD, room - size - sizeof(*guard));
	guard->key = key_of(block, LIVE_KEY);
	guard->size = size;
	guard->next = NULL;
}

static size_t checked_usable(const struct svsm_slab_cache *cache,
			     const void *block, size_t room)
{
	const struct guard *guard = guard_of(block, room);

	if (guard->key != key_of(block, LIVE_KEY) ||
	    guard->size > room - SLAB_GUARD ||
	    !is_all((const char *)block + guard->size, GUARD,
		    room - guard->size - sizeof(*guard)))
		slab_corrupt(cache, block, "written past the end of block");
	return guard->size;
}

static void poison(const struct svsm_slab_cache *cache, void *block)
{
	struct guard *guard = guard_of(block, cache->stride);

	memset(block, POISON, cache->stride - sizeof(*guard));
	guard->key = key_of(block, DEAD_KEY);
}

/* New (zero) or poisoned, and nothing else. */
static void
require_untouched(const struct svsm_slab_cache *cache, const void *block)
{
	const struct guard *guard = guard_of(block, cache->stride);
	int value = guard->key ? POISON : 0;

	if ((guard->key && guard->key != key_of(block, DEAD_KEY)) ||
	    !is_all(block, value, cache->stride - sizeof(*guard)))
		slab_corrupt(cache, block, "used after free: block");
}

/* The oldest of the quarantine, if there are more than @keep. */
static void *leave(struct svsm_slab_cache *cache, uint32_t keep)
{
	void *block = NULL;

	svsm_lock_acquire(&cache->lock);
	if (cache->held > keep) {
		block = cache->oldest;
		cache->oldest = guard_of(block, cache->stride)->next;
		cache->held--;
	}
	svsm_lock_release(&cache->lock);
	return block;
}

static void enter(struct svsm_slab_cache *cache, void *block)
{
	guard_of(block, cache->stride)->next = NULL;
	svsm_lock_acquire(&cache->lock);
	if (cache->held > 0)
		guard_of(cache->newest, cache->stride)->next = block;
	else
		cache->oldest = block;
	cache->newest = block;
	cache->held++;
	svsm_lock_release(&cache->lock);
}

static void shrink(struct svsm_slab_cache *cache, uint32_t keep)
{
	void *block = leave(cache, keep);

	while (block) {
		require_untouched(cache, block);
		slab_give(cache, &block, 1);
		block = leave(cache, keep);
	}
}

static void checked_drain(struct svsm_slab_cache *cache)
{
	shrink(cache, 0);
}

static enum svsm_status
checked_alloc(struct svsm_slab_cache *cache, size_t size, void **out)
{
	void *block;

	if (slab_take(cache, &block, 1) == 0) {
		shrink(cache, 0);
		if (slab_take(cache, &block, 1) == 0)
			return SVSM_ENOMEM;
	}
	require_untouched(cache, block);
	memset(block, cache->flags & SVSM_SLAB_UNINIT ? UNINIT : 0, size);
	checked_guard(block, size, cache->stride);
	*slab_state(cache, block) = SLAB_LIVE;
	*out = block;
	return SVSM_OK;
}

static enum svsm_status checked_free(struct svsm_slab_cache *cache, void *block)
{
	checked_usable(cache, block, cache->stride);
	poison(cache, block);
	*slab_state(cache, block) = SLAB_HELD;
	enter(cache, block);
	shrink(cache, QUARANTINE);
	return SVSM_OK;
}

static void checked_refused(struct svsm_slab_cache *cache, const void *object,
			    enum svsm_status status)
{
	svsm_error("heap: %s: free of %p refused: %s", cache->name, object,
		   svsm_status_name(status));
}

/* The quarantine is a list of held, untouched objects of the cache. */
static bool checked_check(struct svsm_slab_cache *cache)
{
	void *block = cache->oldest;

	for (uint32_t i = 0; i < cache->held; i++) {
		if (slab_find(cache, block) != SVSM_OK ||
		    *slab_state(cache, block) != SLAB_HELD)
			return false;
		require_untouched(cache, block);
		block = guard_of(block, cache->stride)->next;
	}
	return true;
}

const struct svsm_slab_hooks svsm_slab_hooks_debug = {
	.tail = SLAB_GUARD,
	.alloc = checked_alloc,
	.free = checked_free,
	.refused = checked_refused,
	.guard = checked_guard,
	.usable = checked_usable,
	.drain = checked_drain,
	.check = checked_check,
};
