/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * PVALIDATE for the guest: a list of pages, neighbours together.
 */
#include <svsm/abi/snp.h>
#include <svsm/core_protocol.h>
#include <svsm/window.h>

#include "internal.h"

/** Entries fetched at a time, and handled without giving up the lock. */
#define BATCH	256u

/** A list in progress; the guest cannot change what is in here. */
struct list {
	struct guest_list entries;
	uint64_t batch[BATCH];
	struct svsm_window small;	/* moves from page to page */
	struct svsm_window large;
	uint64_t budget;	/* pages that this call may still handle */
	struct svsm_stale stale;	/* what was taken away */
	bool revoked;		/* lower VMPLs may hold old translations */
	bool cut;		/* it has taken its own page away */
};

/* What a range of the map is, as far as the guest may change it. */
enum pages {
	PAGES_INVALID,
	PAGES_VALID,
	PAGES_MIXED,
	PAGES_FOREIGN,
};

/* All but the batch, which is large and read before it is looked at. */
static void list_init(struct list *list)
{
	list->small.va = NULL;
	list->large.va = NULL;
	list->budget = SVSM_PVALIDATE_BUDGET_PAGES;
	list->stale = (struct svsm_stale){ .start = UINT64_MAX };
	list->revoked = false;
	list->cut = false;
}

/*@ requires \valid(page);
  assigns page->size, page->ignore_unchanged, page->range;
  ensures \result == SVSM_SUCCESS ==>
    page->size == SVSM_PAGE_4K || page->size == SVSM_PAGE_2M;
  ensures \result == SVSM_SUCCESS ==> is_range(page->range);
  ensures \result == SVSM_SUCCESS ==>
    is_aligned(page->range.start.v, 0x1000);
  ensures \result == SVSM_SUCCESS ==> page->range.len ==
    (page->size == SVSM_PAGE_2M ? 0x200000 : 0x1000);
  ensures \result == SVSM_SUCCESS ==> page->size == SVSM_PAGE_2M ==>
    is_aligned(page->range.start.v, 0x200000); */
static svsm_result_t
entry_decode(uint64_t entry, struct page_request *page)
{
	uint64_t size = entry & SVSM_PVALIDATE_SIZE;
	uint64_t gpa = entry & SVSM_PVALIDATE_GPA;

	if ((entry & SVSM_PVALIDATE_RESERVED) || size > SVSM_PAGE_2M)
		return SVSM_ERR_INVALID_PARAMETER;
	page->size = (enum svsm_page_size)size;
	page->ignore_unchanged = entry & SVSM_PVALIDATE_IGNORE_CF;
	if (!svsm_is_aligned(gpa, svsm_page_bytes(page->size)))
		return SVSM_ERR_INVALID_PARAMETER;
	return svsm_result(svsm_range_make(gpa, svsm_page_bytes(page->size),
					   &page->range));
}

/* @alike: pages of the same kind from the range's start on. */
static enum pages
classify(const struct svsm_own *own, const struct svsm_range *range,
	 uint64_t *alike)
{
	const unsigned own_pages = 1u << SVSM_OWN_INVALID |
		1u << SVSM_OWN_GUEST;
	struct svsm_range run;
	enum svsm_owner owner = svsm_own_run(own, range->start, &run);

	*alike = run.len >> SVSM_PAGE_SHIFT;
	if (owner != SVSM_OWN_INVALID && owner != SVSM_OWN_GUEST)
		return PAGES_FOREIGN;
	if (range->len <= run.len)
		return owner == SVSM_OWN_GUEST ? PAGES_VALID : PAGES_INVALID;
	return svsm_own_mask(own, range) & ~own_pages ?
		PAGES_FOREIGN : PAGES_MIXED;
}

/*
 * How many of the @n entries ask for the same of neighbouring small pages: at
 * least one, at most @most.
 */
static uint64_t
neighbours(const struct svsm_own *own, const uint64_t *entry, unsigned n,
	   uint64_t most)
{
	const uint64_t *at = entry + 1;
	const uint64_t *end = entry + (n < most ? n : most);
	uint64_t next = *entry + SVSM_PAGE_BYTES;

	if ((*entry & SVSM_PVALIDATE_SIZE) || !svsm_own_has_room(own, 2))
		return 1;
	for (; at < end && *at == next; at++)
		next += SVSM_PAGE_BYTES;
	return (uint64_t)(at - entry);
}

/* Small pages from this one on that are not of the list itself; 0: it is. */
static uint64_t
before_list(const struct list *list, const struct svsm_range *page)
{
	uint64_t first = svsm_align_down(list->entries.umem.range.start.v,
					 SVSM_PAGE_BYTES);

	if (svsm_range_overlaps(page, &list->entries.umem.range))
		return 0;
	if (page->start.v > first)
		return UINT64_MAX;
	return (first - page->start.v) >> SVSM_PAGE_SHIFT;
}

/* Rescind neighbours; the page with the list alone, it ends the list. */
static svsm_result_t
run_rescind(struct svsm_guest *guest, struct list *list, const uint64_t *entry,
	    unsigned n, struct page_run *run)
{
	uint64_t most = before_list(list, &run->page.range);

	list->cut |= most == 0;
	run->left = neighbours(&guest->own, entry, n,
			       most < run->left ? most : run->left);
	return guest_run_rescind(guest, run);
}

/*
 * What has been taken away, seen as one range: flushed once, at the end. The
 * others see it from before the lock is given up until then.
 */
static void
note_stale(struct svsm_guest *guest, struct list *list, uint64_t start,
	   const struct page_run *run)
{
	struct svsm_stale *stale = &list->stale;
	/* With the page that failed, which may have been withdrawn. */
	uint64_t end = run->page.range.start.v +
		(run->left ? run->page.range.len : 0);

	if (!run->revoked)
		return;
	if (!list->revoked) {
		stale->next = guest->stale;
		guest->stale = stale;
	}
	list->revoked = true;
	if (start < stale->start)
		stale->start = start;
	if (end > stale->end)
		stale->end = end;
}

/* Flush what was taken away; from now on it may be validated again. */
static void flush_stale(struct svsm_guest *guest, struct list *list)
{
	struct svsm_stale **at = &guest->stale;

	guest_flush(guest);
	svsm_lock_acquire(&guest->own.lock);
	while (*at != &list->stale)
		at = &(*at)->next;
	*at = list->stale.next;
	svsm_lock_release(&guest->own.lock);
}

/* The call that has taken away one of these, and not flushed yet, or NULL. */
static const struct svsm_stale *
find_stale(const struct svsm_guest *guest, uint64_t start, uint64_t end)
{
	for (const struct svsm_stale *at = guest->stale; at; at = at->next) {
		if (start < at->end && at->start < end)
			return at;
	}
	return NULL;
}

/* Validate neighbours, none of which waits for a flush. */
static svsm_result_t
run_validate(struct svsm_guest *guest, const struct list *list,
	     const uint64_t *entry, unsigned n, struct page_run *run)
{
	uint64_t start = run->page.range.start.v;
	const struct svsm_stale *stale;

	run->left = neighbours(&guest->own, entry, n, run->left);
	stale = find_stale(guest, start,
			   start + run->left * run->page.range.len);
	if (stale)
		return stale == &list->stale ? SVSM_ERR_INCOMPLETE :
			SVSM_ERR_BUSY;
	return guest_run_validate(guest, run);
}

static svsm_result_t
run_apply(struct svsm_guest *guest, struct list *list, const uint64_t *entry,
	  unsigned n, struct page_run *run)
{
	struct page_request *page = &run->page;
	uint64_t alike;
	enum pages pages = classify(&guest->own, &page->range, &alike);

	if (pages == PAGES_FOREIGN)
		return SVSM_ERR_INVALID_ADDRESS;
	if (pages == PAGES_MIXED)	/* small steps will tell them apart */
		return SVSM_ERR_INSTRUCTION(SVSM_RMP_SIZE);
	page->valid = pages == PAGES_VALID;
	run->left = alike < list->budget ? alike : list->budget;
	return *entry & SVSM_PVALIDATE_VALID ?
		run_validate(guest, list, entry, n, run) :
		run_rescind(guest, list, entry, n, run);
}

/* Handle the first of @n entries and those that go with it. */
static svsm_result_t
run_handle(struct svsm_guest *guest, struct list *list, const uint64_t *entry,
	   unsigned n, unsigned *done)
{
	struct page_run run = { .left = 0 };
	svsm_result_t result = entry_decode(*entry, &run.page);
	uint64_t pages = run.page.range.len >> SVSM_PAGE_SHIFT;
	uint64_t start = run.page.range.start.v;

	if (result != SVSM_SUCCESS)
		return result;
	if (pages > list->budget)
		return SVSM_ERR_INCOMPLETE;
	run.window = run.page.size == SVSM_PAGE_4K ? &list->small :
		&list->large;
	result = run_apply(guest, list, entry, n, &run);
	*done = run.done;
	list->budget -= pages * run.done;
	note_stale(guest, list, start, &run);
	return result;
}

/*
 * Handle fetched entries under the lock; others get it between large pages,
 * which take long to clear. Counts the finished ones in @next.
 */
static svsm_result_t
batch_handle(struct svsm_guest *guest, struct list *list, unsigned n,
	     uint16_t *next)
{
	svsm_result_t result = SVSM_SUCCESS;
	unsigned done;

	svsm_lock_acquire(&guest->own.lock);
	for (unsigned i = 0; i < n && !list->cut; i += done) {
		const uint64_t *entry = &list->batch[i];

		done = 0;
		result = run_handle(guest, list, entry, n - i, &done);
		*next = (uint16_t)(*next + done);
		if (result != SVSM_SUCCESS)
			break;
		if (*entry & SVSM_PVALIDATE_SIZE) {
			svsm_lock_release(&guest->own.lock);
			svsm_lock_acquire(&guest->own.lock);
		}
	}
	svsm_lock_release(&guest->own.lock);
	return result;
}

/* Fetch the next entries, each once, and handle them. */
static svsm_result_t
list_step(struct svsm_guest *guest, struct list *list, uint16_t *next)
{
	unsigned left = list->entries.header.count - *next;
	unsigned n = left < BATCH ? left : BATCH;
	enum svsm_status status;

	if (list->cut)
		return SVSM_ERR_INVALID_ADDRESS;
	status = guest_list_fetch(&list->entries, *next, n, list->batch);
	if (status != SVSM_OK)
		return svsm_result(status);
	return batch_handle(guest, list, n, next);
}

static svsm_result_t
list_close(struct svsm_guest *guest, struct list *list, uint16_t next)
{
	svsm_window_unmap(&list->small);
	svsm_window_unmap(&list->large);
	if (list->revoked)
		flush_stale(guest, list);
	return guest_list_close(&list->entries, next);
}

svsm_result_t core_pvalidate(struct svsm_call *call)
{
	struct list list;
	svsm_result_t result, closed;
	uint16_t next;

	list_init(&list);
	result = guest_list_open(call, &list.entries);
	if (result != SVSM_SUCCESS)
		return result;
	next = list.entries.header.next;
	while (next < list.entries.header.count && result == SVSM_SUCCESS)
		result = list_step(call->guest, &list, &next);
	closed = list_close(call->guest, &list, next);
	return result == SVSM_SUCCESS ? closed : result;
}
