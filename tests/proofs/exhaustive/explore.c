/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Breadth-first search. The states lie in one array in the order in which they
 * were found, which is also the queue; a hash table finds them again.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore.h"

#define NONE	UINT32_MAX

/* How a state was reached. */
struct origin {
	uint32_t from;
	uint32_t move;
};

struct search {
	const struct explore *system;
	char *states;
	struct origin *origin;
	size_t count;
	size_t room;
	uint32_t *slot;		/* index of a state, or NONE */
	size_t slots;		/* a power of two */
	unsigned long long moves;
};

static void *checked(void *memory)
{
	if (!memory) {
		fputs("explore: out of memory\n", stderr);
		exit(2);
	}
	return memory;
}

static char *state_at(const struct search *search, size_t i)
{
	return search->states + i * search->system->bytes;
}

/* FNV-1a, with a last mix because the table takes the low bits. */
static size_t hash(const void *state, size_t bytes)
{
	const unsigned char *p = state;
	uint64_t sum = 0xcbf29ce484222325;

	while (bytes--)
		sum = (sum ^ *p++) * 0x100000001b3;
	return (size_t)(sum ^ sum >> 29);
}

/* The slot of this state, or the free one where it belongs. */
static size_t find(const struct search *search, const void *state)
{
	size_t bytes = search->system->bytes;
	size_t at = hash(state, bytes) & (search->slots - 1);

	while (search->slot[at] != NONE &&
	       memcmp(state_at(search, search->slot[at]), state, bytes) != 0)
		at = (at + 1) & (search->slots - 1);
	return at;
}

static void grow(struct search *search)
{
	search->room = search->room ? search->room * 2 : 1024;
	search->states = checked(realloc(search->states, search->room *
					 search->system->bytes));
	search->origin = checked(realloc(search->origin, search->room *
					 sizeof(*search->origin)));
	search->slots = search->room * 2;
	search->slot = checked(realloc(search->slot, search->slots *
				       sizeof(*search->slot)));
	memset(search->slot, 0xff, search->slots * sizeof(*search->slot));
	for (size_t i = 0; i < search->count; i++)
		search->slot[find(search, state_at(search, i))] = (uint32_t)i;
}

/* True: it is new. */
static bool
add(struct search *search, const void *state, uint32_t from, uint32_t move)
{
	size_t at;

	if (search->count == search->room)
		grow(search);
	at = find(search, state);
	if (search->slot[at] != NONE)
		return false;
	search->slot[at] = (uint32_t)search->count;
	memcpy(state_at(search, search->count), state, search->system->bytes);
	search->origin[search->count++] = (struct origin){ from, move };
	return true;
}

static void print_path(const struct search *search, uint32_t i)
{
	if (search->origin[i].from == NONE)
		return;
	print_path(search, search->origin[i].from);
	fputs("#   ", stderr);
	search->system->print(search->origin[i].move);
	fputc('\n', stderr);
}

static const char *
add_checked(struct search *search, const void *state, uint32_t from,
	    uint32_t move)
{
	const struct explore *system = search->system;

	if (!add(search, state, from, move))
		return NULL;
	if (search->count > system->limit)
		return "more states than there can be";
	return system->check ? system->check(state) : NULL;
}

/* All moves of one state; the move that failed in @move. */
static const char *
expand(struct search *search, uint32_t from, char *state, unsigned *move)
{
	const struct explore *system = search->system;
	const char *why = NULL;

	for (*move = 0; *move < system->moves; ++*move) {
		memcpy(state, state_at(search, from), system->bytes);
		why = system->move(state, *move);
		search->moves++;
		/* Most moves are refused: no need to look those up. */
		if (!why && memcmp(state, state_at(search, from),
				   system->bytes) != 0)
			why = add_checked(search, state, from, *move);
		if (why)
			break;
	}
	return why;
}

static const char *run(struct search *search, const void *initial, char *state)
{
	const char *why = add_checked(search, initial, NONE, 0);
	unsigned move = 0;

	for (uint32_t i = 0; !why && i < search->count; i++) {
		why = expand(search, i, state, &move);
		if (!why)
			continue;
		fprintf(stderr, "# %s: %s, after\n", search->system->name, why);
		print_path(search, i);
		fputs("#   ", stderr);
		search->system->print(move);
		fputc('\n', stderr);
	}
	return why;
}

bool explore_all(unsigned nr, const struct explore *system, const void *initial)
{
	struct search search = { .system = system };
	char *state = checked(malloc(system->bytes));
	const char *why = run(&search, initial, state);

	printf("%sok %u - %s: %zu states, %llu moves\n", why ? "not " : "", nr,
	       system->name, search.count, search.moves);
	if (why)
		printf("# %s\n", why);
	free(state);
	free(search.states);
	free(search.origin);
	free(search.slot);
	return !why;
}
