/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Memory shared with the host, in small blocks: descriptors and buffers of
 * devices.
 *
 * A pool takes its pages once, shares them with the host (share.h) and keeps
 * them shared until its end: giving a block out and taking it back changes no
 * page state and no page table. Blocks are slices, so nothing points to them,
 * and what is in them is the host's to read and to change at any time: never a
 * secret, and never what has not been copied and checked. All that the pool
 * itself knows is in private memory.
 *
 *	          alloc               quarantine
 *	FREE --------------> LIVE -----------------> HELD (for ever,
 *	     <--------------                          or until reclaim)
 *	          free: cleared
 */
#ifndef SVSM_POOL_H
#define SVSM_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <svsm/addr.h>
#include <svsm/lock.h>
#include <svsm/page.h>
#include <svsm/status.h>
#include <svsm/umem.h>

/** The smallest block, in bytes; all others are 2^n of them. */
#define SVSM_POOL_UNIT		64u
/** Pages that one pool can have: 2^5. */
#define SVSM_POOL_ORDERS	6u
#define SVSM_POOL_PAGES		(1u << (SVSM_POOL_ORDERS - 1))

/** What the pool knows of a page: one bit for each unit. */
struct svsm_pool_page {
	uint64_t used;
	uint64_t first;		/* unit begins a block */
	uint64_t held;		/* begins a block in quarantine */
};

struct svsm_pool {
	struct svsm_lock lock;
	struct svsm_page_account *account;	/* kept */
	unsigned order;
	void *start;
	size_t used;		/* bytes, rounded to blocks */
	struct svsm_pool_page page[SVSM_POOL_PAGES];
};

/**
 * Take 2^order pages and share them.
 *
 * @param order  Below SVSM_POOL_ORDERS.
 *
 * @retval SVSM_EINVAL  @p order is not.
 * @retval others       As svsm_share_alloc().
 *
 * Context: this CPU's GHCB is registered. Exits to the host.
 */
SVSM_CHECKED enum svsm_status
svsm_pool_init(struct svsm_pool *pool, struct svsm_page_account *account,
	       unsigned order);

/**
 * Make the pages private again, clear them and give them back.
 *
 * @retval SVSM_EBUSY  A block is live or in quarantine; nothing changed. Or
 *                     there is no pool any more.
 * @retval SVSM_EHOST  The host did not do it; the pool is as it was.
 * @retval others      As svsm_share_free(): the pages are lost.
 *
 * Context: as svsm_pool_init(); nobody uses the pool any more.
 */
SVSM_CHECKED enum svsm_status svsm_pool_fini(struct svsm_pool *pool);

/**
 * Take a block, aligned to its size, clear as far as the host leaves it so.
 *
 * @param size  Bytes; rounded up to SVSM_POOL_UNIT << n.
 * @param out   Its bytes, for reading and writing, not more than @p size.
 *
 * @retval SVSM_EINVAL  0, or more than the pool.
 * @retval SVSM_ENOMEM  No block of this size is free.
 *
 * Context: any CPU. At most SVSM_POOL_PAGES steps.
 */
SVSM_CHECKED enum svsm_status
svsm_pool_alloc(struct svsm_pool *pool, size_t size, struct svsm_umem *out);

/**
 * Give a block back; it is cleared.
 *
 * @param block  As svsm_pool_alloc() gave it. No device uses it any more.
 *
 * @retval SVSM_EFOREIGN   Not in this pool.
 * @retval SVSM_EINTERIOR  In a live block, not its first address.
 * @retval SVSM_EDOUBLE    In no live block.
 * @retval SVSM_EBUSY      It is in quarantine.
 * @retval SVSM_EORDER     The block has another size.
 */
SVSM_CHECKED enum svsm_status
svsm_pool_free(struct svsm_pool *pool, const struct svsm_umem *block);

/**
 * A block that a device may still write, or that it never gave back: nobody
 * gets it again. As svsm_pool_free(), but it stays where it is.
 */
SVSM_CHECKED enum svsm_status
svsm_pool_quarantine(struct svsm_pool *pool, const struct svsm_umem *block);

/**
 * The device has been reset and owns nothing: all blocks in quarantine are
 * free again, and clear.
 *
 * @return  How many.
 */
size_t svsm_pool_reclaim(struct svsm_pool *pool);

/** Bytes in live blocks and in quarantine. */
size_t svsm_pool_used(struct svsm_pool *pool);

#endif
