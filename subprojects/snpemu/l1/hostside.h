/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* What the files of the host side ask of each other. */
#ifndef SNPEMU_L1_HOSTSIDE_H
#define SNPEMU_L1_HOSTSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "host.h"
#include "vcpu.h"

static inline struct host_level *host_level(struct vcpu *v)
{
	return &v->host.level[v->vmpl];
}

/* inject.c: interrupts between the core's APIC and the levels. */

/* The VMPL which the core's own APIC belongs to: the guest OS. */
unsigned irq_owner(const struct vcpu *v);

/* Post a vector, or an NMI, to a level of any vCPU; kicks it. */
void irq_post(struct vcpu *target, unsigned vmpl, uint8_t vector);
void irq_post_nmi(struct vcpu *target, unsigned vmpl);

/* The level wrote EOI. */
void irq_eoi(struct vcpu *v, unsigned vmpl);

/* Forget what a level had in service or pending. */
void irq_level_reset(struct vcpu *v, unsigned vmpl);

/* These lines of the 8259 pair have nothing pending any more, anywhere. */
void irq_forget_lines(uint16_t lines);

/* NAE NMI complete. */
void irq_nmi_complete(struct vcpu *v);

/* Below are L1's own exceptions: the core's APIC must not give such vectors. */
#define FIRST_CORE_VECTOR	32

/* apic.c: the current level's view of its local APIC. */

#define APIC_PAGE	0xfee00000ull

enum apic_register {
	APIC_ID = 0x020,
	APIC_VERSION = 0x030,
	APIC_TPR = 0x080,
	APIC_APR = 0x090,
	APIC_PPR = 0x0a0,
	APIC_EOI = 0x0b0,
	APIC_LDR = 0x0d0,
	APIC_DFR = 0x0e0,
	APIC_SVR = 0x0f0,
	APIC_ISR = 0x100,
	APIC_TMR = 0x180,
	APIC_IRR = 0x200,
	APIC_ESR = 0x280,
	APIC_ICR = 0x300,
	APIC_ICR_HIGH = 0x310,
	APIC_LVT_TIMER = 0x320,
	APIC_LVT_LINT0 = 0x350,
	APIC_LVT_ERROR = 0x370,
	APIC_TIMER_INITIAL = 0x380,
	APIC_TIMER_CURRENT = 0x390,
	APIC_TIMER_DIVIDE = 0x3e0,
	APIC_SELF_IPI = 0x3f0,		/* x2APIC only */
};

void apic_level_init(struct vcpu *v, unsigned vmpl);
void apic_level_reset(struct vcpu *v, unsigned vmpl);
uint32_t apic_mmio_read(struct vcpu *v, uint32_t offset);
void apic_mmio_write(struct vcpu *v, uint32_t offset, uint32_t value);

/* x2APIC MSRs and IA32_APIC_BASE; false: the access is a #GP. */
bool apic_msr_read(struct vcpu *v, uint32_t msr, uint64_t *value);
bool apic_msr_write(struct vcpu *v, uint32_t msr, uint64_t value);

/* An ICR in x2APIC format from a level that injects by doorbell (#HV IPI). */
bool apic_ipi(struct vcpu *v, uint64_t icr);

/* The guest moved CR8. */
void apic_set_tpr(struct vcpu *v, uint32_t tpr);

/* The core's own registers. */
uint32_t apic_core_read(uint32_t offset);
void apic_core_write(uint32_t offset, uint32_t value);

/* io.c, mmio.c */
uint32_t io_read(struct vcpu *v, uint16_t port, unsigned size);
void io_write(struct vcpu *v, uint16_t port, unsigned size, uint32_t value);

/* False: that address is nothing a guest may ask its host for. */
bool mmio_read(struct vcpu *v, uint64_t gpa, unsigned size, uint64_t *value);
bool mmio_write(struct vcpu *v, uint64_t gpa, unsigned size, uint64_t value);

/* cx16.c: the core's CMPXCHG16B leaves RFLAGS alone. */
bool cx16_is_sound(void);

/* CPUID 8000_0008: the C-bit, at 47 or 51, is above them. */
#define GUEST_PHYSICAL_BITS	46

/* msr.c; false: the access is a #GP. */
bool msr_read(struct vcpu *v, uint32_t msr, uint64_t *value);
bool msr_write(struct vcpu *v, uint32_t msr, uint64_t value);
void msr_init(struct vcpu *v);

/* cpuid_page.c: what the host answers to a CPUID request. */
struct cpuid_result host_cpuid(struct vcpu *v, uint32_t leaf, uint32_t subleaf,
			       uint64_t xcr0, uint64_t xss);

/* pm1.c: look after the clock's alarm, from time to time. */
void pm1_poll(struct vcpu *v);

/* runvmpl.c */

/* Switch to another VMPL; the caller's answer comes when it is back. */
bool run_vmpl(struct vcpu *v, unsigned vmpl, enum host_call call,
	      uint64_t ghcb_gpa);

/* The current level wants its own VMPL no more (AP reset hold). */
void reset_hold(struct vcpu *v);

/* msrproto.c: what the GHCB MSR holds out of reset. */
uint64_t ghcb_msr_reset_value(void);

/* apcreate.c: 0, or the error code of SW_EXITINFO2. */
uint64_t ap_create(struct vcpu *v, uint64_t info1, uint64_t vmsa_gpa,
		   uint64_t sev_features);

/*
 * An INIT IPI, or RUN_VMPL: starts what was created "on INIT"; false when
 * nothing was.
 */
bool ap_start_on_init(struct vcpu *target, unsigned vmpl);

#endif
