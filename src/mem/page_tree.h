/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The tree of a span: a byte for each block that buddies could make.
 *
 * Node 1 is the whole, nodes 2n and 2n + 1 are the halves of node n, so the
 * blocks of an order lie side by side. A node is
 *
 *	NONE	no page of it is there, or it is part of a larger leaf;
 *	SPLIT	its halves have something; the value is the largest free
 *		order below plus one, 0: nothing is free;
 *	FREE	one free block; the value is its order plus one;
 *	LIVE	one block that was handed out.
 *
 * NONE, LIVE and SPLIT differ in two bits, the value of a FREE node follows
 * from its place, that of a SPLIT one has a parity bit and is what its halves
 * say. All that goes to use is looked at in this way, so a flipped bit is
 * found.
 */
#ifndef SVSM_MEM_PAGE_TREE_H
#define SVSM_MEM_PAGE_TREE_H

#include <svsm/page.h>

#define PAGE_NONE	0x00u
#define PAGE_SPLIT	0x60u
#define PAGE_FREE	0xa0u
#define PAGE_LIVE	0xc0u

/* ------------------------------------------------- pure: bytes and numbers */

static inline unsigned page_node_kind(uint8_t node)
{
	return (node & PAGE_SPLIT) == PAGE_SPLIT ? PAGE_SPLIT : node & 0xe0u;
}

static inline unsigned page_node_value(uint8_t node)
{
	return node & 0x1fu;
}

/** Is there something, and is it one block? */
static inline bool page_node_is_leaf(uint8_t node)
{
	return page_node_kind(node) >= PAGE_FREE;
}

/** @param value  0..31; bit 7 is its parity. */
static inline uint8_t page_node_split(unsigned value)
{
	return (uint8_t)(PAGE_SPLIT | value | (0x96696996u >> value & 1) << 7);
}

static inline uint8_t page_node_free(unsigned order)
{
	return (uint8_t)(PAGE_FREE | (order + 1));
}

/** Can this byte be the node of a block of this order? */
static inline bool page_node_is_sound(uint8_t node, unsigned order)
{
	unsigned value = page_node_value(node);

	return node == PAGE_NONE || node == PAGE_LIVE ||
	       node == page_node_free(order) ||
	       (node == page_node_split(value) && value <= order && order > 0);
}

/** What the node of this order is whose halves are these. */
static inline uint8_t
page_node_join(uint8_t one, uint8_t other, unsigned order)
{
	unsigned value = page_node_value(one);

	if (one == other && page_node_kind(one) == PAGE_FREE)
		return page_node_free(order);
	if (!one && !other)
		return PAGE_NONE;
	if (page_node_value(other) > value)
		value = page_node_value(other);
	return page_node_split(value);
}

/** The node of the block of this order that holds a page. */
static inline size_t
page_node_at(unsigned depth, size_t page, unsigned order)
{
	return ((size_t)1 << (depth - order)) + (page >> order);
}

/** The first page of a node of this order. */
static inline size_t
page_node_page(unsigned depth, size_t at, unsigned order)
{
	return (at - ((size_t)1 << (depth - order))) << order;
}

/** The largest order of a block that begins at @p page and ends by @p end. */
static inline unsigned page_largest_order(size_t page, size_t end)
{
	unsigned order = 0;

	while (svsm_is_aligned(page, (size_t)2 << order) &&
	       (size_t)2 << order <= end - page)
		order++;
	return order;
}

/* ----------------------------------------------------------------- the tree */

struct page_leaf {
	size_t at;
	unsigned order;
};

static inline struct page_leaf
page_leaf(const struct svsm_page_span *span, size_t page, unsigned order)
{
	return (struct page_leaf){ page_node_at(span->depth, page, order),
				   order };
}

static inline size_t
page_leaf_page(const struct svsm_page_span *span, struct page_leaf leaf)
{
	return page_node_page(span->depth, leaf.at, leaf.order);
}

/**
 * Is what page_tree_set() would read sound?
 *
 * @retval SVSM_ECORRUPT  No.
 */
SVSM_CHECKED enum svsm_status
page_tree_plan(const struct svsm_page_span *span, struct page_leaf leaf,
	       uint8_t node);

/** The same for whatever becomes of this node and of others. */
SVSM_CHECKED enum svsm_status
page_tree_look_above(const struct svsm_page_span *span, struct page_leaf leaf);

/** Make a node a leaf of this kind; join buddies and correct what is above. */
void page_tree_set(struct svsm_page_span *span, struct page_leaf leaf,
		   uint8_t node);

/**
 * Find a free leaf of at least this order: the one with the lowest address,
 * or with the highest.
 *
 * @retval SVSM_ENOMEM    There is none.
 * @retval SVSM_ECORRUPT  A node on the way, or beside it, is not sound.
 */
SVSM_CHECKED enum svsm_status
page_tree_find(const struct svsm_page_span *span, unsigned order, bool highest,
	       struct page_leaf *out);

/**
 * Divide a free leaf down to its lowest (highest) part of this order. That
 * part is a leaf of which page_tree_set() has to make something next.
 */
void page_tree_split(struct svsm_page_span *span, struct page_leaf *leaf,
		     unsigned order, bool highest);

/**
 * Where does a page lie?
 *
 * @retval SVSM_OK        It is the first of a live block; @p out is that leaf.
 * @retval SVSM_EINTERIOR In a live block.
 * @retval SVSM_EDOUBLE   In a free one.
 * @retval SVSM_EFOREIGN  It is not there.
 * @retval SVSM_ECORRUPT  A node above it is not sound.
 */
SVSM_CHECKED enum svsm_status
page_tree_look(const struct svsm_page_span *span, size_t page,
	       struct page_leaf *out);

/* ------------------------------------------------------- owners and places */

/* Of a live block, kept at its first page. */
#define PAGE_OWNER_ID		0x7fu
#define PAGE_OWNER_CPU		7	/* shift; CPU + 1: given back there */

static inline uint16_t page_owner_make(unsigned id, unsigned cpu)
{
	unsigned bits = id | cpu << PAGE_OWNER_CPU;

	return (uint16_t)(bits | (unsigned)__builtin_parity(bits) << 15);
}

static inline bool page_owner_is_sound(uint16_t owner)
{
	return !__builtin_parity(owner) && (owner & PAGE_OWNER_ID);
}

static inline unsigned page_owner_id(uint16_t owner)
{
	return owner & PAGE_OWNER_ID;
}

/** 0, or number + 1 of the CPU that has it back. */
static inline unsigned page_owner_cpu(uint16_t owner)
{
	return (owner & 0x7fffu) >> PAGE_OWNER_CPU;
}

/** Where the page of a tree is. */
static inline void *
page_address(const struct svsm_page_span *span, size_t page)
{
	return (void *)(span->start +
			((page - span->first) << SVSM_PAGE_SHIFT));
}

/** The span with this address, or NULL. */
struct svsm_page_span *
page_span_of(const struct svsm_page_pool *pool, uintptr_t addr);

/* ------------------------------------------- blocks, with the lock held */

/** A block of a span. */
struct page_place {
	struct svsm_page_span *span;
	struct page_leaf leaf;
	size_t page;		/* of the span, from 0 */
};

/** From the buddy to the account, @p cpu is 0 or that of a cache, plus 1. */
SVSM_CHECKED enum svsm_status
page_take(struct svsm_page_account *account, unsigned order, unsigned cpu,
	  void **out);

/** Back, from the account; the block is clear. */
SVSM_CHECKED enum svsm_status
page_give(struct svsm_page_account *account, const struct page_place *place);

/**
 * From the account's cache.
 *
 * @retval SVSM_ENOENT    It is empty, or there is none.
 * @retval SVSM_ECORRUPT  The page is not what it should be; it is forgotten.
 *
 * Context: no lock. These two are the fast path.
 */
SVSM_CHECKED enum svsm_status
page_cache_get(struct svsm_page_account *account, void **out);

/** Into the cache; false: it is not for the cache, nothing happened. */
SVSM_CHECKED bool
page_cache_put(struct svsm_page_account *account, void *block, bool clear);

/** The others with the lock held. Give back what a CPU keeps. */
SVSM_CHECKED enum svsm_status
page_cache_empty(struct svsm_page_account *account, unsigned cpu);

/** All that this CPU keeps; other CPUs will see that they have to do so. */
SVSM_CHECKED enum svsm_status page_cache_recall(struct svsm_page_pool *pool);

/** After the fast path was not possible: do what was in its way. */
SVSM_CHECKED enum svsm_status
page_cache_settle(struct svsm_page_account *account);

/** Is this page one that the CPU keeps for the account? */
bool page_cache_has(const struct svsm_page_account *account, unsigned cpu,
		    const void *page);

/** Pages for later, when there are many. */
void page_cache_fill(struct svsm_page_account *account);

/* ---------------------------------------------------------------- accounts */

/** What an account still has to get of its guarantee. */
/*@ assigns \nothing;
  ensures \result == (used < min ? min - used : 0); */
static inline size_t page_account_owed(size_t min, size_t used)
{
	return used < min ? min - used : 0;
}

/** Numbers of pages that decide. */
struct page_demand {
	size_t pages;		/* wanted */
	size_t min;		/* of the account */
	size_t limit;
	size_t used;
	size_t free;		/* in the pool */
	size_t reserved;	/* of them, for all accounts; owed included */
};

/** May it have them? */
/*@ requires \valid_read(want);
  assigns \nothing;
  ensures \result ==> want->used + want->pages <= want->limit;
  ensures \result ==> want->pages <= want->free;
  ensures \result && want->used + want->pages <= want->min <=
    want->used + want->reserved ==>
    want->reserved <= want->free;
  ensures \result && want->used >= want->min ==>
    want->reserved <= want->free - want->pages; */
bool page_account_fits(const struct page_demand *want);
bool page_account_allows(const struct svsm_page_account *account,
			 size_t pages);

/** Open it unless it is. These with the pool's lock held. */
SVSM_CHECKED enum svsm_status
page_account_ready(struct svsm_page_account *account);
void page_account_charge(struct svsm_page_account *account, size_t pages);
void page_account_discharge(struct svsm_page_account *account, size_t pages);

#endif
