// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* A core's APIC as inject.c knows it: requests, service, EOI. */
#include "deliver.h"
#include "devices.h"
#include "hostside.h"
#include "mm.h"
#include "tests.h"

static struct irqset requested, in_service;
static unsigned eois[256];
static struct vmsa vmsa[VMPL_COUNT];
static struct vmcb vmcb;
static struct vcpu vcpu;

struct vcpu *vcpus[VCPU_MAX] = { &vcpu };
unsigned vcpu_count = 1;
uint32_t trace_mask;
uint16_t fake_doorbell[2048];

void trace_line(const char *format, ...)
{
	(void)format;
}

void vcpu_kick(struct vcpu *target)
{
	target->kicked = 1;
}

void *mm_host_view(uint64_t gpa, uint64_t len)
{
	if (gpa < FAKE_DOORBELL || gpa + len > FAKE_DOORBELL + PAGE_SIZE)
		return NULL;
	return (uint8_t *)fake_doorbell + (gpa - FAKE_DOORBELL);
}

bool deliver_interrupt(struct vcpu *v, uint8_t vector)
{
	v->vmcb->control.event_inj =
		EVENT_VALID | EVENT_TYPE_INTERRUPT | vector;
	return true;
}

uint32_t apic_core_read(uint32_t offset)
{
	if (offset >= APIC_ISR && offset < APIC_TMR)
		return in_service.word[(offset - APIC_ISR) / 0x10];
	return offset == APIC_SVR ? 0x1ff : 0;
}

/* Offer the highest request that is above what is in service. */
static void offer(void)
{
	int vector = irqset_top(&requested), served = irqset_top(&in_service);

	if (vector < 0 || (served >= 0 && (vector & 0xf0) <= (served & 0xf0)))
		return;
	irqset_remove(&requested, (uint8_t)vector);
	irqset_add(&in_service, (uint8_t)vector);
	host_interrupt(&vcpu, (uint8_t)vector);
}

void apic_core_write(uint32_t offset, uint32_t value)
{
	int vector = irqset_top(&in_service);

	(void)value;
	if (offset != APIC_EOI || vector < 0)
		return;
	irqset_remove(&in_service, (uint8_t)vector);
	eois[vector]++;
	offer();
}

void apic_set_tpr(struct vcpu *v, uint32_t tpr)
{
	host_level(v)->apic.tpr = tpr;
}

#define FAKE_PIC	0xe0

uint8_t fake_pic_base;

bool pic_interrupt(uint8_t vector, uint16_t *lines)
{
	if (vector < FAKE_PIC || vector >= FAKE_PIC + 16)
		return false;
	*lines |= (uint16_t)(1u << (vector - FAKE_PIC));
	return true;
}

uint8_t pic_vector(unsigned line)
{
	return (uint8_t)(fake_pic_base + line);
}

/* As if the core had asked the 8259 pair for a vector. */
void fake_core_pic(unsigned line)
{
	host_interrupt(&vcpu, (uint8_t)(FAKE_PIC + line));
}

void fake_core_raise(uint8_t vector)
{
	irqset_add(&requested, vector);
	offer();
}

bool fake_core_requested(uint8_t vector)
{
	return irqset_has(&requested, vector);
}

bool fake_core_in_service(uint8_t vector)
{
	return irqset_has(&in_service, vector);
}

unsigned fake_core_eois(uint8_t vector)
{
	return eois[vector];
}

struct vcpu *fake_vcpu(void)
{
	__builtin_memset(&vcpu, 0, sizeof(vcpu));
	__builtin_memset(&vmcb, 0, sizeof(vmcb));
	__builtin_memset(vmsa, 0, sizeof(vmsa));
	__builtin_memset(fake_doorbell, 0, sizeof(fake_doorbell));
	__builtin_memset(eois, 0, sizeof(eois));
	irqset_clear(&requested);
	irqset_clear(&in_service);
	vcpu.vmcb = &vmcb;
	vcpu.vmpl = 2;
	for (unsigned vmpl = 0; vmpl < VMPL_COUNT; vmpl++) {
		vcpu.level[vmpl].vmsa = &vmsa[vmpl];
		vcpu.host.level[vmpl].doorbell = GPA_NONE;
	}
	vcpu.level[0].runnable = vcpu.level[2].runnable = true;
	vmsa[2].s.rflags = RFLAGS_IF;
	return &vcpu;
}
