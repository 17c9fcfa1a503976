/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The address space beside the region: windows and stacks.
 *
 * The image tool's tables map the region, whose addresses are GPAs. Above it:
 *
 *	0x8000000000	windows (window.h)
 *	0x8040000000	stacks, 16 pages of addresses per CPU:
 *			- M M M - V - H - D - - - - - -   (- is not mapped)
 */
#include <svsm/addr.h>
#include <svsm/page.h>
#include <svsm/paging.h>
#include <svsm/window.h>

#include "arch.h"

#define WINDOW_BASE		0x8000000000ull
#define STACK_BASE		0x8040000000ull
#define CPU_STACK_PAGES		16u

static struct svsm_page_account tables =
	SVSM_PAGE_ACCOUNT(&svsm_pages, "page tables");
static struct svsm_page_account stacks =
	SVSM_PAGE_ACCOUNT(&svsm_pages, "stacks");

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

enum svsm_status arch_space_init(void)
{
	svsm_paging_set_pages(&tables);
	svsm_window_init((void *)WINDOW_BASE, arch_cbit);
	return svsm_paging_hook((void *)WINDOW_BASE, svsm_window_directory());
}

static struct arch_cpu *first;	/* written by the boot CPU only */

/* A page of the region, seen at another address as well. */
static enum svsm_status page_map(uintptr_t va)
{
	enum svsm_status status;
	void *page;

	status = svsm_page_alloc(&stacks, 0, &page);
	if (status != SVSM_OK)
		return status;
	return svsm_paging_map((void *)va, &(struct svsm_mapping){
		{ (uintptr_t)page }, SVSM_PAGE_4K, SVSM_MAP_WRITE });
}

static enum svsm_status
stack_map(struct svsm_stack *stack, uintptr_t va, unsigned pages)
{
	enum svsm_status status;

	for (unsigned i = 0; i < pages; i++) {
		status = page_map(va + i * SVSM_PAGE_BYTES);
		if (status != SVSM_OK)
			return status;
	}
	stack->start = va;
	stack->end = va + pages * SVSM_PAGE_BYTES;
	return SVSM_OK;
}

/* Pages of a CPU that could not be made complete are not given back: the CPU
 * is not started, and this happens only when memory is out at boot. */
enum svsm_status arch_stacks_map(struct arch_cpu *cpu)
{
	uintptr_t va = STACK_BASE +
		       cpu->cpu.index * CPU_STACK_PAGES * SVSM_PAGE_BYTES;
	enum svsm_status status = SVSM_OK;

	for (unsigned i = 0; i < STACKS && status == SVSM_OK; i++)
		status = stack_map(&cpu->stack[i],
				   va + plan[i].first * SVSM_PAGE_BYTES,
				   plan[i].pages);
	if (status == SVSM_OK) {
		cpu->next = first;
		__atomic_store_n(&first, cpu, __ATOMIC_RELEASE);
	}
	return status;
}

const struct arch_cpu *arch_cpu_first(void)
{
	return __atomic_load_n(&first, __ATOMIC_ACQUIRE);
}
