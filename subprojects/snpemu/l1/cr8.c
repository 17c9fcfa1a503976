// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/*
 * MOV to CR8 while an interrupt window is open.
 *
 * QEMU's TCG aborts when that instruction makes a virtual interrupt
 * deliverable, so it is intercepted then, and done here.
 */
#include "hostside.h"
#include "insn.h"

#define OPCODE_ESCAPE	0x0f
#define OPCODE_MOV_CR	0x22
#define REX_R		4u
#define REX_B		1u

/* The general register that is written to CR8, or -1. */
static int source(const struct insn *insn)
{
	const uint8_t *at = insn->bytes + insn->opcode;
	uint8_t modrm = at[2];

	if (insn->have < insn->opcode + 3 || at[0] != OPCODE_ESCAPE ||
	    at[1] != OPCODE_MOV_CR)
		return -1;
	if ((modrm >> 3 & 7) != 0 || !(insn->rex & REX_R))
		return -1;
	return (modrm & 7) | (insn->rex & REX_B ? 8 : 0);
}

void cr8_write(struct vcpu *v)
{
	struct insn insn;
	uint64_t value;
	int number;

	if (!insn_fetch(v, &insn))
		return;
	number = source(&insn);
	if (number < 0) {
		vcpu_inject_exception(v, VECTOR_UD, false, 0);
		return;
	}
	value = insn_register(v, (unsigned)number);
	if (value > INT_CTL_TPR_MASK) {
		vcpu_inject_exception(v, VECTOR_GP, true, 0);
		return;
	}
	apic_set_tpr(v, (uint32_t)value << 4);
	insn_skip(v, insn.opcode + 3);
}
