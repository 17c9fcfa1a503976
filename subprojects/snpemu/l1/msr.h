/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* MSR intercepts, and the two MSRs the processor answers by itself. */
#ifndef SNPEMU_L1_MSR_H
#define SNPEMU_L1_MSR_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

void msr_init(void);
uint64_t msr_permission_map(void);

/* RDMSR or WRMSR of an intercepted MSR. */
void msr_exit(struct vcpu *v, bool write);

#endif
