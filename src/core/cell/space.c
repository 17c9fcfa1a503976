/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A cell's address space: page tables, memory, and copies to and from it.
 *
 * Our pointer to a page is the address in its entry: all pages are the
 * region's. The tables are ours alone and change only while no CPU uses them,
 * but for the one entry that cell_space_revoke() clears.
 */
#include <svsm/assert.h>
#include <svsm/paging.h>
#include <svsm/platform.h>
#include <svsm/string.h>

#include "internal.h"

#define PTE_USER	(1ull << 2)
#define PTES		512u

#define RFLAGS_ONE	(1ull << 1)
#define FX_FCW		0
#define FX_MXCSR	24
#define FCW_START	0x37fu
#define MXCSR_START	0x1f80u

static uint64_t *entry_at(const uint64_t *table, uint64_t va, unsigned shift)
{
	return (uint64_t *)&table[va >> shift & (PTES - 1)];
}

/* What an entry points to. The C-bit is an address bit of none of our pages. */
static void *page_of(uint64_t entry)
{
	uint64_t address = entry & SVSM_PTE_ADDRESS & ~svsm_plat_cell().cbit;

	return (void *)(uintptr_t)address;
}

static enum svsm_status
table_add(struct svsm_cell *cell, uint64_t *entry)
{
	enum svsm_status status;
	void *page;

	status = svsm_page_alloc(&cell->account, 0, &page);
	if (status == SVSM_OK)
		*entry = svsm_plat_cell().cbit | (uintptr_t)page |
			 SVSM_PTE_PRESENT | SVSM_PTE_WRITE |
			 SVSM_PTE_ACCESSED | PTE_USER;
	return status;
}

/* The last level's entry, with all tables on the way. */
static enum svsm_status
entry_make(struct svsm_cell *cell, uint64_t va, uint64_t **out)
{
	uint64_t *table = cell->root;

	for (unsigned shift = 39; shift > SVSM_PAGE_SHIFT; shift -= 9) {
		uint64_t *entry = entry_at(table, va, shift);
		enum svsm_status status = SVSM_OK;

		if (!*entry)
			status = table_add(cell, entry);
		if (status != SVSM_OK)
			return status;
		table = page_of(*entry);
	}
	*out = entry_at(table, va, SVSM_PAGE_SHIFT);
	return SVSM_OK;
}

static enum svsm_status
map(struct svsm_cell *cell, uint64_t va, const void *page, enum svsm_map how,
    uint64_t user)
{
	const struct svsm_mapping mapping = {
		{ (uintptr_t)page }, SVSM_PAGE_4K, how
	};
	enum svsm_status status;
	uint64_t *entry;

	status = entry_make(cell, va, &entry);
	if (status != SVSM_OK)
		return status;
	svsm_assert(!*entry);
	*entry = svsm_pte_make(&mapping, svsm_plat_cell().cbit) | user;
	return SVSM_OK;
}

/* Pages of the image as they are: nobody writes them. */
static enum svsm_status
map_image(struct svsm_cell *cell, uint64_t start, uint64_t end,
	  enum svsm_map how)
{
	const char *image = (const char *)cell->config.image;
	enum svsm_status status = SVSM_OK;

	for (uint64_t va = start; va < end && status == SVSM_OK;
	     va += SVSM_PAGE_BYTES)
		status = map(cell, va, image + (va - SVSM_CELL_BASE), how,
			     PTE_USER);
	return status;
}

static enum svsm_status
map_fresh(struct svsm_cell *cell, uint64_t start, uint64_t end)
{
	enum svsm_status status = SVSM_OK;
	void *page;

	for (uint64_t va = start; va < end && status == SVSM_OK;
	     va += SVSM_PAGE_BYTES) {
		status = svsm_page_alloc(&cell->account, 0, &page);
		if (status == SVSM_OK)
			status = map(cell, va, page, SVSM_MAP_WRITE, PTE_USER);
	}
	return status;
}

/* In one piece, so that a request is copied in one go. */
static enum svsm_status map_buffer(struct svsm_cell *cell, uint64_t at)
{
	unsigned pages = cell->config.image->buffer_pages;
	unsigned order = (unsigned)__builtin_ctz(pages);
	enum svsm_status status;

	status = svsm_page_alloc(&cell->account, order, &cell->buffer);
	for (unsigned i = 0; i < pages && status == SVSM_OK; i++)
		status = map(cell, at + i * SVSM_PAGE_BYTES,
			     (char *)cell->buffer + i * SVSM_PAGE_BYTES,
			     SVSM_MAP_WRITE, PTE_USER);
	cell->buffer_len = pages * SVSM_PAGE_BYTES;
	return status;
}

/* At the addresses that they have in the SVSM, for ring 0. */
static enum svsm_status map_gate(struct svsm_cell *cell)
{
	const void *text = svsm_plat_cell().text;
	enum svsm_status status;

	svsm_assert((uintptr_t)text >= SVSM_CELL_END &&
		    (uintptr_t)cell->gate >= SVSM_CELL_END);
	status = map(cell, (uintptr_t)text, text, SVSM_MAP_EXECUTE, 0);
	if (status != SVSM_OK)
		return status;
	return map(cell, (uintptr_t)cell->gate, cell->gate, SVSM_MAP_WRITE, 0);
}

static enum svsm_status
map_all(struct svsm_cell *cell, const struct cell_layout *at)
{
	const struct svsm_cell_image *image = cell->config.image;
	enum svsm_status status;

	status = map_image(cell, SVSM_CELL_BASE, image->text_start,
			   SVSM_MAP_READ);
	if (status == SVSM_OK)
		status = map_image(cell, image->text_start, image->text_end,
				   SVSM_MAP_EXECUTE);
	if (status == SVSM_OK)
		status = map_fresh(cell, image->data_start, image->bss_end);
	if (status == SVSM_OK)
		status = map_fresh(cell, at->stack, at->stack_end);
	if (status == SVSM_OK)
		status = map_buffer(cell, at->buffer);
	if (status == SVSM_OK)
		status = map_fresh(cell, at->heap, at->end);
	return status == SVSM_OK ? map_gate(cell) : status;
}

enum svsm_status
cell_space_make(struct svsm_cell *cell, const struct cell_layout *layout)
{
	enum svsm_status status;
	void *page;

	status = svsm_page_alloc(&cell->account, 0, &page);
	if (status != SVSM_OK)
		return status;
	cell->root = page;
	status = svsm_page_alloc(&cell->account, 0, &cell->gate);
	if (status == SVSM_OK)
		status = map_all(cell, layout);
	if (status != SVSM_OK)
		return status;
	cell->stack_end = layout->stack_end;
	cell->user_buffer = layout->buffer;
	cell->heap = layout->heap;
	return SVSM_OK;
}

/* The entry of the PDPT behind which all of the cell's own memory is. The
 * gate is behind another one: svsm_plat_cell_prepare() sees to that. */
static uint64_t *user_entry(const struct svsm_cell *cell)
{
	return entry_at(page_of(cell->root[0]), SVSM_CELL_BASE, 30);
}

void cell_space_revoke(struct svsm_cell *cell)
{
	uint64_t *entry = user_entry(cell);

	__atomic_fetch_and(entry, ~SVSM_PTE_PRESENT, __ATOMIC_SEQ_CST);
}

void cell_space_restore(struct svsm_cell *cell)
{
	*user_entry(cell) |= SVSM_PTE_PRESENT;
}

void *cell_space_find(const struct svsm_cell *cell, uint64_t va, bool write)
{
	uint64_t want = SVSM_PTE_PRESENT | PTE_USER |
			(write ? SVSM_PTE_WRITE : 0);
	const uint64_t *table = cell->root;
	uint64_t entry = 0;

	if (!cell_range_is_sane(va, 1))
		return NULL;
	for (unsigned shift = 39; shift >= SVSM_PAGE_SHIFT; shift -= 9) {
		entry = *entry_at(table, va, shift);
		if (!entry)
			return NULL;
		table = page_of(entry);
	}
	if ((entry & want) != want)
		return NULL;
	return (char *)page_of(entry) + (va & SVSM_PAGE_MASK);
}

bool cell_bytes_check(const struct svsm_cell_bytes *bytes, bool write)
{
	uint64_t va = bytes->va;

	if (!cell_range_is_sane(va, bytes->len))
		return false;
	for (; va < bytes->va + bytes->len; va = (va | SVSM_PAGE_MASK) + 1)
		if (!cell_space_find(bytes->cell, va, write))
			return false;
	return true;
}

/* Bytes of [va, va + n) in the first page. */
static size_t in_page(uint64_t va, size_t n)
{
	size_t left = SVSM_PAGE_BYTES - (va & SVSM_PAGE_MASK);

	return n < left ? n : left;
}

void svsm_cell_bytes_read(const struct svsm_cell_bytes *bytes, size_t offset,
			  void *dst, size_t n)
{
	uint64_t va = bytes->va + offset;

	svsm_assert(offset <= bytes->len && n <= bytes->len - offset);
	while (n) {
		size_t part = in_page(va, n);
		const void *src = cell_space_find(bytes->cell, va, false);

		svsm_assert(src);
		memcpy(dst, src, part);
		dst = (char *)dst + part;
		va += part;
		n -= part;
	}
}

void svsm_cell_bytes_write(const struct svsm_cell_bytes *bytes, size_t offset,
			   const void *src, size_t n)
{
	uint64_t va = bytes->va + offset;

	svsm_assert(offset <= bytes->len && n <= bytes->len - offset);
	while (n) {
		size_t part = in_page(va, n);
		void *dst = cell_space_find(bytes->cell, va, true);

		svsm_assert(dst);
		memcpy(dst, src, part);
		src = (const char *)src + part;
		va += part;
		n -= part;
	}
}

/* What the image file has of data; the rest is zero. */
static void copy_data(struct svsm_cell *cell)
{
	const struct svsm_cell_image *image = cell->config.image;
	const struct svsm_cell_bytes data = {
		cell, image->data_start, image->data_end - image->data_start
	};

	svsm_cell_bytes_write(&data, 0, (const char *)image +
			      (image->data_start - SVSM_CELL_BASE), data.len);
}

static enum svsm_status make_tcb(struct svsm_cell *cell)
{
	struct svsm_cell_tcb tcb = { .self = cell->config.image->tcb };
	const struct svsm_cell_bytes bytes = { cell, tcb.self, sizeof(tcb) };
	enum svsm_status status;

	status = cell->config.random(&tcb.canary, sizeof(tcb.canary));
	if (status != SVSM_OK)
		return status;
	tcb.canary &= ~0xffull;		/* a string cannot carry it */
	svsm_cell_bytes_write(&bytes, 0, &tcb, sizeof(tcb));
	return SVSM_OK;
}

/* Registers at the entry; svsm_cell_entry (src/cell) knows them. */
static void make_frame(struct svsm_cell *cell)
{
	const struct svsm_cell_image *image = cell->config.image;
	char *fx = (char *)cell->gate + GATE_FX;

	*gate_frame(cell->gate) = (struct cell_frame){
		.rdi = cell->user_buffer, .rsi = cell->buffer_len,
		.rdx = cell->heap,
		.rcx = image->heap_pages * SVSM_PAGE_BYTES,
		.rip = image->entry, .cs = SEL_USER_CODE,
		.rflags = RFLAGS_ONE, .rsp = cell->stack_end,
		.ss = SEL_USER_DATA,
	};
	memset(fx, 0, 512);
	*(uint16_t *)(fx + FX_FCW) = FCW_START;
	*(uint32_t *)(fx + FX_MXCSR) = MXCSR_START;
}

enum svsm_status cell_space_fill(struct svsm_cell *cell)
{
	svsm_plat_cell_prepare(cell->gate, cell->root, cell->config.image->tcb);
	make_frame(cell);
	copy_data(cell);
	return make_tcb(cell);
}

void cell_space_wipe(struct svsm_cell *cell)
{
	uint64_t end = cell->heap +
		       cell->config.image->heap_pages * SVSM_PAGE_BYTES;

	cell_space_restore(cell);
	svsm_plat_clear(cell->gate, SVSM_PAGE_BYTES);
	for (uint64_t va = cell->config.image->data_start; va < end;
	     va += SVSM_PAGE_BYTES) {
		void *page = cell_space_find(cell, va, true);

		if (page)
			svsm_plat_clear(page, SVSM_PAGE_BYTES);
	}
}
