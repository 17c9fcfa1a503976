/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * A host that starts vCPUs in an order of its own: "order=3,2,1" of the
 * configuration. VMPL0 of such a vCPU starts when it was asked for and the one
 * before it in the list has started.
 */
#ifndef SNPEMU_L1_ORDER_H
#define SNPEMU_L1_ORDER_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

void order_init(void);

/* True when @target has to wait for its turn with this VMSA of VMPL0. */
bool order_defers(struct vcpu *target, uint64_t vmsa_gpa);

/* VMPL0 of this vCPU has started. */
void order_started(const struct vcpu *v);

#endif
