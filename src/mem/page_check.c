/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The invariants of the page allocator, for tests: each block is found from
 * its state byte, and everything free is in exactly the list that it says.
 */
#include <svsm/page.h>

/* As in page.c: what is stored must be readable without its help. */
#define LIVE	0x40u
#define FREE	0x80u
#define KIND	0xc0u
#define ORDER	0x3fu

struct link {
	struct link *next;
	struct link *prev;
};

static bool in_list(const struct svsm_page_pool *pool, uintptr_t at,
		    unsigned order)
{
	const struct link *link = (const struct link *)pool->list[order];
	size_t steps = 0;

	for (; link && steps <= pool->total; link = link->next, steps++)
		if ((uintptr_t)link == at)
			return true;
	return false;
}

/* Its buddy, when it is a whole free block, should have been joined. */
static bool apart_from_buddy(const struct svsm_page_span *span, uintptr_t at,
			     unsigned order)
{
	uintptr_t buddy = at ^ ((uintptr_t)SVSM_PAGE_BYTES << order);

	return order + 1 < SVSM_PAGE_ORDERS && buddy >= span->start &&
	       buddy - span->start < span->pages * SVSM_PAGE_BYTES &&
	       span->state[(buddy - span->start) >> SVSM_PAGE_SHIFT] ==
		       (FREE | order);
}

static bool
check_span(const struct svsm_page_pool *pool, const struct svsm_page_span *span,
	   size_t *free, size_t *heads)
{
	size_t i = 0;

	while (i < span->pages) {
		uintptr_t at = span->start + i * SVSM_PAGE_BYTES;
		unsigned kind = span->state[i] & KIND;
		unsigned order = span->state[i] & ORDER;
		size_t pages = (size_t)1 << order;

		if ((kind != LIVE && kind != FREE) ||
		    order >= SVSM_PAGE_ORDERS || pages > span->pages - i ||
		    !svsm_is_aligned(at, pages * SVSM_PAGE_BYTES))
			return false;
		for (size_t j = 1; j < pages; j++)
			if (span->state[i + j])
				return false;
		if (kind == FREE) {
			if (!in_list(pool, at, order) ||
			    apart_from_buddy(span, at, order))
				return false;
			*free += pages;
			(*heads)++;
		}
		i += pages;
	}
	return true;
}

static size_t count_links(const struct svsm_page_pool *pool)
{
	size_t n = 0;

	for (unsigned order = 0; order < SVSM_PAGE_ORDERS; order++) {
		const struct link *link =
			(const struct link *)pool->list[order];

		for (; link && n <= pool->total; link = link->next)
			n++;
	}
	return n;
}

bool svsm_page_check(struct svsm_page_pool *pool)
{
	size_t free = 0;
	size_t heads = 0;
	bool ok = true;

	svsm_lock_acquire(&pool->lock);
	for (unsigned i = 0; i < pool->spans && ok; i++)
		ok = check_span(pool, &pool->span[i], &free, &heads);
	ok = ok && free == pool->free && heads == count_links(pool);
	svsm_lock_release(&pool->lock);
	return ok;
}
