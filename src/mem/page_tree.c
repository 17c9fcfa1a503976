/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The tree of a span. See page_tree.h.
 */
#include "page_tree.h"

/* Parent and halves are sound, and say the same. */
static bool
agree(const struct svsm_page_span *span, size_t parent, unsigned order)
{
	uint8_t one = span->node[2 * parent];
	uint8_t other = span->node[2 * parent + 1];

	return page_node_is_sound(one, order - 1) &&
	       page_node_is_sound(other, order - 1) &&
	       span->node[parent] == page_node_join(one, other, order);
}

enum svsm_status
page_tree_look_above(const struct svsm_page_span *span, struct page_leaf leaf)
{
	while (leaf.at > 1) {
		leaf.order++;
		leaf.at /= 2;
		if (!agree(span, leaf.at, leaf.order))
			return SVSM_ECORRUPT;
	}
	return SVSM_OK;
}

enum svsm_status
page_tree_plan(const struct svsm_page_span *span, struct page_leaf leaf,
	       uint8_t node)
{
	uint8_t old = span->node[leaf.at];

	if (!page_node_is_sound(old, leaf.order))
		return SVSM_ECORRUPT;
	while (leaf.at > 1) {
		uint8_t buddy = span->node[leaf.at ^ 1];
		uint8_t parent = span->node[leaf.at / 2];

		if (!page_node_is_sound(buddy, leaf.order++) ||
		    parent != page_node_join(old, buddy, leaf.order))
			return SVSM_ECORRUPT;
		leaf.at /= 2;
		node = page_node_join(node, buddy, leaf.order);
		if (node == parent)
			break;
		old = parent;
	}
	return SVSM_OK;
}

void page_tree_set(struct svsm_page_span *span, struct page_leaf leaf,
		   uint8_t node)
{
	span->node[leaf.at] = node;
	while (leaf.at > 1) {
		uint8_t *buddy = &span->node[leaf.at ^ 1];

		leaf.order++;
		node = page_node_join(node, *buddy, leaf.order);
		if (page_node_kind(node) == PAGE_FREE)
			span->node[leaf.at] = *buddy = PAGE_NONE;
		leaf.at /= 2;
		if (node == span->node[leaf.at])
			break;
		span->node[leaf.at] = node;
	}
}

enum svsm_status
page_tree_find(const struct svsm_page_span *span, unsigned order, bool highest,
	       struct page_leaf *out)
{
	struct page_leaf leaf = { 1, span->depth };

	if (!page_node_is_sound(span->node[1], span->depth))
		return SVSM_ECORRUPT;
	if (page_node_value(span->node[1]) <= order)
		return SVSM_ENOMEM;
	while (page_node_kind(span->node[leaf.at]) == PAGE_SPLIT) {
		if (!agree(span, leaf.at, leaf.order))
			return SVSM_ECORRUPT;
		leaf.at = 2 * leaf.at + highest;
		leaf.order--;
		if (page_node_value(span->node[leaf.at]) <= order)
			leaf.at ^= 1;
	}
	*out = leaf;
	return SVSM_OK;
}

void page_tree_split(struct svsm_page_span *span, struct page_leaf *leaf,
		     unsigned order, bool highest)
{
	while (leaf->order > order) {
		leaf->order--;
		leaf->at = 2 * leaf->at + highest;
		span->node[leaf->at ^ 1] = page_node_free(leaf->order);
	}
}

enum svsm_status
page_tree_look(const struct svsm_page_span *span, size_t page,
	       struct page_leaf *out)
{
	struct page_leaf leaf = page_leaf(span, page, 0);

	while (leaf.at > 1 && !span->node[leaf.at]) {
		leaf.at /= 2;
		leaf.order++;
	}
	if (!page_node_is_sound(span->node[leaf.at], leaf.order))
		return SVSM_ECORRUPT;
	switch (page_node_kind(span->node[leaf.at])) {
	case PAGE_FREE:
		return SVSM_EDOUBLE;
	case PAGE_LIVE:
		if (page_leaf_page(span, leaf) != page)
			return SVSM_EINTERIOR;
		*out = leaf;
		return SVSM_OK;
	default:
		return SVSM_EFOREIGN;
	}
}
