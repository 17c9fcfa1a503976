/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The heap: blocks of any size.
 */
#ifndef SVSM_HEAP_H
#define SVSM_HEAP_H

#include <stdbool.h>
#include <stddef.h>

#include <svsm/slab.h>
#include <svsm/status.h>

/** Size classes: 16, 32, 48, 64, 96, 128, 192, 256 ... 1536, 2048 bytes. */
#define SVSM_HEAP_CLASSES	14u
/** Largest block that a slab holds; larger ones are blocks of pages. */
#define SVSM_HEAP_SLAB_MAX	2048u

/** What a heap is made from; members that are 0 have a sensible meaning. */
struct svsm_heap_config {
	const char *name;		/* for messages; kept */
	unsigned flags;			/* SVSM_SLAB_* */
	/* SVSM_HEAP_CLASSES of them for each of the CPUs 0 .. cpus - 1, all
	 * zero; kept. CPUs without are served under locks. */
	struct svsm_slab_magazine *magazine;
	unsigned cpus;
	const struct svsm_slab_hooks *hooks;	/* NULL: the flavour's */
};

/**
 * Slabs for small blocks, pages for large ones. Zero-initialised is no heap;
 * made by svsm_heap_init().
 *
 * A block of up to SVSM_HEAP_SLAB_MAX bytes loses at most a third to its
 * class, a larger one at most half to the power of two. Each call costs a
 * bounded number of steps however many blocks are live (and the clearing or
 * copying of the block).
 */
struct svsm_heap {
	struct svsm_slab_cache class[SVSM_HEAP_CLASSES];
	struct svsm_slab_owner *owner;
	size_t large;			/* blocks of pages that are live */
};

/**
 * Make a heap. Takes no memory yet.
 *
 * @param heap    All zero, or after svsm_heap_fini(); kept.
 * @param owner   Pays for every block; kept.
 * @param config  Borrowed.
 *
 * @retval SVSM_EINVAL  Unknown flag, or CPUs without magazines.
 * @retval SVSM_EEXIST  It is a heap already.
 */
SVSM_CHECKED enum svsm_status
svsm_heap_init(struct svsm_heap *heap, struct svsm_slab_owner *owner,
	       const struct svsm_heap_config *config);

/**
 * Give everything back; the heap is all zero afterwards.
 *
 * @retval SVSM_EBUSY  Blocks are live. The heap goes on.
 *
 * Context: no other CPU uses the heap.
 */
SVSM_CHECKED enum svsm_status svsm_heap_fini(struct svsm_heap *heap);

/**
 * Take a block, aligned to 16 bytes; zero, unless the heap has
 * SVSM_SLAB_UNINIT.
 *
 * @retval SVSM_EINVAL  @p size is 0: there is no block of size 0.
 * @retval SVSM_ENOMEM  Larger than any block can be, or the owner's limit, the
 *                      account, or the pool is reached. What this CPU and the
 *                      classes held in reserve was given back before.
 *
 * Context: as svsm_slab_alloc(). Pair: svsm_heap_free(), on any CPU.
 */
SVSM_CHECKED enum svsm_status
svsm_heap_alloc(struct svsm_heap *heap, size_t size, void **out);

/** ... of @p n * @p size bytes, all zero. SVSM_ENOMEM when that wraps. */
SVSM_CHECKED enum svsm_status
svsm_heap_calloc(struct svsm_heap *heap, size_t n, size_t size, void **out);

/**
 * ... aligned to @p align.
 *
 * @retval SVSM_EINVAL  @p align is no power of two, or larger than the largest
 *                      block of pages; or @p size is 0.
 */
SVSM_CHECKED enum svsm_status
svsm_heap_aligned(struct svsm_heap *heap, size_t align, size_t size,
		  void **out);

/**
 * Make a block larger or smaller. It may move; what fits of its content moves
 * with it (the alignment of svsm_heap_aligned() does not).
 *
 * @param block  Taken on success; NULL: as svsm_heap_alloc().
 * @param out    May be where @p block is kept.
 *
 * @retval SVSM_EINVAL  @p size is 0; the block stays as it is.
 * @retval SVSM_ENOMEM  As svsm_heap_alloc(), even to shrink; the block stays
 *                      as it is.
 *
 * What svsm_heap_free() would refuse is refused with the same status.
 */
SVSM_CHECKED enum svsm_status
svsm_heap_realloc(struct svsm_heap *heap, void *block, size_t size, void **out);

/**
 * Give a block back.
 *
 * @param block  What one of the calls above gave; NULL does nothing. Anything
 *               else is refused, and nothing changes: SVSM_EFOREIGN (no memory
 *               of the heap's pool, or of pages that are nobody's slab or
 *               block now), SVSM_EOWNER (another heap's or cache's),
 *               SVSM_EINTERIOR, SVSM_EDOUBLE, SVSM_ECORRUPT.
 */
SVSM_CHECKED enum svsm_status
svsm_heap_free(struct svsm_heap *heap, void *block);

/**
 * Bytes of a block that may be used: at least those asked for.
 *
 * What svsm_heap_free() would refuse is refused with the same status.
 */
SVSM_CHECKED enum svsm_status
svsm_heap_size(struct svsm_heap *heap, const void *block, size_t *out);

/** svsm_slab_drain() for each class. */
void svsm_heap_drain(struct svsm_heap *heap);

/** svsm_slab_check() for each class; for tests. */
bool svsm_heap_check(struct svsm_heap *heap);

#endif
