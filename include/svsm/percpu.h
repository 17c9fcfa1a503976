/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What each CPU has of its own.
 */
#ifndef SVSM_PERCPU_H
#define SVSM_PERCPU_H

#include <stdbool.h>
#include <stdint.h>

#include <svsm/platform.h>

struct svsm_ghcb;
struct svsm_vcpu;

/**
 * The part of a CPU's state that is not the processor's. svsm_plat_cpu()
 * gives the caller's own; no other CPU writes it, except where said.
 *
 * Made by the boot code (fw) or by the test (host) before anything above the
 * seam runs on that CPU.
 */
struct svsm_cpu {
	struct svsm_cpu *self;		/* first: the GS base points here */
	uint32_t index;			/* dense, 0 is the boot CPU */
	uint32_t apic_id;
	struct svsm_ghcb *ghcb;		/* NULL until it has been registered */
	struct svsm_vcpu *vcpu;		/* guest vCPU it serves; run loop's */
	uint32_t window_busy;		/* window slots in use, one bit each */
	uint32_t window_keep;		/* ... that may stay mapped after use */
	uint32_t window_seen;		/* svsm_window_forget() so far */
	bool tlb_away;			/* tlb.h; others look at it */
	uint64_t tlb_seen;		/* last flush it answered; likewise */
};

#endif
