// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Starting cores, kicking them, waiting. */
#include "config.h"
#include "host.h"
#include "level.h"
#include "mm.h"
#include "smp.h"
#include "softtlb.h"
#include "trap.h"
#include "vcpu.h"

#define APIC_PA		0xfee00000ull
#define APIC_ID		0x020
#define APIC_ICR_LOW	0x300
#define APIC_ICR_HIGH	0x310
#define ICR_NMI		0x00004400u
#define ICR_INIT	0x00004500u
#define ICR_STARTUP	0x00004600u
#define ROM_VECTOR	0xffu		/* boot.S: the ROM's last page */
#define START_TRIES	200
#define START_TSC	50000000ull

extern uint64_t entry_stack;
extern void (*entry_function)(void);

struct vcpu *vcpus[VCPU_MAX];
unsigned vcpu_count;

static void (*run_vcpu)(struct vcpu *v);
static struct vcpu *starting;

static uint32_t apic_read(uint32_t reg)
{
	return *(volatile uint32_t *)mm_mmio(APIC_PA + reg);
}

static void apic_write(uint32_t reg, uint32_t value)
{
	*(volatile uint32_t *)mm_mmio(APIC_PA + reg) = value;
}

/* The ICR's high half is the guest's: leave it as it was. */
static void send_ipi(uint32_t apic_id, uint32_t command)
{
	uint32_t high = apic_read(APIC_ICR_HIGH);

	apic_write(APIC_ICR_HIGH, apic_id << 24);
	apic_write(APIC_ICR_LOW, command);
	apic_write(APIC_ICR_HIGH, high);
}

static void enable_xsave(void)
{
	if (cpuid(1, 0).ecx & 1u << 26) {
		write_cr4(read_cr4() | CR4_OSXSAVE);
		xsetbv(0, cpuid(0xd, 0).eax);
	}
}

void smp_core_init(struct vcpu *v)
{
	trap_load();
	enable_xsave();
	wrmsr(MSR_VM_HSAVE_PA, mm_pa(mm_frame_alloc()));
	*vcpu_slot() = v;
	if (v->apic_id != apic_read(APIC_ID) >> 24)
		machine_stop(STOP_REFUSED, "the core with APIC ID %u says %u",
			     v->apic_id, apic_read(APIC_ID) >> 24);
}

static void start_core(void)
{
	struct vcpu *v = starting;

	smp_core_init(v);
	host_vcpu_init(v);
	__atomic_store_n(&v->online, 1, __ATOMIC_RELEASE);
	run_vcpu(v);
}

static struct vcpu *make_vcpu(unsigned index)
{
	struct vcpu *v = mm_alloc(sizeof(*v));

	v->index = index;
	v->apic_id = (uint32_t)config.apic_id[index];
	v->vmcb = mm_frame_alloc();
	v->vmcb_pa = mm_pa(v->vmcb);
	v->xsave = mm_alloc(2 * PAGE_SIZE);
	v->softtlb = mm_alloc(sizeof(*v->softtlb));
	v->context_vmpl = -1;
	v->vmsa_in_use = ~0ull;
	npt_init(&v->npt);
	return v;
}

static bool online_within(const struct vcpu *v, uint64_t ticks)
{
	uint64_t start = rdtsc();

	while (rdtsc() - start < ticks) {
		if (__atomic_load_n(&v->online, __ATOMIC_ACQUIRE))
			return true;
		cpu_relax();
	}
	return false;
}

static uint64_t aligned_stack(void)
{
	uint64_t room = (uint64_t)mm_alloc(2 * CORE_STACK);

	return (room + CORE_STACK - 1) & ~(CORE_STACK - 1);
}

/* One at a time: they share boot.S's variables and the CMOS port. */
static void start_ap(struct vcpu *v)
{
	starting = v;
	entry_stack = aligned_stack() + CORE_STACK;
	entry_function = start_core;
	send_ipi(v->apic_id, ICR_INIT);
	for (unsigned i = 0; i < START_TRIES; i++) {
		send_ipi(v->apic_id, ICR_STARTUP | ROM_VECTOR);
		if (online_within(v, START_TSC))
			return;
	}
	machine_stop(STOP_FAULT, "core %u with APIC ID %u does not start",
		     v->index, v->apic_id);
}

void smp_start(void (*run)(struct vcpu *v))
{
	run_vcpu = run;
	for (unsigned i = 0; i < config.smp; i++)
		vcpus[i] = make_vcpu(i);
	smp_core_init(vcpus[0]);
	host_vcpu_init(vcpus[0]);
	vcpus[0]->online = 1;
	vcpu_count = config.smp;
	for (unsigned i = 1; i < config.smp; i++)
		start_ap(vcpus[i]);
}

struct vcpu *vcpu_by_apic_id(uint32_t apic_id)
{
	for (unsigned i = 0; i < vcpu_count; i++) {
		if (vcpus[i]->apic_id == apic_id)
			return vcpus[i];
	}
	return NULL;
}

/*
 * One at a time: a second NMI would arrive when the first has cleared the mark,
 * and pass for the guest's. One that is on its way ends this entry as well.
 */
static void send_kick(struct vcpu *target)
{
	if (!__atomic_exchange_n(&target->nmi_is_kick, 1, __ATOMIC_ACQ_REL))
		send_ipi(target->apic_id, ICR_NMI);
}

void vcpu_kick(struct vcpu *target)
{
	counter_add(vcpu_self(), COUNTER_KICK, 1);
	__atomic_store_n(&target->kicked, 1, __ATOMIC_SEQ_CST);
	if (target == vcpu_self())
		return;
	if (__atomic_load_n(&target->in_guest, __ATOMIC_SEQ_CST) ||
	    __atomic_load_n(&target->waiting, __ATOMIC_SEQ_CST))
		send_kick(target);
}

void vcpu_wait(struct vcpu *v)
{
	uint32_t stay = 1;

	level_release(v);
	__atomic_store_n(&v->waiting, 1, __ATOMIC_SEQ_CST);
	if (__atomic_exchange_n(&v->kicked, 0, __ATOMIC_SEQ_CST) ||
	    host_work_pending(v))
		stay = 0;
	wait_for_event(&stay);
	__atomic_store_n(&v->waiting, 0, __ATOMIC_SEQ_CST);
}

void smp_shootdown(struct vcpu *v, uint64_t targets)
{
	uint64_t entries[VCPU_MAX] = { 0 };
	uint64_t kicked = 0;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < vcpu_count; i++) {
		if (vcpus[i] == v || !(targets & 1ull << i) ||
		    !__atomic_load_n(&vcpus[i]->in_guest, __ATOMIC_SEQ_CST))
			continue;
		entries[i] = __atomic_load_n(&vcpus[i]->entries,
					     __ATOMIC_SEQ_CST);
		send_kick(vcpus[i]);
		kicked |= 1ull << i;
	}
	if (kicked)
		counter_add(v, COUNTER_SHOOTDOWN, 1);
	for (unsigned i = 0; i < vcpu_count; i++) {
		while (kicked & 1ull << i &&
		       __atomic_load_n(&vcpus[i]->in_guest, __ATOMIC_SEQ_CST) &&
		       __atomic_load_n(&vcpus[i]->entries,
				       __ATOMIC_SEQ_CST) == entries[i])
			cpu_relax();
	}
}
