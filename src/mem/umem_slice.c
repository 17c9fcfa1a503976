/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Where the bytes of a slice are. Pure; see umem.h.
 */
#include "umem_slice.h"

bool slice_pages(uint64_t start, uint64_t len, struct svsm_range *out)
{
	uint64_t end;

	if (len == 0 || __builtin_add_overflow(start, len, &end) ||
	    !svsm_align_up(end, SVSM_PAGE_BYTES, &end))
		return false;
	out->start.v = svsm_align_down(start, SVSM_PAGE_BYTES);
	out->len = end - out->start.v;
	return true;
}

bool slice_total(const struct svsm_range *list, size_t count, uint64_t *out)
{
	struct svsm_range pages;
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		if (!slice_pages(list[i].start.v, list[i].len, &pages) ||
		    __builtin_add_overflow(sum, list[i].len, &sum))
			return false;
	*out = sum;
	return true;
}

/*@ requires \valid_read(umem) && \valid(out) && \separated(umem, out);
  assigns *out;
  ensures \result == SVSM_OK <==> len != 0 && offset + len <= umem->range.len;
  ensures \result == SVSM_OK || \result == SVSM_EADDR;
  ensures \result == SVSM_OK ==> out->range.len == len &&
    out->range.start.v == (uint64_t)(umem->range.start.v + offset);
  ensures \result == SVSM_OK ==> out->own == umem->own &&
    out->list == umem->list && out->pages == umem->pages &&
    out->count == umem->count && out->owner == umem->owner &&
    out->access == umem->access;
  ensures \result != SVSM_OK ==> *out == \old(*out); */
enum svsm_status
svsm_umem_sub(const struct svsm_umem *umem, uint64_t offset, uint64_t len,
	      struct svsm_umem *out)
{
	if (len == 0 || !slice_has(umem->range.len, offset, len))
		return SVSM_EADDR;
	*out = *umem;
	out->range.start.v += offset;
	out->range.len = len;
	return SVSM_OK;
}

/* Bytes of a piece; a slice without a list is one. */
static uint64_t piece_len(const struct svsm_umem *umem, size_t piece)
{
	if (umem->list)
		return umem->list[piece].len;
	return umem->pages ? SVSM_PAGE_BYTES : umem->range.len;
}

void slice_cursor_set(struct slice_cursor *cursor, const struct svsm_umem *umem,
		      uint64_t offset)
{
	uint64_t at = offset;
	size_t piece = 0;

	if (umem->list || umem->pages)
		at += umem->range.start.v;
	if (umem->pages) {
		piece = (size_t)(at >> SVSM_PAGE_SHIFT);
		at &= SVSM_PAGE_MASK;
	} else if (umem->list) {
		while (piece < umem->count && at >= umem->list[piece].len)
			at -= umem->list[piece++].len;
	}
	*cursor = (struct slice_cursor){ umem, piece, at };
}

uint64_t slice_cursor_at(const struct slice_cursor *cursor, uint64_t *left)
{
	const struct svsm_umem *umem = cursor->umem;

	*left = piece_len(umem, cursor->piece) - cursor->in_piece;
	if (umem->list)
		return umem->list[cursor->piece].start.v + cursor->in_piece;
	if (umem->pages)
		return umem->pages[cursor->piece] + cursor->in_piece;
	return umem->range.start.v + cursor->in_piece;
}

void slice_cursor_move(struct slice_cursor *cursor, uint64_t n)
{
	const struct svsm_umem *umem = cursor->umem;

	cursor->in_piece += n;
	if (!umem->list && !umem->pages)
		return;
	if (cursor->in_piece == piece_len(umem, cursor->piece)) {
		cursor->piece++;
		cursor->in_piece = 0;
	}
}

enum svsm_status
svsm_umem_piece(const struct svsm_umem *umem, uint64_t offset,
		struct svsm_range *out)
{
	struct slice_cursor cursor;
	uint64_t left;

	if (offset >= umem->range.len)
		return SVSM_EADDR;
	slice_cursor_set(&cursor, umem, offset);
	out->start.v = slice_cursor_at(&cursor, &left);
	out->len = slice_min(left, umem->range.len - offset);
	return SVSM_OK;
}

bool svsm_umem_overlaps(const struct svsm_umem *umem,
			const struct svsm_range *range)
{
	struct slice_cursor cursor;
	uint64_t left = umem->range.len;

	slice_cursor_set(&cursor, umem, 0);
	while (left) {
		struct svsm_range piece;

		piece.start.v = slice_cursor_at(&cursor, &piece.len);
		piece.len = slice_min(piece.len, left);
		if (svsm_range_overlaps(&piece, range))
			return true;
		left -= piece.len;
		slice_cursor_move(&cursor, piece.len);
	}
	return false;
}
