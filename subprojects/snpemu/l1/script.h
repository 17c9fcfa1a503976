/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * Two pages for one address: what a nested entry names changes between two
 * instructions of VMPL0, back and forth. The RMP's rules stay true: the second
 * page is assigned to the same address, and not validated.
 *
 * "remap=GPA,STEP=PAGE,..." of the configuration: GPA is hexadecimal, PAGE 1
 * or 2. A step is made before the instruction of VMPL0 on that address that it
 * names: rescind, validate, revoke (RMPADJUST that leaves VMPL1 nothing), grant
 * (any other RMPADJUST), adjust (either of these), vmsa (RMPADJUST that makes a
 * VMSA), each once and in this order.
 */
#ifndef SNPEMU_L1_SCRIPT_H
#define SNPEMU_L1_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

enum script_insn {
	SCRIPT_RESCIND, SCRIPT_VALIDATE, SCRIPT_GRANT, SCRIPT_REVOKE,
	SCRIPT_ADJUST, SCRIPT_VMSA,
};

void script_init(void);

/* Before such an instruction is carried out. */
void script_rmp(struct vcpu *v, enum script_insn insn, uint64_t gpa);

/* This page is behind the address from now on. */
void script_turn(struct vcpu *v, unsigned page);

#endif
