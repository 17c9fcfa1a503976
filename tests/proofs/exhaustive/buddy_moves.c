/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What can be done to a page pool, and what a naive model says to it: a row of
 * pages, each of which is absent, free, or of a block.
 */
#include <string.h>

#include "buddy_space.h"

unsigned buddy_moves(struct buddy_move *out, bool holes)
{
	unsigned n = 0, page, order, end;

	for (order = 0; order <= buddy_order + 1; order++)
		out[n++] = (struct buddy_move){ .kind = BUDDY_ALLOC,
						.order = order };
	for (page = 0; page < buddy_pages(); page++) {
		for (order = 0; order <= buddy_order; order++)
			out[n++] = (struct buddy_move){ .kind = BUDDY_FREE,
				.page = page, .order = order };
		out[n++] = (struct buddy_move){ .kind = BUDDY_FREE,
						.page = page, .offset = 8 };
	}
	if (!holes)
		return n;
	out[n++] = (struct buddy_move){ .kind = BUDDY_TAKE };
	for (page = 0; page < buddy_pages(); page++)
		for (end = page + 1; end <= buddy_pages(); end++)
			out[n++] = (struct buddy_move){ .kind = BUDDY_ADD,
				.page = page, .end = end };
	return n;
}

enum svsm_status buddy_do(const struct buddy_move *move, void **out)
{
	switch (move->kind) {
	case BUDDY_ALLOC:
		return svsm_page_alloc(&buddy_account, move->order, out);
	case BUDDY_FREE:
		return svsm_page_free(&buddy_account,
				      (char *)buddy_address(move->page) +
					      move->offset, move->order);
	case BUDDY_ADD:
		return svsm_page_add(&buddy_pool, buddy_address(move->page),
				     (move->end - move->page) *
					     SVSM_PAGE_BYTES);
	default:
		return svsm_page_take_out(&buddy_pool, out);
	}
}

/* --------------------------------------------------------------- the model */

static bool all(const struct buddy_state *state, unsigned from, unsigned end,
		uint8_t what)
{
	while (from < end)
		if (state->page[from++] != what)
			return false;
	return true;
}

static bool has_block(const struct buddy_state *state, unsigned order)
{
	for (unsigned i = 0; i + (1u << order) <= buddy_pages();
	     i += 1u << order)
		if (all(state, i, i + (1u << order), IDLE))
			return true;
	return false;
}

static unsigned page_of(const void *out)
{
	return (unsigned)(((uintptr_t)out - BASE) / SVSM_PAGE_BYTES);
}

/* Any block will do that was free and is where such a block may be. */
static enum svsm_status
expect_alloc(struct buddy_state *state, unsigned order, const void *out)
{
	unsigned page = page_of(out), n = 1u << order;

	if (!has_block(state, order))
		return SVSM_ENOMEM;
	if (page % n || page >= buddy_pages() ||
	    !all(state, page, page + n, IDLE))
		return SVSM_STATUS_COUNT;
	memset(&state->page[page], LIVE(order, page), n);
	return SVSM_OK;
}

static enum svsm_status
expect_free(struct buddy_state *state, const struct buddy_move *move)
{
	uint8_t is = state->page[move->page];

	if (is <= IDLE)
		return is == IDLE ? SVSM_EDOUBLE : SVSM_EFOREIGN;
	if ((is & 15u) != move->page || move->offset)
		return SVSM_EINTERIOR;
	if (is != LIVE(move->order, move->page))
		return SVSM_EORDER;
	memset(&state->page[move->page], IDLE, 1u << move->order);
	return SVSM_OK;
}

static enum svsm_status
expect_add(struct buddy_state *state, unsigned from, unsigned end)
{
	if (!all(state, from, end, GONE))
		return SVSM_EEXIST;
	memset(&state->page[from], IDLE, end - from);
	return SVSM_OK;
}

static enum svsm_status
expect_take(struct buddy_state *state, const void *out)
{
	unsigned page = page_of(out), last = buddy_pages();

	while (last > 0 && state->page[last - 1] != IDLE)
		last--;
	if (last == 0)
		return SVSM_ENOMEM;
	if (page != last - 1)
		return SVSM_STATUS_COUNT;
	state->page[page] = GONE;
	return SVSM_OK;
}

enum svsm_status
buddy_expect(struct buddy_state *state, const struct buddy_move *move,
	     const void *out)
{
	switch (move->kind) {
	case BUDDY_ALLOC:
		return expect_alloc(state, move->order, out);
	case BUDDY_FREE:
		return expect_free(state, move);
	case BUDDY_ADD:
		return expect_add(state, move->page, move->end);
	default:
		return expect_take(state, out);
	}
}
