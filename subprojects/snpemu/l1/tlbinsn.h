/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* INVLPGB and TLBSYNC, which reach L1 as #UD. */
#ifndef SNPEMU_L1_TLBINSN_H
#define SNPEMU_L1_TLBINSN_H

#include <stdbool.h>

struct insn;
struct vcpu;

/* CPUID 8000_0008: EBX bit 3, and EDX[15:0], the largest count of pages. */
#define TLBINSN_FEATURE		(1u << 3)
#define TLBINSN_COUNT_MAX	7u

/* The host lets VMPL0 use them; elsewhere they are undefined. */
#define TLBINSN_VMPL		0u

/* Execute it when it is one of the two; false: it is something else. */
bool tlbinsn_execute(struct vcpu *v, const struct insn *insn);

#endif
