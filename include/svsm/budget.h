/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Where the SVSM's memory is.
 */
#ifndef SVSM_BUDGET_H
#define SVSM_BUDGET_H

/**
 * Log who has how much of the region, in KiB, and how deep each kind of stack
 * has been so far on any CPU, in bytes. The parts of the first line add up to
 * the region; what pages are charged to is by page account (page.h). Of an
 * account that slabs or a heap take from it also says how much of these pages
 * is in objects, live or at a CPU's hand: "heap 24 (in objects) 17".
 *
 * Stacks are zero at boot: a stack has been as deep as its lowest word that is
 * not. svsm_guest_boot() calls this, and so does what ends the VM after an
 * exception.
 *
 * Context: any CPU, any lock but the page pool's and the log's.
 */
void svsm_budget_log(void);

/** Only the stacks: takes no lock but the log's. */
void svsm_budget_log_stacks(void);

#endif
