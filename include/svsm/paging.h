/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Page table entries: their bits, and the one change we make in the region's
 * tables after boot (private <-> shared).
 */
#ifndef SVSM_PAGING_H
#define SVSM_PAGING_H

#include <stdbool.h>
#include <stdint.h>

#include <svsm/addr.h>
#include <svsm/status.h>

#define SVSM_PTE_PRESENT	(1ull << 0)
#define SVSM_PTE_WRITE		(1ull << 1)
#define SVSM_PTE_ACCESSED	(1ull << 5)
#define SVSM_PTE_DIRTY		(1ull << 6)
#define SVSM_PTE_HUGE		(1ull << 7)
#define SVSM_PTE_NX		(1ull << 63)
/** Address bits of an entry; the C-bit is among them. */
#define SVSM_PTE_ADDRESS	0x000ffffffffff000ull

/**
 * Tell which tables translate the region.
 *
 * @param root  The PML4. It and all tables below are reachable at the address
 *              their entries name (the region is identity mapped); kept.
 * @param cbit  Mask of the C-bit in an entry; 0 without.
 */
void svsm_paging_init(uint64_t *root, uint64_t cbit);

/**
 * The 4 KiB entry that maps a page of the region.
 *
 * @param out  Change it with svsm_plat_pte_set() only.
 *
 * @return  As svsm_paging_set_private().
 */
SVSM_CHECKED enum svsm_status svsm_paging_find(void *va, uint64_t **out);

/**
 * Make one 4 KiB page of the region private or shared in the page tables.
 * The page state itself is share.h's business.
 *
 * @retval SVSM_EINVAL  Not page aligned.
 * @retval SVSM_ENOENT  Not mapped.
 * @retval SVSM_ESIZE   Mapped by a 2 MiB entry.
 *
 * Context: no CPU uses the page meanwhile; see svsm_plat_pte_set().
 */
SVSM_CHECKED enum svsm_status svsm_paging_set_private(void *va, bool private);

#endif
