/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The invariants of the page allocator, for tests: every node of every tree
 * is right where it is, and the counts are what the trees say.
 */
#include <svsm/string.h>

#include "page_tree.h"

/* What the trees say. */
struct tally {
	size_t free;
	size_t live;
	size_t used[SVSM_PAGE_ACCOUNTS + 1];
};

static bool
check_leaf(const struct svsm_page_span *span, struct page_leaf leaf,
	   struct tally *tally)
{
	size_t page = page_leaf_page(span, leaf) - span->first;
	size_t pages = (size_t)1 << leaf.order;

	if (page >= span->pages || pages > span->pages - page)
		return false;
	if (page_node_kind(span->node[leaf.at]) == PAGE_FREE) {
		tally->free += pages;
		return true;
	}
	tally->live += pages;
	tally->used[page_owner_id(span->owner[page])] += pages;
	return page_owner_is_sound(span->owner[page]);
}

/* What is in a cache is live, and the cache's alone. */
static bool check_caches(const struct svsm_page_account *account)
{
	for (unsigned cpu = 0; cpu < account->caches; cpu++) {
		const struct svsm_page_cache *cache = &account->cache[cpu];

		if (cache->count > SVSM_PAGE_CACHED)
			return false;
		for (unsigned i = 0; i < cache->count; i++)
			if (!page_cache_has(account, cpu, cache->page[i]))
				return false;
	}
	return true;
}

/* Inside a leaf, and where nothing is, there is nothing. */
static bool
check_node(const struct svsm_page_span *span, struct page_leaf leaf,
	   struct tally *tally)
{
	uint8_t node = span->node[leaf.at];

	if (leaf.at > 1 &&
	    page_node_kind(span->node[leaf.at / 2]) != PAGE_SPLIT)
		return node == PAGE_NONE;
	if (!page_node_is_sound(node, leaf.order))
		return false;
	if (page_node_kind(node) == PAGE_SPLIT)
		return page_tree_look_above(span, (struct page_leaf){
			2 * leaf.at, leaf.order - 1 }) == SVSM_OK;
	return !page_node_is_leaf(node) || check_leaf(span, leaf, tally);
}

static bool
check_span(const struct svsm_page_span *span, struct tally *tally)
{
	struct page_leaf leaf = { 1, span->depth };

	for (; leaf.at < (size_t)2 << span->depth; leaf.at++) {
		if (leaf.at >> (span->depth - leaf.order) == 2)
			leaf.order--;
		if (!check_node(span, leaf, tally))
			return false;
	}
	return true;
}

static bool
check_accounts(const struct svsm_page_pool *pool, struct tally *tally)
{
	const struct svsm_page_account *account = pool->accounts;
	size_t reserved = 0;

	for (; account; account = account->next) {
		if (account->used != tally->used[account->id] ||
		    account->used > account->limit ||
		    account->peak < account->used || account->pool != pool ||
		    !check_caches(account))
			return false;
		tally->live -= account->used;
		reserved += page_account_owed(account->min, account->used);
	}
	return tally->live == 0 && reserved == pool->reserved &&
	       reserved <= pool->free;
}

bool svsm_page_check(struct svsm_page_pool *pool)
{
	const struct svsm_page_span *span;
	struct tally tally;
	bool ok = true;

	memset(&tally, 0, sizeof(tally));
	svsm_lock_acquire(&pool->lock);
	for (span = pool->spans; span && ok; span = span->next)
		ok = check_span(span, &tally);
	ok = ok && tally.free == pool->free &&
	     tally.free + tally.live == pool->total &&
	     check_accounts(pool, &tally);
	svsm_lock_release(&pool->lock);
	return ok;
}
