/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A guest page between valid and invalid: the effects, in the order that never
 * shows a lower VMPL what was in it before.
 */
#include <svsm/abi/snp.h>
#include <svsm/assert.h>
#include <svsm/log.h>
#include <svsm/platform.h>
#include <svsm/rmp.h>
#include <svsm/string.h>
#include <svsm/terminate.h>
#include <svsm/window.h>

#include "internal.h"

/** The largest code that has a result of its own. */
#define LAST_CODE	15u

svsm_result_t instruction_result(uint32_t code)
{
	if (code == SVSM_RMP_UNCHANGED)
		return SVSM_ERR_UNCHANGED;
	if (code > LAST_CODE)
		return SVSM_ERR_INSTRUCTION_OTHER;
	return SVSM_ERR_INSTRUCTION(code);
}

void guest_flush(void)
{
	if (svsm_plat_tlb_flush_guests() != SVSM_OK)
		svsm_terminate(SVSM_REASON_TLB_SYNC);
}

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
	svsm_assert(set_owner(guest, run, owner) == SVSM_OK);
}

/* See the page at hand through the window. */
static svsm_result_t map_page(struct page_run *run)
{
	struct page_request *page = &run->page;
	struct svsm_window *window = run->window;
	enum svsm_status status;

	if (window->va)
		status = svsm_window_move(window, page->range.start);
	else
		status = svsm_window_map(page->range.start, page->size,
					 SVSM_WINDOW_WRITE, window);
	page->va = window->va;
	return svsm_result(status);
}

/* Map 4 KiB of a large page and let the guest have it. */
static svsm_result_t
grant_small(const struct svsm_guest *guest, svsm_gpa_t gpa)
{
	struct svsm_window window;
	enum svsm_status status;
	uint32_t code = 0;

	status = svsm_window_map(gpa, SVSM_PAGE_4K, SVSM_WINDOW_WRITE, &window);
	if (status != SVSM_OK)
		return svsm_result(status);
	status = svsm_rmp_grant(window.va, SVSM_PAGE_4K, guest->vmpl,
				SVSM_PERM_ALL, &code);
	svsm_window_unmap(&window);
	return status == SVSM_OK ? SVSM_SUCCESS : instruction_result(code);
}

/*
 * Give the page to the guest's level and those above. The host may have split
 * a 2 MiB page since we validated it; that is its right.
 */
static svsm_result_t
grant(const struct svsm_guest *guest, const struct page_request *page)
{
	svsm_result_t result = SVSM_SUCCESS;
	enum svsm_status status;
	uint32_t code = 0;

	status = svsm_rmp_grant(page->va, page->size, guest->vmpl,
				SVSM_PERM_ALL, &code);
	if (status == SVSM_OK)
		return SVSM_SUCCESS;
	if (status != SVSM_ESIZE)
		return instruction_result(code);
	for (uint64_t at = 0; at < page->range.len && result == SVSM_SUCCESS;
	     at += SVSM_PAGE_BYTES)
		result = grant_small(guest,
				     svsm_gpa(page->range.start.v + at));
	return result;
}

/* Nobody below us may use the page. */
static svsm_result_t revoke(const struct page_request *page)
{
	uint32_t code = 0;

	if (svsm_rmp_grant(page->va, page->size, 0, SVSM_PERM_NONE, &code) ==
	    SVSM_OK)
		return SVSM_SUCCESS;
	return instruction_result(code);
}

/*
 * A page that could not be granted: take back what the guest has of it. If that
 * fails too, the guest keeps a page of zeros that nothing else will use.
 */
static void withdraw(const struct page_request *page)
{
	if (revoke(page) != SVSM_SUCCESS)
		return;
	if (svsm_rmp_rescind(page->va, page->size) != SVSM_OK)
		svsm_warn("a page that could not be granted stays valid");
	guest_flush();
}

/* PVALIDATE, then nothing of what the page held is left. */
static svsm_result_t accept(const struct page_request *page)
{
	uint32_t code = 0;
	enum svsm_status status;

	status = svsm_rmp_pvalidate(page->va, page->size, true, &code);
	if (status == SVSM_ESTATE && page->ignore_unchanged)
		return revoke(page);
	return status == SVSM_OK ? SVSM_SUCCESS : instruction_result(code);
}

static svsm_result_t
make_valid(const struct svsm_guest *guest, const struct page_request *page)
{
	svsm_result_t result = accept(page);

	if (result != SVSM_SUCCESS)
		return result;
	svsm_plat_clear(page->va, page->range.len);
	result = grant(guest, page);
	if (result != SVSM_SUCCESS)
		withdraw(page);
	return result;
}

/*
 * The guest asks for a page that it has. PVALIDATE would accept whatever page
 * the host has put there meanwhile, so it is not executed again.
 */
static svsm_result_t
make_clear(const struct svsm_guest *guest, const struct page_request *page)
{
	svsm_result_t result;

	if (!page->ignore_unchanged)
		return SVSM_ERR_UNCHANGED;
	result = revoke(page);
	if (result != SVSM_SUCCESS)
		return result;
	guest_flush();
	svsm_plat_clear(page->va, page->range.len);
	return grant(guest, page);
}

svsm_result_t
guest_run_validate(struct svsm_guest *guest, struct page_run *run)
{
	struct page_request *page = &run->page;
	svsm_result_t result;

	result = svsm_result(set_owner(guest, run, SVSM_OWN_GUEST));
	if (result != SVSM_SUCCESS)
		return result;
	while (run->left) {
		result = map_page(run);
		if (result == SVSM_SUCCESS)
			result = page->valid ? make_clear(guest, page) :
				make_valid(guest, page);
		if (result != SVSM_SUCCESS)
			break;
		page->range.start.v += page->range.len;
		run->left--;
		run->done++;
	}
	if (run->left && !page->valid)
		set_back(guest, run, SVSM_OWN_INVALID);
	return result;
}

/*
 * @still_valid says which state a failure leaves. When the carry flag says that
 * the page was invalid, the host has taken it; the map follows the truth.
 */
static svsm_result_t
make_invalid(const struct page_request *page, bool *still_valid)
{
	svsm_result_t result = revoke(page);
	enum svsm_status status;
	uint32_t code = 0;

	*still_valid = true;
	if (result != SVSM_SUCCESS)
		return result;
	status = svsm_rmp_pvalidate(page->va, page->size, false, &code);
	*still_valid = status != SVSM_OK && status != SVSM_ESTATE;
	if (status == SVSM_OK ||
	    (status == SVSM_ESTATE && page->ignore_unchanged))
		return SVSM_SUCCESS;
	return instruction_result(code);
}

svsm_result_t
guest_run_rescind(struct svsm_guest *guest, struct page_run *run)
{
	const struct page_request *page = &run->page;
	svsm_result_t result;
	bool still_valid;

	svsm_assert(run->left == 1);
	if (!page->valid) {
		run->done = page->ignore_unchanged;
		return run->done ? SVSM_SUCCESS : SVSM_ERR_UNCHANGED;
	}
	result = map_page(run);
	if (result == SVSM_SUCCESS)
		result = svsm_result(set_owner(guest, run, SVSM_OWN_INVALID));
	if (result != SVSM_SUCCESS)
		return result;
	result = make_invalid(page, &still_valid);
	if (still_valid)
		set_back(guest, run, SVSM_OWN_GUEST);
	run->done = result == SVSM_SUCCESS;
	return result;
}
