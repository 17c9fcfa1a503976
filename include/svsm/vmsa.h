/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * VM save areas: making our own, judging the guest's, starting and stopping.
 */
#ifndef SVSM_VMSA_H
#define SVSM_VMSA_H

#include <stdbool.h>
#include <stdint.h>

#include <svsm/abi/vmsa.h>
#include <svsm/status.h>

/** The state in which an x86 CPU leaves reset: real mode, f000:fff0. */
void svsm_vmsa_init_reset(struct svsm_abi_vmsa *vmsa, unsigned vmpl,
		uint64_t sev_features);

/**
 * Is this a VMSA that we may let the host run for the guest?
 *
 * Access of lower VMPLs must have been revoked and flushed before, or the
 * guest edits what was judged.
 *
 * @param vmsa          Private, borrowed.
 * @param vmpl          The guest's level, 1..3.
 * @param sev_features  What the guest's VMSAs must have, exactly.
 *
 * @retval SVSM_OK      Yes.
 * @retval SVSM_EINVAL  Other VMPL, other features, or EFER.SVME clear.
 */
/*@ requires \valid_read(vmsa);
  assigns \nothing;
  ensures \result == SVSM_OK || \result == SVSM_EINVAL;
  ensures \result == SVSM_OK <==> 1 <= vmpl <= 3 && vmsa->vmpl == vmpl &&
    vmsa->sev_features == sev_features && (vmsa->efer & 0x1000) != 0; */
SVSM_CHECKED enum svsm_status
svsm_vmsa_check(const struct svsm_abi_vmsa *vmsa, unsigned vmpl,
		uint64_t sev_features);

/**
 * Clear EFER.SVME so that nobody can run this VMSA; the write of a VMSA that
 * is running has no effect until it stops.
 *
 * @retval SVSM_OK    It is stopped and stays so until svsm_vmsa_start().
 * @retval SVSM_EBUSY It still runs after a bounded number of tries.
 *
 * Context: our private, writable mapping.
 */
SVSM_CHECKED enum svsm_status svsm_vmsa_stop(struct svsm_abi_vmsa *vmsa);

/**
 * Say that it last ran on no CPU: before it runs the next time, the processor
 * itself drops what its TLB has of this level. Nobody else has to be believed.
 *
 * A VMSA that runs cannot be written: the store comes back when its processor
 * has left it, which is as late as the host likes.
 *
 * Context: our private, writable mapping; no lock held, unless it cannot run.
 * Spec:    [APM2] 15.36, PCPU_ID.
 */
void svsm_vmsa_forget_tlb(struct svsm_abi_vmsa *vmsa);

/** Set EFER.SVME: from now on it can be run. Pair of svsm_vmsa_stop(). */
void svsm_vmsa_start(struct svsm_abi_vmsa *vmsa);

/** Did the guest leave by VMGEXIT, the only way to call us? */
static inline bool svsm_vmsa_called(const struct svsm_abi_vmsa *vmsa)
{
	return *(const volatile uint64_t *)&vmsa->exit_code == 0x403;
}

#endif
