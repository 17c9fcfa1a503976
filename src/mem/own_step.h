/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * One step of the ownership map: what a change has to do, apart from doing it.
 */
#ifndef MEM_OWN_STEP_H
#define MEM_OWN_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include <svsm/own.h>

/** One more than the last page of 64 bits. */
#define OWN_PAGES_END	(1ull << (64 - SVSM_PAGE_SHIFT))

/** A range in pages: [first, end), not empty, end <= OWN_PAGES_END. */
struct own_pages {
	uint64_t first;
	uint64_t end;
};

/** What the map says at a range that is going to change. */
struct own_cut {
	enum svsm_owner before;	/* of the page before it; any, if none is */
	enum svsm_owner after;	/* of the page behind its last one, or of it */
	unsigned inner;		/* runs that begin inside, not at its start */
	bool first;		/* a run begins at its start */
	bool end;		/* a run begins behind it */
};

/** Where runs begin when it has changed. */
struct own_plan {
	bool first;
	bool end;
};

static inline uint64_t own_page(uint64_t address)
{
	return address >> SVSM_PAGE_SHIFT;
}

/** False: empty, or not made of pages, or it wraps. */
static inline bool
own_pages(const struct svsm_range *range, struct own_pages *out)
{
	uint64_t first = own_page(range->start.v);
	uint64_t n = own_page(range->len);

	if (n == 0 || ((range->start.v | range->len) & SVSM_PAGE_MASK) ||
	    n > OWN_PAGES_END - first)
		return false;
	out->first = first;
	out->end = first + n;
	return true;
}

/** Pages [page, end); 2^64 has no place in a range: the last page is cut. */
static inline struct svsm_range own_run_range(uint64_t page, uint64_t end)
{
	uint64_t stop = end < OWN_PAGES_END ? end : OWN_PAGES_END - 1;

	return (struct svsm_range){
		{ page << SVSM_PAGE_SHIFT }, (stop - page) << SVSM_PAGE_SHIFT,
	};
}

/** A run of @p owner begins at @p page, in [first, end]; they come in order. */
/*@ requires \valid(cut) && \valid_read(pages) && \separated(cut, pages);
  requires pages->first <= page <= pages->end && cut->inner < 0xffffffff;
  assigns cut->first, cut->end, cut->inner, cut->after;
  ensures cut->first <==> \old(cut->first) || page == pages->first;
  ensures page != pages->first ==>
    (cut->end <==> \old(cut->end) || page == pages->end);
  ensures cut->inner == \old(cut->inner) +
    (pages->first < page < pages->end ? 1 : 0);
  ensures cut->after == owner; */
static inline void
own_cut_count(struct own_cut *cut, const struct own_pages *pages, uint64_t page,
	      enum svsm_owner owner)
{
	if (page == pages->first)
		cut->first = true;
	else if (page == pages->end)
		cut->end = true;
	else
		cut->inner++;
	cut->after = owner;
}

/** A run begins where the owner changes, and at page 0. */
/*@ requires \valid_read(pages) && \valid_read(cut) && \valid(plan);
  requires \separated(plan, cut) && \separated(plan, pages);
  assigns plan->first, plan->end;
  ensures plan->first <==> pages->first == 0 || cut->before != owner;
  ensures plan->end <==>
    pages->end < 0x10000000000000 && cut->after != owner; */
static inline void
own_plan(const struct own_pages *pages, const struct own_cut *cut,
	 enum svsm_owner owner, struct own_plan *plan)
{
	plan->first = pages->first == 0 || cut->before != owner;
	plan->end = pages->end < OWN_PAGES_END && cut->after != owner;
}

/** Are there nodes enough, with those that the change gives back? */
/*@ requires \valid_read(cut) && \valid_read(plan);
  assigns \nothing;
  ensures \result <==>
    (plan->first ? 1 : 0) + (plan->end ? 1 : 0) <=
    (cut->first ? 1 : 0) + (cut->end ? 1 : 0) + cut->inner + free; */
static inline bool
own_fits(const struct own_cut *cut, const struct own_plan *plan, uint32_t free)
{
	uint64_t want = (uint64_t)plan->first + plan->end;
	uint64_t have = (uint64_t)cut->first + cut->end + cut->inner;

	return want <= have + free;
}

/** The run at the start goes on: what is behind the range begins later. */
static inline bool
own_moves_up(const struct own_cut *cut, const struct own_plan *plan)
{
	return cut->first && !plan->first && !cut->end && plan->end;
}

/** The run behind the range grows down to its start. */
static inline bool
own_moves_down(const struct own_cut *cut, const struct own_plan *plan)
{
	return cut->end && !plan->end && !cut->first && plan->first;
}

#endif
