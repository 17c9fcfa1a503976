/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The ownership map of a few pages: every change of every range in every tree
 * that such changes can make, against one byte per page.
 *
 * A state is the tree: for each run in order its node's page, owner, level and
 * children, these as places in that order. Which node of the storage a run has
 * got is left out; nothing in own*.c compares node numbers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <svsm/assert.h>
#include <svsm/own.h>
#include <svsm/window.h>

#include "explore.h"
#include "own_tree.h"

#define PAGES		8u
#define OWNERS		6u
/** Runs of 8 pages and of what is behind them. */
#define RUNS		(PAGES + 1)

struct run {
	uint8_t page, owner, level, child[2];
};

struct state {
	uint8_t runs, root;
	struct run run[RUNS];
};

/** What is explored. */
static struct {
	unsigned pages, owners;
	unsigned nodes;		/* runs that the map has room for */
	bool rename;		/* owners are numbered as they come */
} test;

static struct svsm_own_node nodes[RUNS + 1];
static struct svsm_own own;

struct change {
	unsigned first, end;
	enum svsm_owner owner;
};

_Noreturn void svsm_assert_failed(const char *file, unsigned line)
{
	printf("Bail out! %s:%u\n", file, line);
	exit(1);
}

/* No windows here. */
void svsm_window_forget(void)
{
}

static unsigned ranges(void)
{
	return test.pages * (test.pages + 1) / 2;
}

static struct change change_of(unsigned nr)
{
	struct change change = { .owner = (enum svsm_owner)(nr / ranges()) };
	unsigned n = nr % ranges();

	while (n >= test.pages - change.first)
		n -= test.pages - change.first++;
	change.end = change.first + n + 1;
	return change;
}

/* Node i + 1 is run i. */
static void load(const struct state *state)
{
	own.count = state->runs;
	own.free = test.nodes - state->runs;
	own.root = state->root;
	for (unsigned i = 0; i < state->runs; i++)
		nodes[i + 1] = (struct svsm_own_node){
			.page = state->run[i].page,
			.owner = state->run[i].owner,
			.level = state->run[i].level,
			.child = { state->run[i].child[0],
				   state->run[i].child[1] },
		};
	own.free_list = own.free ? (uint16_t)(state->runs + 1) : 0;
	for (unsigned i = state->runs + 1; i <= test.nodes; i++)
		nodes[i] = (struct svsm_own_node){
			.child = { i < test.nodes ? (uint16_t)(i + 1) : 0 },
		};
}

static void store(struct state *state)
{
	uint8_t place[RUNS + 1] = { 0 };
	uint16_t order[RUNS];
	unsigned n = 0;

	memset(state, 0, sizeof(*state));
	for (uint16_t i = own_find(&own, 0).from; i && n < RUNS;
	     i = own_find(&own, nodes[i].page + 1).from) {
		order[n] = i;
		place[i] = (uint8_t)++n;
	}
	state->runs = (uint8_t)n;
	state->root = place[own.root];
	for (unsigned i = 0; i < n; i++) {
		const struct svsm_own_node *node = &nodes[order[i]];

		state->run[i] = (struct run){
			(uint8_t)node->page, node->owner, node->level,
			{ place[node->child[0]], place[node->child[1]] },
		};
	}
}

/* The owner of what is behind the pages is 0, the others come in order. */
static void rename_owners(struct state *state)
{
	uint8_t name[OWNERS] = { 0 };
	uint8_t next = 1;

	for (unsigned i = 0; i < state->runs; i++) {
		uint8_t *owner = &state->run[i].owner;

		if (*owner && !name[*owner])
			name[*owner] = next++;
		*owner = name[*owner];
	}
}

/* One byte for each page, and one for all behind them. */
static void expand(const struct state *state, uint8_t *owner)
{
	for (unsigned i = 0; i < state->runs; i++)
		for (unsigned p = state->run[i].page; p <= test.pages; p++)
			owner[p] = state->run[i].owner;
}

static unsigned count_runs(const uint8_t *owner)
{
	unsigned n = 1;

	for (unsigned p = 1; p <= test.pages; p++)
		n += owner[p] != owner[p - 1];
	return n;
}

/* Names that are not there yet are all alike: one of them is enough. */
static bool is_superfluous(const uint8_t *before, enum svsm_owner owner)
{
	enum svsm_owner largest = SVSM_OWN_NONE;

	for (unsigned p = 0; p < test.pages; p++)
		if (before[p] > largest)
			largest = (enum svsm_owner)before[p];
	return test.rename && owner > largest + 1;
}

static const char *move(void *at, unsigned nr)
{
	struct state *state = at;
	struct change change = change_of(nr);
	struct svsm_range range = {
		{ change.first * SVSM_PAGE_BYTES },
		(change.end - change.first) * SVSM_PAGE_BYTES,
	};
	uint8_t owner[PAGES + 1], before[PAGES + 1] = { 0 };
	uint8_t after[PAGES + 1];
	bool fits;

	expand(state, before);
	if (is_superfluous(before, change.owner))
		return NULL;
	load(state);
	memcpy(owner, before, sizeof(owner));
	memset(owner + change.first, change.owner, change.end - change.first);
	fits = count_runs(owner) <= test.nodes;
	if ((svsm_own_set(&own, &range, change.owner) == SVSM_OK) != fits)
		return fits ? "refused" : "fits where there is no room";
	store(state);
	expand(state, after);
	if (memcmp(after, fits ? owner : before, test.pages + 1) != 0)
		return "a page has another owner";
	if (test.rename)
		rename_owners(state);
	return NULL;
}

static const char *check(const void *at)
{
	load(at);
	return svsm_own_check(&own) ? NULL : "the tree does not hold together";
}

static void print(unsigned nr)
{
	struct change change = change_of(nr);

	printf("[%u, %u) = %d", change.first, change.end, change.owner);
}

static bool explore(unsigned nr, const char *name)
{
	const struct explore system = {
		.name = name, .bytes = sizeof(struct state),
		.moves = ranges() * test.owners, .limit = 4000000,
		.move = move, .check = check, .print = print,
	};
	struct state initial;

	svsm_own_init(&own, nodes, test.nodes + 1);
	store(&initial);
	return explore_all(nr, &system, &initial);
}

int main(void)
{
	bool ok;

	puts("1..3");
	test.pages = 8, test.owners = 6, test.nodes = 9, test.rename = true;
	ok = explore(1, "owners: 8 pages, all owners up to their names");
	test.pages = 5, test.owners = 6, test.nodes = 6, test.rename = false;
	ok &= explore(2, "owners: 5 pages, all owners by name");
	test.pages = 8, test.owners = 3, test.nodes = 5;
	ok &= explore(3, "owners: 8 pages, too few nodes");
	return !ok;
}
