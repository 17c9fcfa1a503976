/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Page state changes: lists of at most 253 entries, progress checked.
 */
#include <svsm/abi/ghcb.h>
#include <svsm/log.h>
#include <svsm/psc.h>
#include <svsm/terminate.h>

#include "internal.h"

/* What we want, and how far the host is as far as we have verified. */
struct list {
	struct svsm_ghcb *ghcb;
	unsigned op;
	unsigned count;
	unsigned done;		/* entries */
	unsigned pages;		/* 4 KiB pages of the next entry */
	uint64_t entry[SVSM_PSC_ENTRIES];
};

static unsigned entry_pages(uint64_t entry)
{
	return entry & SVSM_PSC_HUGE ? 512 : 1;
}

/* How much further? An answer that cannot follow from the last ends it all. */
static bool advance(struct list *list, const struct svsm_abi_psc_header *header,
		uint64_t current)
{
	unsigned pages = 0;
	bool moved = header->cur_entry != list->done;

	if (header->reserved || header->end_entry != list->count - 1 ||
			header->cur_entry < list->done ||
			header->cur_entry > list->count)
		svsm_terminate(SVSM_REASON_PSC);
	if (header->cur_entry < list->count) {
		pages = current & SVSM_PSC_CUR_PAGE_MASK;
		if (pages > entry_pages(list->entry[header->cur_entry]) ||
				(!moved && pages < list->pages))
			svsm_terminate(SVSM_REASON_PSC);
	}
	moved |= pages != list->pages;
	list->done = header->cur_entry;
	list->pages = pages;
	return moved;
}

static enum svsm_status exit_once(struct list *list, bool *moved)
{
	struct svsm_abi_psc_header header = {
		.cur_entry = (uint16_t)list->done,
		.end_entry = (uint16_t)(list->count - 1),
	};
	uint64_t entry = list->entry[list->done];
	uint64_t current = 0;
	uint64_t error = 0;
	enum svsm_status status;

	list->entry[list->done] |= list->pages;
	status = ghcb_psc_round(list->ghcb, &header, list->entry, &current,
			&error);
	list->entry[list->done] = entry;
	if (status != SVSM_OK)
		return status;
	if (error) {
		svsm_error("page state change refused: %x %x",
				(uint32_t)(error >> 32), (uint32_t)error);
		return SVSM_EHOST;
	}
	*moved = advance(list, &header, current);
	return SVSM_OK;
}

static enum svsm_status submit(struct list *list)
{
	unsigned idle = 0;

	list->done = 0;
	list->pages = 0;
	while (list->done < list->count) {
		bool moved = false;
		enum svsm_status status = exit_once(list, &moved);

		if (status != SVSM_OK)
			return status;
		idle = moved ? 0 : idle + 1;
		if (idle == SVSM_PSC_IDLE_MAX)
			svsm_terminate(SVSM_REASON_PSC);
	}
	list->count = 0;
	return SVSM_OK;
}

static enum svsm_status add(struct list *list, uint64_t gpa,
		enum svsm_page_size size)
{
	list->entry[list->count++] = gpa |
		(uint64_t)list->op << SVSM_PSC_OP_SHIFT |
		(size == SVSM_PAGE_2M ? SVSM_PSC_HUGE : 0);
	return list->count == SVSM_PSC_ENTRIES ? submit(list) : SVSM_OK;
}

static enum svsm_status add_range(struct list *list,
		const struct svsm_range *range, enum svsm_page_size max)
{
	uint64_t off = 0;

	while (off < range->len) {
		uint64_t gpa = range->start.v + off;
		bool huge = max == SVSM_PAGE_2M &&
			svsm_is_aligned(gpa, SVSM_HUGE_BYTES) &&
			range->len - off >= SVSM_HUGE_BYTES;
		enum svsm_page_size size = huge ? SVSM_PAGE_2M : SVSM_PAGE_4K;
		enum svsm_status status = add(list, gpa, size);

		if (status != SVSM_OK)
			return status;
		off += svsm_page_bytes(size);
	}
	return SVSM_OK;
}

/* The frame field has 40 bits. */
static bool is_possible(const struct svsm_range *range)
{
	const uint64_t end = SVSM_PSC_FRAME_MASK + SVSM_PAGE_BYTES;

	return svsm_range_is_aligned(range, SVSM_PAGE_BYTES) &&
		range->start.v <= end && range->len <= end - range->start.v;
}

enum svsm_status
svsm_psc(struct svsm_ghcb *ghcb, const struct svsm_range *ranges, size_t n,
		unsigned op, enum svsm_page_size max)
{
	struct list list;
	enum svsm_status status = SVSM_OK;

	if (op != SVSM_PSC_OP_PRIVATE && op != SVSM_PSC_OP_SHARED)
		return SVSM_EINVAL;
	for (size_t i = 0; i < n; i++) {
		if (!is_possible(&ranges[i]))
			return SVSM_EINVAL;
	}
	list.ghcb = ghcb;
	list.op = op;
	list.count = 0;
	for (size_t i = 0; i < n && status == SVSM_OK; i++)
		status = add_range(&list, &ranges[i], max);
	if (status == SVSM_OK && list.count)
		status = submit(&list);
	return status;
}
