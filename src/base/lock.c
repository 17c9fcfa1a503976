/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A fair spin lock by tickets.
 */
#include <svsm/lock.h>
#include <svsm/platform.h>
#include <svsm/terminate.h>

void svsm_lock_acquire(struct svsm_lock *lock)
{
	uint64_t irq = svsm_plat_irq_save();
	uint32_t ticket;

	ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);
	while (__atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE) != ticket)
		svsm_plat_pause();
	lock->irq = irq;
}

bool svsm_lock_try(struct svsm_lock *lock)
{
	uint64_t irq = svsm_plat_irq_save();
	uint32_t owner = __atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE);

	/* Only a ticket that is served at once: we could not give it back. */
	if (!__atomic_compare_exchange_n(&lock->next, &owner, owner + 1, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		svsm_plat_irq_restore(irq);
		return false;
	}
	lock->irq = irq;
	return true;
}

enum svsm_status
svsm_lock_acquire_within(struct svsm_lock *lock, uint64_t turns)
{
	do {
		if (svsm_lock_try(lock))
			return SVSM_OK;
		svsm_plat_pause();
	} while (turns && --turns);
	return SVSM_ETIME;
}

void svsm_lock_release(struct svsm_lock *lock)
{
	uint64_t irq = lock->irq;
	uint32_t owner = lock->owner;

	/* Without a word: the log has a lock, too, and this may be that one. */
	if (owner == __atomic_load_n(&lock->next, __ATOMIC_RELAXED))
		svsm_terminate(SVSM_REASON_ASSERT);
	__atomic_store_n(&lock->owner, owner + 1, __ATOMIC_RELEASE);
	svsm_plat_irq_restore(irq);
}
