/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Opening slices, and copies from and to them. See umem.h.
 */
#include <svsm/assert.h>
#include <svsm/paging.h>
#include <svsm/platform.h>
#include <svsm/string.h>
#include <svsm/umem.h>
#include <svsm/window.h>

#include "umem_slice.h"

/** Bytes that go through memory of ours at a time. */
#define BOUNCE_BYTES	256u

/* ----------------------------------------------------------------- opening */

/* Do all pages of @bytes belong to @owner? The ownership lock is held. */
static bool is_owned(const struct svsm_own *own, const struct svsm_range *bytes,
		     enum svsm_owner owner)
{
	struct svsm_range pages;

	return slice_pages(bytes->start.v, bytes->len, &pages) &&
	       svsm_own_is(own, &pages, owner);
}

static bool all_owned(struct svsm_own *own, const struct svsm_range *list,
		      size_t count, enum svsm_owner owner)
{
	bool owned = true;

	svsm_assert(owner == SVSM_OWN_GUEST || owner == SVSM_OWN_CAA);
	svsm_lock_acquire(&own->lock);
	for (size_t i = 0; i < count && owned; i++)
		owned = is_owned(own, &list[i], owner);
	svsm_lock_release(&own->lock);
	return owned;
}

enum svsm_status
svsm_umem_open(struct svsm_umem *umem, struct svsm_own *own, uint64_t gpa,
	       uint64_t len, enum svsm_owner owner, enum svsm_access access)
{
	struct svsm_range range = { { gpa }, len };

	if (!all_owned(own, &range, 1, owner))
		return SVSM_EADDR;
	*umem = (struct svsm_umem){
		.own = own, .range = range, .owner = owner, .access = access,
	};
	return SVSM_OK;
}

enum svsm_status
svsm_umem_open_list(struct svsm_umem *umem, struct svsm_own *own,
		    const struct svsm_range *list, size_t count,
		    enum svsm_owner owner, enum svsm_access access)
{
	uint64_t len;

	if (count == 0 || count > SVSM_UMEM_PIECES)
		return SVSM_EINVAL;
	if (!slice_total(list, count, &len) ||
	    !all_owned(own, list, count, owner))
		return SVSM_EADDR;
	*umem = (struct svsm_umem){
		.own = own, .list = list, .count = count,
		.range = { .len = len }, .owner = owner, .access = access,
	};
	return SVSM_OK;
}

enum svsm_status
svsm_umem_open_pages(struct svsm_umem *umem, struct svsm_own *own,
		     const uint64_t *pages, size_t count,
		     enum svsm_owner owner, enum svsm_access access)
{
	if (count == 0 || count > SVSM_UMEM_PIECES)
		return SVSM_EINVAL;
	for (size_t i = 0; i < count; i++) {
		struct svsm_range page = { { pages[i] }, SVSM_PAGE_BYTES };

		if (!svsm_is_aligned(pages[i], SVSM_PAGE_BYTES) ||
		    !all_owned(own, &page, 1, owner))
			return SVSM_EADDR;
	}
	*umem = (struct svsm_umem){
		.own = own, .pages = pages, .count = count,
		.range = { .len = count * SVSM_PAGE_BYTES },
		.owner = owner, .access = access,
	};
	return SVSM_OK;
}

/* Are all pages mapped, and shared with the host or not? */
static bool
all_mapped(const struct svsm_range *pages, bool shared)
{
	for (uint64_t off = 0; off < pages->len; off += SVSM_PAGE_BYTES) {
		const void *va = (const void *)(uintptr_t)
			(pages->start.v + off);
		struct svsm_mapping mapping;

		if (svsm_paging_find(va, &mapping) != SVSM_OK ||
		    (mapping.map == SVSM_MAP_SHARED) != shared)
			return false;
	}
	return true;
}

static enum svsm_status
open_ours(struct svsm_umem *umem, const void *start, uint64_t len, bool shared,
	  enum svsm_access access)
{
	struct svsm_range pages;

	if (!slice_pages((uintptr_t)start, len, &pages) ||
	    !all_mapped(&pages, shared))
		return SVSM_EADDR;
	*umem = (struct svsm_umem){
		.range = { { (uintptr_t)start }, len }, .access = access,
	};
	return SVSM_OK;
}

enum svsm_status
svsm_umem_open_shared(struct svsm_umem *umem, const void *start, uint64_t len,
		      enum svsm_access access)
{
	return open_ours(umem, start, len, true, access);
}

enum svsm_status
svsm_umem_open_params(struct svsm_umem *umem, const void *start, uint64_t len)
{
	return open_ours(umem, start, len, false, SVSM_READ);
}

/* ----------------------------------------------------------------- copying */

static bool copy_bytes(char *there, void *ours, size_t n, bool write)
{
	return write ? svsm_plat_copy(there, ours, n) :
		svsm_plat_copy(ours, there, n);
}

/*
 * A part within one guest page. Check, map, copy and unmap happen under the
 * ownership lock: nobody can take the page in between.
 */
static enum svsm_status
copy_guest(const struct svsm_umem *umem, uint64_t gpa, void *ours, size_t n,
	   bool write)
{
	svsm_gpa_t page = { svsm_align_down(gpa, SVSM_PAGE_BYTES) };
	enum svsm_status status = SVSM_EADDR;
	struct svsm_window window;

	svsm_lock_acquire(&umem->own->lock);
	if (svsm_own_get(umem->own, page) != umem->owner)
		goto out;
	status = svsm_window_map(page, SVSM_PAGE_4K,
				 umem->access == SVSM_READ ? SVSM_WINDOW_READ :
				 SVSM_WINDOW_WRITE, &window);
	if (status != SVSM_OK)
		goto out;
	if (!copy_bytes((char *)window.va + (gpa - page.v), ours, n, write))
		status = SVSM_EFAULT;
	svsm_window_unmap(&window);
out:
	svsm_lock_release(&umem->own->lock);
	return status;
}

static enum svsm_status
copy_part(const struct svsm_umem *umem, uint64_t at, void *ours, size_t n,
	  bool write)
{
	if (umem->own)
		return copy_guest(umem, at, ours, n, write);
	return copy_bytes((char *)(uintptr_t)at, ours, n, write) ? SVSM_OK :
		SVSM_EFAULT;
}

/* Page by page. @left says how many bytes were not copied. */
static enum svsm_status
copy(const struct svsm_umem *umem, uint64_t offset, void *ours, size_t *left,
     bool write)
{
	enum svsm_status status = SVSM_OK;
	struct slice_cursor cursor;
	char *bytes = ours;

	if (!slice_has(umem->range.len, offset, *left))
		return SVSM_EADDR;
	slice_cursor_set(&cursor, umem, offset);
	while (*left) {
		uint64_t in_piece;
		uint64_t at = slice_cursor_at(&cursor, &in_piece);
		size_t part = (size_t)slice_page_part(at, slice_min(*left,
								    in_piece));

		status = copy_part(umem, at, bytes, part, write);
		if (status != SVSM_OK)
			break;
		slice_cursor_move(&cursor, part);
		bytes += part;
		*left -= part;
	}
	return status;
}

enum svsm_status
svsm_umem_read(const struct svsm_umem *umem, uint64_t offset, void *dst,
	       size_t n)
{
	enum svsm_status status;
	size_t left = n;

	if (!slice_has(umem->range.len, offset, n))
		return SVSM_EADDR;
	status = copy(umem, offset, dst, &left, false);
	if (left)
		memset((char *)dst + (n - left), 0, left);
	return status;
}

enum svsm_status
svsm_umem_write(const struct svsm_umem *umem, uint64_t offset,
		const void *src, size_t n)
{
	if (umem->access != SVSM_READ_WRITE)
		return SVSM_EPERM;
	return copy(umem, offset, (void *)(uintptr_t)src, &n, true);
}

enum svsm_status
svsm_umem_fill(const struct svsm_umem *umem, uint64_t offset, uint8_t byte,
	       uint64_t n)
{
	enum svsm_status status = SVSM_OK;
	uint8_t pattern[BOUNCE_BYTES];

	if (umem->access != SVSM_READ_WRITE)
		return SVSM_EPERM;
	if (!slice_has(umem->range.len, offset, n))
		return SVSM_EADDR;
	memset(pattern, byte, sizeof(pattern));
	while (n > 0 && status == SVSM_OK) {
		size_t part = (size_t)slice_min(n, sizeof(pattern));

		status = svsm_umem_write(umem, offset, pattern, part);
		offset += part;
		n -= part;
	}
	return status;
}

enum svsm_status
svsm_umem_copy(const struct svsm_umem *dst, uint64_t dst_offset,
	       const struct svsm_umem *src, uint64_t src_offset, uint64_t n)
{
	enum svsm_status status = SVSM_OK;
	uint8_t bounce[BOUNCE_BYTES];

	if (dst->access != SVSM_READ_WRITE)
		return SVSM_EPERM;
	if (!slice_has(dst->range.len, dst_offset, n) ||
	    !slice_has(src->range.len, src_offset, n))
		return SVSM_EADDR;
	while (n > 0 && status == SVSM_OK) {
		size_t part = (size_t)slice_min(n, sizeof(bounce));

		status = svsm_umem_read(src, src_offset, bounce, part);
		if (status == SVSM_OK)
			status = svsm_umem_write(dst, dst_offset, bounce, part);
		src_offset += part;
		dst_offset += part;
		n -= part;
	}
	return status;
}
