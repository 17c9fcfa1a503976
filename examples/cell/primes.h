/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The protocol of examples/cell, as a guest and the cell see it.
 */
#ifndef PRIMES_H
#define PRIMES_H

/** Our own number: outside of those that the specification gives away. */
#define PRIMES_PROTOCOL	0x40000002u

/** RCX: GPA of eight bytes, a number n; they become the count of primes below
 *  n. Takes a while, so it is "incomplete" at times: call again. */
#define PRIMES_COUNT	0u
/** Nothing: the way to the cell and back. */
#define PRIMES_NOTHING	1u

#endif
