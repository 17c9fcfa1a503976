/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Deposited pages that become room in the ownership map.
 *
 * A deposit itself needs room: its page gets another owner. So a few nodes are
 * kept back for one, and the first page into a full map becomes nodes.
 */
#include <svsm/assert.h>

#include "core_deposit.h"

_Static_assert(SVSM_GUEST_RUNS / SVSM_OWN_CHUNK + 1 + SVSM_GUEST_MORE_RUNS <=
	       SVSM_OWN_CHUNKS, "the map can have all of them");

static struct svsm_page_account runs = {
	.name = "page owners", .pool = &svsm_deposits,
	.limit = SVSM_GUEST_MORE_RUNS,
};

/* May the next call find the map full? No call changes more than two pages
 * before it has asked for room. */
static bool is_full(const struct svsm_guest *guest)
{
	return !svsm_own_has_room(&guest->own, 2);
}

static bool is_at_limit(void)
{
	return runs.used == runs.limit;
}

/* A page that nobody uses becomes nodes. */
static enum svsm_status grow(struct svsm_guest *guest)
{
	enum svsm_status status;
	void *page;

	status = svsm_page_alloc(&runs, 0, &page);
	if (status != SVSM_OK)
		return status;
	svsm_assert(svsm_own_add(&guest->own, page, SVSM_OWN_CHUNK) ==
		    SVSM_OK);
	svsm_own_keep(&guest->own, SVSM_DEPOSIT_SPARE);
	return SVSM_OK;
}

void deposit_room_init(struct svsm_guest *guest)
{
	struct svsm_own *own = &guest->own;

	svsm_assert(svsm_own_add(own, guest->deposit.spare,
				 SVSM_DEPOSIT_SPARE) == SVSM_OK);
	svsm_own_keep(own, SVSM_DEPOSIT_SPARE);
}

unsigned deposit_room_begin(struct svsm_guest *guest, unsigned n)
{
	if (!is_full(guest) || is_at_limit())
		return n;
	svsm_own_keep(&guest->own, 0);
	return 1;
}

void deposit_room_settle(struct svsm_guest *guest)
{
	if (!guest->deposit.ready)
		return;
	svsm_own_keep(&guest->own, SVSM_DEPOSIT_SPARE);
	if (is_full(guest) && grow(guest) != SVSM_OK)
		return;		/* who asks for room next is told */
}

svsm_result_t deposit_room_busy(struct svsm_guest *guest)
{
	svsm_result_t result = SVSM_ERR_BUSY;

	svsm_lock_acquire(&guest->own.lock);
	if (guest->deposit.start && is_full(guest) && !is_at_limit())
		result = grow(guest) == SVSM_OK ? SVSM_ERR_INCOMPLETE :
			SVSM_NEED_PAGES(1);
	svsm_lock_release(&guest->own.lock);
	return result;
}
