/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The stress guest's vCPUs: VMSAs, and calls about those of the spare CPU.
 */
#include <stddef.h>

#include <svsm/abi/svsm.h>

#include "../../boot/images/stress/stress.h"
#include "layout.h"
#include "stress_cpu.h"

/* Its own or one that is not there. (Another vCPU for one that runs would be
 * accepted, and serve instead of it.) */
static uint64_t bad_apic(struct cpu *cpu)
{
	switch (draw(cpu, 3)) {
	case 0:
		return cpu->index;
	case 1:
		return 1ull << 32 | SPARE_APIC;
	default:
		return SPARE_APIC + 1 + draw(cpu, 100);
	}
}

/* -------------------------------------------------------------- spare VMSAs */

void write_spare_vmsa(unsigned whose)
{
	vcpu_write(own_page(whose, PAGE_SPARE_VMSA), NULL, 0, 0);
}

/*
 * A call that names such a page may take it from the guest or make it a VMSA,
 * which nobody may write. So a vCPU holds the page for the length of the call,
 * as many of them as like to, and writes it when it holds it alone. As any
 * guest must: what is raced for are the calls, never a page in use.
 */
#define ALONE	UINT64_MAX

static bool try_hold(volatile uint64_t *holders, bool alone)
{
	uint64_t old = __atomic_load_n(holders, __ATOMIC_RELAXED);

	if (old == ALONE || (alone && old != 0))
		return false;
	return __atomic_compare_exchange_n(holders, &old,
					   alone ? ALONE : old + 1, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static void hold(unsigned whose, bool alone)
{
	while (!try_hold(&SHARED->holders[whose], alone))
		__asm__ volatile("pause");
}

static void let_go(unsigned whose, bool alone)
{
	__atomic_fetch_add(&SHARED->holders[whose], alone ? 1 : -1ull,
			   __ATOMIC_ACQ_REL);
}

/* An ordinary page again, with a state that CREATE_VCPU takes. When the SVSM
 * has no room in its map for that, the page stays as it is. */
static void renew(struct cpu *cpu, unsigned whose)
{
	uint64_t vmsa = own_page(whose, PAGE_SPARE_VMSA);

	hold(whose, true);
	call(cpu, SVSM_CORE_DELETE_VCPU, vmsa, 0, 0);
	if (validate(cpu, vmsa,
		     SVSM_PVALIDATE_VALID | SVSM_PVALIDATE_IGNORE_CF))
		write_spare_vmsa(whose);
	let_go(whose, true);
}

/* For the spare CPU, which never runs it: only the SVSM hears of it. Where it
 * is not made anew, the page has whatever state the last calls left it. */
void play_create(struct cpu *cpu)
{
	unsigned whose = (unsigned)draw(cpu, CPUS);
	uint64_t vmsa = own_page(whose, PAGE_SPARE_VMSA);
	uint64_t ca = own_page((unsigned)draw(cpu, CPUS), PAGE_SPARE_CA);
	uint64_t apic_id = draw(cpu, 8) ? SPARE_APIC : bad_apic(cpu);

	if (draw(cpu, 8) == 0)
		vmsa = small_page(cpu);
	if (draw(cpu, 8) == 0)
		ca = foreign_page(cpu);
	if (draw(cpu, 8) == 0)
		vmsa += draw(cpu, 0x1000);
	if (draw(cpu, 2))
		renew(cpu, whose);
	hold(whose, false);
	SHARED->created[cpu->index] +=
		call(cpu, SVSM_CORE_CREATE_VCPU, vmsa, ca, apic_id);
	let_go(whose, false);
}

/* Anybody's, but not those that run. */
void play_delete(struct cpu *cpu)
{
	unsigned whose = (unsigned)draw(cpu, CPUS);
	uint64_t vmsa = own_page(whose, PAGE_SPARE_VMSA);

	if (draw(cpu, 8) == 0)
		vmsa = draw(cpu, 2) ? foreign_page(cpu) | 1 : small_page(cpu);
	hold(whose, false);
	call(cpu, SVSM_CORE_DELETE_VCPU, vmsa, 0, 0);
	let_go(whose, false);
}

/* Taken or given while others create and delete it. */
void play_vmsa_page(struct cpu *cpu)
{
	unsigned whose = (unsigned)draw(cpu, CPUS);
	uint64_t flags = draw(cpu, 16) & ~SVSM_PVALIDATE_SIZE;

	hold(whose, false);
	validate(cpu, own_page(whose, PAGE_SPARE_VMSA), flags);
	let_go(whose, false);
}
