/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The seam between the libraries and the machine.
 *
 * Everything above it is plain C. src/core/arch/ implements it with
 * instructions, tests/fake/ on a model of the machine; a function that is
 * missing is a link error. <svsm/platform_inline.h> is each one's own: what
 * is a single instruction there has its body in it.
 */
#ifndef SVSM_PLATFORM_H
#define SVSM_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <svsm/status.h>

/** The CPU we run on; percpu.h has its members. */
struct svsm_cpu;

/** What PVALIDATE says. */
struct svsm_pvalidate_out {
	uint32_t code;	/**< EAX: SVSM_RMP_* of abi/snp.h. */
	bool unchanged;	/**< CF: the page was in the wanted state already. */
};

/**
 * PVALIDATE.
 *
 * @param va     Our private mapping of the page, aligned to its size.
 * @param huge   A 2 MiB page, mapped by one 2 MiB entry.
 * @param valid  Validate, or rescind.
 */
struct svsm_pvalidate_out
svsm_plat_pvalidate(void *va, bool huge, bool valid);

/**
 * RMPADJUST.
 *
 * @param va     Our private mapping of the page.
 * @param huge   A 2 MiB page, mapped by one 2 MiB entry.
 * @param attrs  RDX: target VMPL 7:0, permissions 15:8, VMSA 16.
 * @return       EAX: SVSM_RMP_* of abi/snp.h.
 */
uint32_t svsm_plat_rmpadjust(void *va, bool huge, uint64_t attrs);

/** RDMSR of an MSR that does not raise #VC (GHCB, SEV_STATUS, EFER, ...). */
uint64_t svsm_plat_msr_read(uint32_t msr);

/** WRMSR of an MSR that does not raise #VC. */
void svsm_plat_msr_write(uint32_t msr, uint64_t value);

/**
 * VMGEXIT. All of memory may have changed when it returns. The CPU is away
 * meanwhile (tlb.h).
 *
 * Context: interrupts off since the GHCB MSR was written.
 */
void svsm_plat_vmgexit(void);

/**
 * Time stamp counter, in ticks of unknown length.
 *
 * Trust: the host can scale and stop it; it decides nothing but how long we
 * are patient, and a step budget bounds the same wait.
 */
uint64_t svsm_plat_tsc(void);

/**
 * PAUSE, in every loop that waits for another CPU. Answers flushes that other
 * CPUs ask for (tlb.h).
 */
void svsm_plat_pause(void);

/** HLT; may return at any time and for no reason. Away meanwhile (tlb.h). */
void svsm_plat_halt(void);

/**
 * Copy bytes of which one side is in memory that somebody else can change or
 * take away (guest, host, device). Every access to such memory goes through
 * here, and each byte is fetched or stored once.
 *
 * @param dst  Borrowed.
 * @param src  Borrowed; must not overlap @p dst.
 * @param n    Bytes; 0 does nothing.
 * @return     False when an access faulted (#PF, or #VC page not validated):
 *             some bytes may have been copied.
 */
SVSM_CHECKED bool svsm_plat_copy(void *dst, const void *src, size_t n);

/**
 * Clear whole pages that are ours alone (private, no lower VMPL's).
 *
 * One instruction on a processor, so that a meter can tell it from the rest.
 *
 * @param va   First page, aligned to 4 KiB.
 * @param len  Bytes, a multiple of 4 KiB.
 */
void svsm_plat_clear(void *va, uint64_t len);

/**
 * Store a page table entry of ours and drop this CPU's translation of @p va.
 *
 * Other CPUs may still hold theirs: windows are per CPU, and an entry that
 * several CPUs use changes only while none of them can use it.
 *
 * @param pte  The entry, in our memory.
 * @param val  What it becomes, including the C-bit.
 * @param va   The address it translates.
 */
void svsm_plat_pte_set(uint64_t *pte, uint64_t val, void *va);

/** Drop all of this CPU's translations. */
void svsm_plat_tlb_flush(void);

/**
 * Make every CPU drop all translations of this VM, of all VMPLs, nested ones
 * too, whatever it is running (INVLPGB, TLBSYNC).
 *
 * @return  False where the machine has no such thing; nothing was done. The
 *          answer never changes.
 */
SVSM_CHECKED bool svsm_plat_tlb_broadcast(void);

/** Turn interrupts off; returns what svsm_plat_irq_restore() wants. */
uint64_t svsm_plat_irq_save(void);
void svsm_plat_irq_restore(uint64_t flags);

/** The CPU we run on; never NULL once its per-CPU area is set up. */
struct svsm_cpu *svsm_plat_cpu(void);

/**
 * The VM is about to end: keep the reason, unless one is kept already. That
 * is what svsm_plat_terminate() tells, whoever comes there first, and if
 * telling the person at the console goes wrong.
 *
 * @param reason  Reason code, 8 bits.
 *
 * @return  Was it kept?
 */
bool svsm_plat_ending(unsigned reason);

/**
 * Ask the host to end the VM, by the MSR protocol, again and again: also
 * when it runs us again. Comes after svsm_plat_ending().
 *
 * @param set  Reason set, 4 bits.
 *
 * Context: any; does not come back to its caller, nor to the guest.
 */
_Noreturn void svsm_plat_terminate(unsigned set);

/**
 * A word from RDSEED (@p seed) or RDRAND.
 *
 * @return  False: the processor has none at the moment, or no such thing.
 */
SVSM_CHECKED bool svsm_plat_random(bool seed, uint64_t *word);

/* ---------------------------------------------------- cells, see cell.h */

struct svsm_cpuid_regs;

/** What a cell's address space needs to know. */
struct svsm_plat_cell {
	const void *text;	/**< the page by which CPUs enter and leave */
	uint64_t cbit;		/**< mask of the C-bit in an entry */
};

struct svsm_plat_cell svsm_plat_cell(void);

/**
 * Make a gate: descriptor tables, entry stacks.
 *
 * @param gate  A page of ours, all zero; src/core/cell/gate.h.
 * @param root  PML4 of the cell.
 * @param tcb   What %fs points to.
 */
void svsm_plat_cell_prepare(void *gate, const uint64_t *root, uint64_t tcb);

/**
 * Run ring 3 with the registers of the gate's frame, until something happens
 * there: the frame says what. The CPU is away meanwhile (tlb.h).
 *
 * Context: VMPL0, no lock held; one CPU per gate. Ends the VM when an
 *          exception strikes in the gate's own code, or a machine check.
 */
void svsm_plat_cell_enter(void *gate);

/** CPUID as this CPU answers it, from the CPUID page. */
void svsm_plat_cell_cpuid(uint32_t leaf, uint32_t subleaf,
			  struct svsm_cpuid_regs *regs);

#include <svsm/platform_inline.h>

#endif
