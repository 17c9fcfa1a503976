/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What holds in an ownership map between calls. For tests.
 */
#include "own_step.h"
#include "own_tree.h"

/* See own_tree.h. */
static bool levels_are_right(const struct svsm_own *own, unsigned i)
{
	const struct svsm_own_node *node = own_node(own, i);
	const struct svsm_own_node *left = own_node(own, node->child[0]);
	const struct svsm_own_node *right = own_node(own, node->child[1]);

	return node->level >= 1 && left->level == node->level - 1 &&
	       right->level <= node->level && right->level >= left->level &&
	       own_node(own, right->child[1])->level < node->level;
}

static bool free_list_is_right(const struct svsm_own *own)
{
	uint32_t all = own->free + own->kept;
	unsigned i = own->free_list;
	uint32_t n = 0;

	for (; i && n < all; n++)
		i = own_node(own, i)->child[0];
	return i == 0 && n == all;
}

/* From run to run, each found by its page. */
bool svsm_own_check(const struct svsm_own *own)
{
	struct own_place place = own_find(own, 0);
	uint32_t n = 0;

	if (!place.from || own_node(own, place.from)->page != 0)
		return false;
	while (place.from) {
		const struct svsm_own_node *node = own_node(own, place.from);

		if (!levels_are_right(own, place.from) ||
		    node->page >= OWN_PAGES_END || n++ == own->count ||
		    (place.below && (own_node(own, place.below)->owner ==
				     node->owner ||
				     own_node(own, place.below)->page >=
				     node->page)))
			return false;
		place = own_find(own, node->page + 1);
	}
	return n == own->count && free_list_is_right(own);
}
