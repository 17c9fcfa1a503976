/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * PVALIDATE for the guest: a list of pages, one entry at a time.
 */
#include <svsm/abi/snp.h>
#include <svsm/core_protocol.h>

#include "internal.h"

/** A list in progress; the guest cannot change what is in here. */
struct list {
	struct svsm_umem umem;
	struct svsm_abi_pvalidate header;
	uint64_t budget;	/* pages that this call may still handle */
	bool revoked;		/* lower VMPLs may hold old translations */
};

/* What a range of the map is, as far as the guest may change it. */
enum pages {
	PAGES_INVALID,
	PAGES_VALID,
	PAGES_MIXED,
	PAGES_FOREIGN,
};

/*
 * Open the list and take its header: the one fetch that decides how many
 * entries there are.
 */
static svsm_result_t list_open(const struct svsm_call *call, struct list *list)
{
	uint64_t gpa = call->in[SVSM_RCX];
	struct svsm_abi_pvalidate *header = &list->header;
	enum svsm_status status;
	uint64_t room;

	if (!svsm_is_aligned(gpa, sizeof(*header)))
		return SVSM_ERR_INVALID_PARAMETER;
	status = svsm_call_umem(call, gpa, sizeof(*header), SVSM_READ,
				&list->umem);
	if (status == SVSM_OK)
		status = svsm_umem_read(&list->umem, 0, header,
					sizeof(*header));
	if (status != SVSM_OK)
		return svsm_result(status);
	room = SVSM_PAGE_BYTES - (gpa & SVSM_PAGE_MASK) - sizeof(*header);
	if (header->count == 0 || header->count > room / sizeof(uint64_t) ||
	    header->next >= header->count)
		return SVSM_ERR_INVALID_PARAMETER;
	return svsm_result(svsm_call_umem(call, gpa,
		sizeof(*header) + header->count * sizeof(uint64_t),
		SVSM_READ_WRITE, &list->umem));
}

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

static enum pages
classify(const struct svsm_own *own, const struct svsm_range *range)
{
	static const enum svsm_owner foreign[] = {
		SVSM_OWN_NONE, SVSM_OWN_SVSM, SVSM_OWN_CAA, SVSM_OWN_VMSA,
	};

	if (svsm_own_is(own, range, SVSM_OWN_INVALID))
		return PAGES_INVALID;
	if (svsm_own_is(own, range, SVSM_OWN_GUEST))
		return PAGES_VALID;
	for (size_t i = 0; i < SVSM_ARRAY_SIZE(foreign); i++)
		if (svsm_own_any(own, range, foreign[i]))
			return PAGES_FOREIGN;
	return PAGES_MIXED;
}

/* Under the lock: the decision and what follows from it. */
static svsm_result_t
entry_apply(struct svsm_guest *guest, struct list *list, uint64_t entry,
	    const struct page_request *page)
{
	enum pages pages = classify(&guest->own, &page->range);

	if (pages == PAGES_FOREIGN)
		return SVSM_ERR_INVALID_ADDRESS;
	if (pages == PAGES_MIXED)	/* small steps will tell them apart */
		return SVSM_ERR_INSTRUCTION(SVSM_RMP_SIZE);
	if (entry & SVSM_PVALIDATE_VALID)
		return guest_page_validate(guest, page);
	if (pages == PAGES_VALID)
		list->revoked = true;
	return guest_page_rescind(guest, page);
}

static svsm_result_t
entry_handle(struct svsm_guest *guest, struct list *list, unsigned i)
{
	struct page_request page;
	enum svsm_status status;
	svsm_result_t result;
	uint64_t entry;

	status = svsm_umem_read(&list->umem,
				sizeof(list->header) + i * sizeof(entry),
				&entry, sizeof(entry));
	if (status != SVSM_OK)
		return svsm_result(status);
	result = entry_decode(entry, &page);
	if (result != SVSM_SUCCESS)
		return result;
	if (page.range.len > list->budget * SVSM_PAGE_BYTES)
		return SVSM_ERR_INCOMPLETE;
	list->budget -= page.range.len >> SVSM_PAGE_SHIFT;
	svsm_lock_acquire(&guest->own.lock);
	result = entry_apply(guest, list, entry, &page);
	svsm_lock_release(&guest->own.lock);
	return result;
}

svsm_result_t core_pvalidate(struct svsm_call *call)
{
	struct list list = { .budget = SVSM_PVALIDATE_BUDGET_PAGES };
	svsm_result_t result = list_open(call, &list);
	enum svsm_status status;
	uint16_t next;

	if (result != SVSM_SUCCESS)
		return result;
	next = list.header.next;
	while (next < list.header.count && result == SVSM_SUCCESS) {
		result = entry_handle(call->guest, &list, next);
		if (result == SVSM_SUCCESS)
			next++;
	}
	if (list.revoked)
		guest_flush();
	status = svsm_umem_write(&list.umem,
				 offsetof(struct svsm_abi_pvalidate, next),
				 &next, sizeof(next));
	if (result == SVSM_SUCCESS)
		result = svsm_result(status);
	return result;
}
