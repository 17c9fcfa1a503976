/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Pages of ours, shared with the host and back. See share.h.
 */
#include <svsm/abi/ghcb.h>
#include <svsm/assert.h>
#include <svsm/paging.h>
#include <svsm/percpu.h>
#include <svsm/platform.h>
#include <svsm/psc.h>
#include <svsm/rmp.h>
#include <svsm/share.h>
#include <svsm/string.h>
#include <svsm/terminate.h>
#include <svsm/tlb.h>

static void *page_at(void *pages, size_t i)
{
	return (char *)pages + i * SVSM_PAGE_BYTES;
}

static enum svsm_status ask_host(void *pages, size_t count, unsigned op)
{
	struct svsm_range range = {
		{ (uintptr_t)pages }, count * SVSM_PAGE_BYTES,
	};

	return svsm_psc(svsm_plat_cpu()->ghcb, &range, 1, op, SVSM_PAGE_4K);
}

/* Can each page change on its own? Asked before anything has changed. */
static enum svsm_status check_mapped(void *pages, size_t count)
{
	if (!svsm_is_aligned((uintptr_t)pages, SVSM_PAGE_BYTES))
		return SVSM_EINVAL;
	for (size_t i = 0; i < count; i++) {
		struct svsm_mapping mapping;
		enum svsm_status status;

		status = svsm_paging_find(page_at(pages, i), &mapping);
		if (status != SVSM_OK)
			return status;
		if (mapping.size != SVSM_PAGE_4K)
			return SVSM_ESIZE;
	}
	return SVSM_OK;
}

/* check_mapped() said that it works. */
static void map_private(void *pages, size_t count, bool private)
{
	for (size_t i = 0; i < count; i++)
		svsm_assert(svsm_paging_set_private(page_at(pages, i),
						    private) == SVSM_OK);
}

static void rescind(void *pages, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (svsm_rmp_rescind(page_at(pages, i), SVSM_PAGE_4K) !=
		    SVSM_OK)
			svsm_terminate(SVSM_REASON_PAGE_LOST);
}

/*
 * The host may have others behind these addresses now, and CPUs may know the
 * ones from before the pages were rescinded.
 */
static void forget_translations(void)
{
	if (svsm_tlb_flush_pages() != SVSM_OK)
		svsm_terminate(SVSM_REASON_TLB_SYNC);
}

/* The host has made them private: accept and clear. */
static void accept(void *pages, size_t count)
{
	forget_translations();
	for (size_t i = 0; i < count; i++) {
		enum svsm_status status;

		status = svsm_rmp_validate(page_at(pages, i), SVSM_PAGE_4K);
		if (status == SVSM_ESTATE)
			svsm_terminate(SVSM_REASON_DOUBLE_VALIDATE);
		if (status != SVSM_OK)
			svsm_terminate(SVSM_REASON_PAGE_LOST);
		memset(page_at(pages, i), 0, SVSM_PAGE_BYTES);
	}
}

/* Undo a half-done share: some pages may be the host's already. There was
 * nothing in them, so losing them loses nothing. */
static enum svsm_status
take_back(void *pages, size_t count, enum svsm_status why)
{
	if (ask_host(pages, count, SVSM_PSC_OP_PRIVATE) != SVSM_OK)
		return SVSM_ESTATE;
	accept(pages, count);
	return why;
}

static void clear_shared(void *pages, size_t count)
{
	static const uint8_t zero[256];

	for (size_t at = 0; at < count * SVSM_PAGE_BYTES; at += sizeof(zero))
		if (!svsm_plat_copy((char *)pages + at, zero, sizeof(zero)))
			svsm_terminate(SVSM_REASON_PAGE_LOST);
}

enum svsm_status svsm_share(void *pages, size_t count)
{
	enum svsm_status status = check_mapped(pages, count);

	if (status != SVSM_OK)
		return status;
	svsm_wipe(pages, count * SVSM_PAGE_BYTES);
	rescind(pages, count);
	status = ask_host(pages, count, SVSM_PSC_OP_SHARED);
	if (status != SVSM_OK)
		return take_back(pages, count, status);
	map_private(pages, count, false);
	if (svsm_paging_flush() != SVSM_OK)
		return SVSM_ESTATE;
	clear_shared(pages, count);
	return SVSM_OK;
}

enum svsm_status svsm_unshare(void *pages, size_t count)
{
	enum svsm_status status = check_mapped(pages, count);

	if (status != SVSM_OK)
		return status;
	status = ask_host(pages, count, SVSM_PSC_OP_PRIVATE);
	if (status != SVSM_OK)
		return status;
	map_private(pages, count, true);
	if (svsm_paging_flush() != SVSM_OK)
		return SVSM_ESTATE;
	accept(pages, count);
	return SVSM_OK;
}

enum svsm_status
svsm_share_alloc(struct svsm_page_account *account, unsigned order, void **out)
{
	enum svsm_status status;
	void *block;

	status = svsm_page_alloc(account, order, &block);
	if (status != SVSM_OK)
		return status;
	status = svsm_share(block, (size_t)1 << order);
	if (status == SVSM_OK)
		*out = block;
	else if (status != SVSM_ESTATE)		/* private and zero again */
		svsm_assert(svsm_page_free_clean(account, block, order) ==
			    SVSM_OK);
	return status;
}

enum svsm_status
svsm_share_free(struct svsm_page_account *account, void *block, unsigned order)
{
	enum svsm_status status = svsm_unshare(block, (size_t)1 << order);

	if (status != SVSM_OK)
		return status;
	return svsm_page_free_clean(account, block, order);
}
