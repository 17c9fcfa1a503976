/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Pages of ours that the host can see, and back.
 */
#ifndef SVSM_SHARE_H
#define SVSM_SHARE_H

#include <stddef.h>

#include <svsm/page.h>
#include <svsm/status.h>

/**
 * Take pages and share them with the host, all zero.
 *
 * The order is: clear, rescind, page state change, drop the C-bit, clear. So
 * the host never sees what was in them, and the page state change is proved by
 * nothing but our not caring: shared pages hold no secrets.
 *
 * @param account  To which they are charged.
 * @param order  2^order pages.
 * @param out    Pair: svsm_share_free().
 *
 * @retval SVSM_ENOMEM  No pages.
 * @retval SVSM_EHOST   The host did not do it. The pages are private, valid,
 *                      zero and in the pool again.
 * @retval SVSM_ESTATE  Nor did it undo what it had done, or a CPU does not
 *                      drop the old translations. The pages are lost: they
 *                      stay charged, and nothing touches them again.
 * @retval others       As svsm_page_alloc(), svsm_paging_set_private().
 *
 * Does not return when PVALIDATE contradicts the host
 * (SVSM_REASON_PAGE_LOST, SVSM_REASON_DOUBLE_VALIDATE).
 *
 * Context: this CPU's GHCB is registered. Exits to the host.
 */
SVSM_CHECKED enum svsm_status
svsm_share_alloc(struct svsm_page_account *account, unsigned order, void **out);

/**
 * Make shared pages private again, clear them, give them back.
 *
 * @param block  From svsm_share_alloc() with this @p order; the host must no
 *               longer use it (a device that still does writes nowhere).
 *
 * @retval SVSM_EHOST   The host did not do it: the pages stay shared and
 *                      charged to the account.
 * @retval SVSM_ESTATE  A CPU does not drop the old translations: the pages
 *                      are lost, as in svsm_share_alloc().
 */
SVSM_CHECKED enum svsm_status
svsm_share_free(struct svsm_page_account *account, void *block, unsigned order);

/** The same on pages of the caller that are not the pool's. */
SVSM_CHECKED enum svsm_status svsm_share(void *pages, size_t count);
SVSM_CHECKED enum svsm_status svsm_unshare(void *pages, size_t count);

#endif
