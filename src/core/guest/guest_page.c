/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * One guest page between valid and invalid, with what can go wrong: the
 * effects, in the order that never shows a lower VMPL what was in it before.
 */
#include <svsm/abi/snp.h>
#include <svsm/assert.h>
#include <svsm/platform.h>
#include <svsm/rmp.h>
#include <svsm/string.h>
#include <svsm/terminate.h>

#include "internal.h"

/** The largest code that has a result of its own. */
#define LAST_CODE	15u

/*@ assigns \nothing;
  ensures code <= 15 ==> \result == 0x80001000 + code;
  ensures code == 16 ==> \result == 0x80001010;
  ensures code > 16 ==> \result == 0x80001011; */
svsm_result_t instruction_result(uint32_t code)
{
	if (code == SVSM_RMP_UNCHANGED)
		return SVSM_ERR_UNCHANGED;
	if (code > LAST_CODE)
		return SVSM_ERR_INSTRUCTION_OTHER;
	return SVSM_ERR_INSTRUCTION(code);
}

static void *small_page(const struct page_request *page, uint64_t at)
{
	return (char *)page->va + at;
}

/* The host may have split a 2 MiB page since we validated it; it has a right
 * to. */
static svsm_result_t
grant_in_small_steps(const struct svsm_guest *guest,
		     const struct page_request *page)
{
	uint32_t code = 0;

	for (uint64_t at = 0; at < page->range.len; at += SVSM_PAGE_BYTES)
		if (svsm_rmp_grant(small_page(page, at), SVSM_PAGE_4K,
				   guest->vmpl, SVSM_PERM_ALL, &code) !=
		    SVSM_OK)
			return instruction_result(code);
	return SVSM_SUCCESS;
}

/* Give the page to the guest's level and those above. */
static svsm_result_t
grant(const struct svsm_guest *guest, const struct page_request *page)
{
	uint32_t code = 0;

	switch (svsm_rmp_grant(page->va, page->size, guest->vmpl,
			       SVSM_PERM_ALL, &code)) {
	case SVSM_OK:
		return SVSM_SUCCESS;
	case SVSM_ESIZE:
		return grant_in_small_steps(guest, page);
	default:
		return instruction_result(code);
	}
}

/*
 * A page that could not be granted: take back what the guest has of it, in
 * small steps, which work whoever has split it. If that fails too, or changes
 * nothing, a page is valid that the map does not know: the VM ends.
 */
static void withdraw(struct page_run *run)
{
	const struct page_request *page = &run->page;
	for (uint64_t at = 0; at < page->range.len; at += SVSM_PAGE_BYTES) {
		void *va = small_page(page, at);

		if (svsm_rmp_grant(va, SVSM_PAGE_4K, 0, SVSM_PERM_NONE,
				   NULL) != SVSM_OK ||
		    svsm_rmp_rescind(va, SVSM_PAGE_4K) != SVSM_OK)
			svsm_terminate(SVSM_REASON_PAGE_LOST);
	}
	run->revoked = true;
}

svsm_result_t page_refused(struct svsm_pvalidate_out out)
{
	uint32_t code = 0;

	svsm_assert(svsm_rmp_judge(out, &code) != SVSM_OK);
	return instruction_result(code);
}

svsm_result_t
page_not_validated(const struct svsm_guest *guest, struct page_run *run,
		   struct svsm_pvalidate_out out)
{
	const struct page_request *page = &run->page;
	svsm_result_t result;

	if (out.code || !page->ignore_unchanged)
		return page_refused(out);
	result = page_clear(guest, page);
	if (result != SVSM_SUCCESS)
		withdraw(run);
	return result;
}

svsm_result_t
page_not_granted(const struct svsm_guest *guest, struct page_run *run,
		 uint32_t code)
{
	svsm_result_t result;

	if (code == SVSM_RMP_SIZE)
		result = grant_in_small_steps(guest, &run->page);
	else
		result = page_refused((struct svsm_pvalidate_out){ code, 0 });
	if (result != SVSM_SUCCESS)
		withdraw(run);
	return result;
}

/*
 * The guest asks for a page that it has. PVALIDATE would accept whatever page
 * the host has put there meanwhile, so it is not executed again. The guest has
 * it all the time, so it is written as other memory of the guest's is.
 */
svsm_result_t
page_clear(const struct svsm_guest *guest, const struct page_request *page)
{
	static const uint8_t zero[512];

	if (!page->ignore_unchanged)
		return SVSM_ERR_UNCHANGED;
	for (uint64_t at = 0; at < page->range.len; at += sizeof(zero))
		if (!svsm_plat_copy((char *)page->va + at, zero, sizeof(zero)))
			return SVSM_ERR_INVALID_ADDRESS;
	return grant(guest, page);
}
