/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Sets of small numbers.
 */
#include <svsm/assert.h>
#include <svsm/bitmap.h>

#define WORD_BITS 64

/*@ assigns \nothing;
  ensures \result == 1 << (bit % 64); */
static uint64_t mask(size_t bit)
{
	return 1ull << (bit % WORD_BITS);
}

/*@ predicate is_bitmap(struct svsm_bitmap *map) =
  \valid_read(map) && map->bits <= 0xffffffffffffff00 &&
  \valid(map->words + (0 .. (map->bits + 63) / 64 - 1)) &&
  \separated(map, map->words + (0 .. (map->bits + 63) / 64 - 1));
  predicate has_bit{L}(uint64_t *words, integer bit) =
  (words[bit / 64] & (1 << (bit % 64))) != 0; */

/*@ requires \valid(map) && bits <= 0xffffffffffffff00;
  requires \valid(words + (0 .. (bits + 63) / 64 - 1));
  requires \separated(map, words + (0 .. (bits + 63) / 64 - 1));
  assigns *map, words[0 .. (bits + 63) / 64 - 1];
  ensures map->words == words && map->bits == bits && is_bitmap(map);
  ensures \forall integer i; 0 <= i < (bits + 63) / 64 ==> words[i] == 0; */
void svsm_bitmap_init(struct svsm_bitmap *map, uint64_t *words, size_t bits)
{
	map->words = words;
	map->bits = bits;
	/*@ loop invariant 0 <= i <= (bits + 63) / 64;
	  loop invariant \forall integer k; 0 <= k < i ==> words[k] == 0;
	  loop assigns i, words[0 .. (bits + 63) / 64 - 1];
	  loop variant (bits + 63) / 64 - i; */
	for (size_t i = 0; i < SVSM_BITMAP_WORDS(bits); i++)
		words[i] = 0;
}

/*@ requires is_bitmap(map) && bit < map->bits;
  assigns \nothing;
  ensures \result <==> has_bit(map->words, bit); */
bool svsm_bitmap_test(const struct svsm_bitmap *map, size_t bit)
{
	svsm_assert(bit < map->bits);
	return map->words[bit / WORD_BITS] & mask(bit);
}

/*@ requires is_bitmap(map) && bit < map->bits;
  assigns map->words[bit / 64];
  ensures \forall integer i; 0 <= i < map->bits ==>
    (has_bit(map->words, i) <==> has_bit{Pre}(map->words, i) || i == bit); */
void svsm_bitmap_set(struct svsm_bitmap *map, size_t bit)
{
	svsm_assert(bit < map->bits);
	map->words[bit / WORD_BITS] |= mask(bit);
}

/*@ requires is_bitmap(map) && bit < map->bits;
  assigns map->words[bit / 64];
  ensures \forall integer i; 0 <= i < map->bits ==>
    (has_bit(map->words, i) <==> has_bit{Pre}(map->words, i) && i != bit); */
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

/* The first set bit of a word at or behind @from; WORD_BITS: none. */
/*@ requires from < 64;
  assigns \nothing;
  ensures from <= \result <= 64;
  ensures \result < 64 ==> (word & (1 << \result)) != 0;
  ensures \forall integer k; from <= k < \result ==>
    (word & (1 << k)) == 0; */
static size_t next_in_word(uint64_t word, size_t from)
{
	size_t n = WORD_BITS - from;

	if (word >> from)
		n = (size_t)__builtin_ctzll(word >> from);
	/*@ assert \forall integer k; from <= k < from + n ==>
	  ((word >> from) & (1 << (k - from))) == 0; */
	return from + n;
}

/* @set: search for a set bit, else for a clear one. */
/*@ requires is_bitmap(map);
  assigns \nothing;
  ensures \result <= map->bits;
  ensures \result < map->bits ==> from <= \result &&
    (has_bit(map->words, \result) <==> set); */
static size_t next(const struct svsm_bitmap *map, size_t from, bool set)
{
	/*@ loop invariant from >= \at(from, Pre);
	  loop invariant from == \at(from, Pre) || from % 64 == 0;
	  loop assigns from;
	  loop variant map->bits - from; */
	while (from < map->bits) {
		uint64_t word = map->words[from / WORD_BITS];
		size_t at = next_in_word(set ? word : ~word, from % WORD_BITS);

		from += at - from % WORD_BITS;
		if (at < WORD_BITS)
			break;
	}
	return from < map->bits ? from : map->bits;
}

/*@ requires is_bitmap(map);
  assigns \nothing;
  ensures \result <= map->bits;
  ensures \result < map->bits ==>
    from <= \result && !has_bit(map->words, \result); */
size_t svsm_bitmap_next_clear(const struct svsm_bitmap *map, size_t from)
{
	return next(map, from, false);
}

/*@ requires is_bitmap(map);
  assigns \nothing;
  ensures \result <= map->bits;
  ensures \result < map->bits ==>
    from <= \result && has_bit(map->words, \result); */
size_t svsm_bitmap_next_set(const struct svsm_bitmap *map, size_t from)
{
	return next(map, from, true);
}

size_t svsm_bitmap_count(const struct svsm_bitmap *map)
{
	size_t n = 0;

	for (size_t bit = svsm_bitmap_next_set(map, 0); bit < map->bits;
			bit = svsm_bitmap_next_set(map, bit + 1))
		n++;
	return n;
}
