/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * PVALIDATE and RMPADJUST that say no when a test wants it, or let it look
 * before. For programs that are linked with --wrap for the two.
 */
#ifndef GUEST_REFUSE_H
#define GUEST_REFUSE_H

#include "fixture.h"

/** Of the mask for refuse(): the n-th instruction, or all from the n-th on. */
#define AT(n)		(1ull << (n))
#define FROM(n)		(~0ull << (n))

/** For UNIT_MAIN: guest_setup(), and all work. */
void refuse_setup(void);
/** Another round with the guest's memory in this state; all work. */
void refuse_restart(enum fake_memory state);

/**
 * Bit n set: the n-th of these instructions from now does nothing and says so
 * (1: the next; they are counted together). 0: all work.
 *
 * @param first  Code of the first that is refused.
 * @param later  ... of all others.
 */
void refuse(uint64_t which, uint32_t first, uint32_t later);
/** Has one been since? */
bool refused(void);

/** What the guest is told of such a code. */
uint64_t refuse_result(uint32_t code);

enum refuse_insn {
	REFUSE_VALIDATE,
	REFUSE_RESCIND,
	REFUSE_RMPADJUST,
};

/** Before each of them that is executed; NULL: nothing. */
extern void (*refuse_before)(enum refuse_insn insn);

#endif
