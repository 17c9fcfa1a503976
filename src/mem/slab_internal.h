/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What the files of slab and heap share: a slab's header and state bytes, and
 * the way from an address to them.
 */
#ifndef MEM_SLAB_INTERNAL_H
#define MEM_SLAB_INTERNAL_H

#include <svsm/percpu.h>
#include <svsm/slab.h>

/*
 * State of an object. Below SLAB_LINKS: free, and the index of the next free
 * object of the slab. The others differ from each other in two bits or more.
 */
#define SLAB_LINKS	0xf0u
#define SLAB_LIVE	0xf3u
#define SLAB_HELD	0xfcu	/* free: in a magazine or in quarantine */
#define SLAB_END	0xffu	/* free: the last of its list */

/**
 * At the start of a slab's block. Everything but the state bytes is under the
 * cache's lock and in the sum.
 */
struct slab {
	uint64_t sum;
	struct svsm_slab_cache *cache;
	struct slab *next;
	struct slab *prev;
	uint16_t free;			/* objects in the list from head */
	uint8_t head;			/* index or SLAB_END */
	uint8_t listed;			/* is it in cache->partial? */
	uint32_t unused;
	uint8_t state[];
};

struct svsm_slab_hooks {
	size_t tail;			/* bytes behind each object */
	/* @p size: what is asked for, at most the cache's. */
	enum svsm_status (*alloc)(struct svsm_slab_cache *cache, size_t size,
				  void **out);
	/* The state is SLAB_LIVE when it is called. */
	enum svsm_status (*free)(struct svsm_slab_cache *cache, void *object);
	void (*refused)(struct svsm_slab_cache *cache, const void *object,
			enum svsm_status status);
	/* Guard what follows the first @p size of a block's @p room bytes. */
	void (*guard)(void *block, size_t size, size_t room);
	/* End the VM unless the guard is as it was set; the block's size. */
	size_t (*usable)(const struct svsm_slab_cache *cache, const void *block,
			 size_t room);
	/* Give what is in quarantine back to the slabs. */
	void (*drain)(struct svsm_slab_cache *cache);
	bool (*check)(struct svsm_slab_cache *cache);
};

/** The slab of an address inside one: blocks are aligned to their size. */
static inline struct slab *
slab_of(const struct svsm_slab_cache *cache, const void *object)
{
	return (struct slab *)((uintptr_t)object &
			       ~((uintptr_t)cache->bytes - 1));
}

/** offset / stride for every offset within a slab. */
/*@ assigns \nothing; */
static inline unsigned slab_divide(uint32_t offset, uint32_t inverse)
{
	return (unsigned)((uint64_t)offset * inverse >> 32);
}

/** Is there an object of the cache at this offset of a slab? */
/*@ requires \valid_read(cache) && \valid(index) && \separated(cache, index);
  requires cache->count * cache->stride <= 0xffffffff;
  assigns *index;
  ensures \result ==> *index < cache->count &&
    *index * cache->stride == (uint32_t)(offset - cache->first); */
static inline bool slab_is_object(const struct svsm_slab_cache *cache,
				  uint32_t offset, unsigned *index)
{
	/* Less than first: wraps, and the index is too large. */
	offset -= cache->first;
	*index = slab_divide(offset, cache->inverse);
	return *index < cache->count && *index * cache->stride == offset;
}

static inline void *slab_object(const struct svsm_slab_cache *cache,
				struct slab *slab, unsigned index)
{
	return (char *)slab + cache->first + (size_t)index * cache->stride;
}

/** The state byte of what begins at @p object, an object of the cache. */
static inline uint8_t *
slab_state(const struct svsm_slab_cache *cache, const void *object)
{
	struct slab *slab = slab_of(cache, object);
	uint32_t offset = (uint32_t)((uintptr_t)object - (uintptr_t)slab);

	return &slab->state[slab_divide(offset - cache->first, cache->inverse)];
}

/** What a slab's pages carry in the page pool. */
static inline uintptr_t slab_word(const struct svsm_slab_cache *cache)
{
	return (uintptr_t)cache;
}

/* slab.c */

/** Is it an object of @p cache? A status of svsm_slab_free() if not. */
SVSM_CHECKED enum svsm_status
slab_find(struct svsm_slab_cache *cache, const void *object);

/** ... and a live one? */
SVSM_CHECKED enum svsm_status
slab_find_live(struct svsm_slab_cache *cache, const void *object);

/**
 * svsm_slab_alloc() of an object of which @p size bytes will be used: a
 * checked cache guards the rest.
 */
SVSM_CHECKED enum svsm_status
slab_alloc_sized(struct svsm_slab_cache *cache, size_t size, void **out);

/** svsm_slab_drain() for what all CPUs have at hand; no other one runs. */
void slab_drain_all(struct svsm_slab_cache *cache);

/* slab_list.c */

/**
 * Take up to @p want objects out of slabs into @p object. They are SLAB_HELD,
 * and the owner has been charged.
 *
 * @return  How many; 0: out of memory.
 */
unsigned slab_take(struct svsm_slab_cache *cache, void **object, unsigned want);

/** Put SLAB_HELD objects back, at most SVSM_SLAB_HOLD. */
void slab_give(struct svsm_slab_cache *cache, void *const *object, unsigned n);

/** Give the spare slab back. */
void slab_give_spare(struct svsm_slab_cache *cache);

/** Is the header what it was when it was last written? */
bool slab_is_sound(const struct svsm_slab_cache *cache,
		   const struct slab *slab);

/** End the VM: what is at @p at was overwritten. */
_Noreturn void slab_corrupt(const struct svsm_slab_cache *cache, const void *at,
			    const char *what);

/* slab_owner.c */

/** Charge up to @p n times @p bytes; how many times it was. */
SVSM_CHECKED unsigned
slab_charge(struct svsm_slab_owner *owner, size_t bytes, unsigned n);
void slab_uncharge(struct svsm_slab_owner *owner, size_t bytes);

/** Bytes that a guard needs behind a block (slab_debug.c). */
#define SLAB_GUARD	88u

#endif
