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
 *	SVSM   -- ours for ever
 *	INVALID <--PVALIDATE--> GUEST
 *	GUEST  <--CREATE_VCPU, DELETE_VCPU--> VMSA, CAA
 *	GUEST  <--REMAP_CA--> CAA
 */
enum svsm_owner {
	SVSM_OWN_NONE = 0,
	SVSM_OWN_SVSM,
	SVSM_OWN_INVALID,	/* the guest's, not validated */
	SVSM_OWN_GUEST,		/* the guest's, validated, access granted */
	SVSM_OWN_CAA,		/* like GUEST, and a live calling area */
	SVSM_OWN_VMSA,		/* live VMSA: the guest may not write it */
};

/**
 * The map: exact per 4 KiB page, stored as runs of equal pages, sorted, in an
 * array that does not grow.
 *
 * When a change would need more runs than fit it is refused beforehand
 * (SVSM_ENOMEM) and nothing has changed: a guest that cuts its memory into
 * too many pieces cannot cut further, but everything it has keeps working.
 *
 * The lock covers check *and* use: hold it from the question to the last
 * instruction on the page. All functions but svsm_own_init() need it.
 */
struct svsm_own {
	struct svsm_lock lock;
	uint64_t *run;		/* first page << 4 | owner; see own.c */
	size_t count;		/* at least 1: page 0 begins the first run */
	size_t capacity;
};

/**
 * Make a map that says NONE everywhere.
 *
 * @param run       Storage, kept.
 * @param capacity  Number of runs it holds; at least 3.
 */
void svsm_own_init(struct svsm_own *own, uint64_t *run, size_t capacity);

/** Owner of the page that holds this address (any 64-bit number is one). */
enum svsm_owner svsm_own_get(const struct svsm_own *own, svsm_gpa_t gpa);

/** Are all pages of @p range this? False for an empty or unaligned range. */
bool svsm_own_is(const struct svsm_own *own, const struct svsm_range *range,
		 enum svsm_owner owner);

/** Is any page of @p range this? A page counts when one byte is inside. */
bool svsm_own_any(const struct svsm_own *own, const struct svsm_range *range,
		  enum svsm_owner owner);

/**
 * Would this many svsm_own_set() calls fit, whatever they are? Ask before the
 * first effect that cannot be undone.
 */
bool svsm_own_has_room(const struct svsm_own *own, unsigned sets);

/**
 * Make all pages of @p range this.
 *
 * @retval SVSM_EINVAL  Empty, or not a multiple of pages.
 * @retval SVSM_ENOMEM  The array is full; nothing changed.
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

#endif
