/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Page state changes. The list is made from the caller's ranges for every exit
 * anew, beginning with what is not done: nothing of the host's copy is used
 * but how far it came, and no list is kept on the stack.
 */
#include <svsm/abi/ghcb.h>
#include <svsm/log.h>
#include <svsm/psc.h>
#include <svsm/terminate.h>

#include "internal.h"

/* Entries that are made at a time. */
#define CHUNK 16u

/* What we want, and how far the host is as far as we have verified. */
struct change {
	const struct svsm_range *ranges;
	size_t n;		/* ranges left, the first one from `off` on */
	uint64_t off;
	uint64_t op;
	enum svsm_page_size max;
	unsigned pages;		/* of the next entry: 4 KiB pages done */
};

/* Take one entry off the front; false when nothing is left. */
static bool next(struct change *change, uint64_t *entry)
{
	const struct svsm_range *range = change->ranges;
	uint64_t gpa, left;
	bool huge;

	for (; change->n && change->off == range->len; change->off = 0) {
		range = ++change->ranges;
		change->n--;
	}
	if (!change->n)
		return false;
	gpa = range->start.v + change->off;
	left = range->len - change->off;
	huge = change->max == SVSM_PAGE_2M && left >= SVSM_HUGE_BYTES &&
		svsm_is_aligned(gpa, SVSM_HUGE_BYTES);
	*entry = gpa | change->op << SVSM_PSC_OP_SHIFT |
		(huge ? SVSM_PSC_HUGE : 0);
	change->off += huge ? SVSM_HUGE_BYTES : SVSM_PAGE_BYTES;
	return true;
}

/*@ assigns \nothing;
  ensures \result == ((entry & SVSM_PSC_HUGE) != 0 ? 512 : 1); */
static unsigned entry_pages(uint64_t entry)
{
	return entry & SVSM_PSC_HUGE ? 512 : 1;
}

static unsigned make_chunk(struct change *rest, uint64_t entry[CHUNK],
		unsigned room)
{
	unsigned n = 0;

	while (n < CHUNK && n < room && next(rest, &entry[n])) {
		entry[n++] |= rest->pages;
		rest->pages = 0;
	}
	return n;
}

/*@ requires index < SVSM_PSC_ENTRIES;
  assigns \nothing;
  ensures \result == 8 + 8 * index;
  ensures \result + 8 <= SVSM_GHCB_BUF_BYTES; */
static size_t entry_offset(unsigned index)
{
	return sizeof(struct svsm_abi_psc_header) + index * sizeof(uint64_t);
}

/* Write as many entries as there are and fit. */
static enum svsm_status write_list(struct svsm_ghcb *ghcb,
		struct change rest, unsigned *count)
{
	struct svsm_abi_psc_header header = { 0 };
	uint64_t entry[CHUNK];
	enum svsm_status status = SVSM_OK;
	unsigned n;

	*count = 0;
	while (status == SVSM_OK && (n = make_chunk(&rest, entry,
			SVSM_PSC_ENTRIES - *count)) != 0) {
		status = ghcb_buf_write(ghcb, entry_offset(*count), entry,
				n * sizeof(entry[0]));
		*count += n;
	}
	if (status != SVSM_OK || !*count)
		return status;
	header.end_entry = (uint16_t)(*count - 1);
	return ghcb_buf_write(ghcb, 0, &header, sizeof(header));
}

/* The host's words about a list of `count` entries. */
struct progress {
	unsigned count;
	struct svsm_abi_psc_header header;
	uint64_t entry;		/* its copy of the one it has come to */
	uint64_t error;
};

static enum svsm_status read_progress(struct svsm_ghcb *ghcb,
		struct progress *progress)
{
	enum svsm_status status;

	status = ghcb_buf_read(ghcb, 0, &progress->header,
			sizeof(progress->header));
	if (status != SVSM_OK || progress->header.cur_entry >= progress->count)
		return status;
	return ghcb_buf_read(ghcb, entry_offset(progress->header.cur_entry),
			&progress->entry, sizeof(progress->entry));
}

/* One exit, with the page taken. */
static enum svsm_status ask(struct svsm_ghcb *ghcb, const struct change *change,
		struct progress *progress)
{
	struct ghcb_request request = { .code = SVSM_NAE_PSC,
		.has_scratch = true };
	struct ghcb_answer answer;
	enum svsm_status status = write_list(ghcb, *change, &progress->count);

	if (status != SVSM_OK || !progress->count)
		return status;
	status = ghcb_exit(ghcb, &request, &answer);
	if (status != SVSM_OK)
		return status;
	progress->error = answer.info2;
	return read_progress(ghcb, progress);
}

/* Can the header be ours, gone on with? */
/*@ requires \valid_read(progress) && 1 <= progress->count <= SVSM_PSC_ENTRIES;
  assigns \nothing;
  ensures \result ==> progress->header.cur_entry <= progress->count;
  ensures \result <==> progress->header.reserved == 0 &&
    progress->header.end_entry == progress->count - 1 &&
    progress->header.cur_entry <= progress->count; */
static bool is_answer(const struct progress *progress)
{
	const struct svsm_abi_psc_header *header = &progress->header;

	return !header->reserved && header->end_entry == progress->count - 1 &&
		header->cur_entry <= progress->count;
}

/* How much further? An answer that cannot be true ends it all. */
static bool advance(struct change *change, const struct progress *progress)
{
	const struct svsm_abi_psc_header *header = &progress->header;
	unsigned before = change->pages;
	struct change peek;
	uint64_t entry;

	if (!is_answer(progress))
		svsm_terminate(SVSM_REASON_PSC);
	for (unsigned i = 0; i < header->cur_entry; i++)
		next(change, &entry);
	change->pages = progress->entry & SVSM_PSC_CUR_PAGE_MASK;
	peek = *change;
	if (next(&peek, &entry) && change->pages > entry_pages(entry))
		svsm_terminate(SVSM_REASON_PSC);
	if (header->cur_entry)
		return true;
	if (change->pages < before)
		svsm_terminate(SVSM_REASON_PSC);
	return change->pages != before;
}

/* One exit; *more says whether something is left to be done. */
static enum svsm_status exit_once(struct svsm_ghcb *ghcb,
		struct change *change, unsigned *idle, bool *more)
{
	struct progress progress = { 0 };
	enum svsm_status status = ghcb_begin(ghcb);

	if (status != SVSM_OK)
		return status;
	status = ask(ghcb, change, &progress);
	ghcb_end(ghcb);
	*more = progress.count != 0;
	if (status != SVSM_OK || !*more)
		return status;
	if (progress.error) {
		svsm_error("page state change refused: %x %x",
				(uint32_t)(progress.error >> 32),
				(uint32_t)progress.error);
		return SVSM_EHOST;
	}
	*idle = advance(change, &progress) ? 0 : *idle + 1;
	if (*idle == SVSM_PSC_IDLE_MAX)
		svsm_terminate(SVSM_REASON_PSC);
	return SVSM_OK;
}

/* The frame field has 40 bits. */
/*@ requires \valid_read(range);
  assigns \nothing;
  ensures \result <==> is_aligned(range->start.v, 0x1000) &&
    is_aligned(range->len, 0x1000) &&
    range->start.v + range->len <= 0x10000000000000; */
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
	struct change change = { ranges, n, 0, op, max, 0 };
	enum svsm_status status = SVSM_OK;
	unsigned idle = 0;
	bool more = true;

	if (op != SVSM_PSC_OP_PRIVATE && op != SVSM_PSC_OP_SHARED)
		return SVSM_EINVAL;
	for (size_t i = 0; i < n; i++) {
		if (!is_possible(&ranges[i]))
			return SVSM_EINVAL;
	}
	while (status == SVSM_OK && more)
		status = exit_once(ghcb, &change, &idle, &more);
	return status;
}
