/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * A virtual processor: one L1 core, up to four VMPLs, one VMSA for each.
 *
 * Its core owns all fields but those under @lock, with which other cores ask
 * for something; the core looks at those before each entry.
 */
#ifndef SNPEMU_L1_VCPU_H
#define SNPEMU_L1_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu.h"
#include "host_state.h"
#include "log.h"
#include "meter.h"
#include "npt.h"
#include "strike.h"
#include "tlb.h"
#include "vmcb.h"
#include "vmsa.h"

#define VMPL_COUNT	4
#define VCPU_MAX	64

#define RECENT_EXITS 8

/* For reports: how a vCPU came to where it is. */
struct recent_exit {
	uint32_t code;
	uint32_t vmpl;
	uint64_t rip;
	uint64_t info1, info2;
};

/* An access that the host lets the guest try again and again, progress.c. */
struct stuck {
	uint64_t rip, page;
	uint64_t repeats;
	uint64_t others;	/* exits of the other vCPUs */
	unsigned rounds;	/* since those have changed */
};

/* A copy that takes writes which will be lost, nomem.c. */
#define LOST_PAGES	2u

struct lost_page {
	bool used;
	uint64_t gpa;
	unsigned tree;
	enum view view;
	void *copy;
};

struct vmpl_state {
	bool runnable;		/* there is a VMSA that may be entered */
	bool fresh;		/* its FPU state was not loaded yet */
	uint64_t vmsa_gpa;
	struct vmsa *vmsa;	/* our mapping of its private view */
	uint64_t ghcb_msr;	/* each VMPL has its own */

	/* Requests of other cores, under the vCPU's lock. */
	bool start, stop;
	uint64_t start_vmsa_gpa;
};

struct vcpu {
	uint64_t vmcb_pa;
	unsigned index;
	uint32_t apic_id;
	unsigned vmpl;		/* the current one */
	struct vmpl_state level[VMPL_COUNT];
	struct launch_vmsa {
		uint64_t gpa, spa;
	} launch_vmsa;		/* 0: it was launched without one */
	struct host_state host;	/* the host side's, host_state.h */

	struct vmcb *vmcb;
	void *xsave;
	struct softtlb *softtlb;
	int context_vmpl;	/* whose context.h state it holds, or -1 */
	bool context_synced;	/* its VMSA has FS, GS, TR ... of this exit */

	struct spinlock lock;
	uint32_t kicked;	/* a request may be pending */
	uint32_t waiting;	/* inside vcpu_wait() */
	uint32_t nmi_is_kick;	/* the next NMI is one of ours */
	uint32_t online;	/* its core runs C */

	uint32_t in_guest;	/* from just before VMRUN to #VMEXIT */
	struct npt npt;		/* its TLBs, tlb.h */
	uint32_t npt_running;	/* the tree used while in_guest */
	uint64_t entries;	/* VMRUNs so far */
	uint64_t vmsa_in_use;	/* GPA between entry and exit, else ~0 */
	uint64_t vmsa_spa;	/* the page behind it then */
	uint32_t vmsa_wanted;	/* another core waits to write that page */
	uint32_t invlpgb;	/* what TLBSYNC has to do, tlbinsn.c */
	uint64_t *transient;	/* entry executable for this once, or NULL */
	uint64_t npf_gpa;	/* the last nested fault, and how often */
	uint64_t npf_repeats;
	uint64_t npf_exit;	/* exit_count then */
	struct stuck stuck;
	struct lost_page lost[LOST_PAGES];
	unsigned lost_next;

	struct recent_exit recent[RECENT_EXITS];	/* a ring */
	uint64_t exit_count;
	struct meter meter;
	struct strike strike;
	uint32_t hold;		/* enum hold, set by any core */
	uint64_t counter[COUNTER_COUNT];
	uint64_t exits[VMPL_COUNT][0x100];	/* by low byte of the code */
};

extern struct vcpu *vcpus[VCPU_MAX];
extern unsigned vcpu_count;

/*
 * Each core has one stack, aligned to its size, with its vCPU at the bottom.
 * (Not GS: that stays the guest's from one exit to the next.)
 */
#define CORE_STACK	32768ul

static inline struct vcpu **vcpu_slot(void)
{
	uint64_t rsp;

	__asm__ volatile("mov %%rsp, %0" : "=r"(rsp));
	return (struct vcpu **)(rsp & ~(CORE_STACK - 1));
}

/* The vCPU of the core that asks; NULL before there is one. */
static inline struct vcpu *vcpu_self(void)
{
	return *vcpu_slot();
}

/* The registers of the current VMPL: up to date whenever L1 runs. */
static inline struct vmsa *vcpu_vmsa(struct vcpu *v)
{
	return v->level[v->vmpl].vmsa;
}

static inline void counter_add(struct vcpu *v, enum counter id, uint64_t n)
{
	v->counter[id] += n;
}

struct vcpu *vcpu_by_apic_id(uint32_t apic_id);

/**
 * Make the target leave the guest, or stop waiting, soon. Does not wait.
 *
 * By NMI, so that no vector of the guest's APIC is touched.
 */
void vcpu_kick(struct vcpu *target);

/**
 * Idle until an interrupt, a kick or an AP creation; may return early.
 *
 * Interrupts are taken here, that is host_interrupt() is called from inside.
 */
void vcpu_wait(struct vcpu *v);

/**
 * Give @target a VMSA for @vmpl; it takes over at that vCPU's next entry.
 *
 * A vCPU with nothing to run starts with it, a waiting one wakes up. The page
 * is checked when it is entered, as VMRUN does.
 */
void vcpu_start(struct vcpu *target, unsigned vmpl, uint64_t vmsa_gpa);

/* Take the VMSA for @vmpl away at the next entry (AP creation: destroy). */
void vcpu_stop(struct vcpu *target, unsigned vmpl);

/**
 * Switch to another VMPL of this vCPU (run-VMPL).
 *
 * False when that one has no VMSA which VMRUN would take; nothing changed.
 */
bool vcpu_set_vmpl(struct vcpu *v, unsigned vmpl);

/* Raise an exception at the current instruction of the current VMPL. */
void vcpu_inject_exception(struct vcpu *v, uint8_t vector, bool has_error,
			   uint32_t error);

/* True when EVENTINJ is already taken at the next entry (a re-injection). */
static inline bool vcpu_event_pending(const struct vcpu *v)
{
	return v->vmcb->control.event_inj & EVENT_VALID;
}

/*
 * This core writes to the VMSA page at @gpa: when it is in use, ask its vCPU to
 * let go of it, and wait a while. The access is then made again, and may end
 * here again. The VMSA that is in use here is let go of.
 */
void vcpu_vmsa_wanted(struct vcpu *v, uint64_t gpa);

/*
 * The host's side of the RMP, by guest physical address. The result is the
 * instruction's code (0 success, 1 input, 2 permission, 3 in use, 4 overlap,
 * 7 not eligible). No TLB is flushed by them (page_flush()).
 */
unsigned host_rmp_assign(struct vcpu *v, uint64_t gpa, bool huge);
unsigned host_rmp_release(struct vcpu *v, uint64_t gpa, bool huge);
unsigned host_rmp_psmash(struct vcpu *v, uint64_t gpa);

/* The page is assigned to the guest (reads of it show the host nothing). */
bool host_rmp_is_assigned(uint64_t gpa);

#endif
