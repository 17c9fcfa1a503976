/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What the SVSM whose TPM runs out of memory, its cell and its guest know of
 * each other.
 */
#ifndef STARVED_H
#define STARVED_H

/** Before each allocation the cell asks for this slot; an error: no memory. */
#define STARVED_SLOT		15u

#define STARVED_PROTOCOL	0x40000005u

enum starved_call {
	/** The RCX-th allocation from now on finds no memory; 0: none. */
	STARVED_FAIL = 0,
	/** RCX: allocations since then, out. RDX: deaths since then, out. After
	 *  a death that was another one, or left something behind, no success
	 *  any more. */
	STARVED_LOOK = 1,
};

#endif
