/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The page allocator: power-of-two blocks of private memory of ours.
 *
 * A *pool* is a buddy allocator over *spans*, ranges of addresses with
 * metadata beside. *Pages* are added to a span in any order and number, and
 * free ones can be taken out again. What is allocated is charged to an
 * *account*, which says how much is guaranteed to its owner and where the
 * owner's share ends.
 *
 * Free pages are zero and are not touched: all that the allocator knows is in
 * the metadata. Who clears: whoever adds pages brings them zero; afterwards
 * svsm_page_free() clears a block when it comes back, once, so that a secret
 * does not outlive its owner and the next one gets it as it is.
 *
 * Every allocation and every free costs at most as many steps as the span has
 * orders, however many blocks are live (and the clearing).
 */
#ifndef SVSM_PAGE_H
#define SVSM_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <svsm/addr.h>
#include <svsm/bitmap.h>
#include <svsm/lock.h>
#include <svsm/status.h>

/** Orders 0 (4 KiB) .. 30 (4 TiB); a span of 2^n pages has n + 1 of them. */
#define SVSM_PAGE_ORDERS	31u
/** Accounts that a pool can have at a time. */
#define SVSM_PAGE_ACCOUNTS	127u

struct svsm_page_account;

/** A range of addresses whose pages belong, or may belong, to a pool. */
struct svsm_page_span {
	struct svsm_page_span *next;
	uintptr_t begin;	/* metadata that is in the range counted */
	uintptr_t start;	/* of the first page that can be added */
	size_t pages;		/* from there */
	size_t first;		/* number of that page in the tree */
	unsigned depth;		/* order of the tree's root */
	uint8_t *node;		/* [2 << depth], see page_tree.h */
	uint16_t *owner;	/* [pages], of a block's first page */
	uintptr_t *word;	/* [pages], svsm_page_word() */
};

/** Zero-initialised is an empty pool. */
struct svsm_page_pool {
	struct svsm_lock lock;
	struct svsm_page_span *spans;
	struct svsm_page_account *accounts;
	uint64_t ids[SVSM_BITMAP_WORDS(SVSM_PAGE_ACCOUNTS + 1)];
	size_t total;		/* pages there */
	size_t free;		/* of them, in no account */
	size_t reserved;	/* of those, guaranteed and not yet used */
	uint32_t recall;	/* counts: CPUs, give back what you cache */
};

/** The SVSM's own pages, for all of which VA equals GPA: the region. */
extern struct svsm_page_pool svsm_pages;

/** Pages that the guest deposited, at addresses that are not their GPA. */
extern struct svsm_page_pool svsm_deposits;

/* ------------------------------------------------------------------- spans */

/**
 * Bytes of metadata for a span, at most 1/64 of what it can hold; 0 when
 * svsm_page_declare() refuses the two.
 */
size_t svsm_page_meta_bytes(const void *start, size_t len);

/**
 * Tell a pool where pages may appear. No page is there yet; the cost does not
 * depend on @p len.
 *
 * @param span   Its storage, kept for ever.
 * @param start  Page aligned. A block is aligned to its size in this space.
 * @param len    Bytes, a multiple of a page.
 * @param meta   svsm_page_meta_bytes() of them, aligned to 8, all zero, kept
 *               for ever. NULL: the first pages of the range, which are there
 *               and zero already, and never become pages of the pool.
 *
 * @retval SVSM_EINVAL  Not aligned, empty, wraps; larger than the largest
 *                      order; nothing left behind the metadata.
 * @retval SVSM_EEXIST  It overlaps a span of the pool.
 */
SVSM_CHECKED enum svsm_status
svsm_page_declare(struct svsm_page_pool *pool, struct svsm_page_span *span,
		  void *start, size_t len, void *meta);

/**
 * Give pages to a pool, inside of one of its spans. O(log n) steps.
 *
 * @param start  Page aligned, private, validated, mapped read-write, all
 *               zero; kept until svsm_page_take_out() gives it back.
 * @param len    Bytes, a multiple of a page.
 *
 * @retval SVSM_EINVAL    Not aligned, empty, wraps.
 * @retval SVSM_EFOREIGN  Not inside of one span (or in its own metadata).
 * @retval SVSM_EEXIST    A page of it is there already.
 * @retval SVSM_ECORRUPT  The metadata contradicts itself. As in all these
 *                        cases nothing changed.
 */
SVSM_CHECKED enum svsm_status
svsm_page_add(struct svsm_page_pool *pool, void *start, size_t len);

/** Declare a span with its metadata at its start and add all the rest. */
SVSM_CHECKED enum svsm_status
svsm_page_fill(struct svsm_page_pool *pool, struct svsm_page_span *span,
	       void *start, size_t len);

/**
 * Take a free page out of a pool, the one with the highest address of a
 * span: it is zero and the caller's, until it is added again.
 *
 * @retval SVSM_ENOMEM    No page is free that is guaranteed to nobody.
 * @retval SVSM_ECORRUPT  The metadata contradicts itself; nothing changed.
 */
SVSM_CHECKED enum svsm_status
svsm_page_take_out(struct svsm_page_pool *pool, void **out);

/**
 * A word for the owner of a live page, kept beside it: 0 when the page is
 * handed out, and again once it is given back. Also 0 for a page that is not
 * there.
 *
 * @param addr  Any value; nothing is read at it.
 * @return      NULL when no span of the pool has such a page.
 */
static inline uintptr_t *
svsm_page_word(const struct svsm_page_pool *pool, const void *addr)
{
	const struct svsm_page_span *span;

	for (span = pool->spans; span; span = span->next) {
		uintptr_t page = ((uintptr_t)addr - span->start) >>
			SVSM_PAGE_SHIFT;

		if (page < span->pages)
			return &span->word[page];
	}
	return NULL;
}

/* ---------------------------------------------------------------- accounts */

/**
 * To whom pages are charged.
 *
 * `min` single pages can be had whatever the others do; the guarantees of a
 * pool's accounts never exceed what is there. Beyond `limit` there is nothing.
 */
struct svsm_page_cache;

struct svsm_page_account {
	const char *name;
	struct svsm_page_pool *pool;
	struct svsm_page_account *next;
	size_t min;		/* pages */
	size_t limit;
	size_t used;		/* charged now */
	size_t peak;		/* the most that was ever charged */
	size_t objects;		/* bytes of them that slabs' owners charge */
	unsigned id;		/* in the pool, 0: not opened yet */
	unsigned caches;
	struct svsm_page_cache *cache;	/* [caches], by CPU */
};

/** Without guarantee or limit; opened by its first allocation. */
#define SVSM_PAGE_ACCOUNT(of_pool, of_name)				\
	{ .name = (of_name), .pool = (of_pool), .limit = SIZE_MAX }

/**
 * Open an account.
 *
 * @param account  Its storage, kept until svsm_page_account_close().
 * @param name     For reports; kept as long.
 * @param min      Pages guaranteed to it.
 * @param limit    Pages it can have; >= @p min.
 *
 * @retval SVSM_EINVAL  @p limit is smaller than @p min.
 * @retval SVSM_ENOMEM  So many free pages are not left to guarantee, or the
 *                      pool has SVSM_PAGE_ACCOUNTS accounts.
 */
SVSM_CHECKED enum svsm_status
svsm_page_account_open(struct svsm_page_account *account,
		       struct svsm_page_pool *pool, const char *name,
		       size_t min, size_t limit);

/**
 * Close an account; its guarantee is free for others.
 *
 * Context: nobody uses the account any more; what CPUs cache is given back.
 *
 * @retval SVSM_EBUSY   Pages are charged to it.
 * @retval SVSM_ENOENT  It is not open.
 * @retval SVSM_ECORRUPT  As svsm_page_drain().
 */
SVSM_CHECKED enum svsm_status
svsm_page_account_close(struct svsm_page_account *account);

/** Pages that a cache can hold. */
#define SVSM_PAGE_CACHED	14u

/**
 * Single pages that one CPU keeps for one account. They are charged to the
 * account, so they take nothing from what is guaranteed to another.
 *
 * A cache makes allocation and free of single pages independent of other CPUs
 * (no lock, no atomic operation). It is filled only while more than an eighth
 * of the pool is free and promised to nobody. When an allocation fails, the
 * CPU empties its caches and tries again, and every other CPU empties its own
 * at its next allocation or free.
 */
struct svsm_page_cache {
	uint32_t count;
	uint32_t recall;	/* the pool's, when we last looked */
	void *page[SVSM_PAGE_CACHED];
} __attribute__((aligned(64)));

/**
 * Let the CPUs with indexes below @p count have caches.
 *
 * @param caches  One for each, zero; kept until the account is closed.
 *
 * Context: before the account is used by more than one CPU.
 */
void svsm_page_account_cache(struct svsm_page_account *account,
			     struct svsm_page_cache *caches, unsigned count);

/**
 * Give back what this CPU keeps for the accounts of a pool.
 *
 * @retval SVSM_ECORRUPT  The metadata of a page contradicts itself; that page
 *                        stays where it is, charged.
 *
 * Context: as svsm_page_alloc().
 */
SVSM_CHECKED enum svsm_status svsm_page_drain(struct svsm_page_pool *pool);

/* ------------------------------------------------------------ alloc, free */

/**
 * Take a block of 2^order pages, aligned to its size, all zero.
 *
 * @retval SVSM_EINVAL    @p order >= SVSM_PAGE_ORDERS.
 * @retval SVSM_ENOMEM    No block of that size is free, the account is at its
 *                        limit, or what is free is guaranteed to others.
 * @retval SVSM_ECORRUPT  The metadata contradicts itself; nothing changed.
 *
 * Context: any CPU, no exception handler. Pair: svsm_page_free(). A page that
 * two CPUs give back at the same time is handed out once, but which of the
 * two is told is not certain.
 */
SVSM_CHECKED enum svsm_status
svsm_page_alloc(struct svsm_page_account *account, unsigned order, void **out);

/**
 * Give a block back; its content is cleared. Nothing changes unless the
 * result is SVSM_OK.
 *
 * @param account  The one it was charged to.
 * @param block    What svsm_page_alloc() gave; NULL does nothing.
 * @param order    As in svsm_page_alloc().
 *
 * @retval SVSM_EINVAL    @p order >= SVSM_PAGE_ORDERS.
 * @retval SVSM_EFOREIGN  No page of the account's pool.
 * @retval SVSM_EINTERIOR Inside of a live block, not its first address.
 * @retval SVSM_EDOUBLE   In a page that is free, or being given back.
 * @retval SVSM_EORDER    A live block's first address, but not of this order.
 * @retval SVSM_EOWNER    It is charged to another account.
 * @retval SVSM_ECORRUPT  The metadata contradicts itself.
 *
 * Context: as svsm_page_alloc().
 */
SVSM_CHECKED enum svsm_status
svsm_page_free(struct svsm_page_account *account, void *block, unsigned order);

/** The same for a block that the caller has cleared, all of it. */
SVSM_CHECKED enum svsm_status
svsm_page_free_clean(struct svsm_page_account *account, void *block,
		     unsigned order);

/** Free pages now; those in caches are not, see svsm_page_drain(). */
size_t svsm_page_count_free(struct svsm_page_pool *pool);

/**
 * Check what must hold between calls: the tree of each span is sound, free
 * buddies are joined, the counts of pool and accounts are right. Linear; for
 * tests and `kit bench`.
 */
bool svsm_page_check(struct svsm_page_pool *pool);

#endif
