/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * A host that strikes: at a chosen instruction of VMPL0 it injects a vector,
 * steps, holds the vCPU, changes what is behind a page, or runs a VMSA.
 *
 * It reaches the instruction as any host can, by a breakpoint or by single
 * steps of which the guest sees nothing. Up to four places, strike0 to strike3
 * of the configuration, each a list of "field=hexadecimal number":
 *
 *	at	linear address of the instruction
 *	cpu	only on this vCPU
 *	nth	not before the n-th arrival there (1)
 *	skip	so many instructions later (0)
 *	times	so many strikes, at as many arrivals (1)
 *	walk	that many strikes, each one instruction later than the last
 *	until	the last instruction of the walk
 *	gap	arrivals that are ignored after each strike (0)
 *	vector, error	what is injected; none: it was only stepped there
 *	code	0 or 1: with an error code (as the vector has it otherwise)
 *	watch	instructions for which VMPL0 is watched then (400)
 *	answer	to the next event @error that VMPL0 asks for: RDMSR, IN,
 *		CPUID; WRMSR and OUT are lost
 *	page	the page behind the address of remap= from now on, 1 or 2
 *	run, on, vmpl	run the VMSA at this address on this vCPU and level
 *	hold	1: never run this vCPU again, 2: never let go of its VMSA
 *
 * Watched: pushing to a stack that the host or ring 3 can write to is a
 * take-over and stops the machine. DR0 to DR3 of VMPL0 are not its own.
 */
#ifndef SNPEMU_L1_STRIKE_H
#define SNPEMU_L1_STRIKE_H

#include <stdbool.h>
#include <stdint.h>

struct ghcb_request;
struct strike_site;
struct vcpu;

/* Of a vCPU. */
struct strike {
	struct strike_site *site;	/* stepping to it, or due; else NULL */
	uint64_t left;		/* instructions until it is due */
	uint64_t rip, rsp;	/* before the last step */
	uint64_t watch;		/* instructions that are still watched */
	uint64_t dr[4];		/* the guest's, while ours are there */
	struct strike_site *answer;	/* for the next request, or NULL */
	bool due;
	bool armed;		/* breakpoints and TF are ours */
};

void strike_init(void);

/* Before the VMSA is loaded for an entry: what is due is done. */
void strike_before_entry(struct vcpu *v);

/* Around an entry: after the state was loaded, after it was stored. */
void strike_arm(struct vcpu *v);
void strike_disarm(struct vcpu *v);

/* The #DB of a step or a breakpoint. */
void strike_debug(struct vcpu *v);

/* An instruction that L1 has completed; RIP is behind it. */
void strike_emulated(struct vcpu *v);

/* True when the request is one that a strike has provoked: answered here. */
bool strike_answers(struct ghcb_request *r);

#endif
