/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The page allocator: power-of-two blocks of private memory of ours.
 */
#ifndef SVSM_PAGE_H
#define SVSM_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <svsm/addr.h>
#include <svsm/lock.h>
#include <svsm/status.h>

/** Orders 0 (4 KiB) .. 9 (2 MiB). */
#define SVSM_PAGE_ORDERS	10u
/** Address ranges one pool can hold. */
#define SVSM_PAGE_SPANS		4u

struct svsm_page_link;

/** One range of a pool: pages and, in its first pages, a byte for each. */
struct svsm_page_span {
	uintptr_t start;		/* of the pages that are handed out */
	size_t pages;
	uint8_t *state;			/* [pages], see page.c */
};

/**
 * A buddy allocator over a few ranges.
 *
 * Free pages are zero but for the links in their first bytes, so what is
 * handed out never shows what was there before, and what is given back keeps
 * nothing. Every operation costs at most SVSM_PAGE_ORDERS steps (and the
 * clearing), however many blocks are live. Zero-initialised is an empty pool.
 */
struct svsm_page_pool {
	struct svsm_lock lock;
	struct svsm_page_span span[SVSM_PAGE_SPANS];
	unsigned spans;
	size_t free;			/* pages */
	size_t total;			/* pages handed out or free */
	struct svsm_page_link *list[SVSM_PAGE_ORDERS];
};

/** The SVSM's own pages: the region's heap, filled at boot. */
extern struct svsm_page_pool svsm_pages;

/**
 * Give memory to a pool.
 *
 * @param start  Page aligned, private, validated, mapped read-write, all
 *               zero; kept for ever.
 * @param len    Bytes, a multiple of a page. One byte per page goes to the
 *               allocator itself (rounded up to pages, at the start).
 *
 * @retval SVSM_EINVAL  Not aligned, wraps, shorter than two pages, or it
 *                      overlaps a range of the pool.
 * @retval SVSM_ENOMEM  The pool has SVSM_PAGE_SPANS ranges already.
 */
SVSM_CHECKED enum svsm_status
svsm_page_add(struct svsm_page_pool *pool, void *start, size_t len);

/**
 * Take a block of 2^order pages, aligned to its size, all zero.
 *
 * @retval SVSM_EINVAL  @p order >= SVSM_PAGE_ORDERS.
 * @retval SVSM_ENOMEM  No block of that size is free.
 *
 * Context: any CPU. Pair: svsm_page_free().
 */
SVSM_CHECKED enum svsm_status
svsm_page_alloc(struct svsm_page_pool *pool, unsigned order, void **out);

/**
 * Give a block back; its content is cleared.
 *
 * @param block  What svsm_page_alloc() gave; NULL does nothing.
 *
 * @retval SVSM_EINVAL  No address of this pool, or not a page's.
 * @retval SVSM_ESTATE  In the pool, but not the first address of a live
 *                      block (given back before, or interior). Nothing
 *                      changed.
 */
SVSM_CHECKED enum svsm_status
svsm_page_free(struct svsm_page_pool *pool, void *block);

/** Free pages now. */
size_t svsm_page_count_free(struct svsm_page_pool *pool);

/**
 * Check what must hold between calls: lists and states say the same, no free
 * buddies are apart, the counts are right. Linear; for tests and `kit bench`.
 */
bool svsm_page_check(struct svsm_page_pool *pool);

#endif
