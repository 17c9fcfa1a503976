/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Slices of guest memory that can be copied, but never pointed to.
 */
#ifndef SVSM_UMEM_H
#define SVSM_UMEM_H

#include <stddef.h>
#include <stdint.h>

#include <svsm/addr.h>
#include <svsm/own.h>
#include <svsm/status.h>

enum svsm_access {
	SVSM_READ,
	SVSM_READ_WRITE,
};

/**
 * A slice: a range of guest memory, an access, and who must own it.
 *
 * It holds no mapping and no right: every copy asks the ownership map again,
 * page by page, and maps, copies and unmaps under its lock. A page that the
 * guest gave up meanwhile ends the copy with SVSM_EADDR, one that the host
 * took away with SVSM_EFAULT; bytes of earlier pages may have been copied.
 *
 * Each copy fetches each byte once. Copying twice is written on purpose.
 */
struct svsm_umem {
	struct svsm_own *own;		/* kept */
	struct svsm_range range;
	enum svsm_owner owner;		/* all pages must be this */
	enum svsm_access access;
};

/**
 * Make a slice of memory that the guest owns.
 *
 * @param gpa, len  The guest's words.
 * @param owner     SVSM_OWN_GUEST, or SVSM_OWN_CAA for the caller's own
 *                  calling area; anything else is our mistake (asserted).
 *
 * @retval SVSM_EADDR  Empty, wraps, or a page in it has another owner.
 */
SVSM_CHECKED enum svsm_status
svsm_umem_open(struct svsm_umem *umem, struct svsm_own *own, uint64_t gpa,
	       uint64_t len, enum svsm_owner owner, enum svsm_access access);

/**
 * A slice of a slice, with the same access.
 *
 * @retval SVSM_EADDR  Empty, or not inside.
 */
SVSM_CHECKED enum svsm_status
svsm_umem_sub(const struct svsm_umem *umem, uint64_t offset, uint64_t len,
	      struct svsm_umem *out);

/**
 * Copy out of the slice. @p dst is undefined on failure.
 *
 * @retval SVSM_EADDR   Not inside, or a page is no longer the guest's.
 * @retval SVSM_EFAULT  A page is not there.
 *
 * Context: ownership lock not held.
 */
SVSM_CHECKED enum svsm_status
svsm_umem_read(const struct svsm_umem *umem, uint64_t offset, void *dst,
	       size_t n);

/** Copy into the slice. As svsm_umem_read(); SVSM_EPERM: opened for reading. */
SVSM_CHECKED enum svsm_status
svsm_umem_write(const struct svsm_umem *umem, uint64_t offset,
		const void *src, size_t n);

/** Fill a part of the slice with one byte. As svsm_umem_write(). */
SVSM_CHECKED enum svsm_status
svsm_umem_fill(const struct svsm_umem *umem, uint64_t offset, uint8_t byte,
	       uint64_t n);

#endif
