/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * What a call costs: instructions and exits of VMPL0 from a lower level's
 * switch to it until the switch back. VMPL0 runs step by step meanwhile.
 */
#ifndef SNPEMU_L1_METER_H
#define SNPEMU_L1_METER_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/* One visit of VMPL0; part of the vCPU. */
struct meter {
	uint64_t instructions;
	uint64_t exits;		/* a host's: no steps, no MOV to CR4 */
	uint64_t pvalidate, rmpadjust, vmgexit;
	uint64_t privileged;	/* of the instructions: a kernel's alone */
	uint64_t clearing;	/* of the instructions: REP STOSQ */
	uint64_t flushes;	/* of a whole TLB, own or everybody's */
	uint64_t rip;		/* of the last step: REP counts once */
	uint64_t call, label;	/* the caller's RAX and R9 */
	uint32_t running;
	/* The instruction at rip. */
	bool next_privileged, next_clears, next_flushes;
};

/* "meter=1" in the configuration. */
void meter_init(void);

/* The current level has just changed from @from. */
void meter_switch(struct vcpu *v, unsigned from);

/* Around an entry: after the state was loaded, after it was stored. */
void meter_arm(struct vcpu *v);
void meter_disarm(struct vcpu *v, uint32_t exit_code);

/* The #DB of one step. */
void meter_step(struct vcpu *v);

/* An instruction that L1 has completed; RIP is behind it. */
void meter_emulated(struct vcpu *v);

#endif
