/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* What the machine's CPU side asks of its host side. */
#ifndef SNPEMU_L1_HOST_H
#define SNPEMU_L1_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu.h"

struct vcpu;

/* Once, on the BSP, with configuration and guest memory known. */
void host_init(void);

/* The image is in memory, and loader_required[] is known. */
void host_image_loaded(void);

/* For each vCPU, on its own core, before anything runs. */
void host_vcpu_init(struct vcpu *v);

/*
 * VMGEXIT was executed. RIP is behind it, the registers are in
 * vcpu_vmsa(v), the MSR in v->level[v->vmpl].ghcb_msr.
 */
void host_vmgexit(struct vcpu *v);

/* MOV to CR8 was intercepted, which happens while a window is open. */
void cr8_write(struct vcpu *v);

/* The automatic exits HLT and PAUSE; RIP is behind the instruction. */
void host_hlt(struct vcpu *v);
void host_pause(struct vcpu *v);

/* A VMSA was given to this level (AP creation), or the launch's own. */
void host_level_started(struct vcpu *v, unsigned vmpl);

/* An NMI that was no kick. */
void host_nmi(struct vcpu *v);

/* An interrupt was taken on this core; no EOI was sent. */
void host_interrupt(struct vcpu *v, uint8_t vector);

/* After each #VMEXIT, before it is looked at: what became of our event? */
void host_after_exit(struct vcpu *v);

/*
 * Before a level is entered: an interrupt for a level with alternate
 * injection makes the level that speaks for it run.
 */
void host_choose_level(struct vcpu *v);

/*
 * Before the VMSA is loaded for an entry: choose the event. An interrupt is
 * delivered into the VMSA; what else there is goes to the VMCB's event_inj
 * (unless vcpu_event_pending()) or int_ctl (V_IRQ, vector, priority). V_TPR and
 * INT_CTL_MASKING stay as they are; the V_IRQ part is as the last #VMEXIT
 * left it. With alternate injection that part is loaded from the VMSA after
 * this call.
 */
void host_before_entry(struct vcpu *v);

/*
 * Something waits for the current VMPL that should end a vcpu_wait(); asked
 * with interrupts off, right before the core halts.
 */
bool host_work_pending(const struct vcpu *v);

/* The CPUID values the host proposes; returns how many entries it wrote. */
unsigned host_cpuid_fill(void *page, uint64_t sev_features);

/* What the emulated SNP processor itself offers; run on the vCPU's core. */
struct cpuid_result host_cpuid_machine(uint32_t leaf, uint32_t subleaf);

/* Accesses to this MSR go to the processor without a #VC. */
bool host_msr_is_passed(uint32_t msr);

#endif
