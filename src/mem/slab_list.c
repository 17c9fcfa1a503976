/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The slabs of a cache: made and given back, objects taken and put back.
 * Everything here but the two ends of a batch runs under the cache's lock.
 */
#include <svsm/assert.h>
#include <svsm/log.h>
#include <svsm/terminate.h>

#include "slab_internal.h"

_Noreturn void slab_corrupt(const struct svsm_slab_cache *cache, const void *at,
			    const char *what)
{
	svsm_error("heap: %s: %s at %p", cache->name, what, at);
	svsm_terminate(SVSM_REASON_HEAP);
}

/* ------------------------------------------------------------- the header */

static uint64_t mix(uint64_t sum, uint64_t value)
{
	sum = (sum ^ value) * 0x9e3779b97f4a7c15ull;
	return sum ^ sum >> 29;
}

/* Each step is a bijection in the value: no single field can change unseen. */
static uint64_t sum_of(const struct slab *slab)
{
	uint64_t sum = (uintptr_t)slab;

	sum = mix(sum, (uintptr_t)slab->cache);
	sum = mix(sum, (uintptr_t)slab->next);
	sum = mix(sum, (uintptr_t)slab->prev);
	return mix(sum, (uint64_t)slab->free << 16 | slab->head << 8 |
			   slab->listed);
}

static void seal(struct slab *slab)
{
	slab->sum = sum_of(slab);
}

bool slab_is_sound(const struct svsm_slab_cache *cache, const struct slab *slab)
{
	return slab->sum == sum_of(slab) && slab->cache == cache &&
	       slab->free <= cache->count;
}

static void
require_sound(const struct svsm_slab_cache *cache, const struct slab *slab)
{
	if (!slab_is_sound(cache, slab))
		slab_corrupt(cache, slab, "slab header overwritten");
}

/* ---------------------------------------------------------------- the list */

static void link_in(struct svsm_slab_cache *cache, struct slab *slab)
{
	struct slab *next = cache->partial;

	slab->prev = NULL;
	slab->next = next;
	slab->listed = true;
	if (next) {
		require_sound(cache, next);
		next->prev = slab;
		seal(next);
	}
	cache->partial = slab;
	seal(slab);
}

static void link_out(struct svsm_slab_cache *cache, struct slab *slab)
{
	if (slab->next) {
		require_sound(cache, slab->next);
		slab->next->prev = slab->prev;
		seal(slab->next);
	}
	if (slab->prev) {
		require_sound(cache, slab->prev);
		slab->prev->next = slab->next;
		seal(slab->prev);
	} else {
		cache->partial = slab->next;
	}
	slab->next = NULL;
	slab->prev = NULL;
	slab->listed = false;
	seal(slab);
}

/* ---------------------------------------------------------- slabs and pages */

/* All objects free, in the order of their addresses. */
static void fill(struct svsm_slab_cache *cache, struct slab *slab)
{
	for (unsigned i = 0; i < cache->count; i++)
		slab->state[i] = (uint8_t)(i + 1);
	slab->state[cache->count - 1] = SLAB_END;
	slab->cache = cache;
	slab->free = (uint16_t)cache->count;
	slab->head = 0;
	seal(slab);
}

/* Until svsm_page_free() takes the words away. */
static void tag(struct svsm_slab_cache *cache, struct slab *slab)
{
	for (size_t at = 0; at < cache->bytes; at += SVSM_PAGE_BYTES)
		*svsm_page_word(cache->pool, (char *)slab + at) =
			slab_word(cache);
}

static struct slab *make(struct svsm_slab_cache *cache)
{
	void *block;

	if (svsm_page_alloc(cache->owner->pages, cache->order, &block) !=
	    SVSM_OK)
		return NULL;
	fill(cache, block);
	tag(cache, block);
	cache->slabs++;
	return block;
}

/* Slabs that left the cache, linked by next. Not under the lock: it clears. */
static void release(struct svsm_slab_cache *cache, struct slab *slab)
{
	while (slab) {
		struct slab *next = slab->next;

		svsm_assert(svsm_page_free(cache->owner->pages, slab,
					   cache->order) == SVSM_OK);
		slab = next;
	}
}

/* A slab with a free object, in the list. */
static struct slab *get(struct svsm_slab_cache *cache)
{
	struct slab *slab = cache->partial;

	if (slab) {
		require_sound(cache, slab);
		return slab;
	}
	slab = cache->spare;
	cache->spare = NULL;
	if (slab)
		require_sound(cache, slab);
	else
		slab = make(cache);
	if (slab)
		link_in(cache, slab);
	return slab;
}

/* An empty slab becomes the spare, or is added to @gone. */
static void
retire(struct svsm_slab_cache *cache, struct slab *slab, struct slab **gone)
{
	link_out(cache, slab);
	if (!cache->spare) {
		cache->spare = slab;
		return;
	}
	cache->slabs--;
	slab->next = *gone;
	*gone = slab;
}

/* ----------------------------------------------------------------- objects */

static bool is_link(const struct svsm_slab_cache *cache, unsigned state)
{
	return state < cache->count || state == SLAB_END;
}

/* The slab is sound, in the list, and has a free object. */
static void *pop(struct svsm_slab_cache *cache, struct slab *slab)
{
	unsigned index = slab->head;
	unsigned next;

	if (slab->free == 0 || index >= cache->count ||
	    !is_link(cache, slab->state[index]))
		slab_corrupt(cache, slab, "slab states overwritten");
	next = slab->state[index];
	if ((next == SLAB_END) != (slab->free == 1))
		slab_corrupt(cache, slab, "slab states overwritten");
	slab->state[index] = SLAB_HELD;
	slab->head = (uint8_t)next;
	slab->free--;
	if (slab->free == 0)
		link_out(cache, slab);
	else
		seal(slab);
	return slab_object(cache, slab, index);
}

static void
push(struct svsm_slab_cache *cache, void *object, struct slab **gone)
{
	struct slab *slab = slab_of(cache, object);
	uint8_t *state = slab_state(cache, object);

	require_sound(cache, slab);
	if (*state != SLAB_HELD)
		slab_corrupt(cache, object, "freed twice, or state of block");
	*state = slab->head;
	slab->head = (uint8_t)(state - slab->state);
	slab->free++;
	seal(slab);
	if (!slab->listed)
		link_in(cache, slab);
	if (slab->free == cache->count)
		retire(cache, slab, gone);
}

unsigned slab_take(struct svsm_slab_cache *cache, void **object, unsigned want)
{
	size_t stride = cache->stride;
	unsigned granted = slab_charge(cache->owner, stride, want);
	unsigned n = 0;

	svsm_lock_acquire(&cache->lock);
	while (n < granted) {
		struct slab *slab = get(cache);

		if (!slab)
			break;
		object[n++] = pop(cache, slab);
	}
	svsm_lock_release(&cache->lock);
	if (n < granted)
		slab_uncharge(cache->owner, (granted - n) * stride);
	return n;
}

void slab_give(struct svsm_slab_cache *cache, void *const *object, unsigned n)
{
	struct slab *gone = NULL;

	svsm_lock_acquire(&cache->lock);
	for (unsigned i = 0; i < n; i++)
		push(cache, object[i], &gone);
	svsm_lock_release(&cache->lock);
	slab_uncharge(cache->owner, n * (size_t)cache->stride);
	release(cache, gone);
}

void slab_give_spare(struct svsm_slab_cache *cache)
{
	struct slab *slab;

	svsm_lock_acquire(&cache->lock);
	slab = cache->spare;
	cache->spare = NULL;
	if (slab) {
		require_sound(cache, slab);
		cache->slabs--;
	}
	svsm_lock_release(&cache->lock);
	release(cache, slab);
}
