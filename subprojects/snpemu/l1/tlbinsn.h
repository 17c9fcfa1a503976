/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The guest's own flushes: INVLPGB and TLBSYNC, which reach L1 as #UD; CR4. */
#ifndef SNPEMU_L1_TLBINSN_H
#define SNPEMU_L1_TLBINSN_H

#include <stdbool.h>

#include "cpu.h"

struct insn;
struct vcpu;

/*
 * "invlpgb=" of the configuration: the host enables both instructions for all
 * levels (on), for none (off, as hosts do today), or its CPUID lists them and
 * they are undefined all the same (fault). Once, on the BSP.
 */
void tlbinsn_init(void);

/* CPUID 8000_0008, as far as it tells of them. */
void tlbinsn_cpuid(struct cpuid_result *r);

/* Execute it when it is one of the two; false: it is something else. */
bool tlbinsn_execute(struct vcpu *v, const struct insn *insn);

/* MOV to CR4 was intercepted (cr4.c). */
void cr4_write(struct vcpu *v);

#endif
