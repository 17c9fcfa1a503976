/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Page state changes: asking the host to back pages as private or as shared.
 *
 * Our own list says what is asked for; of the host's copy only the progress
 * index is read, and a private page counts only after svsm_rmp_validate().
 */
#ifndef SVSM_PSC_H
#define SVSM_PSC_H

#include <stddef.h>

#include <svsm/abi/ghcb.h>
#include <svsm/addr.h>
#include <svsm/ghcb.h>
#include <svsm/status.h>

/** Exits without progress before we end the VM (SVSM_REASON_PSC). */
#define SVSM_PSC_IDLE_MAX 16

/**
 * Ask for pages of @p ranges to become private or shared.
 *
 * Splits into as many lists as needed; the host may take any number of exits
 * as long as it gets on. A progress index that runs back, or behind the end,
 * or changes what was asked, ends the VM (SVSM_REASON_PSC), and so does
 * standing still for SVSM_PSC_IDLE_MAX exits.
 *
 * @param ghcb    This CPU's.
 * @param ranges  @p n of them, 4 KiB aligned; empty ones and n = 0 are fine.
 * @param op      SVSM_PSC_OP_PRIVATE or SVSM_PSC_OP_SHARED.
 * @param max     SVSM_PAGE_2M: ask for 2 MiB pages where alignment and length
 *                allow it. A refusal of the size is the host's right.
 *
 * @retval SVSM_OK      The host says it is done.
 * @retval SVSM_EINVAL  A bad argument; the host was not asked.
 * @retval SVSM_EBUSY   The GHCB is in use.
 * @retval SVSM_EHOST   The host refused; both halves of its error are logged.
 *                      Pages before the failing one have changed: treat all
 *                      of them as neither private nor shared.
 *
 * Context: the CPU whose GHCB it is; no lock that an #HV handler takes.
 * Trust:   the answer is the host's: nothing is done until PVALIDATE agrees
 *          (to private), or nothing secret may be there (to shared).
 * Spec:    [GHCB] SNP page state change.
 */
SVSM_CHECKED enum svsm_status
svsm_psc(struct svsm_ghcb *ghcb, const struct svsm_range *ranges, size_t n,
		unsigned op, enum svsm_page_size max);

/**
 * The same for one range by the MSR protocol, 4 KiB per exit: for the time
 * before a GHCB exists.
 */
SVSM_CHECKED enum svsm_status
svsm_psc_early(const struct svsm_range *range, unsigned op);

#endif
