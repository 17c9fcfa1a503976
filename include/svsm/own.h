/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Who owns which page: a map of the whole guest physical address space.
 */
#ifndef SVSM_OWN_H
#define SVSM_OWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <svsm/addr.h>
#include <svsm/lock.h>
#include <svsm/status.h>

/**
 * What a page is. Only SVSM_OWN_GUEST is memory that lower VMPLs may use and
 * that svsm_umem reaches for them.
 *
 *	NONE   -- no memory (device, hole): never ours, never validated
 *	SVSM   -- ours for ever; launched firmware until it is granted (GUEST)
 *	INVALID <--PVALIDATE--> GUEST
 *	GUEST  <--CREATE_VCPU, DELETE_VCPU--> VMSA, CAA
 *	GUEST  <--REMAP_CA--> CAA
 *	GUEST  <--DEPOSIT_MEM, WITHDRAW_MEM--> DEPOSIT
 */
enum svsm_owner {
	SVSM_OWN_NONE = 0,
	SVSM_OWN_SVSM,
	SVSM_OWN_INVALID,	/* the guest's, not validated */
	SVSM_OWN_GUEST,		/* the guest's, validated, access granted */
	SVSM_OWN_CAA,		/* like GUEST, and a live calling area */
	SVSM_OWN_VMSA,		/* live VMSA: the guest may not write it */
	SVSM_OWN_DEPOSIT,	/* lent to us: validated, the SVSM's alone */
};

/** Where a run begins, and whose it is. own.c looks after them. */
struct svsm_own_node {
	uint64_t page;
	uint16_t child[2];	/* runs below, runs above; 0: none */
	uint8_t level;
	uint8_t owner;
};
_Static_assert(sizeof(struct svsm_own_node) == 16, "256 in a page");

/** Nodes that are added together, at most: a page. */
#define SVSM_OWN_CHUNK	(SVSM_PAGE_BYTES / sizeof(struct svsm_own_node))
/** Pages of nodes that a map can have. */
#define SVSM_OWN_CHUNKS	64u

/**
 * The map: exact per 4 KiB page, stored as runs of equal pages. A question or
 * a change takes O(log runs) steps, wherever in 2^64 bytes the pages are, and
 * one such step for each run that a change removes.
 *
 * When a change would need more runs than there are nodes it is refused
 * beforehand (SVSM_ENOMEM) and nothing has changed: a guest that cuts its
 * memory into too many pieces cannot cut further, but everything it has keeps
 * working. What a change has joined can always be parted again by the next.
 *
 * The lock covers check *and* use: hold it from the question to the last
 * instruction on the page. All functions but svsm_own_init() need it.
 */
struct svsm_own {
	struct svsm_lock lock;
	struct svsm_own_node *chunk[SVSM_OWN_CHUNKS];
	unsigned chunks;
	uint32_t count;		/* runs; the first one begins at page 0 */
	uint32_t free;		/* nodes that a change may take */
	uint32_t kept;		/* and those that it may not */
	uint16_t root;
	uint16_t free_list;	/* by child[0] */
};

/**
 * Make a map that says NONE everywhere.
 *
 * @param node  Storage, kept.
 * @param n     Nodes it holds; at least 4. One of them is never a run.
 */
void svsm_own_init(struct svsm_own *own, struct svsm_own_node *node, size_t n);

/**
 * Make room for more runs.
 *
 * @param node  Storage, kept.
 * @param n     Nodes it holds, 1 to SVSM_OWN_CHUNK.
 *
 * @retval SVSM_EINVAL  That is no such number.
 * @retval SVSM_EBUSY   The map has as many nodes as it can have.
 */
SVSM_CHECKED enum svsm_status
svsm_own_add(struct svsm_own *own, struct svsm_own_node *node, size_t n);

/**
 * Keep free nodes back: for the change by which others are made room for.
 *
 * @param n  From now on so many, or as many as there are; 0: all are free.
 */
void svsm_own_keep(struct svsm_own *own, uint32_t n);

/** Owner of the page that holds this address (any 64-bit number is one). */
enum svsm_owner svsm_own_get(const struct svsm_own *own, svsm_gpa_t gpa);

/** Are all pages of @p range this? False for an empty or unaligned range. */
bool svsm_own_is(const struct svsm_own *own, const struct svsm_range *range,
		 enum svsm_owner owner);

/**
 * Whose pages are in @p range? A page counts when one byte is inside.
 *
 * @return  1 << owner of each of them, or'ed; 0 for an empty range.
 */
unsigned
svsm_own_mask(const struct svsm_own *own, const struct svsm_range *range);

/**
 * Would this many svsm_own_set() calls fit, whatever they are? Ask before the
 * first effect that cannot be undone.
 */
bool svsm_own_has_room(const struct svsm_own *own, unsigned sets);

/**
 * Make all pages of @p range this.
 *
 * @retval SVSM_EINVAL  Empty, or not a multiple of pages.
 * @retval SVSM_ENOMEM  There are too few nodes; nothing changed.
 */
SVSM_CHECKED enum svsm_status
svsm_own_set(struct svsm_own *own, const struct svsm_range *range,
	     enum svsm_owner owner);

/**
 * Step through the map: the run that holds @p at, cut at @p at.
 *
 * @param out  [at, end of the run); the last run ends at the last page.
 */
enum svsm_owner svsm_own_run(const struct svsm_own *own, svsm_gpa_t at,
			     struct svsm_range *out);

/** Does the map hold together? Linear in its runs; for tests. */
bool svsm_own_check(const struct svsm_own *own);

#endif
