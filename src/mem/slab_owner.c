/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Who pays for objects. See slab.h. Several owners can have one account, so its
 * sum is not under their locks.
 */
#include <svsm/assert.h>

#include "slab_internal.h"

void svsm_slab_owner_init(struct svsm_slab_owner *owner,
			  struct svsm_page_account *pages, size_t limit)
{
	*owner = (struct svsm_slab_owner){ .pages = pages, .limit = limit };
}

unsigned slab_charge(struct svsm_slab_owner *owner, size_t bytes, unsigned n)
{
	size_t room;

	svsm_lock_acquire(&owner->lock);
	svsm_assert(owner->used <= owner->limit);
	room = (owner->limit - owner->used) / bytes;
	if (n > room)
		n = (unsigned)room;
	owner->used += n * bytes;
	svsm_lock_release(&owner->lock);
	__atomic_fetch_add(&owner->pages->objects, n * bytes, __ATOMIC_RELAXED);
	return n;
}

void slab_uncharge(struct svsm_slab_owner *owner, size_t bytes)
{
	svsm_lock_acquire(&owner->lock);
	svsm_assert(bytes <= owner->used);
	owner->used -= bytes;
	svsm_lock_release(&owner->lock);
	__atomic_fetch_sub(&owner->pages->objects, bytes, __ATOMIC_RELAXED);
}
