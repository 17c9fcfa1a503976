/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * State that VMRUN does not switch: what VMLOAD does (FS, GS, TR, LDTR, the
 * system call MSRs), FPU and vectors, XCR0, PAT, DR0-3.
 */
#ifndef SNPEMU_L1_CONTEXT_H
#define SNPEMU_L1_CONTEXT_H

struct vcpu;

/* Put the state of the level whose registers these are into its VMSA. */
void context_save(struct vcpu *v);

/*
 * The part of it that other code of L1 looks at, FS to the system call MSRs,
 * into the current level's VMSA. Cheap when done before for this exit.
 */
void context_sync(struct vcpu *v);

/* Make the registers those of the current level, saving the other's first. */
void context_switch(struct vcpu *v);

#endif
