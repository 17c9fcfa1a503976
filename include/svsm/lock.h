/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A fair spin lock.
 */
#ifndef SVSM_LOCK_H
#define SVSM_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <svsm/status.h>

/**
 * Tickets: who asks first is served first. Interrupts are off while it is
 * held. It sits in the struct it guards; zero-initialised is free.
 *
 * Lock order (take from left to right, never back):
 *   ownership map -> vCPU registry -> page tables -> slab cache ->
 *   page allocator -> log
 * Inside a slab owner's and a shared pool's none is taken. What allocates may
 * take those of the allocators, whether or not it does this time. No lock is
 * held over a switch to the guest or a halt, and none is waited for in handlers
 * of exceptions (the log's wait has a bound).
 */
struct svsm_lock {
	uint32_t next;	/* the ticket the next one gets */
	uint32_t owner;	/* the ticket that is served */
	uint64_t irq;	/* of the holder, for release */
};

#define SVSM_LOCK_INIT { 0, 0, 0 }

/** Wait for the lock. Pair: svsm_lock_release(). */
void svsm_lock_acquire(struct svsm_lock *lock);

/** Take the lock if it is free at once. */
SVSM_CHECKED bool svsm_lock_try(struct svsm_lock *lock);

/**
 * Wait for the lock, at most so many turns. Outside the queue: a waiter that
 * gives up leaves nothing behind, and may be overtaken.
 *
 * @param turns  Looks at the lock, with a PAUSE between them; at least one.
 *
 * @retval SVSM_OK     Held.
 * @retval SVSM_ETIME  Not held.
 */
SVSM_CHECKED enum svsm_status
svsm_lock_acquire_within(struct svsm_lock *lock, uint64_t turns);

/** Release a lock that we hold. */
void svsm_lock_release(struct svsm_lock *lock);

#endif
