/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The tree below the ownership map. See own_tree.h.
 */
#include <svsm/assert.h>

#include "own_tree.h"

enum side { LEFT, RIGHT };

/** A node's balance is that of itself and of two generations below it. */
#define QUIET	2u

/** The links from the root to a node, each one what points to the next. */
struct path {
	uint16_t *link[OWN_DEPTH];
	unsigned n;
};

static inline __attribute__((always_inline)) void
path_add(struct path *path, uint16_t *link)
{
	svsm_assert(path->n < OWN_DEPTH);
	path->link[path->n++] = link;
}

struct own_place own_find(const struct svsm_own *own, uint64_t page)
{
	struct own_place place = { 0 };
	unsigned i = own->root;

	while (i) {
		const struct svsm_own_node *node = own_node(own, i);

		if (node->page < page) {
			place.below = (uint16_t)i;
			i = node->child[RIGHT];
		} else {
			place.from = (uint16_t)i;
			i = node->child[LEFT];
		}
	}
	return place;
}

/* A left child at its parent's level becomes the parent. */
static uint16_t skew(const struct svsm_own *own, uint16_t i)
{
	struct svsm_own_node *node = own_node(own, i);
	uint16_t left = node->child[LEFT];
	struct svsm_own_node *up = own_node(own, left);

	if (!i || up->level != node->level)
		return i;
	node->child[LEFT] = up->child[RIGHT];
	up->child[RIGHT] = i;
	return left;
}

/* Of three at one level, one right of the other, the middle one moves up. */
static uint16_t split(const struct svsm_own *own, uint16_t i)
{
	struct svsm_own_node *node = own_node(own, i);
	uint16_t right = node->child[RIGHT];
	struct svsm_own_node *up = own_node(own, right);

	if (!i || own_node(own, up->child[RIGHT])->level != node->level)
		return i;
	node->child[RIGHT] = up->child[LEFT];
	up->child[LEFT] = i;
	up->level++;
	return right;
}

static uint16_t node_take(struct svsm_own *own)
{
	uint16_t i = own->free_list;

	svsm_assert(own->free > 0);
	own->free_list = own_node(own, i)->child[LEFT];
	own->free--;
	own->count++;
	return i;
}

static void node_give(struct svsm_own *own, uint16_t i)
{
	*own_node(own, i) = (struct svsm_own_node){
		.child[LEFT] = own->free_list,
	};
	own->free_list = i;
	own->free++;
	own->count--;
}

/* Below a run that is new; false: nothing to do. */
static bool balance(const struct svsm_own *own, uint16_t *link)
{
	const struct svsm_own_node *node = own_node(own, *link);
	uint8_t level = node->level;

	*link = split(own, skew(own, *link));
	return own_node(own, *link) != node || node->level != level;
}

void own_insert(struct svsm_own *own, uint64_t page, enum svsm_owner owner)
{
	uint16_t *link = &own->root;
	struct path path;
	unsigned quiet;

	for (path.n = 0; *link; ) {
		struct svsm_own_node *node = own_node(own, *link);

		path_add(&path, link);
		link = &node->child[node->page < page];
	}
	*link = node_take(own);
	*own_node(own, *link) = (struct svsm_own_node){
		.page = page, .level = 1, .owner = (uint8_t)owner,
	};
	for (quiet = 0; path.n && quiet < QUIET; ) {
		link = path.link[--path.n];
		quiet = balance(own, link) ? 0 : quiet + 1;
	}
}

/* A node is one level above the lower one of its children. */
static void sink(const struct svsm_own *own, uint16_t i)
{
	struct svsm_own_node *node = own_node(own, i);
	struct svsm_own_node *right = own_node(own, node->child[RIGHT]);
	uint8_t left = own_node(own, node->child[LEFT])->level;
	uint8_t level = (uint8_t)(1 + (left < right->level ?
				       left : right->level));

	if (level >= node->level)
		return;
	node->level = level;
	if (right->level > level)
		right->level = level;
}

/* Make one node of the path right again, all below it being so. */
static uint16_t mend(const struct svsm_own *own, uint16_t i)
{
	struct svsm_own_node *node;

	if (!i)
		return 0;
	sink(own, i);
	i = skew(own, i);
	node = own_node(own, i);
	node->child[RIGHT] = skew(own, node->child[RIGHT]);
	if (node->child[RIGHT]) {
		node = own_node(own, node->child[RIGHT]);
		node->child[RIGHT] = skew(own, node->child[RIGHT]);
	}
	i = split(own, i);
	node = own_node(own, i);
	node->child[RIGHT] = split(own, node->child[RIGHT]);
	return i;
}

/* The path to the run at @page. */
static void walk(struct svsm_own *own, uint64_t page, struct path *path)
{
	uint16_t *link = &own->root;
	struct svsm_own_node *node;

	for (;;) {
		svsm_assert(*link);
		path_add(path, link);
		node = own_node(own, *link);
		if (node->page == page)
			return;
		link = &node->child[node->page < page];
	}
}

/*
 * Take the path's last node out. One with a left child gets the content of the
 * run before it, which is a leaf, and that one goes.
 */
static void unlink_last(struct svsm_own *own, struct path *path)
{
	uint16_t *link = path->link[path->n - 1];
	struct svsm_own_node *node = own_node(own, *link);
	struct svsm_own_node *leaf;
	uint16_t gone;

	if (!node->child[LEFT]) {
		gone = *link;
		*link = node->child[RIGHT];
		node_give(own, gone);
		return;
	}
	link = &node->child[LEFT];
	for (path_add(path, link); own_node(own, *link)->child[RIGHT];
	     path_add(path, link))
		link = &own_node(own, *link)->child[RIGHT];
	gone = *link;
	leaf = own_node(own, gone);
	node->page = leaf->page;
	node->owner = leaf->owner;
	*link = leaf->child[LEFT];
	node_give(own, gone);
}

void own_remove(struct svsm_own *own, uint64_t page)
{
	struct path path = { .n = 0 };

	walk(own, page, &path);
	unlink_last(own, &path);
	while (path.n) {
		uint16_t *link = path.link[--path.n];

		*link = mend(own, *link);
	}
}
