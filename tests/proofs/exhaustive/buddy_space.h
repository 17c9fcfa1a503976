/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A page pool of at most 16 pages as a row of bytes, with a naive model of it
 * beside. The memory of the pages does not exist: the pool never touches it.
 */
#ifndef TESTS_PROOFS_BUDDY_SPACE_H
#define TESTS_PROOFS_BUDDY_SPACE_H

#include <svsm/page.h>

#define MAX_ORDER	4u
#define MAX_PAGES	(1u << MAX_ORDER)
/** Where the pages would be. */
#define BASE		0x10000000ul

/** In buddy_state.page: what the model says of a page. */
#define GONE		0x00u
#define IDLE		0x01u
#define LIVE(order, first) (uint8_t)(0x80u | (order) << 4 | (first))

struct buddy_state {
	uint8_t page[MAX_PAGES];
	uint8_t node[2 * MAX_PAGES];
	uint16_t owner[MAX_PAGES];
};

/** Order of the whole. */
extern unsigned buddy_order;

extern struct svsm_page_pool buddy_pool;
extern struct svsm_page_account buddy_account;

/** What was cleared since buddy_load(). */
extern uintptr_t buddy_cleared;
extern uint64_t buddy_cleared_len;
extern unsigned buddy_clears;

/** An empty pool of 2^order pages. */
void buddy_setup(unsigned order);

/** Make the pool what the state says, and back. */
void buddy_load(const struct buddy_state *state);
void buddy_store(struct buddy_state *state);

/** Do pool and model agree, and do the pool's own invariants hold? */
bool buddy_agrees(const struct buddy_state *state);

/** Are pool and records as in this state, to the bit? */
bool buddy_is(const struct buddy_state *state);

static inline void *buddy_address(unsigned page)
{
	return (void *)(BASE + page * SVSM_PAGE_BYTES);
}

static inline unsigned buddy_pages(void)
{
	return buddy_order <= MAX_ORDER ? 1u << buddy_order : 0;
}

/* ------------------------------------------------------------- operations */

enum buddy_kind { BUDDY_ALLOC, BUDDY_FREE, BUDDY_ADD, BUDDY_TAKE };

struct buddy_move {
	enum buddy_kind kind;
	unsigned page;
	unsigned order;		/* ALLOC, FREE */
	unsigned offset;	/* FREE: bytes into the page */
	unsigned end;		/* ADD: page behind the last */
};

/** All of them for an instance; with additions and removals or without. */
unsigned buddy_moves(struct buddy_move *out, bool holes);

/** Make a move; @p out is the block or page, if there is one. */
enum svsm_status buddy_do(const struct buddy_move *move, void **out);

/** What the model says to it, and the model afterwards. */
enum svsm_status
buddy_expect(struct buddy_state *state, const struct buddy_move *move,
	     const void *out);

#endif
