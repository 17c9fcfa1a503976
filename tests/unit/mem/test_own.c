/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The ownership map, compared with one byte per page.
 */
#include <stdlib.h>
#include <string.h>

#include <svsm/own.h>

#include "dice.h"
#include "unit.h"

#define SMALL	5u		/* pages, for all histories */
#define LARGE	1024u		/* pages, for random ones */
#define RANDOM_CHANGES	1000000u

static struct svsm_own_node runs[LARGE + 2];
static struct svsm_own own;

static struct svsm_range pages(uint64_t first, uint64_t n)
{
	return (struct svsm_range){
		{ first * SVSM_PAGE_BYTES }, n * SVSM_PAGE_BYTES,
	};
}

static svsm_gpa_t page(uint64_t nr)
{
	return svsm_gpa(nr * SVSM_PAGE_BYTES);
}

static enum svsm_status set(uint64_t first, uint64_t n, enum svsm_owner owner)
{
	struct svsm_range range = pages(first, n);

	return svsm_own_set(&own, &range, owner);
}

static void compare(const uint8_t *model, uint64_t n)
{
	/* In hot loops: ck_assert() reports success to another process. */
	if (!svsm_own_check(&own))
		ck_abort_msg("runs are not well formed");
	for (uint64_t i = 0; i < n; i++)
		if (svsm_own_get(&own, page(i)) != model[i])
			ck_abort_msg("page %lu differs", (unsigned long)i);
}

START_TEST(an_empty_map_says_none_everywhere)
{
	svsm_own_init(&own, runs, 4);
	ck_assert_int_eq(svsm_own_get(&own, svsm_gpa(0)), SVSM_OWN_NONE);
	ck_assert_int_eq(svsm_own_get(&own, svsm_gpa(~0ull)), SVSM_OWN_NONE);
}
END_TEST

START_TEST(a_range_is_exact_to_the_byte)
{
	svsm_own_init(&own, runs, 8);
	ck_assert_int_eq(set(2, 3, SVSM_OWN_SVSM), SVSM_OK);
	ck_assert_int_eq(svsm_own_get(&own, svsm_gpa(0x1fff)), SVSM_OWN_NONE);
	ck_assert_int_eq(svsm_own_get(&own, svsm_gpa(0x2000)), SVSM_OWN_SVSM);
	ck_assert_int_eq(svsm_own_get(&own, svsm_gpa(0x4fff)), SVSM_OWN_SVSM);
	ck_assert_int_eq(svsm_own_get(&own, svsm_gpa(0x5000)), SVSM_OWN_NONE);
}
END_TEST

START_TEST(the_last_page_of_the_address_space_is_a_page)
{
	struct svsm_range last = { { ~0xfffull }, 0x1000 };
	struct svsm_range wraps = { { ~0xfffull }, 0x2000 };

	svsm_own_init(&own, runs, 8);
	ck_assert_int_eq(svsm_own_set(&own, &wraps, SVSM_OWN_SVSM),
			 SVSM_EINVAL);
	ck_assert_int_eq(svsm_own_set(&own, &last, SVSM_OWN_SVSM), SVSM_OK);
	ck_assert_int_eq(svsm_own_get(&own, svsm_gpa(~0ull)), SVSM_OWN_SVSM);
	ck_assert_int_eq(svsm_own_get(&own, svsm_gpa(~0x1fffull)),
			 SVSM_OWN_NONE);
	ck_assert(svsm_own_is(&own, &last, SVSM_OWN_SVSM));
	ck_assert(svsm_own_check(&own));
}
END_TEST

START_TEST(set_refuses_what_is_not_made_of_pages)
{
	struct svsm_range range = { { 0x1800 }, 0x1000 };

	svsm_own_init(&own, runs, 8);
	ck_assert_int_eq(svsm_own_set(&own, &range, SVSM_OWN_SVSM),
			 SVSM_EINVAL);
	range = (struct svsm_range){ { 0x1000 }, 0x800 };
	ck_assert_int_eq(svsm_own_set(&own, &range, SVSM_OWN_SVSM),
			 SVSM_EINVAL);
	ck_assert_int_eq(set(1, 0, SVSM_OWN_SVSM), SVSM_EINVAL);
	ck_assert_uint_eq(own.count, 1);
}
END_TEST

START_TEST(is_needs_all_pages_and_any_one)
{
	struct svsm_range five = pages(1, 5);
	struct svsm_range byte = { { 0x3fff }, 1 };
	struct svsm_range beside = { { 0x2fff }, 1 };
	struct svsm_range across = { { 0x2fff }, 2 };
	struct svsm_range empty = { { 0x3000 }, 0 };

	svsm_own_init(&own, runs, 8);
	ck_assert_int_eq(set(1, 5, SVSM_OWN_GUEST), SVSM_OK);
	ck_assert(svsm_own_is(&own, &five, SVSM_OWN_GUEST));
	ck_assert_int_eq(set(3, 1, SVSM_OWN_VMSA), SVSM_OK);
	ck_assert(!svsm_own_is(&own, &five, SVSM_OWN_GUEST));
	ck_assert(svsm_own_mask(&own, &five) &
		  1u << SVSM_OWN_VMSA);
	ck_assert(!(svsm_own_mask(&own, &five) &
		    1u << SVSM_OWN_CAA));
	ck_assert(svsm_own_mask(&own, &byte) &
		  1u << SVSM_OWN_VMSA);
	ck_assert(!(svsm_own_mask(&own, &beside) &
		    1u << SVSM_OWN_VMSA));
	ck_assert(svsm_own_mask(&own, &across) &
		  1u << SVSM_OWN_VMSA);
	ck_assert_uint_eq(svsm_own_mask(&own, &empty), 0);
	ck_assert(!svsm_own_is(&own, &empty, SVSM_OWN_VMSA));
	ck_assert(!svsm_own_is(&own, &byte, SVSM_OWN_VMSA));
}
END_TEST

START_TEST(runs_are_walked_one_by_one)
{
	struct svsm_range out;

	svsm_own_init(&own, runs, 8);
	ck_assert_int_eq(set(2, 3, SVSM_OWN_GUEST), SVSM_OK);
	ck_assert_int_eq(svsm_own_run(&own, page(0), &out), SVSM_OWN_NONE);
	ck_assert_uint_eq(out.len, 2 * SVSM_PAGE_BYTES);
	ck_assert_int_eq(svsm_own_run(&own, page(3), &out), SVSM_OWN_GUEST);
	ck_assert_uint_eq(out.start.v, page(3).v);
	ck_assert_uint_eq(out.len, 2 * SVSM_PAGE_BYTES);
	ck_assert_int_eq(svsm_own_run(&own, page(5), &out), SVSM_OWN_NONE);
	ck_assert_uint_eq(svsm_range_end(&out), ~0xfffull);
}
END_TEST

/* All sequences of three changes of 5 pages with 3 owners. */
static void try_all(const uint8_t *model, unsigned depth)
{
	struct svsm_own_node saved[SMALL + 3];
	const struct svsm_own kept = own;
	uint8_t next[SMALL];

	compare(model, SMALL);
	if (depth == 0)
		return;
	memcpy(saved, runs, sizeof(saved));
	for (unsigned first = 0; first < SMALL; first++) {
		for (unsigned n = 1; n <= SMALL - first; n++) {
			for (int owner = 0; owner < 3; owner++) {
				memcpy(next, model, SMALL);
				memset(next + first, owner, n);
				if (set(first, n, (enum svsm_owner)owner) !=
				    SVSM_OK)
					ck_abort_msg("set refused");
				try_all(next, depth - 1);
				memcpy(runs, saved, sizeof(saved));
				own = kept;
			}
		}
	}
}

START_TEST(every_short_history_gives_what_an_array_gives)
{
	uint8_t model[SMALL] = { 0 };

	svsm_own_init(&own, runs, SMALL + 3);
	try_all(model, 3);
}
END_TEST

static unsigned random_below(unsigned n)
{
	return (unsigned)dice(n);
}

/* Mostly a few pages, so that there are many runs. */
static void random_change(uint8_t *model, struct svsm_range *range, int *owner)
{
	unsigned first = random_below(LARGE);
	unsigned n = 1 + random_below(random_below(16) ? 3 : LARGE);

	if (n > LARGE - first)
		n = LARGE - first;
	*owner = (int)random_below(6);
	memset(model + first, *owner, n);
	*range = pages(first, n);
}

START_TEST(a_million_random_changes_give_what_an_array_gives)
{
	static uint8_t model[LARGE];
	struct svsm_range range;
	int owner;

	dice_start(DICE_CLOCK);
	svsm_own_init(&own, runs, SVSM_ARRAY_SIZE(runs));
	for (unsigned i = 0; i < RANDOM_CHANGES; i++) {
		unsigned look = random_below(LARGE);

		random_change(model, &range, &owner);
		if (svsm_own_set(&own, &range, (enum svsm_owner)owner) !=
		    SVSM_OK)
			ck_abort_msg("set refused");
		if (svsm_own_get(&own, page(look)) != model[look])
			ck_abort_msg("page %u differs", look);
		if (i % 4096 == 0)
			compare(model, LARGE);
	}
	compare(model, LARGE);
}
END_TEST

START_TEST(more_nodes_make_more_room)
{
	static struct svsm_own_node more[SVSM_OWN_CHUNK];
	unsigned i = 0;

	svsm_own_init(&own, runs, 6);
	while (set(2 * i, 1, SVSM_OWN_GUEST) == SVSM_OK)
		i++;
	ck_assert_int_eq(svsm_own_add(&own, more, 0), SVSM_EINVAL);
	ck_assert_int_eq(svsm_own_add(&own, more, SVSM_OWN_CHUNK + 1),
			 SVSM_EINVAL);
	ck_assert(!svsm_own_has_room(&own, 1));
	ck_assert_int_eq(svsm_own_add(&own, more, SVSM_OWN_CHUNK), SVSM_OK);
	ck_assert(svsm_own_has_room(&own, SVSM_OWN_CHUNK / 2));
	for (; svsm_own_has_room(&own, 1); i++)
		ck_assert_int_eq(set(2 * i, 1, SVSM_OWN_GUEST), SVSM_OK);
	ck_assert_uint_eq(own.count + own.free, 5 + SVSM_OWN_CHUNK);
	ck_assert(svsm_own_check(&own));
}
END_TEST

START_TEST(a_map_has_a_bounded_number_of_nodes)
{
	static struct svsm_own_node all[SVSM_OWN_CHUNKS][SVSM_OWN_CHUNK];
	struct svsm_own_node more;
	uint64_t i = 0;

	svsm_own_init(&own, all[0], SVSM_OWN_CHUNKS * SVSM_OWN_CHUNK);
	ck_assert_int_eq(svsm_own_add(&own, &more, 1), SVSM_EBUSY);
	while (set(2 * i, 1, SVSM_OWN_GUEST) == SVSM_OK)
		i++;
	ck_assert_uint_ge(own.count, SVSM_OWN_CHUNKS * SVSM_OWN_CHUNK - 2);
	ck_assert(svsm_own_check(&own));
	while (i--)
		ck_assert_int_eq(set(2 * i, 1, SVSM_OWN_NONE), SVSM_OK);
	ck_assert_uint_eq(own.count, 1);
}
END_TEST

START_TEST(a_full_map_refuses_and_keeps_what_it_has)
{
	uint8_t model[LARGE] = { 0 };
	unsigned i = 0;

	svsm_own_init(&own, runs, 10);
	while (svsm_own_has_room(&own, 1)) {
		ck_assert_int_eq(set(2 * i, 1, SVSM_OWN_GUEST), SVSM_OK);
		model[2 * i++] = SVSM_OWN_GUEST;
	}
	ck_assert_int_eq(set(100, 1, SVSM_OWN_GUEST), SVSM_ENOMEM);
	compare(model, LARGE);
	/* What needs no more runs still works, and so does going back. */
	ck_assert_int_eq(set(0, 2, SVSM_OWN_GUEST), SVSM_OK);
	ck_assert_int_eq(set(1, 1, SVSM_OWN_NONE), SVSM_OK);
	compare(model, LARGE);
	ck_assert_int_eq(set(0, 2 * i, SVSM_OWN_GUEST), SVSM_OK);
	ck_assert_uint_le(own.count, 2);
}
END_TEST

START_TEST(nodes_that_are_kept_are_for_nobody)
{
	svsm_own_init(&own, runs, 14);
	svsm_own_keep(&own, 8);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(set(2 * i + 1, 1, SVSM_OWN_GUEST), SVSM_OK);
	ck_assert(!svsm_own_has_room(&own, 1));
	ck_assert_int_eq(set(100, 1, SVSM_OWN_GUEST), SVSM_ENOMEM);
	ck_assert(svsm_own_check(&own));
	svsm_own_keep(&own, 0);
	ck_assert_int_eq(set(100, 1, SVSM_OWN_GUEST), SVSM_OK);
	/* As many as there are. */
	svsm_own_keep(&own, 8);
	ck_assert_uint_eq(own.kept, 6);
	ck_assert(!svsm_own_has_room(&own, 1));
	ck_assert_int_eq(set(100, 1, SVSM_OWN_NONE), SVSM_OK);
	ck_assert(svsm_own_has_room(&own, 1));
	ck_assert(svsm_own_check(&own));
}
END_TEST

UNIT_MAIN("own", NULL, NULL,
	  an_empty_map_says_none_everywhere,
	  a_range_is_exact_to_the_byte,
	  the_last_page_of_the_address_space_is_a_page,
	  set_refuses_what_is_not_made_of_pages,
	  is_needs_all_pages_and_any_one,
	  runs_are_walked_one_by_one,
	  every_short_history_gives_what_an_array_gives,
	  a_million_random_changes_give_what_an_array_gives,
	  more_nodes_make_more_room,
	  a_map_has_a_bounded_number_of_nodes,
	  a_full_map_refuses_and_keeps_what_it_has,
	  nodes_that_are_kept_are_for_nobody)
