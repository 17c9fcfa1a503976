/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The page allocator: blocks handed out and given back. See page.h.
 */
#include <svsm/params.h>
#include <svsm/percpu.h>
#include <svsm/platform.h>
#include <svsm/string.h>

#include "page_tree.h"

_Static_assert(SVSM_PARAMS_CPUS < 1u << (15 - PAGE_OWNER_CPU),
	       "an owner's record names the CPU");

static uint16_t *owner_of(const struct page_place *place)
{
	return &place->span->owner[place->page];
}

/* ---------------------------------------------------------- handing out */

static enum svsm_status
take_from(struct svsm_page_span *span, unsigned order, uint16_t owner,
	  void **out)
{
	struct page_leaf leaf;
	enum svsm_status status;
	size_t page;

	status = page_tree_find(span, order, false, &leaf);
	if (status != SVSM_OK)
		return status;
	page_tree_split(span, &leaf, order, false);
	page_tree_set(span, leaf, PAGE_LIVE);
	page = page_leaf_page(span, leaf);
	span->owner[page - span->first] = owner;
	*out = page_address(span, page);
	return SVSM_OK;
}

enum svsm_status
page_take(struct svsm_page_account *account, unsigned order, unsigned cpu,
	  void **out)
{
	enum svsm_status status = page_account_ready(account);
	struct svsm_page_span *span;

	if (status != SVSM_OK)
		return status;
	if (!page_account_allows(account, (size_t)1 << order))
		return SVSM_ENOMEM;
	status = SVSM_ENOMEM;
	for (span = account->pool->spans; span && status == SVSM_ENOMEM;
	     span = span->next)
		status = take_from(span, order,
				   page_owner_make(account->id, cpu), out);
	if (status == SVSM_OK)
		page_account_charge(account, (size_t)1 << order);
	return status;
}

/* What CPUs keep may be what is missing: at least this one's can be had. */
static enum svsm_status
take(struct svsm_page_account *account, unsigned order, void **out)
{
	enum svsm_status status = page_cache_settle(account);

	if (status != SVSM_OK)
		return status;
	status = page_take(account, order, 0, out);
	if (status != SVSM_ENOMEM)
		return status;
	status = page_cache_recall(account->pool);
	return status != SVSM_OK ? status : page_take(account, order, 0, out);
}

enum svsm_status
svsm_page_alloc(struct svsm_page_account *account, unsigned order, void **out)
{
	enum svsm_status status = SVSM_ENOENT;

	if (order >= SVSM_PAGE_ORDERS)
		return SVSM_EINVAL;
	if (order == 0)
		status = page_cache_get(account, out);
	if (status != SVSM_ENOENT)
		return status;
	svsm_lock_acquire(&account->pool->lock);
	status = take(account, order, out);
	if (status == SVSM_OK && order == 0)
		page_cache_fill(account);
	svsm_lock_release(&account->pool->lock);
	return status;
}

/* ---------------------------------------------------------- giving back */

/* Is this a block's first address? */
static enum svsm_status
find_block(const struct svsm_page_pool *pool, uintptr_t addr,
	   struct page_place *place)
{
	enum svsm_status status;
	size_t page;

	place->span = page_span_of(pool, addr);
	if (!place->span)
		return SVSM_EFOREIGN;
	page = (addr - place->span->start) >> SVSM_PAGE_SHIFT;
	place->page = page;
	status = page_tree_look(place->span, page + place->span->first,
				&place->leaf);
	if (status == SVSM_OK && !svsm_is_aligned(addr, SVSM_PAGE_BYTES))
		return SVSM_EINTERIOR;
	return status;
}

static enum svsm_status
check_owner(uint16_t owner, unsigned id)
{
	if (!page_owner_is_sound(owner))
		return SVSM_ECORRUPT;
	if (page_owner_cpu(owner))
		return SVSM_EDOUBLE;
	return page_owner_id(owner) == id ? SVSM_OK : SVSM_EOWNER;
}

static enum svsm_status
check_free(const struct svsm_page_account *account, const void *block,
	   unsigned order, struct page_place *place)
{
	enum svsm_status status;

	status = find_block(account->pool, (uintptr_t)block, place);
	if (status != SVSM_OK)
		return status;
	status = check_owner(*owner_of(place), account->id);
	if (status != SVSM_OK)
		return status;
	if (place->leaf.order != order)
		return SVSM_EORDER;
	if (account->used < (size_t)1 << order)
		return SVSM_ECORRUPT;
	return page_tree_plan(place->span, place->leaf, page_node_free(order));
}

static void
put(struct svsm_page_account *account, const struct page_place *place)
{
	*owner_of(place) = 0;
	page_tree_set(place->span, place->leaf,
		      page_node_free(place->leaf.order));
	page_account_discharge(account, (size_t)1 << place->leaf.order);
}

/* Damage leaves it live. */
enum svsm_status
page_give(struct svsm_page_account *account, const struct page_place *place)
{
	enum svsm_status status;

	status = page_tree_plan(place->span, place->leaf,
				page_node_free(place->leaf.order));
	if (status == SVSM_OK)
		put(account, place);
	else
		*owner_of(place) = page_owner_make(account->id, 0);
	return status;
}

static void forget_words(const struct page_place *place)
{
	memset(&place->span->word[place->page], 0,
	       sizeof(uintptr_t) << place->leaf.order);
}

/* Others go on meanwhile; a second free is refused. */
static enum svsm_status
clear_and_give(struct svsm_page_account *account, void *block,
	       const struct page_place *place)
{
	*owner_of(place) = page_owner_make(account->id,
					   svsm_plat_cpu()->index + 1);
	svsm_lock_release(&account->pool->lock);
	svsm_plat_clear(block, SVSM_PAGE_BYTES << place->leaf.order);
	svsm_lock_acquire(&account->pool->lock);
	return page_give(account, place);
}

static enum svsm_status
free_locked(struct svsm_page_account *account, void *block, unsigned order,
	    bool clear)
{
	enum svsm_status status;
	struct page_place place;

	status = check_free(account, block, order, &place);
	if (status == SVSM_OK)
		status = page_cache_settle(account);
	if (status != SVSM_OK)
		return status;
	forget_words(&place);
	if (clear && order > 0)
		return clear_and_give(account, block, &place);
	if (clear)
		svsm_plat_clear(block, SVSM_PAGE_BYTES);
	put(account, &place);
	return SVSM_OK;
}

static enum svsm_status
free_block(struct svsm_page_account *account, void *block, unsigned order,
	   bool clear)
{
	enum svsm_status status;

	if (!block)
		return SVSM_OK;
	if (order >= SVSM_PAGE_ORDERS)
		return SVSM_EINVAL;
	if (order == 0 && page_cache_put(account, block, clear))
		return SVSM_OK;
	svsm_lock_acquire(&account->pool->lock);
	status = free_locked(account, block, order, clear);
	svsm_lock_release(&account->pool->lock);
	return status;
}

enum svsm_status
svsm_page_free(struct svsm_page_account *account, void *block, unsigned order)
{
	return free_block(account, block, order, true);
}

enum svsm_status
svsm_page_free_clean(struct svsm_page_account *account, void *block,
		     unsigned order)
{
	return free_block(account, block, order, false);
}

size_t svsm_page_count_free(struct svsm_page_pool *pool)
{
	size_t free;

	svsm_lock_acquire(&pool->lock);
	free = pool->free;
	svsm_lock_release(&pool->lock);
	return free;
}
