/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Windows: short-lived mappings of pages that are not ours.
 *
 * There is no direct map of guest memory. A CPU that needs a guest page maps
 * it into a slot of its own, uses it and unmaps it. No other CPU uses these
 * addresses, so that unmapping concerns one TLB only.
 *
 * A slot keeps its page after use until another page needs it: who maps the
 * same page in the same way again gets it without a write to a page table.
 * That gives nobody a right: the owner of a page is asked at each use, under
 * the ownership lock, and an entry says the same whoever owns the page. All
 * the same no slot shows for long what the guest has given up: the ownership
 * map calls svsm_window_forget(), and a CPU that has not heard of it empties
 * its slots before it maps the next page.
 */
#ifndef SVSM_WINDOW_H
#define SVSM_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include <svsm/addr.h>
#include <svsm/platform.h>
#include <svsm/status.h>

/** CPUs that can have windows. */
#define SVSM_WINDOW_CPUS	64u
/** 4 KiB windows of one CPU at a time. */
#define SVSM_WINDOW_SLOTS	8u
/** Bytes of address space for all; the start is aligned to 2 MiB. */
#define SVSM_WINDOW_AREA	((1 + SVSM_WINDOW_CPUS) * SVSM_HUGE_BYTES)

enum svsm_window_kind {
	SVSM_WINDOW_READ,	/* private, read-only */
	SVSM_WINDOW_WRITE,	/* private, read-write */
	SVSM_WINDOW_SHARED,	/* shared with the host, read-write */
};

struct svsm_window {
	void *va;		/* NULL: not mapped */
	uint64_t *entry;	/* of the page table */
	uint64_t mapped;	/* what it was at first */
	uint8_t slot;
};

/**
 * Set the place up; once, at boot.
 *
 * @param area  Start of SVSM_WINDOW_AREA bytes of address space that nothing
 *              else uses, aligned to 2 MiB.
 * @param cbit  Mask of the C-bit in a page table entry; 0 without.
 */
void svsm_window_init(void *area, uint64_t cbit);

/**
 * The page directory behind the area (its first SVSM_WINDOW_CPUS + 1 entries
 * are in use): the boot code hooks it into the page tables.
 */
uint64_t *svsm_window_directory(void);

/**
 * Map one page on this CPU.
 *
 * @param gpa   Aligned to @p size.
 * @param size  SVSM_PAGE_2M: one 2 MiB entry; one such window per CPU.
 * @param out   Mapped; pair: svsm_window_unmap() on the same CPU.
 *
 * @retval SVSM_EINVAL  Not aligned, or above what a page table can hold.
 * @retval SVSM_ENOMEM  All slots of this CPU are in use.
 *
 * Context: VMPL0; the caller stays on this CPU. The page may fault: access it
 *          with svsm_plat_copy() unless its owner rules that out.
 * Trust:   the caller has checked who owns the page, under the ownership lock.
 */
SVSM_CHECKED enum svsm_status
svsm_window_map(svsm_gpa_t gpa, enum svsm_page_size size,
		enum svsm_window_kind kind, struct svsm_window *out);

/**
 * Point a mapped window at another page, of the same size and kind: cheaper
 * than unmapping and mapping. On failure it stays where it is.
 *
 * @retval SVSM_EINVAL  As svsm_window_map().
 */
SVSM_CHECKED enum svsm_status
svsm_window_move(struct svsm_window *window, svsm_gpa_t gpa);

/** Can a page of this size be mapped here? See svsm_window_map(). */
bool svsm_window_can_map(svsm_gpa_t gpa, enum svsm_page_size size);

/**
 * Move a mapped window to the page behind the one it shows.
 *
 * @param bytes  Of the window's page.
 *
 * Trust: the caller has asked svsm_window_can_map() for the last page that it
 *        moves to.
 */
static inline __attribute__((always_inline)) void
svsm_window_next(const struct svsm_window *window, uint64_t bytes)
{
	svsm_plat_pte_set(window->entry, *window->entry + bytes, window->va);
}

/**
 * Unmap; a window that is not mapped is left alone. The address must not be
 * used any more. One that has been moved is emptied at once.
 */
void svsm_window_unmap(struct svsm_window *window);

/**
 * Some pages are not what windows were made for any more: no CPU keeps a slot
 * that is not in use beyond its next svsm_window_map().
 *
 * Context: any.
 */
void svsm_window_forget(void);

#endif
