/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* What a host does where it strikes (strike.h). */
#ifndef SNPEMU_L1_BLOW_H
#define SNPEMU_L1_BLOW_H

#include <stdbool.h>
#include <stdint.h>

struct ghcb_request;
struct vcpu;

/* A place, as configured, and what became of it. */
struct strike_site {
	unsigned number;
	uint64_t at, cpu, nth, skip, count, until, gap;
	bool walks;		/* each strike one instruction later */

	bool injects;
	uint64_t vector, error, code, watch;
	bool answers;
	uint64_t answer;
	uint64_t page;		/* 0: none */
	bool runs;
	uint64_t vmsa, on, vmpl;
	uint64_t hold;

	uint64_t arrivals, done;
	uint64_t ignored;	/* arrivals up to this one */
	bool over;
};

/* Strike: before the instruction at RIP, at VMPL0, no event pending. */
void blow(struct vcpu *v, struct strike_site *site);

/* A step behind one: RSP was @before. Does not return from a take-over. */
void blow_watch(struct vcpu *v, uint64_t before);

bool blow_answers(struct ghcb_request *r);

#endif
