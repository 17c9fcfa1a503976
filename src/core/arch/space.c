/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The address space beside the region: windows and stacks.
 *
 * The image tool's tables map the region, whose addresses are GPAs. One more
 * entry of the root holds what has addresses of its own:
 *
 *	0x8000000000	windows (window.h)
 *	0x8040000000	stacks, 16 pages of addresses per CPU:
 *			- M M M - V - H - D - - - - - -   (- is not mapped)
 */
#include <svsm/addr.h>
#include <svsm/page.h>
#include <svsm/paging.h>
#include <svsm/platform.h>
#include <svsm/window.h>

#include "arch.h"

#define SPACE_BASE		0x8000000000ull
#define SPACE_SLOT		1u	/* of the root */
#define STACK_BASE		0x8040000000ull
#define STACK_SLOT		1u	/* of the directory pointers */

#define TABLE_ENTRIES		512u
#define CPU_STACK_PAGES		16u
#define CPUS_PER_TABLE		(TABLE_ENTRIES / CPU_STACK_PAGES)

#define PAGE_TABLE __attribute__((section(".bss.page"), aligned(4096)))

static uint64_t pointers[TABLE_ENTRIES] PAGE_TABLE;
static uint64_t stack_directory[TABLE_ENTRIES] PAGE_TABLE;

/* Where a CPU's stacks begin, in pages from the start of its part. */
static const struct {
	uint8_t first;
	uint8_t pages;
} plan[STACKS] = {
	[STACK_MAIN] = { 1, MAIN_STACK_PAGES },
	[STACK_VC] = { 5, VC_STACK_PAGES },
	[STACK_HV] = { 7, HV_STACK_PAGES },
	[STACK_DF] = { 9, DF_STACK_PAGES },
};

/* An entry for a table or page of the region: VA equals GPA there. */
static uint64_t entry_for(const void *page, uint64_t bits)
{
	return (uintptr_t)page | arch_cbit | SVSM_PTE_PRESENT |
	       SVSM_PTE_WRITE | SVSM_PTE_ACCESSED | bits;
}

void arch_space_init(uint64_t *root)
{
	pointers[0] = entry_for(svsm_window_directory(), 0);
	pointers[STACK_SLOT] = entry_for(stack_directory, 0);
	svsm_plat_pte_set(&root[SPACE_SLOT], entry_for(pointers, 0),
			  (void *)SPACE_BASE);
}

static enum svsm_status stack_table(unsigned cpu, uint64_t **out)
{
	uint64_t *entry = &stack_directory[cpu / CPUS_PER_TABLE];
	enum svsm_status status;
	void *page;

	if (!*entry) {
		status = svsm_page_alloc(&svsm_pages, 0, &page);
		if (status != SVSM_OK)
			return status;
		*entry = entry_for(page, 0);
	}
	*out = (uint64_t *)(*entry & SVSM_PTE_ADDRESS & ~arch_cbit);
	return SVSM_OK;
}

static enum svsm_status
stack_map(struct svsm_stack *stack, uintptr_t va, uint64_t *pte, unsigned pages)
{
	enum svsm_status status;
	void *page;

	for (unsigned i = 0; i < pages; i++) {
		status = svsm_page_alloc(&svsm_pages, 0, &page);
		if (status != SVSM_OK)
			return status;
		svsm_plat_pte_set(&pte[i], entry_for(page, SVSM_PTE_DIRTY |
						     SVSM_PTE_NX),
				  (void *)(va + i * SVSM_PAGE_BYTES));
	}
	stack->start = va;
	stack->end = va + pages * SVSM_PAGE_BYTES;
	return SVSM_OK;
}

/* Pages of a CPU that could not be made complete are not given back: the CPU
 * is not started, and this happens only when memory is out at boot. */
enum svsm_status arch_stacks_map(struct arch_cpu *cpu)
{
	unsigned index = cpu->cpu.index;
	uintptr_t va = STACK_BASE +
		       index * CPU_STACK_PAGES * SVSM_PAGE_BYTES;
	unsigned slot = index % CPUS_PER_TABLE * CPU_STACK_PAGES;
	enum svsm_status status;
	uint64_t *table;

	status = stack_table(index, &table);
	if (status != SVSM_OK)
		return status;
	for (unsigned i = 0; i < STACKS && status == SVSM_OK; i++)
		status = stack_map(&cpu->stack[i],
				   va + plan[i].first * SVSM_PAGE_BYTES,
				   &table[slot + plan[i].first],
				   plan[i].pages);
	return status;
}
