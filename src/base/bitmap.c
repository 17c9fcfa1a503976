/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Sets of small numbers.
 */
#include <svsm/assert.h>
#include <svsm/bitmap.h>

#define WORD_BITS 64

static uint64_t mask(size_t bit)
{
	return 1ull << (bit % WORD_BITS);
}

void svsm_bitmap_init(struct svsm_bitmap *map, uint64_t *words, size_t bits)
{
	map->words = words;
	map->bits = bits;
	for (size_t i = 0; i < SVSM_BITMAP_WORDS(bits); i++)
		words[i] = 0;
}

bool svsm_bitmap_test(const struct svsm_bitmap *map, size_t bit)
{
	svsm_assert(bit < map->bits);
	return map->words[bit / WORD_BITS] & mask(bit);
}

void svsm_bitmap_set(struct svsm_bitmap *map, size_t bit)
{
	svsm_assert(bit < map->bits);
	map->words[bit / WORD_BITS] |= mask(bit);
}

void svsm_bitmap_clear(struct svsm_bitmap *map, size_t bit)
{
	svsm_assert(bit < map->bits);
	map->words[bit / WORD_BITS] &= ~mask(bit);
}

bool svsm_bitmap_test_and_set(struct svsm_bitmap *map, size_t bit)
{
	uint64_t old;

	svsm_assert(bit < map->bits);
	old = __atomic_fetch_or(&map->words[bit / WORD_BITS], mask(bit),
			__ATOMIC_ACQ_REL);
	return old & mask(bit);
}

/* `flip` turns a search for clear bits into one for set bits. */
static size_t next(const struct svsm_bitmap *map, size_t from, uint64_t flip)
{
	while (from < map->bits) {
		uint64_t word = map->words[from / WORD_BITS] ^ flip;

		word &= ~0ull << (from % WORD_BITS);
		from -= from % WORD_BITS;
		if (word) {
			from += (size_t)__builtin_ctzll(word);
			break;
		}
		from += WORD_BITS;
	}
	return from < map->bits ? from : map->bits;
}

size_t svsm_bitmap_next_clear(const struct svsm_bitmap *map, size_t from)
{
	return next(map, from, ~0ull);
}

size_t svsm_bitmap_next_set(const struct svsm_bitmap *map, size_t from)
{
	return next(map, from, 0);
}

size_t svsm_bitmap_count(const struct svsm_bitmap *map)
{
	size_t n = 0;

	for (size_t bit = svsm_bitmap_next_set(map, 0); bit < map->bits;
			bit = svsm_bitmap_next_set(map, bit + 1))
		n++;
	return n;
}
