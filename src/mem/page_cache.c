/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Caches of single pages, one per CPU and account. See page.h.
 *
 * A cached page is a live block of the buddy whose owner's record names the
 * CPU, so that a second free of it is known, and a page that got into two
 * caches leaves only one. Its own CPU alone touches a cache; what it reads of
 * the buddy (the page's node and owner) nobody else writes while the page is
 * live.
 */
#include <svsm/percpu.h>
#include <svsm/platform.h>

#include "page_tree.h"

/** How many change place at a time. */
#define BATCH	(SVSM_PAGE_CACHED / 2)

static unsigned this_cpu(void)
{
	return svsm_plat_cpu()->index;
}

/* Ours, unless there is none or somebody wants it to be emptied. */
static struct svsm_page_cache *
usable(const struct svsm_page_account *account, unsigned cpu)
{
	struct svsm_page_cache *cache;

	if (cpu >= account->caches)
		return NULL;
	cache = &account->cache[cpu];
	if (cache->recall != __atomic_load_n(&account->pool->recall,
					     __ATOMIC_RELAXED))
		return NULL;
	return cache;
}

/* Is this the address of a live page of the pool? */
static bool
find_page(const struct svsm_page_pool *pool, const void *page,
	  struct page_place *place)
{
	uintptr_t addr = (uintptr_t)page;
	size_t number;

	place->span = page_span_of(pool, addr);
	if (!place->span || !svsm_is_aligned(addr, SVSM_PAGE_BYTES))
		return false;
	place->page = (addr - place->span->start) >> SVSM_PAGE_SHIFT;
	number = place->page + place->span->first;
	place->leaf = page_leaf(place->span, number, 0);
	return __atomic_load_n(&place->span->node[place->leaf.at],
			       __ATOMIC_RELAXED) == PAGE_LIVE;
}

static bool
change_owner(const struct page_place *place, uint16_t from, uint16_t to)
{
	uint16_t *owner = &place->span->owner[place->page];

	if (__atomic_load_n(owner, __ATOMIC_RELAXED) != from)
		return false;
	__atomic_store_n(owner, to, __ATOMIC_RELAXED);
	return true;
}

enum svsm_status
page_cache_get(struct svsm_page_account *account, void **out)
{
	unsigned cpu = this_cpu();
	struct svsm_page_cache *cache = usable(account, cpu);
	struct page_place place;
	void *page;

	if (!cache || !cache->count)
		return SVSM_ENOENT;
	page = cache->page[--cache->count];
	if (!find_page(account->pool, page, &place) ||
	    !change_owner(&place, page_owner_make(account->id, cpu + 1),
			  page_owner_make(account->id, 0)))
		return SVSM_ECORRUPT;
	*out = page;
	return SVSM_OK;
}

static bool has_plenty(const struct svsm_page_pool *pool)
{
	size_t free = __atomic_load_n(&pool->free, __ATOMIC_RELAXED);
	size_t reserved = __atomic_load_n(&pool->reserved, __ATOMIC_RELAXED);

	return free > reserved && free - reserved > pool->total / 8;
}

bool page_cache_put(struct svsm_page_account *account, void *block, bool clear)
{
	unsigned cpu = this_cpu();
	struct svsm_page_cache *cache = usable(account, cpu);
	struct page_place place;

	if (!cache || cache->count == SVSM_PAGE_CACHED ||
	    !has_plenty(account->pool))
		return false;
	if (!find_page(account->pool, block, &place) ||
	    !change_owner(&place, page_owner_make(account->id, 0),
			  page_owner_make(account->id, cpu + 1)))
		return false;
	if (clear)
		svsm_plat_clear(block, SVSM_PAGE_BYTES);
	place.span->word[place.page] = 0;
	cache->page[cache->count++] = block;
	return true;
}

/* ----------------------------------------------------- with the lock held */

bool page_cache_has(const struct svsm_page_account *account, unsigned cpu,
		    const void *page)
{
	struct page_place place;

	return find_page(account->pool, page, &place) &&
	       place.span->owner[place.page] ==
		       page_owner_make(account->id, cpu + 1);
}

static enum svsm_status
give_back(struct svsm_page_account *account, unsigned cpu, void *page)
{
	struct page_place place;

	if (!find_page(account->pool, page, &place) ||
	    !change_owner(&place, page_owner_make(account->id, cpu + 1),
			  page_owner_make(account->id, 0)))
		return SVSM_ECORRUPT;
	return page_give(account, &place);
}

static enum svsm_status
shrink(struct svsm_page_account *account, unsigned cpu, unsigned to)
{
	struct svsm_page_cache *cache = &account->cache[cpu];
	enum svsm_status status = SVSM_OK, one;

	while (cache->count > to) {
		one = give_back(account, cpu, cache->page[--cache->count]);
		if (one != SVSM_OK)
			status = one;
	}
	return status;
}

enum svsm_status
page_cache_empty(struct svsm_page_account *account, unsigned cpu)
{
	if (cpu >= account->caches)
		return SVSM_OK;
	account->cache[cpu].recall = account->pool->recall;
	return shrink(account, cpu, 0);
}

static enum svsm_status
empty_all(struct svsm_page_pool *pool, unsigned cpu)
{
	struct svsm_page_account *account;
	enum svsm_status status = SVSM_OK, one;

	for (account = pool->accounts; account; account = account->next) {
		one = page_cache_empty(account, cpu);
		if (one != SVSM_OK)
			status = one;
	}
	return status;
}

/* Empty, or at least not full, when it has to be. */
enum svsm_status page_cache_settle(struct svsm_page_account *account)
{
	unsigned cpu = this_cpu();

	if (cpu >= account->caches)
		return SVSM_OK;
	if (!usable(account, cpu))
		return empty_all(account->pool, cpu);
	if (account->cache[cpu].count == SVSM_PAGE_CACHED)
		return shrink(account, cpu, BATCH);
	return SVSM_OK;
}

void page_cache_fill(struct svsm_page_account *account)
{
	unsigned cpu = this_cpu();
	struct svsm_page_cache *cache = usable(account, cpu);

	while (cache && cache->count < BATCH && has_plenty(account->pool) &&
	       page_take(account, 0, cpu + 1, &cache->page[cache->count]) ==
		       SVSM_OK)
		cache->count++;
}

enum svsm_status page_cache_recall(struct svsm_page_pool *pool)
{
	__atomic_store_n(&pool->recall, pool->recall + 1, __ATOMIC_RELAXED);
	return empty_all(pool, this_cpu());
}

enum svsm_status svsm_page_drain(struct svsm_page_pool *pool)
{
	enum svsm_status status;

	svsm_lock_acquire(&pool->lock);
	status = empty_all(pool, this_cpu());
	svsm_lock_release(&pool->lock);
	return status;
}

void svsm_page_account_cache(struct svsm_page_account *account,
			     struct svsm_page_cache *caches, unsigned count)
{
	svsm_lock_acquire(&account->pool->lock);
	account->cache = caches;
	account->caches = count;
	svsm_lock_release(&account->pool->lock);
}
