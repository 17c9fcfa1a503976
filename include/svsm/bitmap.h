/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A set of small numbers, one bit each, in storage of the caller.
 */
#ifndef SVSM_BITMAP_H
#define SVSM_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SVSM_BITMAP_WORDS(bits) (((bits) + 63) / 64)

struct svsm_bitmap {
	uint64_t *words;
	size_t bits;
};

/**
 * Make an empty set.
 *
 * @param words  SVSM_BITMAP_WORDS(bits) of them, kept.
 */
void svsm_bitmap_init(struct svsm_bitmap *map, uint64_t *words, size_t bits);

/** The four below: @p bit < bits, anything else is our bug (asserted). */
bool svsm_bitmap_test(const struct svsm_bitmap *map, size_t bit);
void svsm_bitmap_set(struct svsm_bitmap *map, size_t bit);
void svsm_bitmap_clear(struct svsm_bitmap *map, size_t bit);

/** Atomic set among CPUs; returns what the bit was. */
bool svsm_bitmap_test_and_set(struct svsm_bitmap *map, size_t bit);

/** First clear/set bit at or behind @p from; `bits` when there is none. */
size_t svsm_bitmap_next_clear(const struct svsm_bitmap *map, size_t from);
size_t svsm_bitmap_next_set(const struct svsm_bitmap *map, size_t from);

/** Number of set bits. */
size_t svsm_bitmap_count(const struct svsm_bitmap *map);

#endif
