/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Memory by owner and the depth of stacks, for people. See budget.h.
 */
#include <svsm/budget.h>
#include <svsm/fmt.h>
#include <svsm/image.h>
#include <svsm/log.h>
#include <svsm/page.h>

#include "arch/arch.h"

/** Text of a line; room for the log's prefix stays. */
#define TEXT_BYTES	(SVSM_LOG_LINE - 24)

struct text {
	char text[TEXT_BYTES];
	size_t len;
};

/* One more "name n"; a full line is written and the next one begun. */
static void add(struct text *line, const char *name, uint64_t bytes)
{
	char part[48];
	size_t len = svsm_fmt(part, sizeof(part), " %s %lu", name,
			      (unsigned long)(bytes >> 10));

	if (!bytes)
		return;
	if (len >= sizeof(line->text) - line->len) {
		svsm_info("KiB:%s", line->text);
		line->len = 0;
	}
	line->len += svsm_fmt(line->text + line->len,
			      sizeof(line->text) - line->len, "%s", part);
}

/* Whole pages. Linked addresses are far from the end of the space. */
static uint64_t between(const char *start, const char *end)
{
	return svsm_align_down((uintptr_t)end + SVSM_PAGE_MASK,
			       SVSM_PAGE_BYTES) - (uintptr_t)start;
}

/* What the image tool has placed; the rest up to the heap are special pages. */
static void add_image(struct text *line, const struct svsm_abi_launch *launch)
{
	uint64_t code = between(svsm_text_start, svsm_text_end);
	uint64_t bss = between(svsm_bss_start, svsm_bss_end);
	uint64_t data = (uintptr_t)svsm_bss_start - launch->region_start - code;
	uint64_t rest = launch->heap_start - launch->region_start - code -
			data - bss - launch->page_table_len;

	add(line, "code", code);
	add(line, "data", data + bss);
	add(line, "tables", launch->page_table_len);
	add(line, "special pages", rest);
}

static void add_heap(struct text *line, uint64_t len)
{
	const struct svsm_page_account *account;

	svsm_lock_acquire(&svsm_pages.lock);
	add(line, "page metadata", len - svsm_pages.total * SVSM_PAGE_BYTES);
	for (account = svsm_pages.accounts; account; account = account->next) {
		add(line, account->name, account->used * SVSM_PAGE_BYTES);
		add(line, "(in objects)", account->objects);
	}
	add(line, "free", svsm_pages.free * SVSM_PAGE_BYTES);
	svsm_lock_release(&svsm_pages.lock);
}

/* Bytes that are not zero any more, from the lowest one on. */
static size_t depth(const struct svsm_stack *stack, size_t skip)
{
	const volatile uint64_t *word = (const void *)(stack->start + skip);

	while ((uintptr_t)word < stack->end && !*word)
		word++;
	return stack->end - (uintptr_t)word;
}

/* The deepest of all CPUs. */
static size_t deepest(enum arch_stack kind, size_t skip)
{
	const struct arch_cpu *cpu;
	size_t most = 0;

	for (cpu = arch_cpu_first(); cpu; cpu = cpu->next) {
		size_t now = depth(&cpu->stack[kind], skip);

		if (now > most)
			most = now;
	}
	return most;
}

void svsm_budget_log_stacks(void)
{
	const struct svsm_stack boot = { (uintptr_t)svsm_boot_stack,
					 (uintptr_t)svsm_boot_stack_end };

	svsm_info("stacks: boot %zu/%u, main %zu/%u, #VC %zu/%u, #HV %zu/%u, "
		  "#DF %zu/%u", depth(&boot, 0), BOOT_STACK_BYTES,
		  deepest(STACK_MAIN, 0), MAIN_STACK_PAGES * 4096,
		  deepest(STACK_VC, 0), VC_STACK_PAGES * 4096,
		  deepest(STACK_HV, 0), HV_STACK_PAGES * 4096,
		  deepest(STACK_DF, NMI_STACK_BYTES), DF_STACK_PAGES * 4096);
}

void svsm_budget_log(void)
{
	const struct svsm_abi_launch *launch = svsm_launch();
	struct text line = { .len = 0 };

	add_image(&line, launch);
	add_heap(&line, launch->region_start + launch->region_len -
			launch->heap_start);
	svsm_info("KiB:%s", line.text);
	svsm_budget_log_stacks();
}
