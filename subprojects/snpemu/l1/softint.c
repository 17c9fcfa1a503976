// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/*
 * INT instructions, and those that are not in memory any more.
 *
 * QEMU drops its translations of a page just before another core's store to
 * it. A core that translates in between keeps the bytes from before the store
 * until the next one, however long that takes. Linux patches its code while
 * all CPUs run it, an INT3 first and in the end the byte that replaces it: a
 * translation of that kind is an INT3 that nobody set, and an oops. So each
 * one is compared with memory; when it is gone, its translation goes too and
 * the guest executes what is there.
 */
#include "cpu.h"
#include "deliver.h"
#include "insn.h"
#include "softint.h"
#include "vcpu.h"
#include "walk.h"

#define OPCODE_INT3	0xcc
#define OPCODE_INT	0xcd
#define OPCODE_INTO	0xce
#define VECTOR_OF	4

#define NO_VECTOR	(-1)

/* What the instruction asks for, and its length. */
static int vector_of(const struct insn *insn, unsigned *length)
{
	const uint8_t *op = insn->bytes + insn->opcode;

	*length = insn->opcode + 1;
	if (op[0] == OPCODE_INT3)
		return VECTOR_BP;
	if (op[0] == OPCODE_INTO && !insn->wide)
		return VECTOR_OF;
	if (op[0] != OPCODE_INT || *length >= insn->have)
		return NO_VECTOR;
	(*length)++;
	return op[1];
}

void softint(struct vcpu *v)
{
	struct insn insn;
	unsigned length;
	int vector;

	if (!insn_fetch(v, &insn))
		return;
	vector = vector_of(&insn, &length);
	if (vector != NO_VECTOR) {
		deliver_software(v, (uint8_t)vector, length);
		return;
	}
	counter_add(v, COUNTER_STALE_CODE, 1);
	guest_translate_anew(v);
}
