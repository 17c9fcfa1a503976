/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Copies from and to guest memory. See umem.h.
 */
#include <svsm/assert.h>
#include <svsm/platform.h>
#include <svsm/string.h>
#include <svsm/umem.h>
#include <svsm/window.h>

/** Bytes of the pattern that svsm_umem_fill() writes at a time. */
#define FILL_BYTES	256u

/* The pages that @range touches, as a whole number of pages. */
static bool
touched_pages(const struct svsm_range *range, struct svsm_range *out)
{
	uint64_t start = svsm_align_down(range->start.v, SVSM_PAGE_BYTES);
	uint64_t end;

	if (!svsm_align_up(svsm_range_end(range), SVSM_PAGE_BYTES, &end))
		return false;
	out->start.v = start;
	out->len = end - start;
	return true;
}

enum svsm_status
svsm_umem_open(struct svsm_umem *umem, struct svsm_own *own, uint64_t gpa,
	       uint64_t len, enum svsm_owner owner, enum svsm_access access)
{
	struct svsm_range range, pages;
	bool is_owner;

	svsm_assert(owner == SVSM_OWN_GUEST || owner == SVSM_OWN_CAA);
	if (len == 0 || svsm_range_make(gpa, len, &range) != SVSM_OK ||
	    !touched_pages(&range, &pages))
		return SVSM_EADDR;
	svsm_lock_acquire(&own->lock);
	is_owner = svsm_own_is(own, &pages, owner);
	svsm_lock_release(&own->lock);
	if (!is_owner)
		return SVSM_EADDR;
	*umem = (struct svsm_umem){
		.own = own, .range = range, .owner = owner, .access = access,
	};
	return SVSM_OK;
}

static bool
is_inside(const struct svsm_umem *umem, uint64_t offset, uint64_t len)
{
	return offset <= umem->range.len && len <= umem->range.len - offset;
}

enum svsm_status
svsm_umem_sub(const struct svsm_umem *umem, uint64_t offset, uint64_t len,
	      struct svsm_umem *out)
{
	if (len == 0 || !is_inside(umem, offset, len))
		return SVSM_EADDR;
	*out = *umem;
	out->range.start.v += offset;
	out->range.len = len;
	return SVSM_OK;
}

/*
 * One page's part of a copy; @buf is ours. Check, map, copy and unmap happen
 * under the ownership lock: nobody can take the page in between.
 */
static enum svsm_status
copy_page(const struct svsm_umem *umem, uint64_t offset, void *buf, size_t n,
	  bool write)
{
	svsm_gpa_t at = { umem->range.start.v + offset };
	svsm_gpa_t page = { svsm_align_down(at.v, SVSM_PAGE_BYTES) };
	enum svsm_status status = SVSM_EADDR;
	struct svsm_window window;
	bool done;

	svsm_lock_acquire(&umem->own->lock);
	if (svsm_own_get(umem->own, page) != umem->owner)
		goto out;
	status = svsm_window_map(page, SVSM_PAGE_4K, write ?
				 SVSM_WINDOW_WRITE : SVSM_WINDOW_READ, &window);
	if (status != SVSM_OK)
		goto out;
	if (write)
		done = svsm_plat_copy((char *)window.va + (at.v - page.v),
				      buf, n);
	else
		done = svsm_plat_copy(buf,
				      (char *)window.va + (at.v - page.v), n);
	svsm_window_unmap(&window);
	status = done ? SVSM_OK : SVSM_EFAULT;
out:
	svsm_lock_release(&umem->own->lock);
	return status;
}

/* Bytes from here to the end of the page, at most @n. */
static size_t
page_part(const struct svsm_umem *umem, uint64_t offset, uint64_t n)
{
	uint64_t at = umem->range.start.v + offset;
	uint64_t left = SVSM_PAGE_BYTES - (at & SVSM_PAGE_MASK);

	return (size_t)(n < left ? n : left);
}

static enum svsm_status
copy(const struct svsm_umem *umem, uint64_t offset, void *buf, size_t n,
     bool write)
{
	enum svsm_status status = SVSM_OK;
	char *at = buf;

	if (!is_inside(umem, offset, n))
		return SVSM_EADDR;
	while (n > 0 && status == SVSM_OK) {
		size_t part = page_part(umem, offset, n);

		status = copy_page(umem, offset, at, part, write);
		offset += part;
		at += part;
		n -= part;
	}
	return status;
}

enum svsm_status
svsm_umem_read(const struct svsm_umem *umem, uint64_t offset, void *dst,
	       size_t n)
{
	return copy(umem, offset, dst, n, false);
}

enum svsm_status
svsm_umem_write(const struct svsm_umem *umem, uint64_t offset,
		const void *src, size_t n)
{
	if (umem->access != SVSM_READ_WRITE)
		return SVSM_EPERM;
	return copy(umem, offset, (void *)(uintptr_t)src, n, true);
}

enum svsm_status
svsm_umem_fill(const struct svsm_umem *umem, uint64_t offset, uint8_t byte,
	       uint64_t n)
{
	enum svsm_status status = SVSM_OK;
	uint8_t pattern[FILL_BYTES];

	if (umem->access != SVSM_READ_WRITE)
		return SVSM_EPERM;
	if (!is_inside(umem, offset, n))
		return SVSM_EADDR;
	memset(pattern, byte, sizeof(pattern));
	while (n > 0 && status == SVSM_OK) {
		size_t part = page_part(umem, offset, n);

		if (part > sizeof(pattern))
			part = sizeof(pattern);
		status = copy_page(umem, offset, pattern, part, true);
		offset += part;
		n -= part;
	}
	return status;
}
