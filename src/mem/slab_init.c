/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Making and ending a cache: how objects are laid out in a slab.
 */
#include <svsm/string.h>

#include "slab_internal.h"

const struct svsm_slab_hooks svsm_slab_hooks_none;

#define LEAST_ALIGN	16u
/* Objects are cleared in such steps. */
#define CLEAR		16u
/* Bytes of one cache that one CPU may keep at hand, roughly. */
#define HOLD_BYTES	4096u
/* A larger slab is tried while more than one part in WASTE is lost. */
#define WASTE		8u
#define MAX_ORDER	3u

static bool is_power_of_two(size_t v)
{
	return v && !(v & (v - 1));
}

static bool is_valid(const struct svsm_slab_config *config)
{
	return config->size > 0 && config->size <= SVSM_SLAB_MAX_SIZE &&
	       (config->align == 0 || is_power_of_two(config->align)) &&
	       config->align <= SVSM_SLAB_MAX_ALIGN &&
	       !(config->flags & ~(SVSM_SLAB_SECRET | SVSM_SLAB_UNINIT)) &&
	       config->hold <= SVSM_SLAB_HOLD &&
	       (config->cpus == 0 || config->magazine);
}

/* How many objects fit, and where the first is. */
static size_t
place(size_t bytes, size_t stride, size_t align, size_t *first)
{
	size_t count = (bytes - sizeof(struct slab)) / (stride + 1);

	*first = 0;
	if (count > SLAB_LINKS)
		count = SLAB_LINKS;
	for (; count > 0; count--) {
		*first = (sizeof(struct slab) + count + align - 1) &
			 ~(align - 1);
		if (*first + count * stride <= bytes)
			break;
	}
	return count;
}

static void lay_out(struct svsm_slab_cache *cache, size_t align)
{
	size_t bytes = SVSM_PAGE_BYTES;
	size_t first;
	size_t count = place(bytes, cache->stride, align, &first);

	while (cache->order < MAX_ORDER &&
	       bytes - count * cache->stride > bytes / WASTE) {
		cache->order++;
		bytes <<= 1;
		count = place(bytes, cache->stride, align, &first);
	}
	cache->bytes = (uint32_t)bytes;
	cache->count = (uint32_t)count;
	cache->first = (uint32_t)first;
	cache->inverse = (uint32_t)((1ull << 32) / cache->stride + 1);
}

static uint32_t hold_of(const struct svsm_slab_config *config, size_t stride)
{
	size_t hold = HOLD_BYTES / stride;

	if (config->hold)
		return config->hold;
	if (hold < 2)
		return 2;
	return hold < SVSM_SLAB_HOLD ? (uint32_t)hold : SVSM_SLAB_HOLD;
}

enum svsm_status
svsm_slab_init(struct svsm_slab_cache *cache, struct svsm_slab_owner *owner,
	       const struct svsm_slab_config *config)
{
	const struct svsm_slab_hooks *hooks = config->hooks;
	size_t align = config->align;
	size_t stride;

	if (!is_valid(config))
		return SVSM_EINVAL;
	if (cache->owner)
		return SVSM_EEXIST;
	if (align < LEAST_ALIGN)
		align = LEAST_ALIGN;
	if (!hooks)
		hooks = svsm_slab_hooks_default;
	stride = (config->size + hooks->tail + align - 1) & ~(align - 1);
	*cache = (struct svsm_slab_cache){
		.owner = owner,
		.hooks = hooks->alloc ? hooks : NULL,
		.magazine = config->magazine,
		.pool = owner->pages->pool,
		.cpus = hooks->alloc ? 0 : config->cpus,
		.hold = hold_of(config, stride),
		.size = (uint32_t)config->size,
		.stride = (uint32_t)stride,
		.clear = config->flags ? 0 :
			(uint32_t)(config->size + CLEAR - 1) & ~(CLEAR - 1),
		.flags = (uint8_t)config->flags,
		.name = config->name,
	};
	if (!(config->flags & SVSM_SLAB_SECRET))
		cache->quick = cache->hold;
	lay_out(cache, align);
	return SVSM_OK;
}

enum svsm_status svsm_slab_fini(struct svsm_slab_cache *cache)
{
	slab_drain_all(cache);
	if (cache->slabs > 0)
		return SVSM_EBUSY;
	*cache = (struct svsm_slab_cache){ 0 };
	return SVSM_OK;
}
