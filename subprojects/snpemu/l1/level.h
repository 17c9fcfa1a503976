/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * The VMPLs of a vCPU and their VMSAs.
 *
 * The VMSA of the level that runs is "in use" from the moment its core takes
 * it up until it switches level, waits, or is asked to let go: not only within
 * VMRUN, because L1's handling of an exit still is the processor's work.
 */
#ifndef SNPEMU_L1_LEVEL_H
#define SNPEMU_L1_LEVEL_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/* Take up what other cores asked for (vcpu_start, vcpu_stop). */
void level_take_requests(struct vcpu *v);

/*
 * Take the current level's VMSA into use, with VMRUN's checks. NULL when it
 * may run, else the reason; nothing is in use then.
 */
const char *level_acquire(struct vcpu *v);

/* Let go of the VMSA in use, if there is one; it has all state then. */
void level_release(struct vcpu *v);

/* Another core wants to write it: let go, and give that core a moment. */
void level_yield(struct vcpu *v);

/* The VMSA of the launch: its address, and its system page. */
void level_set_launch_vmsa(struct vcpu *v, uint64_t gpa, uint64_t spa);

/* The same for a vCPU of another core, which enters it at once. */
void level_start_launch_vmsa(struct vcpu *v, uint64_t gpa, uint64_t spa);

#endif
