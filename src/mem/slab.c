/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The slab allocator's calls: what a CPU has at hand, and the checks of what
 * is freed. See slab.h.
 *
 * Each call first tries the common case, which fits into a few registers, and
 * otherwise begins again in a function that knows all cases.
 */
#include <svsm/string.h>

#include "slab_internal.h"

#define RARE	__attribute__((noinline, cold))
#define LIKELY(x)	__builtin_expect(!!(x), 1)

/* Sixteen bytes; objects are aligned to them. */
typedef uint64_t __attribute__((may_alias, vector_size(16))) line_t;

/* The calling CPU's magazine, or NULL. No other CPU touches it. */
static inline struct svsm_slab_magazine *
magazine(struct svsm_slab_cache *cache)
{
	uint32_t index = svsm_plat_cpu()->index;

	if (!LIKELY(index < cache->cpus))
		return NULL;
	return &cache->magazine[index];
}

/* Half of what fits, so that the next call goes neither way at once. */
static unsigned batch(const struct svsm_slab_cache *cache)
{
	return (cache->hold + 1) / 2;
}

/* ------------------------------------------------------------------- alloc */

/* What a secret cache frees is zero already, and so are new pages. */
static inline void clear(const struct svsm_slab_cache *cache, void *object)
{
	line_t *line = object;

	for (uint32_t n = cache->clear; n > 0; n -= 16)
		*line++ = (line_t){ 0 };
}

/* From SLAB_HELD to SLAB_LIVE. */
static inline void hand_out(struct svsm_slab_cache *cache, void *object)
{
	uint8_t *state = slab_state(cache, object);

	if (!LIKELY(*state == SLAB_HELD))
		slab_corrupt(cache, object, "freed twice, or state of block");
	*state = SLAB_LIVE;
	clear(cache, object);
}

/* Not at hand. */
static RARE enum svsm_status
alloc_from_slabs(struct svsm_slab_cache *cache, size_t size, void **out)
{
	struct svsm_slab_magazine *mag;
	void *object;

	if (cache->hooks)
		return cache->hooks->alloc(cache, size, out);
	mag = magazine(cache);
	if (mag) {
		mag->count = slab_take(cache, mag->object, batch(cache));
		if (mag->count == 0)
			return SVSM_ENOMEM;
		object = mag->object[--mag->count];
	} else if (slab_take(cache, &object, 1) == 0) {
		return SVSM_ENOMEM;
	}
	hand_out(cache, object);
	*out = object;
	return SVSM_OK;
}

static inline enum svsm_status
alloc(struct svsm_slab_cache *cache, size_t size, void **out)
{
	struct svsm_slab_magazine *mag = magazine(cache);
	void *object;

	if (!LIKELY(mag && mag->count > 0))
		return alloc_from_slabs(cache, size, out);
	object = mag->object[--mag->count];
	hand_out(cache, object);
	*out = object;
	return SVSM_OK;
}

enum svsm_status svsm_slab_alloc(struct svsm_slab_cache *cache, void **out)
{
	return alloc(cache, cache->size, out);
}

enum svsm_status
slab_alloc_sized(struct svsm_slab_cache *cache, size_t size, void **out)
{
	return alloc(cache, size, out);
}

/* -------------------------------------------------------------------- free */

/* Why the word of a page is not the cache's. */
static enum svsm_status why_not(const uintptr_t *word)
{
	return word && *word ? SVSM_EOWNER : SVSM_EFOREIGN;
}

enum svsm_status
slab_find(struct svsm_slab_cache *cache, const void *object)
{
	const uintptr_t *word = svsm_page_word(cache->pool, object);
	uint32_t offset = (uint32_t)(uintptr_t)object & (cache->bytes - 1);
	unsigned index;

	if (!word || *word != slab_word(cache))
		return why_not(word);
	return slab_is_object(cache, offset, &index) ? SVSM_OK : SVSM_EINTERIOR;
}

static enum svsm_status
check_live(const struct svsm_slab_cache *cache, unsigned state)
{
	if (state == SLAB_LIVE)
		return SVSM_OK;
	if (state < cache->count || state == SLAB_HELD || state == SLAB_END)
		return SVSM_EDOUBLE;
	return SVSM_ECORRUPT;
}

enum svsm_status
slab_find_live(struct svsm_slab_cache *cache, const void *object)
{
	enum svsm_status status = slab_find(cache, object);

	if (status != SVSM_OK)
		return status;
	return check_live(cache, *slab_state(cache, object));
}

/* More than fits: the older half goes back to its slabs. */
static void
make_room(struct svsm_slab_cache *cache, struct svsm_slab_magazine *mag)
{
	unsigned n = batch(cache);

	slab_give(cache, mag->object, n);
	mag->count -= n;
	memmove(mag->object, mag->object + n,
		mag->count * sizeof(mag->object[0]));
}

static void take_back(struct svsm_slab_cache *cache, void *object)
{
	struct svsm_slab_magazine *mag = magazine(cache);

	if (!mag) {
		slab_give(cache, &object, 1);
		return;
	}
	if (mag->count == cache->hold)
		make_room(cache, mag);
	mag->object[mag->count++] = object;
}

/* Something is to be done, or something is wrong. */
static RARE enum svsm_status
free_in_any_case(struct svsm_slab_cache *cache, void *object)
{
	enum svsm_status status;

	if (!object)
		return SVSM_OK;
	status = slab_find_live(cache, object);
	if (cache->hooks && status == SVSM_OK)
		return cache->hooks->free(cache, object);
	if (cache->hooks)
		cache->hooks->refused(cache, object, status);
	if (status != SVSM_OK)
		return status;
	if (cache->flags & SVSM_SLAB_SECRET)
		svsm_wipe(object, cache->size);
	*slab_state(cache, object) = SLAB_HELD;
	take_back(cache, object);
	return SVSM_OK;
}

/* The state byte of a live object of the cache, or NULL. */
static inline uint8_t *
state_of_live(struct svsm_slab_cache *cache, const void *object)
{
	const uintptr_t *word = svsm_page_word(cache->pool, object);
	uint32_t offset = (uint32_t)(uintptr_t)object & (cache->bytes - 1);
	uint8_t *state;
	unsigned index;

	if (!word || *word != slab_word(cache) ||
	    !slab_is_object(cache, offset, &index))
		return NULL;
	state = &slab_of(cache, object)->state[index];
	return *state == SLAB_LIVE ? state : NULL;
}

enum svsm_status svsm_slab_free(struct svsm_slab_cache *cache, void *object)
{
	struct svsm_slab_magazine *mag = magazine(cache);
	uint8_t *state = state_of_live(cache, object);

	if (!LIKELY(state && mag && mag->count < cache->quick))
		return free_in_any_case(cache, object);
	*state = SLAB_HELD;
	mag->object[mag->count++] = object;
	return SVSM_OK;
}

/* ------------------------------------------------------------------- drain */

static void
drain_magazine(struct svsm_slab_cache *cache, struct svsm_slab_magazine *mag)
{
	unsigned n = mag->count;

	mag->count = 0;
	if (n > 0)
		slab_give(cache, mag->object, n);
}

static void drain_rest(struct svsm_slab_cache *cache)
{
	if (cache->hooks)
		cache->hooks->drain(cache);
	slab_give_spare(cache);
}

void svsm_slab_drain(struct svsm_slab_cache *cache)
{
	struct svsm_slab_magazine *mag = magazine(cache);

	if (mag)
		drain_magazine(cache, mag);
	drain_rest(cache);
}

void slab_drain_all(struct svsm_slab_cache *cache)
{
	for (uint32_t i = 0; i < cache->cpus; i++)
		drain_magazine(cache, &cache->magazine[i]);
	drain_rest(cache);
}
