/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Accounts of a page pool: who has how much, and what is kept for whom.
 *
 * Always: the accounts' guarantees as far as they are not used are
 * pool->reserved, and that is at most pool->free.
 */
#include "page_tree.h"

bool page_account_fits(const struct page_demand *want)
{
	size_t owed = page_account_owed(want->min, want->used);
	size_t kept = want->reserved - (owed < want->pages ? owed :
							     want->pages);

	return want->used <= want->limit &&
	       want->pages <= want->limit - want->used &&
	       want->pages <= want->free && kept <= want->free - want->pages;
}

bool page_account_allows(const struct svsm_page_account *account, size_t pages)
{
	const struct svsm_page_pool *pool = account->pool;
	const struct page_demand want = {
		.pages = pages, .min = account->min, .limit = account->limit,
		.used = account->used, .free = pool->free,
		.reserved = pool->reserved,
	};

	return page_account_fits(&want);
}

/* What is owed to it changes with what it uses. */
static void
set_used(struct svsm_page_account *account, size_t used)
{
	account->pool->reserved -= page_account_owed(account->min,
						     account->used);
	account->used = used;
	account->pool->reserved += page_account_owed(account->min, used);
}

void page_account_charge(struct svsm_page_account *account, size_t pages)
{
	account->pool->free -= pages;
	set_used(account, account->used + pages);
	if (account->peak < account->used)
		account->peak = account->used;
}

void page_account_discharge(struct svsm_page_account *account, size_t pages)
{
	account->pool->free += pages;
	set_used(account, account->used - pages);
}

static struct svsm_bitmap ids_of(struct svsm_page_pool *pool)
{
	return (struct svsm_bitmap){ pool->ids, SVSM_PAGE_ACCOUNTS };
}

/* Bit n is account n + 1. */
static enum svsm_status enter(struct svsm_page_account *account)
{
	struct svsm_page_pool *pool = account->pool;
	struct svsm_page_account **link = &pool->accounts;
	struct svsm_bitmap ids = ids_of(pool);
	size_t bit = svsm_bitmap_next_clear(&ids, 0);

	if (bit == ids.bits || account->min > pool->free - pool->reserved)
		return SVSM_ENOMEM;
	svsm_bitmap_set(&ids, bit);
	pool->reserved += account->min;
	account->id = (unsigned)bit + 1;
	while (*link)
		link = &(*link)->next;
	*link = account;
	return SVSM_OK;
}

enum svsm_status page_account_ready(struct svsm_page_account *account)
{
	return account->id ? SVSM_OK : enter(account);
}

enum svsm_status
svsm_page_account_open(struct svsm_page_account *account,
		       struct svsm_page_pool *pool, const char *name,
		       size_t min, size_t limit)
{
	enum svsm_status status = SVSM_OK;

	if (limit < min)
		return SVSM_EINVAL;
	*account = (struct svsm_page_account){
		.name = name, .pool = pool, .min = min, .limit = limit,
	};
	svsm_lock_acquire(&pool->lock);
	if (min > pool->free - pool->reserved)
		status = page_cache_recall(pool);
	if (status == SVSM_OK)
		status = enter(account);
	svsm_lock_release(&pool->lock);
	return status;
}

static enum svsm_status leave(struct svsm_page_account *account)
{
	struct svsm_page_account **link = &account->pool->accounts;
	struct svsm_bitmap ids = ids_of(account->pool);

	while (*link && *link != account)
		link = &(*link)->next;
	if (!*link)
		return SVSM_ENOENT;
	for (unsigned cpu = 0; cpu < account->caches; cpu++) {
		enum svsm_status status = page_cache_empty(account, cpu);

		if (status != SVSM_OK)
			return status;
	}
	if (account->used)
		return SVSM_EBUSY;
	*link = account->next;
	account->pool->reserved -= account->min;
	svsm_bitmap_clear(&ids, account->id - 1);
	account->id = 0;
	return SVSM_OK;
}

enum svsm_status svsm_page_account_close(struct svsm_page_account *account)
{
	enum svsm_status status;

	svsm_lock_acquire(&account->pool->lock);
	status = leave(account);
	svsm_lock_release(&account->pool->lock);
	return status;
}
