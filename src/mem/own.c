/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The ownership map: runs of equal pages. See own.h.
 *
 * A run ends where the next one begins, the last one at the end of the
 * address space. Neighbours differ in owner, and the first run begins at
 * page 0. So a change is about two beginnings: that of its range, and that of
 * what goes on behind it.
 */
#include <svsm/assert.h>
#include <svsm/own.h>
#include <svsm/window.h>

#include "own_step.h"
#include "own_tree.h"

void svsm_own_init(struct svsm_own *own, struct svsm_own_node *node, size_t n)
{
	svsm_assert(n >= 4);
	*own = (struct svsm_own){ 0 };
	node[0] = (struct svsm_own_node){ 0 };
	for (size_t part; n > 0; node += part, n -= part) {
		part = n < SVSM_OWN_CHUNK ? n : SVSM_OWN_CHUNK;
		svsm_assert(svsm_own_add(own, node, part) == SVSM_OK);
	}
	own_insert(own, 0, SVSM_OWN_NONE);
}

enum svsm_status
svsm_own_add(struct svsm_own *own, struct svsm_own_node *node, size_t n)
{
	unsigned first = own->chunks * (unsigned)SVSM_OWN_CHUNK;

	if (n == 0 || n > SVSM_OWN_CHUNK)
		return SVSM_EINVAL;
	if (own->chunks == SVSM_OWN_CHUNKS)
		return SVSM_EBUSY;
	own->chunk[own->chunks++] = node;
	/* The very first one stands for none. */
	for (size_t i = n; i-- > (first == 0);) {
		node[i] = (struct svsm_own_node){
			.child = { own->free_list },
		};
		own->free_list = (uint16_t)(first + i);
		own->free++;
	}
	return SVSM_OK;
}

void svsm_own_keep(struct svsm_own *own, uint32_t n)
{
	uint32_t all = own->free + own->kept;

	own->kept = n < all ? n : all;
	own->free = all - own->kept;
}

bool svsm_own_has_room(const struct svsm_own *own, unsigned sets)
{
	return own->free / 2 >= sets;
}

static inline __attribute__((always_inline)) enum svsm_owner
owner_of(const struct svsm_own *own, unsigned i)
{
	return (enum svsm_owner)own_node(own, i)->owner;
}

/* Where the run before that place ends. */
static inline __attribute__((always_inline)) uint64_t
end_of(const struct svsm_own *own, const struct own_place *place)
{
	return place->from ? own_node(own, place->from)->page : OWN_PAGES_END;
}

enum svsm_owner svsm_own_get(const struct svsm_own *own, svsm_gpa_t gpa)
{
	return owner_of(own, own_find(own, own_page(gpa.v) + 1).below);
}

bool svsm_own_is(const struct svsm_own *own, const struct svsm_range *range,
		 enum svsm_owner owner)
{
	struct own_pages pages;
	struct own_place place;

	if (!own_pages(range, &pages))
		return false;
	place = own_find(own, pages.first + 1);
	return owner_of(own, place.below) == owner &&
	       end_of(own, &place) >= pages.end;
}

unsigned
svsm_own_mask(const struct svsm_own *own, const struct svsm_range *range)
{
	uint64_t last = own_page(range->start.v + (range->len - 1));
	uint64_t page = own_page(range->start.v);
	unsigned mask = 0;

	if (range->len == 0)
		return 0;
	while (page <= last) {
		struct own_place place = own_find(own, page + 1);

		mask |= 1u << owner_of(own, place.below);
		page = end_of(own, &place);
	}
	return mask;
}

enum svsm_owner
svsm_own_run(const struct svsm_own *own, svsm_gpa_t at, struct svsm_range *out)
{
	struct own_place place = own_find(own, own_page(at.v) + 1);

	*out = own_run_range(own_page(at.v), end_of(own, &place));
	return owner_of(own, place.below);
}

/* What is there now, from the range's first page to the page behind it. */
static void
look(const struct svsm_own *own, const struct own_pages *pages,
     struct own_cut *cut)
{
	struct own_place place = own_find(own, pages->first);

	*cut = (struct own_cut){
		.before = owner_of(own, place.below),
		.after = owner_of(own, place.below),
	};
	while (place.from && end_of(own, &place) <= pages->end) {
		uint64_t page = end_of(own, &place);

		own_cut_count(cut, pages, page, owner_of(own, place.from));
		place = own_find(own, page + 1);
	}
}

/* Runs that begin inside of the range; mostly there are none. */
static void
remove_inner(struct svsm_own *own, const struct own_pages *pages,
	     unsigned n)
{
	while (n--)
		own_remove(own, end_of(own, &(struct own_place){
			.from = own_find(own, pages->first + 1).from }));
}

/* A run begins somewhere else now, still between the same two others. */
static void
move(struct svsm_own *own, uint64_t from, uint64_t to, enum svsm_owner owner)
{
	struct svsm_own_node *node = own_node(own, own_find(own, from).from);

	svsm_assert(node->page == from);
	node->page = to;
	node->owner = (uint8_t)owner;
}

/* Let a run begin at @page, or none. */
static void
put(struct svsm_own *own, uint64_t page, bool have, bool want,
    enum svsm_owner owner)
{
	if (have && want)
		move(own, page, page, owner);
	else if (want)
		own_insert(own, page, owner);
	else if (have)
		own_remove(own, page);
}

enum svsm_status
svsm_own_set(struct svsm_own *own, const struct svsm_range *range,
	     enum svsm_owner owner)
{
	struct own_pages pages;
	struct own_plan plan;
	struct own_cut cut;

	if (!own_pages(range, &pages))
		return SVSM_EINVAL;
	look(own, &pages, &cut);
	own_plan(&pages, &cut, owner, &plan);
	if (!own_fits(&cut, &plan, own->free))
		return SVSM_ENOMEM;
	if (owner <= SVSM_OWN_INVALID || owner == SVSM_OWN_DEPOSIT)
		svsm_window_forget();
	remove_inner(own, &pages, cut.inner);
	if (own_moves_up(&cut, &plan)) {
		move(own, pages.first, pages.end, cut.after);
	} else if (own_moves_down(&cut, &plan)) {
		move(own, pages.end, pages.first, owner);
	} else {
		put(own, pages.first, cut.first, plan.first, owner);
		put(own, pages.end, cut.end, plan.end, cut.after);
	}
	return SVSM_OK;
}
