/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* MSR intercepts, and the two MSRs the processor answers by itself. */
#ifndef SNPEMU_L1_MSREXIT_H
#define SNPEMU_L1_MSREXIT_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

void msrexit_init(void);
uint64_t msrexit_permission_map(void);

/* RDMSR or WRMSR of an intercepted MSR. */
void msrexit_handle(struct vcpu *v, bool write);

#endif
