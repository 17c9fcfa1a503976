/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The nodes of the page allocator's tree: every byte, every place in a tree of
 * up to 30 levels, every stretch of pages in it.
 */
#include "page_tree.h"
#include "harness.h"

#define DEPTH_MAX 30u

/* A changed bit of a sound node is seen, unless it says another value. */
static void nodes(uint8_t node, unsigned order)
{
	uint8_t flipped = (uint8_t)(node ^ 1u << nondet_u32() % 8);
	unsigned value = page_node_value(node);

	assume(order <= DEPTH_MAX);
	prove(page_node_kind(page_node_free(order)) == PAGE_FREE);
	prove(page_node_value(page_node_free(order)) == order + 1);
	prove(page_node_kind(page_node_split(value)) == PAGE_SPLIT);
	prove(page_node_value(page_node_split(value)) == value);
	if (page_node_is_sound(node, order))
		prove(!page_node_is_sound(flipped, order));
}

/* Two halves that are sound make a whole that is. */
static void joins(uint8_t one, uint8_t other, unsigned order)
{
	uint8_t both;

	assume(order >= 1 && order <= DEPTH_MAX);
	assume(page_node_is_sound(one, order - 1));
	assume(page_node_is_sound(other, order - 1));
	both = page_node_join(one, other, order);
	prove(page_node_is_sound(both, order));
	prove(page_node_value(both) >= page_node_value(one));
	prove(page_node_value(both) >= page_node_value(other));
	prove((both == PAGE_NONE) == (one == PAGE_NONE && other == PAGE_NONE));
}

/* A page's node is one of its order, and begins at or before the page. */
static void places(unsigned depth, unsigned order, size_t page)
{
	size_t at, first;

	assume(depth <= DEPTH_MAX && order <= depth && page >> depth == 0);
	at = page_node_at(depth, page, order);
	first = page_node_page(depth, at, order);
	prove(at >> (depth - order) == 1);
	prove(first <= page && page - first < (size_t)1 << order);
	prove((first & (((size_t)1 << order) - 1)) == 0);
	if (order < depth)
		prove(page_node_at(depth, page, order + 1) == at / 2);
}

/* The block fits, and the next larger one does not or is not aligned. */
static void stretches(size_t page, size_t end)
{
	unsigned order;
	size_t pages;

	assume(page < end && end >> DEPTH_MAX == 0);
	order = page_largest_order(page, end);
	pages = (size_t)1 << order;
	prove((page & (pages - 1)) == 0 && pages <= end - page);
	prove((page & (2 * pages - 1)) != 0 || 2 * pages > end - page);
}

int main(void)
{
	nodes((uint8_t)nondet_u32(), nondet_u32());
	joins((uint8_t)nondet_u32(), (uint8_t)nondet_u32(), nondet_u32());
	places(nondet_u32(), nondet_u32(), nondet_size());
	stretches(nondet_size(), nondet_size());
	return 0;
}
