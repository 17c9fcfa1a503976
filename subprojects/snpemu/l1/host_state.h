/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* What the host side keeps for each vCPU and for each of its VMPLs. */
#ifndef SNPEMU_L1_HOST_STATE_H
#define SNPEMU_L1_HOST_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "irqset.h"

/* Why a level waits in VMGEXIT, and where its answer has to go. */
enum host_call {
	HOST_CALL_NONE,
	HOST_CALL_MSR,		/* run-VMPL by the MSR protocol */
	HOST_CALL_GHCB,		/* run-VMPL by the GHCB page */
};

/* A level's local APIC, as far as it is not the core's own one. */
struct host_apic {
	uint64_t base;		/* IA32_APIC_BASE */
	uint32_t tpr;
	uint32_t ldr, dfr;
	uint32_t svr;
	uint64_t icr;		/* as the guest wrote it, for reads */
	uint32_t lvt[6];	/* likewise; the core may have it masked */
};

/*
 * One VMPL of one vCPU.
 *
 * An interrupt of the core's APIC is in @physical from the moment L1 took it
 * until its EOI went to that APIC. @pending are vectors not yet delivered,
 * @in_service those delivered whose EOI the guest owes us, @done those of
 * @physical whose EOI the guest has given while a higher one was in the way.
 * Other cores may add to @pending, set @nmi_pending and clear @pic_lines; the
 * rest is ours.
 */
struct host_level {
	struct irqset pending;
	struct irqset in_service;
	struct irqset physical;
	struct irqset done;
	uint16_t pic_lines;	/* pending, from the 8259: no EOI to us */
	uint32_t nmi_pending;
	bool nmi_blocked;

	struct host_apic apic;

	uint64_t doorbell;	/* GPA of the #HV doorbell page, or none */
	uint64_t ghcb_registered;
	uint64_t ghcb_call;	/* page of the outstanding HOST_CALL_GHCB */
	enum host_call call;

	uint64_t init_vmsa;	/* AP creation "on INIT": start this then */
	uint64_t dr7;		/* what the guest last told us */
};

/* MSRs that exist once in a processor, whatever the VMPL. */
struct host_msrs {
	uint64_t mtrr_variable[16];
	uint64_t mtrr_fixed[11];
	uint64_t mtrr_default;
	uint64_t misc_enable;
	uint64_t mcg_status;
	uint64_t hwcr;
	uint64_t de_cfg;
	uint64_t debugctl;
};

struct host_state {
	struct host_level level[4];
	struct host_msrs msr;
	uint32_t startup;	/* a SIPI came during the AP reset hold */
};

#define GPA_NONE	(~0ull)

#endif
