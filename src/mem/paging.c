/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Finding an entry in the region's page tables. See paging.h.
 */
#include <svsm/assert.h>
#include <svsm/paging.h>
#include <svsm/platform.h>

#define LEVELS		4
#define INDEX_BITS	9
#define INDEX_MASK	((1u << INDEX_BITS) - 1)

static uint64_t *tables;
static uint64_t cbit_mask;

void svsm_paging_init(uint64_t *root, uint64_t cbit)
{
	tables = root;
	cbit_mask = cbit;
}

static unsigned index_of(uintptr_t va, unsigned level)
{
	return (unsigned)(va >> (SVSM_PAGE_SHIFT + level * INDEX_BITS)) &
	       INDEX_MASK;
}

enum svsm_status svsm_paging_find(void *va, uint64_t **out)
{
	uint64_t *table = tables;

	svsm_assert(table);
	if (!svsm_is_aligned((uintptr_t)va, SVSM_PAGE_BYTES))
		return SVSM_EINVAL;
	for (unsigned level = LEVELS - 1;; level--) {
		uint64_t *entry = &table[index_of((uintptr_t)va, level)];

		if (!(*entry & SVSM_PTE_PRESENT))
			return SVSM_ENOENT;
		if (level == 0) {
			*out = entry;
			return SVSM_OK;
		}
		if (*entry & SVSM_PTE_HUGE)
			return SVSM_ESIZE;
		table = (uint64_t *)(uintptr_t)
			(*entry & SVSM_PTE_ADDRESS & ~cbit_mask);
	}
}

enum svsm_status svsm_paging_set_private(void *va, bool private)
{
	enum svsm_status status;
	uint64_t *entry;
	uint64_t value;

	status = svsm_paging_find(va, &entry);
	if (status != SVSM_OK)
		return status;
	value = *entry & ~cbit_mask;
	if (private)
		value |= cbit_mask;
	svsm_plat_pte_set(entry, value, va);
	return SVSM_OK;
}
