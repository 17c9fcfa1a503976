/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The processor's part of cells: what is in a gate, and what of a CPU's state
 * ring 3 needs. See gate.h, cell_gate.S.
 */
#include <svsm/addr.h>
#include <svsm/assert.h>
#include <svsm/cpuid.h>
#include <svsm/ghcb.h>
#include <svsm/paging.h>
#include <svsm/params.h>
#include <svsm/platform.h>
#include <svsm/terminate.h>
#include <svsm/tlb.h>

#include "../boot.h"
#include "../cell/gate.h"
#include "arch.h"

/* Begins with the vectors, 16 bytes each. */
extern const char svsm_cell_gate[];
extern const char svsm_cell_nmi[], svsm_cell_hv[], svsm_cell_syscall[];
void svsm_cell_enter(void *gate);

/* Gate stacks, by their number in the TSS; NMI and #HV as in cpu.c. */
#define IST_ALL		1u
#define IST_HV		2u
#define IST_NMI		4u

#define DESC_USER_DATA	0x00cff3000000ffffull
#define DESC_USER_CODE	0x00affb000000ffffull
#define GATE_INTERRUPT	0x8e00u

/* SYSCALL: CS and SS; what it clears: TF, IF, DF, IOPL, NT, AC and more. */
#define STAR_VALUE	((uint64_t)SEL_CODE << 32)
#define SFMASK_VALUE	0x257fd5u

/* What ring 3 may set: CF, PF, AF, ZF, SF, DF, OF, AC, ID. */
#define RFLAGS_CELL	0x240cd5u
#define RFLAGS_ONE	0x2u

/* Bytes that one entry of a PDPT stands for, as a shift. */
#define PDPT_SHIFT	30u

#define DOORBELL_MC	(1u << 9)

#define CPUID1_ECX_RDRAND	(1u << 30)
#define CPUID7_EBX_RDSEED	(1u << 18)

/* CPUs whose MSRs know the way in, by index. */
static bool can_enter[SVSM_PARAMS_CPUS];

struct svsm_plat_cell svsm_plat_cell(void)
{
	return (struct svsm_plat_cell){ svsm_cell_gate, arch_cbit };
}

static void gate_set(void *gate, unsigned vector, const char *entry,
		     unsigned ist)
{
	uint64_t *idt = gate_word(gate, GATE_IDT + vector * 16);
	uint64_t addr = (uintptr_t)entry;

	idt[0] = (addr & 0xffff) | (uint64_t)SEL_CODE << 16 |
		 (uint64_t)(GATE_INTERRUPT | ist) << 32 |
		 (addr >> 16 & 0xffff) << 48;
	idt[1] = addr >> 32;
}

static void make_idt(void *gate)
{
	for (unsigned i = 0; i < VECTORS; i++)
		gate_set(gate, i, svsm_cell_gate + i * 16, IST_ALL);
	gate_set(gate, VECTOR_NMI, svsm_cell_nmi, IST_NMI);
	gate_set(gate, VECTOR_HV, svsm_cell_hv, IST_HV);
}

static void make_gdt(void *gate)
{
	const struct arch_cpu *cpu = arch_cpu_self();
	uint64_t *gdt = gate_word(gate, GATE_GDT);
	uint64_t tss = (uintptr_t)gate + GATE_TSS;

	gdt[SEL_CODE / 8] = cpu->gdt[SEL_CODE / 8];
	gdt[SEL_DATA / 8] = cpu->gdt[SEL_DATA / 8];
	gdt[SEL_TSS / 8] = 0x0000890000000000ull |
			   (sizeof(struct arch_tss) - 1) |
			   (tss & 0xffffff) << 16 | (tss >> 24 & 0xff) << 56;
	gdt[SEL_TSS / 8 + 1] = tss >> 32;
	gdt[SEL_USER_DATA / 8] = DESC_USER_DATA;
	gdt[SEL_USER_CODE / 8] = DESC_USER_CODE;
}

static void make_tss(void *gate)
{
	struct arch_tss *tss = (void *)gate_word(gate, GATE_TSS);
	uintptr_t at = (uintptr_t)gate;

	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(tss->ist); i++)
		tss->ist[i] = at + GATE_END;
	tss->ist[IST_NMI - 1] = at + GATE_NMI_END;
	tss->ist[IST_HV - 1] = at + GATE_HV_END;
	tss->rsp[0] = at + GATE_END;
	tss->io_map = sizeof(*tss);
}

static void put_table(void *gate, unsigned offset, struct arch_table table)
{
	*(struct arch_table *)((char *)gate + offset) = table;
}

void svsm_plat_cell_prepare(void *gate, const uint64_t *root, uint64_t tcb)
{
	uintptr_t at = (uintptr_t)gate;

	_Static_assert(GATE_TSS + sizeof(struct arch_tss) <= GATE_IDTR &&
		       GATE_GDT + GATE_GDT_ENTRIES * 8 <= GATE_TSS, "gate.h");
	/* Behind another entry of the PDPT than what can be revoked. */
	svsm_assert(at >> PDPT_SHIFT &&
		    (uintptr_t)svsm_cell_gate >> PDPT_SHIFT);
	make_idt(gate);
	make_gdt(gate);
	make_tss(gate);
	put_table(gate, GATE_GDTR,
		  (struct arch_table){ GATE_GDT_ENTRIES * 8 - 1,
				       at + GATE_GDT });
	put_table(gate, GATE_IDTR,
		  (struct arch_table){ VECTORS * 16 - 1, at + GATE_IDT });
	*gate_word(gate, GATE_SELF) = at;
	*gate_word(gate, GATE_CELL_CR3) = (uintptr_t)root | arch_cbit;
	*gate_word(gate, GATE_CELL_FS) = tcb;
}

/*
 * Once per CPU; all of these are the VMSA's, so the guest has its own. Nothing
 * is read to be written back: what RDMSR says can be the host's word. A write
 * that the host withholds is a #VC, and the end.
 */
static void msrs_init(void)
{
	svsm_plat_msr_write(MSR_STAR, STAR_VALUE);
	svsm_plat_msr_write(MSR_LSTAR, (uintptr_t)svsm_cell_syscall);
	svsm_plat_msr_write(MSR_SFMASK, SFMASK_VALUE);
	svsm_plat_msr_write(MSR_EFER, EFER_BOOT | EFER_LMA | EFER_SCE);
}

/*
 * VMGEXIT is not privileged. With a GHCB in which no field is valid it is a
 * request that the host cannot read: an error, and the cell goes on.
 */
static void make_vmgexit_harmless(const struct arch_cpu *cpu)
{
	static const uint64_t none[2];
	bool done = svsm_plat_copy(cpu->ghcb.page->valid_bitmap, none,
				   sizeof(none));

	if (!done)
		svsm_terminate(SVSM_REASON_PAGE_LOST);
	svsm_plat_msr_write(MSR_GHCB, cpu->ghcb.gpa.v);
}

static void keep_svsm(void *gate, struct arch_cpu *cpu)
{
	put_table(gate, GATE_SVSM_GDTR, arch_gdtr(cpu));
	put_table(gate, GATE_SVSM_IDTR, arch_idtr());
	*gate_word(gate, GATE_SVSM_CR3) = arch_cr3();
	*gate_word(gate, GATE_SVSM_GS) = (uintptr_t)cpu;
	*gate_word(gate, GATE_SVSM_TSS) = (uintptr_t)&cpu->gdt[SEL_TSS / 8];
}

/* Whatever ring 3 did to it, what goes back is ring 3's. */
static void make_harmless(struct cell_frame *frame)
{
	frame->cs = SEL_USER_CODE;
	frame->ss = SEL_USER_DATA;
	frame->rflags = (frame->rflags & RFLAGS_CELL) | RFLAGS_ONE;
}

/* As exception.c does: what is left there would keep the host from more. */
static void take_doorbell(struct arch_cpu *cpu)
{
	if (cpu->doorbell &&
	    __atomic_exchange_n(cpu->doorbell, 0, __ATOMIC_ACQ_REL) &
	    DOORBELL_MC)
		svsm_terminate(SVSM_REASON_MCE);
}

void svsm_plat_cell_enter(void *gate)
{
	struct arch_cpu *cpu = arch_cpu_self();
	bool before;

	if (!can_enter[cpu->cpu.index]) {
		msrs_init();
		can_enter[cpu->cpu.index] = true;
	}
	make_vmgexit_harmless(cpu);
	keep_svsm(gate, cpu);
	make_harmless(gate_frame(gate));
	before = svsm_tlb_leave();
	svsm_cell_enter(gate);
	svsm_tlb_return(before);
	take_doorbell(cpu);
	if (gate_frame(gate)->vector == VECTOR_MC)
		svsm_terminate(SVSM_REASON_MCE);
}

void svsm_plat_cell_cpuid(uint32_t leaf, uint32_t subleaf,
			  struct svsm_cpuid_regs *regs)
{
	struct svsm_cpuid_env env = {
		.apic_id = svsm_plat_cpu()->apic_id, .xcr0 = 1,
		.osxsave = arch_cr4() & CR4_OSXSAVE,
	};

	svsm_cpuid_query(svsm_boot_cpuid(), &env, leaf, subleaf, regs);
}

/* The page says what the processor has; one without them is an answer. */
static bool has_random(bool seed)
{
	struct svsm_cpuid_regs regs;

	if (svsm_cpuid_find(svsm_boot_cpuid(), seed ? 7 : 1, 0, &regs) !=
	    SVSM_OK)
		return false;
	return seed ? regs.ebx & CPUID7_EBX_RDSEED :
		      regs.ecx & CPUID1_ECX_RDRAND;
}

bool svsm_plat_random(bool seed, uint64_t *word)
{
	bool ok;

	if (!has_random(seed))
		return false;
	if (seed)
		__asm__ volatile("rdseed %0" : "=r"(*word), "=@ccc"(ok));
	else
		__asm__ volatile("rdrand %0" : "=r"(*word), "=@ccc"(ok));
	return ok;
}
