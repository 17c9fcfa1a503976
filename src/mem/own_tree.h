/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The tree below the ownership map: the pages at which runs begin.
 *
 * An AA tree: a binary search tree whose nodes have levels. A leaf is at level
 * 1, a left child one below its parent, a right child at most one below and a
 * right child's right child at least one below. So no path is longer than
 * twice the root's level, and the root's level is at most log2(nodes + 1).
 */
#ifndef MEM_OWN_TREE_H
#define MEM_OWN_TREE_H

#include <svsm/own.h>

/** Longest path: twice the level that 64 * 256 nodes can have. */
#define OWN_DEPTH	32u

/** Where a page number lies between the beginnings of runs; 0: no such run. */
struct own_place {
	uint16_t below;		/* the last one that begins below it */
	uint16_t from;		/* the first one that begins there or above */
};

/* Node 0 is none: at level 0, its own child. */
static inline __attribute__((always_inline)) struct svsm_own_node *
own_node(const struct svsm_own *own, unsigned i)
{
	return &own->chunk[i / SVSM_OWN_CHUNK][i % SVSM_OWN_CHUNK];
}

struct own_place own_find(const struct svsm_own *own, uint64_t page);

/** Add a run; none begins at @p page, and there is a free node. */
void own_insert(struct svsm_own *own, uint64_t page, enum svsm_owner owner);

/** Remove the run that begins at @p page. */
void own_remove(struct svsm_own *own, uint64_t page);

#endif
