/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The page allocator: buddies, with one state byte per page. See page.h.
 */
#include <svsm/assert.h>
#include <svsm/page.h>
#include <svsm/string.h>

/*
 * State of a page: what it is the first of, or INTERIOR. A block is live or
 * free by the byte of its first page alone, so that a wrong address is known
 * without reading the block.
 */
#define INTERIOR	0x00u
#define LIVE		0x40u	/* | order */
#define FREE		0x80u	/* | order */
#define CLEARING	0xc0u	/* | order; free, but not in a list yet */
#define KIND		0xc0u
#define ORDER		0x3fu

/** At the start of each free block. */
struct svsm_page_link {
	struct svsm_page_link *next;
	struct svsm_page_link *prev;	/* NULL: first of its list */
};

struct svsm_page_pool svsm_pages;

static size_t block_bytes(unsigned order)
{
	return (size_t)SVSM_PAGE_BYTES << order;
}

static struct svsm_page_span *
span_of(struct svsm_page_pool *pool, uintptr_t at)
{
	for (unsigned i = 0; i < pool->spans; i++) {
		struct svsm_page_span *span = &pool->span[i];

		if (at >= span->start &&
		    at - span->start < span->pages * SVSM_PAGE_BYTES)
			return span;
	}
	return NULL;
}

static uint8_t *state_of(const struct svsm_page_span *span, uintptr_t at)
{
	return &span->state[(at - span->start) >> SVSM_PAGE_SHIFT];
}

static void
list_add(struct svsm_page_pool *pool, struct svsm_page_span *span,
	 uintptr_t at, unsigned order)
{
	struct svsm_page_link *link = (struct svsm_page_link *)at;

	link->prev = NULL;
	link->next = pool->list[order];
	if (link->next)
		link->next->prev = link;
	pool->list[order] = link;
	*state_of(span, at) = (uint8_t)(FREE | order);
}

/* The block is all zero and in no list afterwards. */
static void
list_remove(struct svsm_page_pool *pool, struct svsm_page_span *span,
	    uintptr_t at, unsigned order)
{
	struct svsm_page_link *link = (struct svsm_page_link *)at;

	if (link->next)
		link->next->prev = link->prev;
	if (link->prev)
		link->prev->next = link->next;
	else
		pool->list[order] = link->next;
	*link = (struct svsm_page_link){ 0 };
	*state_of(span, at) = INTERIOR;
}

/* Join a zeroed block with its free buddies and put the result in a list. */
static void
give(struct svsm_page_pool *pool, struct svsm_page_span *span, uintptr_t at,
     unsigned order)
{
	*state_of(span, at) = INTERIOR;
	pool->free += (size_t)1 << order;
	while (order + 1 < SVSM_PAGE_ORDERS) {
		uintptr_t buddy = at ^ block_bytes(order);

		if (span_of(pool, buddy) != span ||
		    *state_of(span, buddy) != (FREE | order))
			break;
		list_remove(pool, span, buddy, order);
		at &= ~block_bytes(order);
		order++;
	}
	list_add(pool, span, at, order);
}

/* The largest aligned block that begins here and fits into @left pages. */
static unsigned largest_order(uintptr_t at, size_t left)
{
	unsigned order = SVSM_PAGE_ORDERS - 1;

	while (!svsm_is_aligned(at, block_bytes(order)) ||
	       (size_t)1 << order > left)
		order--;
	return order;
}

static void give_span(struct svsm_page_pool *pool, struct svsm_page_span *span)
{
	uintptr_t at = span->start;
	size_t left = span->pages;

	while (left > 0) {
		unsigned order = largest_order(at, left);

		give(pool, span, at, order);
		at += block_bytes(order);
		left -= (size_t)1 << order;
	}
}

static bool
overlaps_pool(struct svsm_page_pool *pool, uintptr_t start, size_t len)
{
	for (unsigned i = 0; i < pool->spans; i++) {
		const struct svsm_page_span *span = &pool->span[i];
		uintptr_t first = (uintptr_t)span->state;
		uintptr_t end = span->start + span->pages * SVSM_PAGE_BYTES;

		if (start < end && first < start + len)
			return true;
	}
	return false;
}

enum svsm_status
svsm_page_add(struct svsm_page_pool *pool, void *start, size_t len)
{
	uintptr_t at = (uintptr_t)start;
	size_t pages = len >> SVSM_PAGE_SHIFT;
	size_t own = (pages + SVSM_PAGE_MASK) >> SVSM_PAGE_SHIFT;
	enum svsm_status status = SVSM_OK;

	if (!svsm_is_aligned(at | len, SVSM_PAGE_BYTES) || pages < 2 ||
	    len > UINTPTR_MAX - at)
		return SVSM_EINVAL;
	svsm_lock_acquire(&pool->lock);
	if (overlaps_pool(pool, at, len)) {
		status = SVSM_EINVAL;
	} else if (pool->spans == SVSM_PAGE_SPANS) {
		status = SVSM_ENOMEM;
	} else {
		struct svsm_page_span *span = &pool->span[pool->spans++];

		span->state = start;
		span->start = at + own * SVSM_PAGE_BYTES;
		span->pages = pages - own;
		pool->total += span->pages;
		give_span(pool, span);
	}
	svsm_lock_release(&pool->lock);
	return status;
}

/* The upper halves of a block go back until @order is left. */
static void
split(struct svsm_page_pool *pool, struct svsm_page_span *span, uintptr_t at,
      unsigned from, unsigned order)
{
	while (from > order) {
		from--;
		list_add(pool, span, at + block_bytes(from), from);
	}
}

static void *take(struct svsm_page_pool *pool, unsigned order)
{
	unsigned from = order;
	struct svsm_page_span *span;
	uintptr_t at;

	while (from < SVSM_PAGE_ORDERS && !pool->list[from])
		from++;
	if (from == SVSM_PAGE_ORDERS)
		return NULL;
	at = (uintptr_t)pool->list[from];
	span = span_of(pool, at);
	svsm_assert(span && *state_of(span, at) == (FREE | from));
	list_remove(pool, span, at, from);
	split(pool, span, at, from, order);
	*state_of(span, at) = (uint8_t)(LIVE | order);
	pool->free -= (size_t)1 << order;
	return (void *)at;
}

enum svsm_status
svsm_page_alloc(struct svsm_page_pool *pool, unsigned order, void **out)
{
	void *block;

	if (order >= SVSM_PAGE_ORDERS)
		return SVSM_EINVAL;
	svsm_lock_acquire(&pool->lock);
	block = take(pool, order);
	svsm_lock_release(&pool->lock);
	if (!block)
		return SVSM_ENOMEM;
	*out = block;
	return SVSM_OK;
}

/* From LIVE to CLEARING: from now on a second free is refused. */
static enum svsm_status
claim(struct svsm_page_pool *pool, uintptr_t at, struct svsm_page_span **span,
      unsigned *order)
{
	uint8_t *state;

	*span = span_of(pool, at);
	if (!*span || !svsm_is_aligned(at, SVSM_PAGE_BYTES))
		return SVSM_EINVAL;
	state = state_of(*span, at);
	if ((*state & KIND) != LIVE)
		return SVSM_ESTATE;
	*order = *state & ORDER;
	*state = (uint8_t)(CLEARING | *order);
	return SVSM_OK;
}

enum svsm_status svsm_page_free(struct svsm_page_pool *pool, void *block)
{
	struct svsm_page_span *span;
	enum svsm_status status;
	unsigned order;

	if (!block)
		return SVSM_OK;
	svsm_lock_acquire(&pool->lock);
	status = claim(pool, (uintptr_t)block, &span, &order);
	svsm_lock_release(&pool->lock);
	if (status != SVSM_OK)
		return status;
	svsm_wipe(block, block_bytes(order));
	svsm_lock_acquire(&pool->lock);
	give(pool, span, (uintptr_t)block, order);
	svsm_lock_release(&pool->lock);
	return SVSM_OK;
}

size_t svsm_page_count_free(struct svsm_page_pool *pool)
{
	size_t free;

	svsm_lock_acquire(&pool->lock);
	free = pool->free;
	svsm_lock_release(&pool->lock);
	return free;
}
