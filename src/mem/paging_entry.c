/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What a page table entry says. Pure; see paging.h.
 */
#include <svsm/paging.h>

bool svsm_pte_can_map(svsm_gpa_t gpa, enum svsm_page_size size, uint64_t cbit)
{
	return svsm_is_aligned(gpa.v, svsm_page_bytes(size)) &&
	       !(gpa.v & ~SVSM_PTE_ADDRESS) && !(gpa.v & cbit);
}

/* Accessed and dirty are set beforehand: the processor never writes them. */
uint64_t svsm_pte_make(const struct svsm_mapping *mapping, uint64_t cbit)
{
	uint64_t entry = mapping->gpa.v | SVSM_PTE_PRESENT | SVSM_PTE_ACCESSED;

	if (mapping->map != SVSM_MAP_SHARED)
		entry |= cbit;
	if (mapping->map != SVSM_MAP_EXECUTE)
		entry |= SVSM_PTE_NX;
	if (mapping->map == SVSM_MAP_WRITE || mapping->map == SVSM_MAP_SHARED)
		entry |= SVSM_PTE_WRITE | SVSM_PTE_DIRTY;
	if (mapping->size == SVSM_PAGE_2M)
		entry |= SVSM_PTE_HUGE;
	return entry;
}

static enum svsm_map read_map(uint64_t entry, uint64_t cbit)
{
	if ((entry & cbit) != cbit)
		return SVSM_MAP_SHARED;
	if (entry & SVSM_PTE_WRITE)
		return SVSM_MAP_WRITE;
	return entry & SVSM_PTE_NX ? SVSM_MAP_READ : SVSM_MAP_EXECUTE;
}

struct svsm_mapping svsm_pte_read(uint64_t entry, uint64_t cbit)
{
	enum svsm_page_size size = entry & SVSM_PTE_HUGE ? SVSM_PAGE_2M :
		SVSM_PAGE_4K;
	uint64_t address = entry & SVSM_PTE_ADDRESS & ~cbit;

	return (struct svsm_mapping){
		.gpa = { svsm_align_down(address, svsm_page_bytes(size)) },
		.size = size, .map = read_map(entry, cbit),
	};
}
