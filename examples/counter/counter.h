/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The counter's protocol, as a guest sees it.
 */
#ifndef COUNTER_H
#define COUNTER_H

/** Our own number: outside of those that the specification gives away. */
#define COUNTER_PROTOCOL	0x40000000u

/** Add RCX; RCX is the new value. COUNTER_ERR_OVERFLOW: nothing was added. */
#define COUNTER_ADD		0u
/** RCX is the value. */
#define COUNTER_READ		1u

/** The first code that a protocol may define for itself. */
#define COUNTER_ERR_OVERFLOW	0x80001000ull

#endif
