/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Slices of memory that others can write: copied, but never pointed to.
 */
#ifndef SVSM_UMEM_H
#define SVSM_UMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <svsm/addr.h>
#include <svsm/own.h>
#include <svsm/status.h>

/** Pieces or pages that a list can have. */
#define SVSM_UMEM_PIECES	1024u

enum svsm_access {
	SVSM_READ,
	SVSM_READ_WRITE,
};

/**
 * A slice: bytes in a row, an access, and who must own what is below them.
 *
 * They lie in one range, in a list of ranges, or in a list of pages; what
 * works on a slice does not see which. Copy the struct as you like.
 *
 * A slice of guest memory holds no mapping and no right: every copy asks the
 * ownership map again, page by page, and maps, copies and unmaps under its
 * lock. A page that the guest gave up meanwhile ends the copy with SVSM_EADDR,
 * one that the host took away with SVSM_EFAULT.
 *
 * Each copy fetches each byte once. Copying twice is written on purpose.
 *
 * What a copy that fails leaves behind:
 *   - refused (not inside, not opened for it): nothing has been touched;
 *   - ended half-way, reading: the destination has what was read of the pages
 *     before, and zeros from the page on where it ended;
 *   - ended half-way, writing: the slice has what was written to the pages
 *     before, and of the page where it ended some bytes or none.
 */
struct svsm_umem {
	struct svsm_own *own;		/* kept; NULL: pages of ours */
	const struct svsm_range *list;	/* kept; pieces, or NULL */
	const uint64_t *pages;		/* kept; GPAs of pages, or NULL */
	size_t count;			/* of pieces or pages */
	/* With a list the start counts from the first byte of the list. */
	struct svsm_range range;
	enum svsm_owner owner;		/* all guest pages must be this */
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
 *
 * Context: ownership lock not held; so for all functions here.
 */
SVSM_CHECKED enum svsm_status
svsm_umem_open(struct svsm_umem *umem, struct svsm_own *own, uint64_t gpa,
	       uint64_t len, enum svsm_owner owner, enum svsm_access access);

/**
 * ... out of several pieces, in the order of the list.
 *
 * @param list   Kept as long as the slice or a part of it is used; ours, so
 *               the guest's words in it are a copy that it cannot change.
 * @param count  Finding an offset takes as many steps.
 *
 * @retval SVSM_EADDR   A piece is empty or wraps, their sum wraps, or a page
 *                      has another owner.
 * @retval SVSM_EINVAL  No piece, or more than SVSM_UMEM_PIECES.
 */
SVSM_CHECKED enum svsm_status
svsm_umem_open_list(struct svsm_umem *umem, struct svsm_own *own,
		    const struct svsm_range *list, size_t count,
		    enum svsm_owner owner, enum svsm_access access);

/**
 * ... out of whole pages.
 *
 * @param pages  GPAs; kept, as the list above.
 *
 * @retval SVSM_EADDR   Not a page's address, or one has another owner.
 * @retval SVSM_EINVAL  As svsm_umem_open_list().
 */
SVSM_CHECKED enum svsm_status
svsm_umem_open_pages(struct svsm_umem *umem, struct svsm_own *own,
		     const uint64_t *pages, size_t count,
		     enum svsm_owner owner, enum svsm_access access);

/**
 * Make a slice of pages of ours that are shared with the host (share.h,
 * pool.h). They must stay shared as long as there is a slice of them.
 *
 * @retval SVSM_EADDR  Empty, wraps, or a page in it is not mapped shared.
 */
SVSM_CHECKED enum svsm_status
svsm_umem_open_shared(struct svsm_umem *umem, const void *start, uint64_t len,
		      enum svsm_access access);

/**
 * Make a slice of parameter pages: private, but the host has filled them.
 * For reading.
 *
 * @retval SVSM_EADDR  Empty, wraps, or a page in it is not mapped private.
 */
SVSM_CHECKED enum svsm_status
svsm_umem_open_params(struct svsm_umem *umem, const void *start, uint64_t len);

/** Its length in bytes. */
static inline uint64_t svsm_umem_len(const struct svsm_umem *umem)
{
	return umem->range.len;
}

/**
 * A slice of a slice, with the same access.
 *
 * @param out  May be @p umem.
 *
 * @retval SVSM_EADDR  Empty, or not inside.
 */
SVSM_CHECKED enum svsm_status
svsm_umem_sub(const struct svsm_umem *umem, uint64_t offset, uint64_t len,
	      struct svsm_umem *out);

/**
 * The bytes from an offset on that lie in a row: where they are, not what.
 * For tables that a device reads, and to step through a slice:
 *
 *	for (at = 0; svsm_umem_piece(umem, at, &piece) == SVSM_OK;
 *	     at += piece.len)
 *
 * @param out  GPAs; at least one byte, at most to the end of the slice.
 *
 * @retval SVSM_EADDR  No byte of the slice.
 */
SVSM_CHECKED enum svsm_status
svsm_umem_piece(const struct svsm_umem *umem, uint64_t offset,
		struct svsm_range *out);

/*@ axiomatic slice {
  predicate slice_meets(struct svsm_umem *umem, integer start, integer len);
} */

/** Does the slice have a byte in this range? Pieces are looked at in turn. */
/*@ requires \valid_read(umem) && \valid_read(range);
  assigns \nothing;
  ensures \result <==> slice_meets(umem, range->start.v, range->len); */
bool svsm_umem_overlaps(const struct svsm_umem *umem,
			const struct svsm_range *range);

/**
 * Copy out of the slice.
 *
 * @retval SVSM_EADDR   Not inside, or a page is no longer the guest's.
 * @retval SVSM_EFAULT  A page is not there.
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

/**
 * Copy from slice to slice, a small piece at a time through memory of ours.
 * Where they overlap the result is a mixture. As svsm_umem_read() for @p src
 * and svsm_umem_write() for @p dst; a piece that was not read is not written.
 */
SVSM_CHECKED enum svsm_status
svsm_umem_copy(const struct svsm_umem *dst, uint64_t dst_offset,
	       const struct svsm_umem *src, uint64_t src_offset, uint64_t n);

/**
 * Are these bytes in the slice? The time taken tells nothing about where they
 * differ.
 *
 * @retval  As svsm_umem_read(); @p out is untouched on failure.
 */
SVSM_CHECKED enum svsm_status
svsm_umem_equal(const struct svsm_umem *umem, uint64_t offset,
		const void *bytes, size_t n, bool *out);

/**
 * Copy a string out of the slice, up to and with its NUL.
 *
 * Reads no byte of a page behind the one where it ends.
 *
 * @param dst   Ends with a NUL on success; all zero on failure.
 * @param size  Bytes of @p dst, the NUL's included; at least 1.
 * @param len   Its length without the NUL.
 *
 * @retval SVSM_EFORMAT  No NUL within @p size or within the slice.
 * @retval others        As svsm_umem_read().
 */
SVSM_CHECKED enum svsm_status
svsm_umem_string(const struct svsm_umem *umem, uint64_t offset, char *dst,
		 size_t size, size_t *len);

/**
 * Read packed little-endian structures, field after field.
 *
 *	struct svsm_umem_reader in;
 *
 *	svsm_umem_reader_init(&in, &umem, 0);
 *	type = svsm_umem_u16(&in);
 *	len = svsm_umem_u32(&in);
 *	if (in.status != SVSM_OK)
 *		return in.status;
 *
 * It goes forward only, so no byte is fetched twice. After a failure it stays
 * where it is, and all fields are 0: look at the status before you use one.
 */
struct svsm_umem_reader {
	struct svsm_umem umem;
	uint64_t at;			/* offset of the next field */
	enum svsm_status status;	/* of all reads so far */
};

void svsm_umem_reader_init(struct svsm_umem_reader *reader,
			   const struct svsm_umem *umem, uint64_t offset);
uint8_t svsm_umem_u8(struct svsm_umem_reader *reader);
uint16_t svsm_umem_u16(struct svsm_umem_reader *reader);
uint32_t svsm_umem_u32(struct svsm_umem_reader *reader);
uint64_t svsm_umem_u64(struct svsm_umem_reader *reader);
/** @param dst  Zeros on failure. */
void svsm_umem_bytes(struct svsm_umem_reader *reader, void *dst, size_t n);
/** Leave bytes out; they must be there, but are not fetched. */
void svsm_umem_skip(struct svsm_umem_reader *reader, uint64_t n);

#endif
