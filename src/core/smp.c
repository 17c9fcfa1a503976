/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Starting the SVSM on the other CPUs. A CPU gets its page, stacks, GHCB page
 * and a VMSA that says: 64-bit mode, our tables, its stack. So it needs no
 * code below 1 MiB and no state of the host's choice.
 */
#include <svsm/addr.h>
#include <svsm/ghcb_msr.h>
#include <svsm/image.h>
#include <svsm/log.h>
#include <svsm/machine.h>
#include <svsm/page.h>
#include <svsm/platform.h>
#include <svsm/rmp.h>
#include <svsm/run.h>
#include <svsm/share.h>
#include <svsm/smp.h>
#include <svsm/terminate.h>
#include <svsm/tlb.h>
#include <svsm/vmsa.h>
#include <svsm/wait.h>

#include "arch/arch.h"
#include "boot.h"

/* A CPU that has not answered after this many looks is given up, at the
 * earliest after the first number and at once when the TSC agrees. */
#define WAIT_STEPS_MIN	(1u << 22)
#define WAIT_STEPS_MAX	(1u << 30)
#define WAIT_TSC	(20ull << 30)

/* Segment attributes as a VMSA has them. */
#define ATTR_CODE64	0xa9b
#define ATTR_DATA	0xc93
#define ATTR_TSS	0x08b
#define ATTR_LDT	0x082

static struct svsm_page_account per_cpu =
	SVSM_PAGE_ACCOUNT(&svsm_pages, "per CPU");
static struct svsm_page_account ghcbs =
	SVSM_PAGE_ACCOUNT(&svsm_pages, "GHCB pages");

static struct arch_cpu *cpus[SVSM_PARAMS_CPUS];
static unsigned online = 1;

unsigned svsm_smp_online(void)
{
	return __atomic_load_n(&online, __ATOMIC_ACQUIRE);
}

struct svsm_cpu *svsm_smp_cpu(unsigned index)
{
	if (index == 0 && !cpus[0])
		return svsm_plat_cpu();
	return index < svsm_smp_online() ? &cpus[index]->cpu : NULL;
}

/* Erratum: a VMSA must not begin a 2 MiB page. */
static enum svsm_status vmsa_alloc(void **out)
{
	enum svsm_status status, freed;
	void *page, *other;

	status = svsm_page_alloc(&per_cpu, 0, &page);
	if (status != SVSM_OK ||
	    !svsm_is_aligned((uintptr_t)page, SVSM_HUGE_BYTES)) {
		*out = page;
		return status;
	}
	status = svsm_page_alloc(&per_cpu, 0, &other);
	freed = svsm_page_free(&per_cpu, page, 0);
	*out = other;
	return status == SVSM_OK ? freed : status;
}

static enum svsm_status cpu_alloc(unsigned index, uint32_t apic_id)
{
	enum svsm_status status;
	struct arch_cpu *cpu;
	void *page;

	status = svsm_page_alloc(&per_cpu, 0, &page);
	if (status != SVSM_OK)
		return status;
	cpu = page;
	cpu->cpu.self = &cpu->cpu;
	cpu->cpu.index = index;
	cpu->cpu.apic_id = apic_id;
	status = arch_stacks_map(cpu);
	if (status == SVSM_OK)
		status = vmsa_alloc((void **)&cpu->vmsa);
	if (status == SVSM_OK)
		status = svsm_share_alloc(&ghcbs, 0, &page);
	if (status != SVSM_OK)
		return status;
	svsm_ghcb_init(&cpu->ghcb, page, svsm_gpa((uintptr_t)page));
	arch_cpu_tables(cpu);
	cpus[index] = cpu;
	return SVSM_OK;
}

static struct svsm_abi_segment
segment(uint16_t selector, uint16_t attrib, uint32_t limit, uint64_t base)
{
	return (struct svsm_abi_segment){ selector, attrib, limit, base };
}

static void vmsa_fill(struct svsm_abi_vmsa *vmsa, struct arch_cpu *cpu)
{
	struct arch_table gdtr = arch_gdtr(cpu), idtr = arch_idtr();
	struct svsm_abi_segment data = segment(SEL_DATA, ATTR_DATA, ~0u, 0);

	svsm_vmsa_init_reset(vmsa, 0, svsm_boot_sev_features());
	vmsa->cs = segment(SEL_CODE, ATTR_CODE64, ~0u, 0);
	vmsa->ss = vmsa->ds = vmsa->es = data;
	vmsa->fs = segment(0, 0, 0, 0);
	vmsa->gs = segment(0, 0, 0, (uintptr_t)cpu);
	vmsa->gdtr = segment(0, 0, gdtr.limit, gdtr.base);
	vmsa->idtr = segment(0, 0, idtr.limit, idtr.base);
	vmsa->ldtr = segment(0, ATTR_LDT, 0, 0);
	vmsa->tr = segment(SEL_TSS, ATTR_TSS, sizeof(cpu->tss) - 1,
			   (uintptr_t)&cpu->tss);
	vmsa->efer = EFER_SVME | EFER_NXE | EFER_LMA | EFER_LME;
	vmsa->cr0 = arch_cr0();
	vmsa->cr3 = arch_cr3();
	vmsa->cr4 = arch_cr4();
	vmsa->rip = (uintptr_t)svsm_entry_ap;
	vmsa->rsp = cpu->stack[STACK_MAIN].end;
	vmsa->rdi = (uintptr_t)cpu;
	vmsa->mxcsr = MXCSR_RESET;
	vmsa->x87_fcw = FCW_RESET;
	vmsa->x87_ftw = FTW_EMPTY;
}

static enum svsm_status cpu_launch(struct arch_cpu *cpu)
{
	enum svsm_status status;

	vmsa_fill((struct svsm_abi_vmsa *)cpu->vmsa, cpu);
	status = svsm_rmp_vmsa_set(cpu->vmsa, 1, false, NULL);
	if (status != SVSM_OK)
		return status;
	return svsm_ghcb_ap_create(svsm_plat_cpu()->ghcb, SVSM_AP_CREATE,
				   cpu->cpu.apic_id, 0,
				   svsm_gpa((uintptr_t)cpu->vmsa),
				   svsm_boot_sev_features());
}

static bool is_online(const struct arch_cpu *cpu)
{
	return __atomic_load_n(&cpu->online, __ATOMIC_ACQUIRE);
}

/* One budget for all CPUs: a stopped clock or a racing one cannot make it
 * endless, nor so short that a CPU which comes up is missed. */
static bool wait_for(const struct arch_cpu *cpu, struct svsm_wait *wait)
{
	while (!is_online(cpu)) {
		if (!svsm_wait_more(wait))
			return false;
	}
	return true;
}

/* CPUs that answered, moved together so that the indexes are dense again. */
static void collect(unsigned launched, enum svsm_status *status)
{
	struct svsm_wait wait = { .ticks = WAIT_TSC,
		.steps_min = WAIT_STEPS_MIN, .steps_max = WAIT_STEPS_MAX };
	unsigned n = 1;

	for (unsigned i = 1; i < launched; i++) {
		if (wait_for(cpus[i], &wait)) {
			cpus[n++] = cpus[i];
			continue;
		}
		svsm_error("CPU %u does not come up", cpus[i]->cpu.apic_id);
		*status = SVSM_EHOST;
	}
	__atomic_store_n(&online, n, __ATOMIC_RELEASE);
}

enum svsm_status svsm_smp_start(void)
{
	const struct svsm_params *params = svsm_machine_params();
	struct arch_cpu *self = arch_cpu_self();
	enum svsm_status status = SVSM_OK, one;
	unsigned n = 1;

	cpus[0] = self;
	for (unsigned i = 0; i < params->cpus; i++) {
		if (params->apic_id[i] == self->cpu.apic_id)
			continue;
		one = cpu_alloc(n, params->apic_id[i]);
		if (one == SVSM_OK)
			one = cpu_launch(cpus[n]);
		if (one == SVSM_OK) {
			n++;
			continue;
		}
		svsm_error("CPU %u not started: %s", params->apic_id[i],
			   svsm_status_name(one));
		status = one == SVSM_ENOMEM ? SVSM_ENOMEM : SVSM_EHOST;
	}
	collect(n, &status);
	svsm_info("%u of %u CPUs", svsm_smp_online(), params->cpus);
	return status;
}

_Noreturn void svsm_boot_ap(struct arch_cpu *cpu)
{
	svsm_ghcb_msr_register(cpu->ghcb.gpa);
	cpu->cpu.ghcb = &cpu->ghcb;
	if (doorbell_init(cpu) != SVSM_OK)
		svsm_terminate(SVSM_REASON_FEATURES);
	svsm_tlb_join();
	__atomic_store_n(&cpu->online, true, __ATOMIC_RELEASE);
	svsm_run();
}
