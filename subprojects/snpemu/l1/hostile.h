/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * Attacks of the host, made to order.
 *
 * With --hostile a guest may ask for them in the GHCB MSR protocol, so that a
 * test can say when the page is pulled away from under it.
 */
#ifndef SNPEMU_L1_HOSTILE_H
#define SNPEMU_L1_HOSTILE_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/* Requests: GFN in 63:12. The page leaves all TLBs unless it says otherwise. */
#define HOSTILE_REMAP	0xe01u	/* another, unvalidated page behind it */
#define HOSTILE_TAKE	0xe02u	/* RMPUPDATE: the hypervisor's */
#define HOSTILE_MOVE	0xe03u	/* RMPUPDATE: the entry names the next GFN */
#define HOSTILE_LARGE	0xe04u	/* RMPUPDATE: a 2 MiB page, unvalidated */
#define HOSTILE_LOOK	0xe05u	/* the first 32 bits as the host sees them */
#define HOSTILE_UPDATE	0xe07u	/* like TAKE; for pages in use */
#define HOSTILE_SMASH	0xe08u	/* PSMASH */
#define HOSTILE_BATCH	0xe09u	/* PSC: back after GFN entries, 0: at the end */
#define HOSTILE_HOLD	0xe0au	/* hold.h: index in 15:8, how in 7:0 of GFN */
#define HOSTILE_TURN	0xe0bu	/* script.h: that page (GFN) is behind remap= */
#define HOSTILE_REMAP_STALE 0xe10u	/* like REMAP, and no TLB is flushed */
#define HOSTILE_FLUSH	0xe11u	/* all TLBs of vCPU GFN */
/* Answers: this much more, result in 63:32. */
#define HOSTILE_ANSWER	0x80u

/*
 * Another system page, assigned to the same address by RMPUPDATE and not
 * validated; nothing is mapped to it yet.
 */
uint64_t hostile_second_page(struct vcpu *v, uint64_t gpa);

/* True when @value is such a request and the host is hostile. */
bool hostile_request(struct vcpu *v, uint64_t value, uint64_t *answer);

#endif
