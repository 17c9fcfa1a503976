/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The arithmetic of slices: pure, and right for all 64-bit numbers.
 */
#ifndef MEM_UMEM_SLICE_H
#define MEM_UMEM_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <svsm/addr.h>
#include <svsm/umem.h>

/** Are these @p n bytes inside @p len bytes? */
/*@ assigns \nothing;
  ensures \result <==> offset + n <= len; */
static inline bool slice_has(uint64_t len, uint64_t offset, uint64_t n)
{
	return offset <= len && n <= len - offset;
}

/*@ assigns \nothing;
  ensures \result == (a < b ? a : b); */
static inline uint64_t slice_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/** Of @p n bytes at an address, those up to the end of its page. */
/*@ assigns \nothing;
  ensures \result <= n;
  ensures address % 0x1000 + \result <= 0x1000;
  ensures \result == n || address % 0x1000 + \result == 0x1000; */
static inline uint64_t slice_page_part(uint64_t address, uint64_t n)
{
	return slice_min(n, SVSM_PAGE_BYTES - (address & SVSM_PAGE_MASK));
}

/**
 * The pages that hold bytes: [start, start + len) rounded outwards.
 *
 * @return  False when there are no bytes, or the end does not fit.
 */
/*@ requires \valid(out);
  assigns out->start.v, out->len;
  ensures \result ==> is_range(*out) && out->start.v % 0x1000 == 0;
  ensures \result ==> (out->start.v + out->len) % 0x1000 == 0;
  ensures \result ==> out->start.v <= start < out->start.v + 0x1000;
  ensures \result ==> start + len <= out->start.v + out->len;
  ensures \result ==> out->start.v + out->len < start + len + 0x1000;
  ensures !\result ==> len == 0 || start + len + 0xfff > 0xffffffffffffffff; */
SVSM_CHECKED bool slice_pages(uint64_t start, uint64_t len,
			      struct svsm_range *out);

/** Length of all pieces; false when one is empty or wraps, or the sum does. */
SVSM_CHECKED bool slice_total(const struct svsm_range *list, size_t count,
			      uint64_t *out);

/** A place in a slice. */
struct slice_cursor {
	const struct svsm_umem *umem;
	size_t piece;
	uint64_t in_piece;	/* offset in it */
};

/** @param offset  At most the slice's length. */
void slice_cursor_set(struct slice_cursor *cursor, const struct svsm_umem *umem,
		      uint64_t offset);

/** Address of the byte at the cursor; @p left: bytes to its piece's end. */
uint64_t slice_cursor_at(const struct slice_cursor *cursor, uint64_t *left);

/** Go on by at most what slice_cursor_at() said was left. */
void slice_cursor_move(struct slice_cursor *cursor, uint64_t n);

#endif
