/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* As much of instruction decoding as QEMU's missing decode assists require. */
#ifndef SNPEMU_L1_INSN_H
#define SNPEMU_L1_INSN_H

#include <stdbool.h>
#include <stdint.h>

#define INSN_BYTES	15

struct vcpu;

/* The instruction at RIP, prefixes taken apart. */
struct insn {
	uint8_t bytes[INSN_BYTES + 1];
	unsigned have;		/* bytes that could be fetched */
	unsigned opcode;	/* offset of the first opcode byte */
	bool wide;		/* 64-bit code */
	bool rep, repne;	/* F3, F2: the last one counts */
	bool operand_16, address_override;
	uint8_t rex;
	uint8_t segment;	/* override prefix, or 0 */
};

/* False when nothing could be fetched. */
bool insn_fetch(struct vcpu *v, struct insn *insn);

/*
 * Length of an instruction that L1 completes itself: no operand bytes, one to
 * three opcode bytes. 0 when there is something else.
 */
unsigned insn_length(const struct insn *insn);

/* True for 0F 01 @modrm. */
bool insn_is_0f01(const struct insn *insn, uint8_t modrm);

/* RIP behind the instruction; any interrupt shadow ends. */
void insn_skip(struct vcpu *v, unsigned length);

/**
 * The linear address by which the instruction at RIP touched @gpa.
 *
 * QEMU reports guest physical addresses only, while #VC 404 needs CR2. Each
 * address that the instruction could have used is translated; the one that
 * leads to the page (or whose table walk does) is the answer. 0 when none.
 */
uint64_t insn_linear_address(struct vcpu *v, uint64_t gpa, bool fetch);

/* General register by its number in an instruction, 4 is RSP. */
uint64_t insn_register(struct vcpu *v, unsigned number);

#endif
