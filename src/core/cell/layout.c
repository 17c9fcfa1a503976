/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Is this a cell's image, and where does everything go? Pure.
 */
#include <svsm/string.h>

#include "internal.h"

/** Gate page, PML4, PDPT, page directory; and for the two pages of the gate,
 *  wherever they are, three tables each. */
#define FIXED_PAGES	(4u + 2 * 3u)

static uint64_t page_up(uint64_t at)
{
	return svsm_align_down(at + SVSM_PAGE_MASK, SVSM_PAGE_BYTES);
}

static bool is_page(uint64_t at)
{
	return svsm_is_aligned(at, SVSM_PAGE_BYTES);
}

static bool limits_are_sane(const struct svsm_cell_image *image)
{
	uint32_t buffer = image->buffer_pages;

	return image->stack_pages >= 1 &&
	       image->stack_pages <= SVSM_CELL_STACK_MAX &&
	       image->heap_pages <= SVSM_CELL_HEAP_MAX &&
	       buffer >= 1 && buffer <= SVSM_CELL_BUFFER_MAX &&
	       !(buffer & (buffer - 1)) &&
	       strnlen(image->name, sizeof(image->name)) < sizeof(image->name);
}

static bool parts_are_sane(const struct svsm_cell_image *image)
{
	return is_page(image->text_start) && is_page(image->text_end) &&
	       is_page(image->data_start) &&
	       SVSM_CELL_BASE < image->text_start &&
	       image->text_start < image->text_end &&
	       image->text_end <= image->data_start &&
	       image->data_start <= image->data_end &&
	       image->data_end <= image->bss_end &&
	       image->bss_end < SVSM_CELL_END / 2 &&
	       image->entry >= image->text_start &&
	       image->entry < image->text_end &&
	       image->tcb >= image->data_start &&
	       image->tcb < image->bss_end &&
	       image->bss_end - image->tcb >= sizeof(struct svsm_cell_tcb);
}

/* Pages of the last level for [SVSM_CELL_BASE, end). */
static size_t tables_for(uint64_t end)
{
	return (size_t)((end - 1) / SVSM_HUGE_BYTES -
			SVSM_CELL_BASE / SVSM_HUGE_BYTES + 1);
}

enum svsm_status
cell_layout(const struct svsm_cell_image *image, struct cell_layout *out)
{
	struct cell_layout made;
	uint64_t own, guard = SVSM_PAGE_BYTES;

	if (image->magic != SVSM_CELL_MAGIC || image->reserved ||
	    !limits_are_sane(image) || !parts_are_sane(image))
		return SVSM_EFORMAT;
	made.stack = page_up(image->bss_end) + guard;
	made.stack_end = made.stack + image->stack_pages * SVSM_PAGE_BYTES;
	made.buffer = made.stack_end + guard;
	made.heap = made.buffer + image->buffer_pages * SVSM_PAGE_BYTES +
		    guard;
	made.end = made.heap + image->heap_pages * SVSM_PAGE_BYTES;
	own = page_up(image->bss_end) - image->data_start;
	made.pages = own / SVSM_PAGE_BYTES + image->stack_pages +
		     image->buffer_pages + image->heap_pages +
		     tables_for(made.end) + FIXED_PAGES;
	*out = made;
	return SVSM_OK;
}

bool cell_range_is_sane(uint64_t va, uint64_t len)
{
	return va >= SVSM_CELL_BASE && va < SVSM_CELL_END &&
	       len <= SVSM_CELL_END - va;
}
