/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Addresses that are no pointers, and arithmetic that reports overflow.
 */
#ifndef SVSM_ADDR_H
#define SVSM_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <svsm/status.h>

#define SVSM_ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define SVSM_PAGE_SHIFT	12
#define SVSM_PAGE_BYTES	0x1000ull		/**< 4 KiB */
#define SVSM_PAGE_MASK	(SVSM_PAGE_BYTES - 1)
#define SVSM_HUGE_SHIFT	21
#define SVSM_HUGE_BYTES	0x200000ull		/**< 2 MiB */
#define SVSM_HUGE_MASK	(SVSM_HUGE_BYTES - 1)

/** Guest physical address: names memory, gives no access. Never a C-bit. */
typedef struct {
	uint64_t v;
} svsm_gpa_t;

/** A lower VMPL's virtual address: only ever printed or passed on. */
typedef struct {
	uint64_t v;
} svsm_gva_t;

/**
 * [start, start + len), in bytes.
 *
 * Made by svsm_range_make() it does not wrap: start + len <= 2^64 - 1. The
 * functions below expect such a range.
 */
struct svsm_range {
	svsm_gpa_t start;
	uint64_t len;
};

/*@ predicate is_range(struct svsm_range r) =
  r.start.v + r.len <= 0xffffffffffffffff;
  predicate in_range(struct svsm_range r, integer byte) =
  r.start.v <= byte < r.start.v + r.len; */

/** The two sizes of an RMP entry; the values are the instructions' operands. */
enum svsm_page_size {
	SVSM_PAGE_4K = 0,
	SVSM_PAGE_2M = 1,
};

/*@ assigns \nothing;
  ensures \result.v == v; */
static inline svsm_gpa_t svsm_gpa(uint64_t v)
{
	return (svsm_gpa_t){ v };
}

/** Bytes of a page of this size. */
/*@ assigns \nothing;
  ensures \result == (size == SVSM_PAGE_2M ? 0x200000 : 0x1000);
  ensures is_pow2(\result); */
static inline uint64_t svsm_page_bytes(enum svsm_page_size size)
{
	return size == SVSM_PAGE_2M ? SVSM_HUGE_BYTES : SVSM_PAGE_BYTES;
}

/** @param align  A power of two. */
/*@ requires is_pow2(align);
  assigns \nothing;
  ensures \result <==> is_aligned(v, align); */
static inline bool svsm_is_aligned(uint64_t v, uint64_t align)
{
	return (v & (align - 1)) == 0;
}

/** @param align  A power of two. */
/*@ requires is_pow2(align);
  assigns \nothing;
  ensures is_aligned(\result, align);
  ensures \result <= v < \result + align; */
static inline uint64_t svsm_align_down(uint64_t v, uint64_t align)
{
	return v & ~(align - 1);
}

/**
 * Round up to a multiple of a power of two.
 *
 * @return  False when the result does not fit; @p out is untouched then.
 */
/*@ requires is_pow2(align) && \valid(out);
  assigns *out;
  ensures \result <==> v + align - 1 <= 0xffffffffffffffff;
  ensures \result ==> is_aligned(*out, align) && v <= *out < v + align;
  ensures !\result ==> *out == \old(*out); */
SVSM_CHECKED static inline bool
svsm_align_up(uint64_t v, uint64_t align, uint64_t *out)
{
	uint64_t sum;

	if (__builtin_add_overflow(v, align - 1, &sum))
		return false;
	*out = sum & ~(align - 1);
	return true;
}

/** gpa + len; false when it wraps, @p out untouched then. */
/*@ requires \valid(out);
  assigns out->v;
  ensures \result <==> gpa.v + len <= 0xffffffffffffffff;
  ensures out->v == (\result ? gpa.v + len : \old(out->v)); */
SVSM_CHECKED static inline bool
svsm_gpa_add(svsm_gpa_t gpa, uint64_t len, svsm_gpa_t *out)
{
	uint64_t sum;

	if (__builtin_add_overflow(gpa.v, len, &sum))
		return false;
	out->v = sum;
	return true;
}

/** a * b; false when it does not fit, @p out untouched then. */
/*@ requires \valid(out);
  assigns *out;
  ensures \result <==> a * b <= 0xffffffffffffffff;
  ensures *out == (\result ? a * b : \old(*out)); */
SVSM_CHECKED static inline bool
svsm_mul(uint64_t a, uint64_t b, uint64_t *out)
{
	uint64_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return false;
	*out = product;
	return true;
}

/**
 * Make a range out of untrusted numbers.
 *
 * @param start  First byte.
 * @param len    Length in bytes; 0 is an empty range.
 * @param out    The range, which cannot wrap.
 *
 * @retval SVSM_OK     Made.
 * @retval SVSM_EADDR  start + len does not fit in 64 bits.
 */
/*@ requires \valid(out);
  assigns *out;
  ensures \result == SVSM_OK || \result == SVSM_EADDR;
  ensures \result == SVSM_OK <==> start + len <= 0xffffffffffffffff;
  ensures \result == SVSM_OK ==> out->start.v == start && out->len == len;
  ensures \result != SVSM_OK ==> *out == \old(*out); */
SVSM_CHECKED enum svsm_status
svsm_range_make(uint64_t start, uint64_t len, struct svsm_range *out);

/** The range of one page; SVSM_EINVAL when @p gpa is not aligned to it. */
/*@ requires \valid(out);
  assigns *out;
  ensures \result == SVSM_OK ==> is_range(*out) &&
    out->start.v == gpa.v &&
    out->len == (size == SVSM_PAGE_2M ? 0x200000 : 0x1000) &&
    is_aligned(gpa.v, out->len);
  ensures \result != SVSM_OK ==> *out == \old(*out); */
SVSM_CHECKED enum svsm_status
svsm_range_page(svsm_gpa_t gpa, enum svsm_page_size size,
		struct svsm_range *out);

/** First byte behind the range. */
/*@ requires \valid_read(range) && is_range(*range);
  assigns \nothing;
  ensures \result == range->start.v + range->len; */
static inline uint64_t svsm_range_end(const struct svsm_range *range)
{
	return range->start.v + range->len;
}

/** Does @p range hold this byte? */
/*@ requires \valid_read(range) && is_range(*range);
  assigns \nothing;
  ensures \result <==> in_range(*range, gpa.v); */
static inline bool
svsm_range_has(const struct svsm_range *range, svsm_gpa_t gpa)
{
	return gpa.v >= range->start.v && gpa.v - range->start.v < range->len;
}

/** Is @p inner wholly inside @p outer? An empty one is where it starts. */
/*@ requires \valid_read(outer) && \valid_read(inner);
  requires is_range(*outer) && is_range(*inner);
  assigns \nothing;
  ensures \result <==> outer->start.v <= inner->start.v &&
    inner->start.v + inner->len <= outer->start.v + outer->len; */
bool svsm_range_contains(const struct svsm_range *outer,
		const struct svsm_range *inner);

/** Do they share a byte? An empty range shares none. */
/*@ requires \valid_read(a) && \valid_read(b);
  requires is_range(*a) && is_range(*b);
  assigns \nothing;
  ensures \result ==>
    (in_range(*a, a->start.v) && in_range(*b, a->start.v)) ||
    (in_range(*a, b->start.v) && in_range(*b, b->start.v));
  ensures !\result ==>
    \forall integer byte; !(in_range(*a, byte) && in_range(*b, byte)); */
bool svsm_range_overlaps(const struct svsm_range *a,
		const struct svsm_range *b);

/** Are start and length multiples of @p align (a power of two)? */
/*@ requires \valid_read(range) && is_pow2(align);
  assigns \nothing;
  ensures \result <==> is_aligned(range->start.v, align) &&
    is_aligned(range->len, align); */
static inline bool
svsm_range_is_aligned(const struct svsm_range *range, uint64_t align)
{
	return svsm_is_aligned(range->start.v | range->len, align);
}

#endif
