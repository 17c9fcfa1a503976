/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The end of the VM: why, and how.
 */
#ifndef SVSM_TERMINATE_H
#define SVSM_TERMINATE_H

#include <stdint.h>

/** GHCB reason set of this toolkit (4 bits; 0 is AMD's, 1 is Linux's). */
#define SVSM_REASON_SET	7u

/**
 * Why the VM ended, as the host and the person at the console see it.
 * Values are stable: they are matched by tests and quoted in bug reports.
 */
enum svsm_reason {
	SVSM_REASON_DONE = 0,		/* the SVSM has finished its work */
	SVSM_REASON_ASSERT = 16,	/* a mistake of ours */
	SVSM_REASON_FEATURES,		/* platform misses or has a feature */
	SVSM_REASON_CBIT,		/* C-bit position cannot be right */
	SVSM_REASON_CPUID,		/* CPUID page refused */
	SVSM_REASON_SECRETS,		/* secrets page refused */
	SVSM_REASON_PARAMS,		/* memory map, CPU list refused */
	SVSM_REASON_FIRMWARE,		/* guest firmware cannot be started */
	SVSM_REASON_NO_MEMORY,		/* too little at boot */
	SVSM_REASON_GHCB_REGISTER,	/* host wants another GHCB frame */
	SVSM_REASON_GHCB_PROTOCOL,	/* answer with a wrong shape */
	SVSM_REASON_NO_PROGRESS,	/* host answers, nothing happens */
	SVSM_REASON_PAGE_LOST,		/* a page of ours became invalid */
	SVSM_REASON_DOUBLE_VALIDATE,	/* a page of ours was valid before */
	SVSM_REASON_PSC,		/* page state change not done */
	SVSM_REASON_TLB_SYNC,		/* a CPU does not flush */
	SVSM_REASON_VMPL_SWITCH,	/* host does not run the guest */
	SVSM_REASON_VC_MISMATCH,	/* #VC that this code cannot cause */
	SVSM_REASON_VC_NESTED,		/* #VC within #VC */
	SVSM_REASON_BAD_EXCEPTION,	/* exception that nothing causes */
	SVSM_REASON_FAULT,		/* #PF, #GP... at no listed place */
	SVSM_REASON_STACK,		/* stack overflow */
	SVSM_REASON_MCE,		/* machine check */
	SVSM_REASON_SMP,		/* a CPU did not come up */
	SVSM_REASON_HEAP,		/* allocator found corruption */
	SVSM_REASON_ENTROPY,		/* no usable random numbers */
};

/**
 * End the VM. Wipes the VM's message keys, tells the host the reason and
 * keeps on telling if the host runs us again. The first reason wins: of
 * several CPUs, and when ending goes wrong as well.
 *
 * Context: any, including exception handlers; takes no lock, allocates
 *          nothing, does not use the GHCB page.
 * Trust:   none needed. The reason is public: never derive it from a secret.
 * Spec:    [GHCB] Termination request.
 */
/*@ assigns \nothing;
  ensures \false; */
_Noreturn void svsm_terminate(enum svsm_reason reason);

/**
 * Register memory that svsm_terminate() must clear: keys, canaries.
 *
 * @param p    Kept for the rest of the boot; writable.
 * @param len  Bytes.
 *
 * Up to SVSM_TERMINATE_WIPES places; one more is a mistake of ours (assert).
 *
 * Context: boot, first CPU.
 */
#define SVSM_TERMINATE_WIPES	8
void svsm_terminate_wipe(void *p, uint64_t len);

#endif
