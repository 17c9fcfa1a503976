/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The slab allocator: many objects of one size.
 */
#ifndef SVSM_SLAB_H
#define SVSM_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <svsm/lock.h>
#include <svsm/page.h>
#include <svsm/status.h>

/** Largest object, bytes; above that take pages. */
#define SVSM_SLAB_MAX_SIZE	4096u
/** Largest alignment of an object. */
#define SVSM_SLAB_MAX_ALIGN	2048u
/** Objects that one CPU can keep at hand. */
#define SVSM_SLAB_HOLD		15u

/** What is freed holds secrets: it is wiped before the free returns. */
#define SVSM_SLAB_SECRET	(1u << 0)
/**
 * An object may show what the last object of this cache left in it: for types
 * that their user writes in full. Without it an object is zero.
 */
#define SVSM_SLAB_UNINIT	(1u << 1)

/**
 * Who pays: pages from an account, and the bytes of objects that are live or
 * at a CPU's hand. Several caches may have one owner. @p used never passes
 * @p limit and never wraps; the account's `objects` is the sum over its owners
 * (budget.h).
 */
struct svsm_slab_owner {
	struct svsm_page_account *pages;
	struct svsm_lock lock;
	size_t used;			/* bytes */
	size_t limit;			/* bytes */
};

/**
 * What one CPU has at hand of one cache. The CPU takes and gives here without
 * a lock and without an atomic operation; every few calls it exchanges some
 * with the slabs, under the cache's lock.
 */
struct svsm_slab_magazine {
	uint32_t count;
	void *object[SVSM_SLAB_HOLD];
} __attribute__((aligned(64)));

struct svsm_slab_hooks;

/** What a cache is made from; members that are 0 have a sensible meaning. */
struct svsm_slab_config {
	const char *name;		/* for messages; kept */
	size_t size;			/* 1 .. SVSM_SLAB_MAX_SIZE bytes */
	size_t align;			/* a power of two; 16 at least */
	unsigned flags;			/* SVSM_SLAB_* */
	/* One for each of the CPUs 0 .. cpus - 1, all zero; kept. CPUs without
	 * one are served under the lock. */
	struct svsm_slab_magazine *magazine;
	unsigned cpus;
	unsigned hold;			/* of a magazine; 0: by the size */
	/* NULL: what this flavour has (see svsm_slab_hooks_default). */
	const struct svsm_slab_hooks *hooks;
};

struct slab;

/**
 * Objects of one size and type. Zero-initialised is no cache; made by
 * svsm_slab_init().
 *
 * Slabs are blocks of pages, each with a header, a state byte per object, and
 * the objects. One that has free objects is in the list; of the empty ones
 * one is kept as the spare and the others go back to the page pool. An object
 * can be freed on any CPU: it goes to that CPU's magazine, and from there,
 * some at a time, to its slab.
 *
 * The state bytes know which objects are live, so that a wrong free is refused
 * by looking at neither the object nor its neighbours. A slab's header carries
 * a sum that is checked before each use: a header that was overwritten ends
 * the VM with SVSM_REASON_HEAP.
 */
struct svsm_slab_cache {
	/* Constant since init; the common case needs the first 64 bytes. */
	struct svsm_slab_magazine *magazine;
	struct svsm_page_pool *pool;
	const struct svsm_slab_hooks *hooks;
	uint32_t cpus;			/* 0 in a checked cache */
	uint32_t hold;			/* of a magazine */
	uint32_t quick;			/* the same; 0 when frees wipe */
	uint32_t stride;		/* from one object to the next */
	uint32_t inverse;		/* 2^32 / stride, rounded up */
	uint32_t first;			/* offset of object 0 in a slab */
	uint32_t clear;			/* bytes to clear when handed out */
	uint32_t bytes;			/* of a slab */
	uint32_t count;			/* objects in a slab */
	uint32_t size;			/* of an object, as asked for */
	uint8_t order;			/* of a slab's block of pages */
	uint8_t flags;
	struct svsm_slab_owner *owner;
	const char *name;

	/* Changes under the lock. */
	struct svsm_lock lock;
	struct slab *partial;		/* slabs with free objects */
	struct slab *spare;		/* one empty slab */
	size_t slabs;
	/* Objects in quarantine, when the cache is checked (slab_debug.c). */
	void *oldest;
	void *newest;
	uint32_t held;
} __attribute__((aligned(128)));

/**
 * How a checked cache differs: each object is followed by a guard zone, freed
 * ones are poisoned and stay in quarantine for a while. A write past the end
 * or after the free ends the VM with SVSM_REASON_HEAP and a log line that has
 * the block's address; a wrong free is logged and refused.
 *
 * `host` libraries check by default, `fw` ones do not; a cache can ask for
 * either.
 */
extern const struct svsm_slab_hooks svsm_slab_hooks_debug;
extern const struct svsm_slab_hooks svsm_slab_hooks_none;
extern const struct svsm_slab_hooks *const svsm_slab_hooks_default;

/**
 * Make an owner.
 *
 * @param pages  Where its slabs come from; kept.
 * @param limit  Bytes of objects; SIZE_MAX: only the account limits.
 */
void svsm_slab_owner_init(struct svsm_slab_owner *owner,
			  struct svsm_page_account *pages, size_t limit);

/**
 * Make a cache. Takes no memory yet.
 *
 * @param cache   All zero, or after svsm_slab_fini(); kept.
 * @param owner   Kept.
 * @param config  Borrowed.
 *
 * @retval SVSM_EINVAL  Size 0 or too large, alignment no power of two or too
 *                      large, unknown flag, hold above SVSM_SLAB_HOLD, or
 *                      CPUs without magazines.
 * @retval SVSM_EEXIST  It is a cache already.
 */
SVSM_CHECKED enum svsm_status
svsm_slab_init(struct svsm_slab_cache *cache, struct svsm_slab_owner *owner,
	       const struct svsm_slab_config *config);

/**
 * Give everything back; the cache is all zero afterwards.
 *
 * @retval SVSM_EBUSY  Objects are live. The cache goes on.
 *
 * Context: no other CPU uses the cache.
 */
SVSM_CHECKED enum svsm_status svsm_slab_fini(struct svsm_slab_cache *cache);

/**
 * Take an object: zero, unless the cache has SVSM_SLAB_UNINIT.
 *
 * @retval SVSM_ENOMEM  The owner's limit, or the account, or the pool is
 *                      reached. Other CPUs may have free objects at hand.
 *
 * A few instructions when the CPU has one at hand. Otherwise at most `hold`
 * objects are taken from slabs, and one block from the pool.
 *
 * Context: any CPU; not in handlers of exceptions and interrupts, nor with a
 *          lock held that comes after the slab's (lock.h). Pair:
 *          svsm_slab_free(), on any CPU.
 */
SVSM_CHECKED enum svsm_status
svsm_slab_alloc(struct svsm_slab_cache *cache, void **out);

/**
 * Give an object back.
 *
 * @param object  What svsm_slab_alloc() gave; NULL does nothing. Any other
 *                value is refused without touching what it points to, and
 *                nothing changes:
 *
 * @retval SVSM_EFOREIGN   No memory of this cache's pool, or of a page that no
 *                         slab has (an object freed long ago, too: its slab
 *                         may have gone back).
 * @retval SVSM_EOWNER     It belongs to another cache or to a heap.
 * @retval SVSM_EINTERIOR  Inside a slab, but not where an object begins.
 * @retval SVSM_EDOUBLE    The object is free already.
 * @retval SVSM_ECORRUPT   The object's state was overwritten.
 *
 * Two CPUs that free one object at the same moment may both be told SVSM_OK;
 * the second of them to reach the slab ends the VM (SVSM_REASON_HEAP).
 *
 * Context: as svsm_slab_alloc().
 */
SVSM_CHECKED enum svsm_status
svsm_slab_free(struct svsm_slab_cache *cache, void *object);

/**
 * Give back what is not needed: what the calling CPU has at hand, what is in
 * quarantine, the spare slab.
 */
void svsm_slab_drain(struct svsm_slab_cache *cache);

/**
 * Check what must hold between calls. Linear in the slabs of the list; for
 * tests.
 *
 * Context: no other CPU uses the cache.
 */
bool svsm_slab_check(struct svsm_slab_cache *cache);

#endif
