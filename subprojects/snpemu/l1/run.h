/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The VMRUN loop. */
#ifndef SNPEMU_L1_RUN_H
#define SNPEMU_L1_RUN_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;
struct vmsa;

/* Permission maps, once. */
void run_init(void);

/* A core's life: run what its vCPU has to run, wait when that is nothing. */
_Noreturn void run_vcpu(struct vcpu *v);

/* switch.S */
bool guest_enter(uint64_t vmcb_pa, struct vmsa *vmsa, uint32_t *in_guest,
		 const uint32_t *kicked);

#endif
