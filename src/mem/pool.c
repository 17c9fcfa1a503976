/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Blocks of memory shared with the host. See pool.h.
 *
 * A block is 2^n units and aligned to its size; one of a page or more is
 * 2^n pages. It goes from a unit with its bit in `first` to the next such
 * unit, or to the next that is not used.
 */
#include <svsm/assert.h>
#include <svsm/platform.h>
#include <svsm/pool.h>
#include <svsm/share.h>
#include <svsm/string.h>
#include <svsm/terminate.h>

#define UNITS		(SVSM_PAGE_BYTES / SVSM_POOL_UNIT)

_Static_assert(UNITS == 64, "one bit each");

/** Units of the pool, from its start. */
struct block {
	size_t first;
	size_t units;
};

static size_t page_count(const struct svsm_pool *pool)
{
	return (size_t)1 << pool->order;
}

/* 2^n units that hold @size bytes, or 0. */
static size_t units_for(const struct svsm_pool *pool, size_t size)
{
	size_t most = page_count(pool) * UNITS, units = 1;

	if (size == 0 || size > most * SVSM_POOL_UNIT)
		return 0;
	while (units * SVSM_POOL_UNIT < size)
		units *= 2;
	return units;
}

/* So many bits, from this one on. */
static uint64_t mask_at(size_t bit, size_t units)
{
	uint64_t mask = units == UNITS ? ~0ull : (1ull << units) - 1;

	return mask << bit;
}

/* A free run inside one page; UNITS without. */
static size_t find_in_page(uint64_t used, size_t units)
{
	size_t bit;

	for (bit = 0; bit < UNITS; bit += units)
		if (!(used & mask_at(bit, units)))
			break;
	return bit;
}

static bool find_units(const struct svsm_pool *pool, struct block *block)
{
	for (size_t i = 0; i < page_count(pool); i++) {
		size_t bit = find_in_page(pool->page[i].used, block->units);

		if (bit < UNITS) {
			block->first = i * UNITS + bit;
			return true;
		}
	}
	return false;
}

static bool find_pages(const struct svsm_pool *pool, struct block *block)
{
	size_t pages = block->units / UNITS, free = 0;

	for (size_t i = 0; i < page_count(pool); i++) {
		free = i % pages == 0 ? 0 : free;
		free += pool->page[i].used == 0;
		if (free == pages) {
			block->first = (i + 1 - pages) * UNITS;
			return true;
		}
	}
	return false;
}

/* Set or clear the bits of a block's units. */
static void mark(struct svsm_pool *pool, const struct block *block, bool used)
{
	size_t left = block->units;
	size_t at = block->first;
	struct svsm_pool_page *begin = &pool->page[at / UNITS];
	uint64_t first = 1ull << at % UNITS;

	begin->first = used ? begin->first | first : begin->first & ~first;
	begin->held &= ~first;
	while (left) {
		size_t part = left < UNITS ? left : UNITS;
		struct svsm_pool_page *page = &pool->page[at / UNITS];
		uint64_t mask = mask_at(at % UNITS, part);

		page->used = used ? page->used | mask : page->used & ~mask;
		at += part;
		left -= part;
	}
	if (used)
		pool->used += block->units * SVSM_POOL_UNIT;
	else
		pool->used -= block->units * SVSM_POOL_UNIT;
}

static bool has(const struct svsm_pool *pool, size_t unit, bool first)
{
	const struct svsm_pool_page *page = &pool->page[unit / UNITS];

	return (first ? page->first : page->used) >> unit % UNITS & 1;
}

/* Units of the block that begins here. */
static size_t units_of(const struct svsm_pool *pool, size_t first)
{
	size_t end = page_count(pool) * UNITS, at = first + 1;

	while (at < end && has(pool, at, false) && !has(pool, at, true))
		at++;
	return at - first;
}

static void clear(const struct svsm_pool *pool, const struct block *block)
{
	static const uint8_t zero[SVSM_POOL_UNIT];
	char *at = (char *)pool->start + block->first * SVSM_POOL_UNIT;

	for (size_t i = 0; i < block->units; i++, at += sizeof(zero))
		if (!svsm_plat_copy(at, zero, sizeof(zero)))
			svsm_terminate(SVSM_REASON_PAGE_LOST);
}

static void give_back(struct svsm_pool *pool, const struct block *block)
{
	clear(pool, block);
	mark(pool, block, false);
}

/* Which live block is it? Nothing of it is taken for granted. */
static enum svsm_status
find_block(const struct svsm_pool *pool, const struct svsm_umem *umem,
	   struct block *out)
{
	uint64_t offset = umem->range.start.v - (uintptr_t)pool->start;
	size_t unit = (size_t)(offset / SVSM_POOL_UNIT);

	if (umem->own || umem->list || umem->pages || !pool->start ||
	    offset >= page_count(pool) * SVSM_PAGE_BYTES)
		return SVSM_EFOREIGN;
	if (!has(pool, unit, false))
		return SVSM_EDOUBLE;
	if (offset % SVSM_POOL_UNIT || !has(pool, unit, true))
		return SVSM_EINTERIOR;
	if (pool->page[unit / UNITS].held >> unit % UNITS & 1)
		return SVSM_EBUSY;
	*out = (struct block){ unit, units_of(pool, unit) };
	return units_for(pool, (size_t)umem->range.len) == out->units ?
		SVSM_OK : SVSM_EORDER;
}

enum svsm_status
svsm_pool_init(struct svsm_pool *pool, struct svsm_page_account *account,
	       unsigned order)
{
	enum svsm_status status;
	void *start;

	if (order >= SVSM_POOL_ORDERS)
		return SVSM_EINVAL;
	status = svsm_share_alloc(account, order, &start);
	if (status != SVSM_OK)
		return status;
	*pool = (struct svsm_pool){
		.account = account, .order = order, .start = start,
	};
	return SVSM_OK;
}

/* Nobody allocates without a start, so the host is asked without the lock. */
enum svsm_status svsm_pool_fini(struct svsm_pool *pool)
{
	enum svsm_status status;
	void *start;

	svsm_lock_acquire(&pool->lock);
	start = pool->used ? NULL : pool->start;
	if (start)
		pool->start = NULL;
	svsm_lock_release(&pool->lock);
	if (!start)
		return SVSM_EBUSY;
	status = svsm_share_free(pool->account, start, pool->order);
	if (status == SVSM_EHOST)
		pool->start = start;
	return status;
}

enum svsm_status
svsm_pool_alloc(struct svsm_pool *pool, size_t size, struct svsm_umem *out)
{
	struct block block = { .units = units_for(pool, size) };
	bool found;

	if (!block.units)
		return SVSM_EINVAL;
	svsm_lock_acquire(&pool->lock);
	found = pool->start && (block.units < UNITS ?
				find_units(pool, &block) :
				find_pages(pool, &block));
	if (found)
		mark(pool, &block, true);
	svsm_lock_release(&pool->lock);
	if (!found)
		return SVSM_ENOMEM;
	svsm_assert(svsm_umem_open_shared(out, (char *)pool->start +
					  block.first * SVSM_POOL_UNIT, size,
					  SVSM_READ_WRITE) == SVSM_OK);
	return SVSM_OK;
}

enum svsm_status
svsm_pool_free(struct svsm_pool *pool, const struct svsm_umem *block)
{
	enum svsm_status status;
	struct block found;

	svsm_lock_acquire(&pool->lock);
	status = find_block(pool, block, &found);
	if (status == SVSM_OK)
		give_back(pool, &found);
	svsm_lock_release(&pool->lock);
	return status;
}

enum svsm_status
svsm_pool_quarantine(struct svsm_pool *pool, const struct svsm_umem *block)
{
	enum svsm_status status;
	struct block found;

	svsm_lock_acquire(&pool->lock);
	status = find_block(pool, block, &found);
	if (status == SVSM_OK)
		pool->page[found.first / UNITS].held |=
			1ull << found.first % UNITS;
	svsm_lock_release(&pool->lock);
	return status;
}

size_t svsm_pool_reclaim(struct svsm_pool *pool)
{
	size_t count = 0;

	svsm_lock_acquire(&pool->lock);
	for (size_t i = 0; i < page_count(pool); i++) {
		while (pool->page[i].held) {
			size_t bit = (size_t)
				__builtin_ctzll(pool->page[i].held);
			struct block block = { .first = i * UNITS + bit };

			block.units = units_of(pool, block.first);
			give_back(pool, &block);
			count++;
		}
	}
	svsm_lock_release(&pool->lock);
	return count;
}

size_t svsm_pool_used(struct svsm_pool *pool)
{
	size_t used;

	svsm_lock_acquire(&pool->lock);
	used = pool->used;
	svsm_lock_release(&pool->lock);
	return used;
}
