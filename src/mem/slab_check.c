/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The invariants of a cache, for tests: headers, lists and state bytes say the
 * same, and what CPUs have at hand is known to its slab.
 */
#include "slab_internal.h"

/* Each object is in the chain from head, held, or live. */
static bool check_states(const struct svsm_slab_cache *cache,
			 const struct slab *slab)
{
	unsigned links = 0;
	unsigned length = 0;
	unsigned at = slab->head;

	for (unsigned i = 0; i < cache->count; i++) {
		unsigned state = slab->state[i];

		if (state < cache->count || state == SLAB_END)
			links++;
		else if (state != SLAB_LIVE && state != SLAB_HELD)
			return false;
	}
	for (; at < cache->count && length <= links; length++)
		at = slab->state[at];
	return at == SLAB_END && length == links && links == slab->free;
}

static bool check_slab(const struct svsm_slab_cache *cache,
		       const struct slab *slab)
{
	const uintptr_t *word = svsm_page_word(cache->pool, slab);

	return word && *word == slab_word(cache) &&
	       slab_is_sound(cache, slab) && check_states(cache, slab);
}

static bool check_list(const struct svsm_slab_cache *cache)
{
	const struct slab *prev = NULL;
	size_t n = 0;

	for (const struct slab *slab = cache->partial; slab;
	     prev = slab, slab = slab->next) {
		if (++n > cache->slabs || !check_slab(cache, slab) ||
		    slab->prev != prev || !slab->listed || slab->free == 0 ||
		    slab->free == cache->count)
			return false;
	}
	return n + (cache->spare != NULL) <= cache->slabs;
}

static bool check_spare(const struct svsm_slab_cache *cache)
{
	const struct slab *slab = cache->spare;

	return !slab || (check_slab(cache, slab) && !slab->listed &&
			 slab->free == cache->count);
}

static bool is_twice(const struct svsm_slab_magazine *mag, unsigned at)
{
	for (unsigned i = 0; i < at; i++)
		if (mag->object[i] == mag->object[at])
			return true;
	return false;
}

static bool check_magazine(struct svsm_slab_cache *cache,
			   const struct svsm_slab_magazine *mag)
{
	if (mag->count > cache->hold)
		return false;
	for (unsigned i = 0; i < mag->count; i++) {
		const void *object = mag->object[i];

		if (slab_find(cache, object) != SVSM_OK ||
		    *slab_state(cache, object) != SLAB_HELD ||
		    is_twice(mag, i))
			return false;
	}
	return true;
}

bool svsm_slab_check(struct svsm_slab_cache *cache)
{
	bool ok;

	svsm_lock_acquire(&cache->lock);
	ok = check_list(cache) && check_spare(cache);
	for (uint32_t i = 0; ok && i < cache->cpus; i++)
		ok = check_magazine(cache, &cache->magazine[i]);
	svsm_lock_release(&cache->lock);
	return ok && (!cache->hooks || cache->hooks->check(cache));
}
