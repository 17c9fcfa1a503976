/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The page allocator, through every reachable state of small pools:
 *
 *	16 pages, all there: each allocation, each free of each address with
 *	each order;
 *	8 pages that also come and go, in every order;
 *	the same with each bit of the metadata flipped (8 pages that are
 *	there, 4 that come and go).
 *
 * No block is handed out twice, none is lost, buddies are always joined, and
 * what has to be refused changes nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buddy_space.h"
#include "explore.h"

#define MAX_MOVES	256u

static struct buddy_move moves[MAX_MOVES];

static const char *check_clearing(const struct buddy_move *move)
{
	if (move->kind != BUDDY_FREE)
		return buddy_clears ? "cleared for nothing" : NULL;
	if (buddy_clears != 1 ||
	    buddy_cleared != (uintptr_t)buddy_address(move->page) ||
	    buddy_cleared_len != SVSM_PAGE_BYTES << move->order)
		return "not exactly the block was cleared, once";
	return NULL;
}

static const char *move_one(void *bytes, unsigned number)
{
	struct buddy_state *state = bytes;
	enum svsm_status status;
	void *out = NULL;

	buddy_load(state);
	status = buddy_do(&moves[number], &out);
	/* The model stays as it is when it refuses. */
	if (status != buddy_expect(state, &moves[number], out))
		return "the answer is not the model's";
	if (status != SVSM_OK)
		return buddy_is(state) ? NULL : "a refusal changed something";
	buddy_store(state);
	if (!buddy_agrees(state))
		return "pool and model differ";
	return check_clearing(&moves[number]);
}

static void print(unsigned number)
{
	const struct buddy_move *move = &moves[number];
	static const char *const name[] = { "alloc", "free", "add", "take" };

	fprintf(stderr, "%s page %u+%u end %u order %u", name[move->kind],
		move->page, move->offset, move->end, move->order);
}

/* ------------------------------------------------------------------ damage */

static uint8_t *byte_of(struct buddy_state *state, unsigned byte)
{
	if (byte < 2 * buddy_pages())
		return &state->node[byte];
	return (uint8_t *)state->owner + (byte - 2 * buddy_pages());
}

/*
 * With a bit flipped a move does what it does without, and the bit stays or
 * was written anew; or it says that something is wrong, and nothing changes.
 */
static const char *
damaged(const struct buddy_state *state, const struct buddy_move *move,
	unsigned byte, uint8_t bit)
{
	struct buddy_state good = *state, bad = *state;
	enum svsm_status want, status;
	void *expected = NULL, *out = NULL;

	buddy_load(&good);
	want = buddy_do(move, &expected);
	if (buddy_expect(&good, move, expected) != want)
		return "the answer is not the model's";
	buddy_store(&good);
	*byte_of(&bad, byte) ^= bit;
	buddy_load(&bad);
	status = buddy_do(move, &out);
	if (status == SVSM_ECORRUPT)
		return buddy_is(&bad) ? NULL : "damage found, but used";
	if (status != want || out != expected)
		return "damage changed the answer";
	if (buddy_is(&good))
		return NULL;
	*byte_of(&good, byte) ^= bit;
	return buddy_is(&good) ? NULL : "damage was used";
}

static unsigned move_count;
static size_t states;

static const char *check_nothing(const void *bytes)
{
	(void)bytes;
	states++;
	return NULL;
}

static const char *check_damage(const void *bytes)
{
	const struct buddy_state *state = bytes;
	const char *why = check_nothing(bytes);

	for (unsigned byte = 1; byte < 4 * buddy_pages() && !why; byte++)
		for (unsigned bit = 0; bit < 8 && !why; bit++)
			for (unsigned i = 0; i < move_count && !why; i++)
				why = damaged(state, &moves[i], byte,
					      (uint8_t)(1u << bit));
	return why;
}

/* ------------------------------------------------------------------- start */

/*
 * Blocks of an order: whole (free or live), or two halves that are not both
 * free; pages may be absent too, then of a block that is no page two such
 * halves are the third case already.
 */
static size_t state_count(unsigned order, bool holes)
{
	size_t n = holes ? 3 : 2;

	while (order--)
		n = n * n + 1;
	return n;
}

static bool
explore(unsigned nr, const char *name, unsigned order, bool holes,
	const char *(*check)(const void *state))
{
	struct buddy_state initial;
	struct explore system = {
		.name = name, .bytes = sizeof(initial), .move = move_one,
		.check = check, .print = print,
	};

	buddy_setup(order);
	memset(&initial, 0, sizeof(initial));
	system.limit = state_count(order, holes);
	system.moves = move_count = buddy_moves(moves, holes);
	if (!holes) {
		memset(initial.page, IDLE, buddy_pages());
		initial.node[1] = (uint8_t)(0xa0 | (order + 1));
	}
	states = 0;
	if (!explore_all(nr, &system, &initial))
		return false;
	if (states != system.limit)
		printf("Bail out! only %zu of %zu states\n", states,
		       system.limit);
	return states == system.limit;
}

int main(void)
{
	bool ok;

	puts("1..4");
	ok = explore(1, "16 pages", 4, false, check_nothing);
	ok &= explore(2, "8 pages that come and go", 3, true, check_nothing);
	ok &= explore(3, "R-15: damage, 8 pages", 3, false, check_damage);
	ok &= explore(4, "R-15: damage, 4 pages that come and go", 2, true,
		      check_damage);
	return !ok;
}
