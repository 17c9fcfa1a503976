/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Our page tables: what an entry can say, and mappings beside the region.
 *
 * The region is identity mapped by the image tool. Everything else that VMPL0
 * can touch has an address above it and is mapped here, page by page. There is
 * no map of guest memory: see window.h.
 */
#ifndef SVSM_PAGING_H
#define SVSM_PAGING_H

#include <stdbool.h>
#include <stdint.h>

#include <svsm/addr.h>
#include <svsm/page.h>
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
 * Addresses that svsm_paging_map() serves. Below is the region's identity map,
 * above are addresses that the processor does not translate.
 */
#define SVSM_PAGING_START	0x0000008000000000ull
#define SVSM_PAGING_END		0x0000800000000000ull

/** What a mapping allows. Writable and executable at once has no name. */
enum svsm_map {
	SVSM_MAP_READ,		/* private, read-only */
	SVSM_MAP_WRITE,		/* private, read-write */
	SVSM_MAP_EXECUTE,	/* private, read and execute */
	SVSM_MAP_SHARED,	/* the host's to see, read-write */
};

/** A mapping, as one entry of the tables says it. */
struct svsm_mapping {
	svsm_gpa_t gpa;			/* of its first byte */
	enum svsm_page_size size;
	enum svsm_map map;
};

/**
 * Tell which tables are ours.
 *
 * @param root  The PML4. It and all tables below are reachable at the address
 *              their entries name (the region is identity mapped); kept.
 * @param cbit  Mask of the C-bit in an entry; 0 without.
 */
void svsm_paging_init(uint64_t *root, uint64_t cbit);

/**
 * Where pages for further tables come from. Pages whose addresses are GPAs;
 * kept. Until then svsm_paging_map() has none.
 */
void svsm_paging_set_pages(struct svsm_page_account *pages);

/** Table pages taken and not given back. */
size_t svsm_paging_tables(void);

/**
 * Map a page.
 *
 * @param va       In [SVSM_PAGING_START, SVSM_PAGING_END), aligned to the size.
 * @param mapping  Borrowed. What it names must be yours to map.
 *
 * @retval SVSM_EINVAL  Not aligned, outside, or no address of a page.
 * @retval SVSM_EEXIST  Something is mapped there; nothing changed.
 * @retval SVSM_ENOMEM  No pages for tables; nothing changed.
 * @retval SVSM_ETIME   Tables that an earlier unmap emptied cannot be had back
 *                      because a CPU does not answer; nothing changed.
 *
 * Context: VMPL0, any CPU; takes the paging lock (lock.h has the order), under
 *          it that of the pages. Other CPUs see the mapping at once: where
 *          there was nothing no TLB has anything.
 */
SVSM_CHECKED enum svsm_status
svsm_paging_map(void *va, const struct svsm_mapping *mapping);

/**
 * Unmap what svsm_paging_map() mapped.
 *
 * This CPU's translation is gone at return. Those of other CPUs are not:
 * neither the address nor the page may be used for anything else until
 * svsm_paging_flush() has returned SVSM_OK. Unmap many, flush once.
 *
 * @param va   The mapping's first address.
 * @param out  May be NULL. What was mapped.
 *
 * @retval SVSM_EINVAL  Outside, or not the first address.
 * @retval SVSM_ENOENT  Nothing is mapped there.
 *
 * Context: as svsm_paging_map().
 */
SVSM_CHECKED enum svsm_status
svsm_paging_unmap(void *va, struct svsm_mapping *out);

/**
 * Make all CPUs drop what has been unmapped, and give back tables that became
 * empty. Does nothing when nothing was unmapped since the last one.
 *
 * @retval SVSM_ETIME  A CPU did not answer within the bound of tlb.h. What was
 *                     unmapped must stay unused; call again, or leak it.
 *
 * Context: as svsm_paging_map(), and as svsm_tlb_flush().
 */
SVSM_CHECKED enum svsm_status svsm_paging_flush(void);

/**
 * What is mapped at an address, in the region or beside it.
 *
 * @param va   Any address; the mapping that holds it is meant.
 *
 * @retval SVSM_ENOENT  Nothing.
 *
 * Context: any CPU. The answer holds while the caller can rule out that
 *          somebody unmaps it.
 */
SVSM_CHECKED enum svsm_status
svsm_paging_find(const void *va, struct svsm_mapping *out);

/**
 * Hook a page directory of the caller (a page of entries for 1 GiB) into the
 * tables. For windows, whose entries are their own business; never undone.
 *
 * @retval  As svsm_paging_map().
 */
SVSM_CHECKED enum svsm_status
svsm_paging_hook(void *va, const uint64_t *directory);

/**
 * Make one 4 KiB page of the region private or shared in the page tables.
 * The page state itself is share.h's business.
 *
 * @retval SVSM_EINVAL  Not page aligned.
 * @retval SVSM_ENOENT  Not mapped.
 * @retval SVSM_ESIZE   Mapped by a 2 MiB entry.
 *
 * Context: no CPU uses the page from before until svsm_paging_flush() has
 *          returned SVSM_OK.
 */
SVSM_CHECKED enum svsm_status svsm_paging_set_private(void *va, bool private);

/**
 * The entry that says @p mapping. Pure; all entries of ours are made here.
 *
 * @param mapping  svsm_pte_can_map() said yes.
 */
uint64_t svsm_pte_make(const struct svsm_mapping *mapping, uint64_t cbit);

/** Is this GPA aligned to the size, and free of bits that are no address? */
bool svsm_pte_can_map(svsm_gpa_t gpa, enum svsm_page_size size, uint64_t cbit);

/** What a present entry says. Pure; the inverse of svsm_pte_make(). */
struct svsm_mapping svsm_pte_read(uint64_t entry, uint64_t cbit);

#endif
