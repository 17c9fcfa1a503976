/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Other CPUs' TLBs, as far as our own mappings are concerned.
 *
 * Where the machine broadcasts (INVLPGB), that is all. Where it does not, CPUs
 * answer a counter: a flush adds one and waits, for a bounded time, until each
 * CPU has either answered or is away. A CPU is away while it waits for its
 * exit to come back -- the guest runs, or the host does something for us --, is
 * halted, or runs a cell. When it is back it looks at the counter, and flushes,
 * before it touches anything that could have changed. One that waits for a lock
 * or for another CPU answers from there (svsm_plat_pause()), so two that flush
 * at the same time answer each other.
 *
 *	         leave                    return: flush if the counter moved
 *	AT WORK -------> AWAY (nobody    --------> AT WORK
 *	                 waits for it)
 */
#ifndef SVSM_TLB_H
#define SVSM_TLB_H

#include <stdbool.h>

#include <svsm/status.h>

/** The calling CPU takes part from now on; once, when it comes up. */
void svsm_tlb_join(void);

/**
 * Make all CPUs drop the translations of VMPL0's addresses.
 *
 * @retval SVSM_OK     No CPU uses an old one any more.
 * @retval SVSM_ETIME  One did not answer in 2^31 ticks (or 2^26 looks when the
 *                     clock stands still); it may still use old ones.
 *
 * Context: VMPL0, any CPU, locks may be held: who waits for one answers.
 */
SVSM_CHECKED enum svsm_status svsm_tlb_flush(void);

/**
 * The same for what no svsm_plat_pte_set() has changed, as which page the host
 * has behind an address. This CPU is flushed, too, even if it is the only one.
 *
 * @return  As svsm_tlb_flush().
 */
SVSM_CHECKED enum svsm_status svsm_tlb_flush_pages(void);

/**
 * Leave, and come back. For the seam, around VMGEXIT, HLT and ring 3 (a cell
 * has tables of its own, and its gate stays where it is), and for accesses
 * that the host can make last: to guest pages that nobody else can use or
 * change meanwhile. From one to the other the CPU uses its stack, its per-CPU
 * area, constant mappings of the region, its windows to such pages and no
 * other memory.
 *
 * @return  Was it away before (an exception struck while it was leaving)?
 *          svsm_tlb_return() wants that; only the outer one comes back.
 */
bool svsm_tlb_leave(void);
void svsm_tlb_return(bool before);

/** Answer what is asked; nothing when nothing is. For svsm_plat_pause(). */
void svsm_tlb_poll(void);

#endif
