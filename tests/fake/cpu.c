/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * CPUs as threads: per-CPU area, interrupts, time, termination, failures.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <svsm/tlb.h>

#include "internal.h"

struct cpu fake_cpus[FAKE_MAX_CPUS];
int64_t fake_tsc_step = 1000;

static _Thread_local struct cpu *self;
static pthread_mutex_t machine_lock;
static int64_t tsc;

struct cpu *fake_self(void)
{
	if (!self)
		fake_violation("this thread is no CPU: fake_cpu_start()");
	return self;
}

void fake_lock(void)
{
	pthread_mutex_lock(&machine_lock);
	if (self)
		self->depth++;
}

void fake_unlock(void)
{
	if (self)
		self->depth--;
	pthread_mutex_unlock(&machine_lock);
}

void fake_be(unsigned index)
{
	self = &fake_cpus[index];
}

void fake_depart(unsigned index)
{
	fake_cpus[index].present = false;
}

void fake_become(unsigned index, uint32_t apic_id)
{
	struct cpu *cpu = &fake_cpus[index];

	cpu->present = true;
	cpu->svsm.self = &cpu->svsm;
	cpu->svsm.index = index;
	cpu->svsm.apic_id = apic_id;
	cpu->ghcb_msr = SVSM_GHCB_MSR_SEV_INFO_RESP;
	cpu->registered = UINT64_MAX;
	cpu->reason = FAKE_NO_TERMINATION;
	cpu->holds = 0;
	cpu->handler = false;
	cpu->svsm.tlb_away = false;
	self = cpu;
}

void fake_cpus_reset(void)
{
	pthread_mutexattr_t attr;

	memset(fake_cpus, 0, sizeof(fake_cpus));
	for (unsigned i = 0; i < FAKE_MAX_CPUS; i++)
		fake_cpus[i].svsm.tlb_away = true;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&machine_lock, &attr);
	pthread_mutexattr_destroy(&attr);
	tsc = 0;
	fake_tsc_step = 1000;
	fake_fail_at(0);
	fake_locks_reset();
	fake_become(0, 0);
}

struct svsm_cpu *svsm_plat_cpu(void)
{
	return &fake_self()->svsm;
}

const struct svsm_cpu *fake_cpu(unsigned index)
{
	return &fake_cpus[index].svsm;
}

void fake_cpu_set_ghcb(struct svsm_ghcb *ghcb)
{
	fake_self()->svsm.ghcb = ghcb;
}

/* -------------------------------------------------------------- other CPUs */

static void *thread_main(void *arg)
{
	struct cpu *cpu = arg;

	fake_become(cpu->svsm.index, cpu->svsm.apic_id);
	cpu->reason = fake_reason_of(cpu->fn(cpu->arg));
	fake_locks_check_none("a CPU ends");
	(void)svsm_tlb_leave();	/* for ever: nobody waits for it */
	return NULL;
}

void fake_cpu_start(unsigned index, uint32_t apic_id, void (*fn)(void *arg),
		void *arg)
{
	struct cpu *cpu = &fake_cpus[index];

	if (index == 0 || index >= FAKE_MAX_CPUS || cpu->present)
		fake_violation("CPU %u cannot be started", index);
	cpu->svsm.index = index;
	cpu->svsm.apic_id = apic_id;
	cpu->fn = fn;
	cpu->arg = arg;
	if (pthread_create(&cpu->thread, NULL, thread_main, cpu) != 0)
		fake_violation("no thread for CPU %u", index);
}

int fake_cpu_join(unsigned index)
{
	struct cpu *cpu = &fake_cpus[index];
	bool before = svsm_tlb_leave();

	pthread_join(cpu->thread, NULL);
	cpu->present = false;
	svsm_tlb_return(before);
	return cpu->reason;
}

/* -------------------------------------------------------- interrupts, time */

uint64_t svsm_plat_irq_save(void)
{
	struct cpu *cpu;
	bool old;

	fake_seam(1);
	cpu = fake_self();
	old = cpu->interrupts;
	cpu->interrupts = false;
	return old;
}

void svsm_plat_irq_restore(uint64_t flags)
{
	fake_self()->interrupts = flags;
	fake_seam(1);
}

uint64_t svsm_plat_tsc(void)
{
	fake_seam(1);
	return (uint64_t)__atomic_add_fetch(&tsc, fake_tsc_step,
			__ATOMIC_RELAXED);
}

void svsm_plat_pause(void)
{
	svsm_tlb_poll();
	if (!fake_seam_wait())
		sched_yield();
}

void svsm_plat_halt(void)
{
	bool before = svsm_tlb_leave();

	fake_locks_check_none("a halt");
	if (!fake_seam_wait())
		sched_yield();
	svsm_tlb_return(before);
}

/* ------------------------------------------------------------- termination */

_Noreturn void fake_end(int reason)
{
	struct cpu *cpu = fake_self();

	if (!cpu->jumps) {
		fprintf(stderr, "fake: CPU %u ended the VM, reason %d\n",
				cpu->svsm.index, reason);
		abort();
	}
	cpu->reason = reason;
	cpu->ending = false;
	cpu->svsm.tlb_away = false;
	cpu->holds = cpu->jump_holds[cpu->jumps - 1];
	cpu->handler = false;
	while (cpu->depth)
		fake_unlock();
	siglongjmp(cpu->jump[cpu->jumps - 1], 1);
}

bool svsm_plat_ending(unsigned reason)
{
	struct cpu *cpu = fake_self();

	if (reason > 0xff)
		fake_violation("termination with reason %u", reason);
	if (cpu->ending)
		return false;
	cpu->ending = true;
	cpu->reason = (int)reason;
	return true;
}

_Noreturn void svsm_plat_terminate(unsigned set)
{
	struct cpu *cpu = fake_self();

	if (set != SVSM_REASON_SET || !cpu->ending)
		fake_violation("termination with set %u", set);
	fake_end(cpu->reason);
}

sigjmp_buf *fake_catch(void)
{
	struct cpu *cpu = fake_self();

	if ((unsigned)cpu->jumps == SVSM_ARRAY_SIZE(cpu->jump))
		fake_violation("fake_reason_of() nested too deep");
	cpu->jump_holds[cpu->jumps] = cpu->holds;
	return &cpu->jump[cpu->jumps++];
}

int fake_caught(bool jumped)
{
	struct cpu *cpu = fake_self();

	cpu->jumps--;
	return jumped ? cpu->reason : FAKE_NO_TERMINATION;
}

/* ---------------------------------------------------------------- failures */

static unsigned fail_in;
static bool fail_on;
static bool fail_fired;

void fake_fail_at(unsigned n)
{
	fail_in = n;
	fail_on = false;
	fail_fired = false;
}

void fake_fail_from(unsigned n)
{
	fake_fail_at(n);
	fail_on = true;
}

bool fake_fail_now(void)
{
	if (fail_fired && fail_on)
		return true;
	if (!fail_in || --fail_in)
		return false;
	fail_fired = true;
	return true;
}

bool fake_fail_fired(void)
{
	return fail_fired;
}
