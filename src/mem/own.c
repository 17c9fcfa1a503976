/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The ownership map: a sorted array of runs. See own.h.
 *
 * A run is one number: its first page << 4 | owner. It ends where the next
 * begins, the last one at the end of the address space. Neighbours differ in
 * owner, and the first run begins at page 0.
 */
#include <svsm/assert.h>
#include <svsm/own.h>
#include <svsm/string.h>
#include <svsm/window.h>

#define OWNER_BITS	4
#define OWNER_MASK	((1ull << OWNER_BITS) - 1)
/** One more than the last page of 64 bits. */
#define PAGES_END	(1ull << (64 - SVSM_PAGE_SHIFT))

static uint64_t run_make(uint64_t page, enum svsm_owner owner)
{
	return page << OWNER_BITS | (uint64_t)owner;
}

static uint64_t run_page(uint64_t run)
{
	return run >> OWNER_BITS;
}

static enum svsm_owner run_owner(uint64_t run)
{
	return (enum svsm_owner)(run & OWNER_MASK);
}

void svsm_own_init(struct svsm_own *own, uint64_t *run, size_t capacity)
{
	svsm_assert(capacity >= 3);
	*own = (struct svsm_own){
		.run = run, .count = 1, .capacity = capacity,
	};
	run[0] = run_make(0, SVSM_OWN_NONE);
}

/* Number of runs that begin before @page. */
static size_t runs_before(const struct svsm_own *own, uint64_t page)
{
	size_t low = 0;
	size_t high = own->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (run_page(own->run[middle]) < page)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The run that holds @page, which is below PAGES_END. */
static size_t run_at(const struct svsm_own *own, uint64_t page)
{
	return runs_before(own, page + 1) - 1;
}

static uint64_t run_end(const struct svsm_own *own, size_t i)
{
	return i + 1 < own->count ? run_page(own->run[i + 1]) : PAGES_END;
}

enum svsm_owner svsm_own_get(const struct svsm_own *own, svsm_gpa_t gpa)
{
	return run_owner(own->run[run_at(own, gpa.v >> SVSM_PAGE_SHIFT)]);
}

static bool is_pages(const struct svsm_range *range)
{
	return range->len > 0 && svsm_range_is_aligned(range, SVSM_PAGE_BYTES);
}

bool svsm_own_is(const struct svsm_own *own, const struct svsm_range *range,
		 enum svsm_owner owner)
{
	uint64_t page = range->start.v >> SVSM_PAGE_SHIFT;
	uint64_t pages = range->len >> SVSM_PAGE_SHIFT;
	size_t i;

	if (!is_pages(range))
		return false;
	i = run_at(own, page);
	return run_owner(own->run[i]) == owner &&
	       run_end(own, i) - page >= pages;
}

bool svsm_own_any(const struct svsm_own *own, const struct svsm_range *range,
		  enum svsm_owner owner)
{
	uint64_t last;
	size_t i;

	if (range->len == 0)
		return false;
	last = (range->start.v + (range->len - 1)) >> SVSM_PAGE_SHIFT;
	i = run_at(own, range->start.v >> SVSM_PAGE_SHIFT);
	for (; i < own->count && run_page(own->run[i]) <= last; i++)
		if (run_owner(own->run[i]) == owner)
			return true;
	return false;
}

bool svsm_own_has_room(const struct svsm_own *own, unsigned sets)
{
	return own->capacity - own->count >= 2 * (size_t)sets;
}

/* Replace runs [from, to) by @n others. */
static enum svsm_status
splice(struct svsm_own *own, size_t from, size_t to, const uint64_t *runs,
       size_t n)
{
	size_t count = own->count - (to - from) + n;

	if (count > own->capacity)
		return SVSM_ENOMEM;
	if (from + n != to)
		memmove(&own->run[from + n], &own->run[to],
			(own->count - to) * sizeof(*own->run));
	for (size_t i = 0; i < n; i++)
		own->run[from + i] = runs[i];
	own->count = count;
	return SVSM_OK;
}

enum svsm_status
svsm_own_set(struct svsm_own *own, const struct svsm_range *range,
	     enum svsm_owner owner)
{
	uint64_t first = range->start.v >> SVSM_PAGE_SHIFT;
	uint64_t end = first + (range->len >> SVSM_PAGE_SHIFT);
	uint64_t runs[2];
	size_t from, to, n = 0;

	if (!is_pages(range) || end > PAGES_END)
		return SVSM_EINVAL;
	from = runs_before(own, first);
	/* All runs that begin inside, or right behind: mostly none or one. */
	for (to = from; to < own->count && run_page(own->run[to]) <= end;)
		to++;
	if (from == 0 || run_owner(own->run[from - 1]) != owner)
		runs[n++] = run_make(first, owner);
	/* What went on behind the range still does; at least one run is
	 * before @to, because the first one begins at page 0. */
	if (end < PAGES_END && run_owner(own->run[to - 1]) != owner)
		runs[n++] = run_make(end, run_owner(own->run[to - 1]));
	if (owner <= SVSM_OWN_INVALID)
		svsm_window_forget();
	return splice(own, from, to, runs, n);
}

enum svsm_owner
svsm_own_run(const struct svsm_own *own, svsm_gpa_t at, struct svsm_range *out)
{
	size_t i = run_at(own, at.v >> SVSM_PAGE_SHIFT);
	uint64_t start = svsm_align_down(at.v, SVSM_PAGE_BYTES);
	/* 2^64 has no place in a range: the last run lacks its last page. */
	uint64_t end = i + 1 < own->count ?
		run_end(own, i) << SVSM_PAGE_SHIFT : ~SVSM_PAGE_MASK;

	out->start.v = start;
	out->len = end - start;
	return run_owner(own->run[i]);
}
