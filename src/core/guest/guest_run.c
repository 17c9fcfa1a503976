/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Runs of guest pages between valid and invalid. Two loops do what every page
 * needs when nothing goes wrong: there are no calls in them, because a guest
 * accepts its memory through them. What goes wrong is left to guest_page.c,
 * one page at a time.
 */
#include <svsm/abi/snp.h>
#include <svsm/assert.h>
#include <svsm/platform.h>
#include <svsm/rmp.h>
#include <svsm/terminate.h>
#include <svsm/window.h>

#include "internal.h"

/** RDX of the RMPADJUSTs that a page needs, one for each lower VMPL. */
struct adjust {
	uint64_t rdx[SVSM_VMPLS - 1];
};

enum stop_at {
	STOP_END,
	STOP_PVALIDATE,
	STOP_RMPADJUST,
};

/* Which instruction did not say plain success, and what it said. */
struct stop {
	enum stop_at at;
	struct svsm_pvalidate_out out;
};

/* What is left of a run. */
static struct svsm_range rest(const struct page_run *run)
{
	return (struct svsm_range){
		run->page.range.start,
		run->left * svsm_page_bytes(run->page.size),
	};
}

static enum svsm_status
set_owner(struct svsm_guest *guest, const struct page_run *run,
	  enum svsm_owner owner)
{
	struct svsm_range range = rest(run);

	return svsm_own_set(&guest->own, &range, owner);
}

/* Put the map back; there is room, or what fitted before fits again. */
static void set_back(struct svsm_guest *guest, const struct page_run *run,
		     enum svsm_owner owner)
{
	svsm_assert(run->left == 0 || set_owner(guest, run, owner) == SVSM_OK);
}

/* The next @n pages are behind us, finished or not. */
static void skip(struct page_run *run, uint64_t n)
{
	run->page.range.start.v += n * run->page.range.len;
	run->left -= n;
}

static void finish(struct page_run *run, uint64_t n)
{
	skip(run, n);
	run->done += (unsigned)n;
}

/* See the first page through the window, which can go on to the last. */
static enum svsm_status map_first(struct page_run *run)
{
	struct page_request *page = &run->page;
	struct svsm_window *window = run->window;
	svsm_gpa_t last = { page->range.start.v +
		(run->left - 1) * page->range.len };
	enum svsm_status status;

	if (!svsm_window_can_map(last, page->size))
		return SVSM_EINVAL;
	if (window->va)
		status = svsm_window_move(window, page->range.start);
	else
		status = svsm_window_map(page->range.start, page->size,
					 SVSM_WINDOW_WRITE, window);
	page->va = window->va;
	return status;
}

static void adjust_make(struct adjust *adjust, unsigned vmpl)
{
	for (unsigned level = 1; level < SVSM_VMPLS; level++)
		adjust->rdx[level - 1] = level | (level > vmpl ? 0 :
			SVSM_PERM_ALL << SVSM_RMPADJUST_PERMS_SHIFT);
}

/* The first code that is not success. */
static inline uint32_t
adjust_page(void *va, bool huge, const struct adjust *adjust)
{
	uint32_t code = svsm_plat_rmpadjust(va, huge, adjust->rdx[0]);

	if (!code)
		code = svsm_plat_rmpadjust(va, huge, adjust->rdx[1]);
	if (!code)
		code = svsm_plat_rmpadjust(va, huge, adjust->rdx[2]);
	return code;
}

static void
stop_here(struct stop *stop, enum stop_at at, uint32_t code, bool unchanged)
{
	stop->at = at;
	stop->out.code = code;
	stop->out.unchanged = unchanged;
}

/* Validate, clear and grant until an instruction has something to say. */
static void validate_pages(struct page_run *run, const struct adjust *adjust,
			   struct stop *stop)
{
	const bool huge = run->page.size == SVSM_PAGE_2M;
	const uint64_t bytes = run->page.range.len;
	const struct svsm_window window = *run->window;
	uint64_t left = run->left;

	stop->at = STOP_END;
	for (;;) {
		struct svsm_pvalidate_out out;
		uint32_t code;

		out = svsm_plat_pvalidate(window.va, huge, true);
		if (out.unchanged) {
			stop_here(stop, STOP_PVALIDATE, out.code, true);
			break;
		}
		if (out.code) {
			stop_here(stop, STOP_PVALIDATE, out.code, false);
			break;
		}
		svsm_plat_clear(window.va, bytes);
		code = adjust_page(window.va, huge, adjust);
		if (code) {
			stop_here(stop, STOP_RMPADJUST, code, false);
			break;
		}
		if (--left == 0)
			break;
		svsm_window_next(&window, bytes);
	}
	finish(run, run->left - left);
}

static svsm_result_t
validate_run(const struct svsm_guest *guest, struct page_run *run)
{
	svsm_result_t result;
	struct adjust adjust;
	struct stop stop;

	adjust_make(&adjust, guest->vmpl);
	for (;;) {
		validate_pages(run, &adjust, &stop);
		if (stop.at == STOP_END)
			return SVSM_SUCCESS;
		if (stop.at == STOP_PVALIDATE)
			result = page_not_validated(guest, run, stop.out);
		else
			result = page_not_granted(guest, run, stop.out.code);
		if (result != SVSM_SUCCESS)
			return result;
		finish(run, 1);
		if (run->left == 0)
			return SVSM_SUCCESS;
		svsm_window_next(run->window, run->page.range.len);
	}
}

static svsm_result_t
clear_run(const struct svsm_guest *guest, struct page_run *run)
{
	for (;;) {
		svsm_result_t result = page_clear(guest, &run->page);

		if (result != SVSM_SUCCESS)
			return result;
		finish(run, 1);
		if (run->left == 0)
			return result;
		svsm_window_next(run->window, run->page.range.len);
	}
}

svsm_result_t
guest_run_validate(struct svsm_guest *guest, struct page_run *run)
{
	enum svsm_status status = set_owner(guest, run, SVSM_OWN_GUEST);
	svsm_result_t result;

	if (status != SVSM_OK)
		return svsm_result(status);
	result = svsm_result(map_first(run));
	if (result == SVSM_SUCCESS)
		result = run->page.valid ? clear_run(guest, run) :
			validate_run(guest, run);
	if (!run->page.valid)
		set_back(guest, run, SVSM_OWN_INVALID);
	return result;
}

/* Revoke and rescind until an instruction has something to say. */
static void rescind_pages(struct page_run *run, const struct adjust *adjust,
			  struct stop *stop)
{
	const bool huge = run->page.size == SVSM_PAGE_2M;
	const uint64_t bytes = run->page.range.len;
	const struct svsm_window window = *run->window;
	uint64_t left = run->left;

	stop->at = STOP_END;
	for (;;) {
		struct svsm_pvalidate_out out;
		uint32_t code = adjust_page(window.va, huge, adjust);

		if (code) {
			stop_here(stop, STOP_RMPADJUST, code, false);
			break;
		}
		out = svsm_plat_pvalidate(window.va, huge, false);
		if (out.unchanged) {
			stop_here(stop, STOP_PVALIDATE, out.code, true);
			break;
		}
		if (out.code) {
			stop_here(stop, STOP_PVALIDATE, out.code, false);
			break;
		}
		if (--left == 0)
			break;
		svsm_window_next(&window, bytes);
	}
	finish(run, run->left - left);
}

/*
 * The carry flag says that a page which we have validated is invalid: the host
 * has put another one there, and the first one is valid still. To go on would
 * be to have two for one address.
 */
static svsm_result_t rescind_run(struct page_run *run)
{
	struct adjust adjust;
	struct stop stop;

	adjust_make(&adjust, 0);
	rescind_pages(run, &adjust, &stop);
	if (stop.at == STOP_END)
		return SVSM_SUCCESS;
	if (!stop.out.code)
		svsm_terminate(SVSM_REASON_PAGE_LOST);
	return page_refused(stop.out);
}

svsm_result_t
guest_run_rescind(struct svsm_guest *guest, struct page_run *run)
{
	enum svsm_status status;
	svsm_result_t result;

	if (!run->page.valid) {
		if (!run->page.ignore_unchanged)
			return SVSM_ERR_UNCHANGED;
		finish(run, run->left);
		return SVSM_SUCCESS;
	}
	status = map_first(run);
	if (status == SVSM_OK)
		status = set_owner(guest, run, SVSM_OWN_INVALID);
	if (status != SVSM_OK)
		return svsm_result(status);
	run->revoked = true;
	result = rescind_run(run);
	set_back(guest, run, SVSM_OWN_GUEST);
	return result;
}
