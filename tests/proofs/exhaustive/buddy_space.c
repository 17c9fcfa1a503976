/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The real pool between two moves, and its platform.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <svsm/assert.h>
#include <svsm/percpu.h>
#include <svsm/platform.h>
#include <svsm/terminate.h>

#include "buddy_space.h"

unsigned buddy_order;
struct svsm_page_pool buddy_pool;
struct svsm_page_account buddy_account;
uintptr_t buddy_cleared;
uint64_t buddy_cleared_len;
unsigned buddy_clears;

static struct svsm_page_span span;
static uint64_t meta[64];

/* ----------------------------------------------------------- the platform */

struct svsm_cpu *svsm_plat_cpu(void)
{
	static struct svsm_cpu cpu;

	return &cpu;
}

void svsm_plat_clear(void *va, uint64_t len)
{
	buddy_cleared = (uintptr_t)va;
	buddy_cleared_len = len;
	buddy_clears++;
}

uint64_t svsm_plat_irq_save(void)
{
	return 0;
}

void svsm_plat_irq_restore(uint64_t flags)
{
	(void)flags;
}

void svsm_plat_pause(void)
{
	abort();	/* one thread: nobody to wait for */
}

_Noreturn void svsm_assert_failed(const char *file, unsigned line)
{
	printf("Bail out! assertion at %s:%u\n", file, line);
	exit(1);
}

_Noreturn void svsm_terminate(enum svsm_reason reason)
{
	printf("Bail out! terminated, reason %d\n", (int)reason);
	exit(1);
}

/* --------------------------------------------------------- state and back */

static void count(const struct buddy_state *state, size_t *idle, size_t *live)
{
	*idle = *live = 0;
	for (unsigned i = 0; i < buddy_pages(); i++) {
		*idle += state->page[i] == IDLE;
		*live += state->page[i] > IDLE;
	}
}

void buddy_setup(unsigned order)
{
	size_t len = SVSM_PAGE_BYTES << order;

	buddy_order = order;
	memset(&buddy_pool, 0, sizeof(buddy_pool));
	memset(meta, 0, sizeof(meta));
	if (svsm_page_meta_bytes((void *)BASE, len) > sizeof(meta) ||
	    svsm_page_declare(&buddy_pool, &span, (void *)BASE, len, meta) !=
		    SVSM_OK ||
	    svsm_page_account_open(&buddy_account, &buddy_pool, "", 0,
				   SIZE_MAX) != SVSM_OK)
		abort();
}

void buddy_load(const struct buddy_state *state)
{
	size_t idle, live;

	memcpy(span.node, state->node, 2 * buddy_pages());
	memcpy(span.owner, state->owner, buddy_pages() * sizeof(*span.owner));
	count(state, &idle, &live);
	buddy_pool.free = idle;
	buddy_pool.total = idle + live;
	buddy_account.used = buddy_account.peak = live;
	buddy_clears = 0;
}

void buddy_store(struct buddy_state *state)
{
	memcpy(state->node, span.node, 2 * buddy_pages());
	memcpy(state->owner, span.owner, buddy_pages() * sizeof(*span.owner));
}

bool buddy_is(const struct buddy_state *state)
{
	size_t idle, live;

	count(state, &idle, &live);
	return !memcmp(state->node, span.node, 2 * buddy_pages()) &&
	       !memcmp(state->owner, span.owner,
		       buddy_pages() * sizeof(*span.owner)) &&
	       buddy_pool.free == idle && buddy_pool.total == idle + live &&
	       buddy_account.used == live && buddy_pool.reserved == 0;
}

/* The leaf that holds a page says what the model says. */
static bool page_agrees(const struct buddy_state *state, unsigned page)
{
	unsigned at = buddy_pages() + page, order = 0;
	unsigned first, kind;

	while (at > 1 && !span.node[at]) {
		at /= 2;
		order++;
	}
	kind = span.node[at] & 0xe0u;	/* 011 and 111: two halves */
	first = page >> order << order;
	if (kind == 0xc0)
		return state->page[page] == LIVE(order, first);
	return state->page[page] == (kind == 0xa0 ? IDLE : GONE);
}

bool buddy_agrees(const struct buddy_state *state)
{
	if (!buddy_is(state) || !svsm_page_check(&buddy_pool))
		return false;
	for (unsigned i = 0; i < buddy_pages(); i++)
		if (!page_agrees(state, i))
			return false;
	return true;
}
