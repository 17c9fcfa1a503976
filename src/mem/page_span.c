/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The spans of a page pool: where pages may be, pages that come and go.
 */
#include "page_tree.h"

struct svsm_page_pool svsm_pages;
struct svsm_page_pool svsm_deposits;

/** Bytes per page, beside the two per node. */
#define PER_PAGE	(sizeof(uintptr_t) + sizeof(uint16_t))

static size_t node_bytes(unsigned depth)
{
	return (size_t)2 << depth;
}

static size_t meta_bytes(size_t pages, unsigned depth)
{
	return pages * PER_PAGE + node_bytes(depth);
}

/*@ assigns \nothing;
  ensures \result <==> start % 0x1000 == 0 && len % 0x1000 == 0 && len > 0 &&
    start + len <= 0xffffffffffffffff; */
static bool is_range(uintptr_t start, size_t len)
{
	return svsm_is_aligned(start | len, SVSM_PAGE_BYTES) && len > 0 &&
	       len <= UINTPTR_MAX - start;
}

/*
 * The tree covers 2^order pages, the least power of two, at a multiple of
 * that; or two such, so that a block is aligned in the address space too.
 */
static bool
shape(uintptr_t start, size_t len, unsigned *depth, size_t *first)
{
	size_t page = start >> SVSM_PAGE_SHIFT;
	size_t pages = len >> SVSM_PAGE_SHIFT;
	unsigned order = 0;

	if (!is_range(start, len))
		return false;
	while ((size_t)1 << order < pages)
		order++;
	*first = page & (((size_t)1 << order) - 1);
	*depth = order + (*first + pages > (size_t)1 << order);
	return *depth < SVSM_PAGE_ORDERS;
}

size_t svsm_page_meta_bytes(const void *start, size_t len)
{
	unsigned depth;
	size_t first;

	if (!shape((uintptr_t)start, len, &depth, &first))
		return 0;
	return meta_bytes(len >> SVSM_PAGE_SHIFT, depth);
}

static uintptr_t end_of(const struct svsm_page_span *span)
{
	return span->start + span->pages * SVSM_PAGE_BYTES;
}

static bool overlaps(const struct svsm_page_pool *pool, uintptr_t start,
		     size_t len)
{
	const struct svsm_page_span *span;

	for (span = pool->spans; span; span = span->next)
		if (start < end_of(span) && span->begin < start + len)
			return true;
	return false;
}

static enum svsm_status
link_span(struct svsm_page_pool *pool, struct svsm_page_span *span,
	  uintptr_t start, size_t len)
{
	struct svsm_page_span **link = &pool->spans;
	enum svsm_status status = SVSM_EEXIST;

	svsm_lock_acquire(&pool->lock);
	if (!overlaps(pool, start, len)) {
		while (*link)
			link = &(*link)->next;
		__atomic_store_n(link, span, __ATOMIC_RELEASE);
		status = SVSM_OK;
	}
	svsm_lock_release(&pool->lock);
	return status;
}

/* Pages that the metadata takes when it lies in the range itself. */
static size_t own_pages(size_t pages, unsigned depth)
{
	return (meta_bytes(pages, depth) + SVSM_PAGE_MASK) >> SVSM_PAGE_SHIFT;
}

enum svsm_status
svsm_page_declare(struct svsm_page_pool *pool, struct svsm_page_span *span,
		  void *start, size_t len, void *meta)
{
	struct svsm_page_span new = { .begin = (uintptr_t)start,
				      .start = (uintptr_t)start,
				      .pages = len >> SVSM_PAGE_SHIFT };
	size_t own = 0;

	if (!shape(new.start, len, &new.depth, &new.first) ||
	    !svsm_is_aligned((uintptr_t)meta, sizeof(uintptr_t)))
		return SVSM_EINVAL;
	if (!meta) {
		own = own_pages(new.pages, new.depth);
		meta = start;
	}
	if (own >= new.pages)
		return SVSM_EINVAL;
	new.word = meta;
	new.owner = (uint16_t *)(new.word + new.pages);
	new.node = (uint8_t *)(new.owner + new.pages);
	new.start += own * SVSM_PAGE_BYTES;
	new.pages -= own;
	new.first += own;
	*span = new;
	return link_span(pool, span, (uintptr_t)start, len);
}

struct svsm_page_span *
page_span_of(const struct svsm_page_pool *pool, uintptr_t addr)
{
	struct svsm_page_span *span;

	span = __atomic_load_n(&pool->spans, __ATOMIC_ACQUIRE);
	for (; span; span = __atomic_load_n(&span->next, __ATOMIC_ACQUIRE))
		if ((addr - span->start) >> SVSM_PAGE_SHIFT < span->pages)
			return span;
	return NULL;
}

/* --------------------------------------------------------------- coming */

/* Nothing is there, and everything above is sound. */
static enum svsm_status
check_absent(const struct svsm_page_span *span, struct page_leaf leaf)
{
	struct page_leaf above = leaf;

	while (above.at > 1 && !span->node[above.at]) {
		above.at /= 2;
		above.order++;
	}
	if (!page_node_is_sound(span->node[above.at], above.order))
		return SVSM_ECORRUPT;
	if (above.at == leaf.at ? span->node[leaf.at] != PAGE_NONE :
				  page_node_is_leaf(span->node[above.at]))
		return SVSM_EEXIST;
	return page_tree_look_above(span, leaf);
}

static enum svsm_status
check_pages(const struct svsm_page_span *span, size_t page, size_t end)
{
	enum svsm_status status = SVSM_OK;

	while (page < end && status == SVSM_OK) {
		unsigned order = page_largest_order(page, end);

		status = check_absent(span, page_leaf(span, page, order));
		page += (size_t)1 << order;
	}
	return status;
}

static void
give_pages(struct svsm_page_span *span, size_t page, size_t end)
{
	while (page < end) {
		unsigned order = page_largest_order(page, end);

		page_tree_set(span, page_leaf(span, page, order),
			      page_node_free(order));
		page += (size_t)1 << order;
	}
}

static enum svsm_status
add(struct svsm_page_pool *pool, uintptr_t start, size_t len)
{
	struct svsm_page_span *span = page_span_of(pool, start);
	size_t pages = len >> SVSM_PAGE_SHIFT;
	enum svsm_status status;
	size_t page;

	if (!span || len > end_of(span) - start)
		return SVSM_EFOREIGN;
	page = span->first + ((start - span->start) >> SVSM_PAGE_SHIFT);
	status = check_pages(span, page, page + pages);
	if (status != SVSM_OK)
		return status;
	give_pages(span, page, page + pages);
	pool->total += pages;
	pool->free += pages;
	return SVSM_OK;
}

enum svsm_status
svsm_page_add(struct svsm_page_pool *pool, void *start, size_t len)
{
	enum svsm_status status;

	if (!is_range((uintptr_t)start, len))
		return SVSM_EINVAL;
	svsm_lock_acquire(&pool->lock);
	status = add(pool, (uintptr_t)start, len);
	svsm_lock_release(&pool->lock);
	return status;
}

enum svsm_status
svsm_page_fill(struct svsm_page_pool *pool, struct svsm_page_span *span,
	       void *start, size_t len)
{
	enum svsm_status status;

	status = svsm_page_declare(pool, span, start, len, NULL);
	if (status != SVSM_OK)
		return status;
	return svsm_page_add(pool, (void *)span->start,
			     span->pages * SVSM_PAGE_BYTES);
}

/* ---------------------------------------------------------------- going */

static enum svsm_status take_out(struct svsm_page_pool *pool, void **out)
{
	enum svsm_status status = SVSM_ENOMEM;
	struct svsm_page_span *span;
	struct page_leaf leaf;

	for (span = pool->spans; span && status == SVSM_ENOMEM;
	     span = span->next) {
		status = page_tree_find(span, 0, true, &leaf);
		if (status != SVSM_OK)
			continue;
		page_tree_split(span, &leaf, 0, true);
		page_tree_set(span, leaf, PAGE_NONE);
		pool->total--;
		pool->free--;
		*out = page_address(span, page_leaf_page(span, leaf));
	}
	return status;
}

enum svsm_status
svsm_page_take_out(struct svsm_page_pool *pool, void **out)
{
	enum svsm_status status = SVSM_ENOMEM;

	svsm_lock_acquire(&pool->lock);
	if (pool->free <= pool->reserved)
		status = page_cache_recall(pool);
	if (pool->free > pool->reserved)
		status = take_out(pool, out);
	else if (status == SVSM_OK)
		status = SVSM_ENOMEM;
	svsm_lock_release(&pool->lock);
	return status;
}
