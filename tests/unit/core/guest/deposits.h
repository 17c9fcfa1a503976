/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A guest that lends memory: calls with a list at LIST.
 */
#ifndef GUEST_DEPOSITS_H
#define GUEST_DEPOSITS_H

#include "fixture.h"

/** For UNIT_MAIN: guest_setup() and deposit_place(). */
void deposit_setup(void);
/** Another round within a test. */
void deposit_restart(void);
/** A place for deposits, after guest_setup_with(). */
void deposit_place(void);

uint64_t deposit_at(uint64_t list);
uint64_t withdraw_at(uint64_t list);

/** Neighbours, with something in them, become deposits. */
void deposit_pages(uint64_t gpa, unsigned n);
/** Withdraw up to @p n; the number of pages that came back. */
unsigned withdraw_pages(unsigned n);
/** Which page came back. */
uint64_t withdrawn(unsigned i);

/** The byte of the calling area that tells of deposits. */
uint8_t available(void);
/** Pages in the pool, which is sound. */
size_t deposits(void);

#endif
