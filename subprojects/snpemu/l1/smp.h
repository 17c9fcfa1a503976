/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The machine's cores: starting them, and making them leave the guest. */
#ifndef SNPEMU_L1_SMP_H
#define SNPEMU_L1_SMP_H

#include <stdint.h>

struct vcpu;

/* Bring this core into the state C code and VMRUN need. */
void smp_core_init(struct vcpu *v);

/* Make all vCPUs; start the other cores, which end in @run. */
void smp_start(void (*run)(struct vcpu *v));

/*
 * Return when none of these vCPUs, one bit each, runs the guest with what its
 * core knew of the nested tables. Under rmp_lock.
 */
void smp_shootdown(struct vcpu *v, uint64_t targets);

#endif
