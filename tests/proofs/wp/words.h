/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * For Frama-C only, included before every file: what the provers have to know
 * about 64-bit words, and contracts of the compiler's builtins.
 *
 * Their integers have no end and their bit operations mean little to them. The
 * axioms below are the whole gap: conversion to 64 bits is modulo 2^64, and
 * masks of powers of two are remainders. `low(v, a)` is v mod a, `down(v, a)`
 * the multiple of a at or below v, `is_pow2(a)` says a = 2^k with k < 64. Each
 * axiom about masks is checked in 64-bit arithmetic, for all v and all k, by
 * z3's bit vectors (tools/svsmkit/proof_words.py) whenever the proofs run.
 *
 * An operand's place in & depends on the names of the variables (Frama-C sorts
 * them), hence each of these axioms twice.
 */
#ifndef TESTS_PROOFS_WP_WORDS_H
#define TESTS_PROOFS_WP_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*@ axiomatic powers {
  predicate is_pow2(integer a);
  logic integer low(integer v, integer a);
  logic integer down(integer v, integer a);

  axiom pow2_range: \forall integer a;
    is_pow2(a) ==> 1 <= a <= 0x8000000000000000;
  axiom pow2_shift: \forall integer k; 0 <= k < 64 ==> is_pow2(1 << k);
  axiom pow2_1: is_pow2(1) && is_pow2(2) && is_pow2(4);
  axiom pow2_8: is_pow2(8);
  axiom pow2_64: is_pow2(64);
  axiom pow2_4k: is_pow2(0x1000);
  axiom pow2_2m: is_pow2(0x200000);

  axiom pow2_small: \forall integer a; is_pow2(a) ==> a < 16 ==>
    a == 1 || a == 2 || a == 4 || a == 8;

  axiom low_range: \forall integer v, a;
    0 <= v ==> is_pow2(a) ==> 0 <= low(v, a) < a && low(v, a) <= v;
  axiom down_def: \forall integer v, a;
    is_pow2(a) ==> down(v, a) == v - low(v, a);
  axiom down_low: \forall integer v, a;
    is_pow2(a) ==> low(down(v, a), a) == 0;
  axiom low_8: \forall integer v; 0 <= v ==> low(v, 8) == v % 8;
  axiom low_64: \forall integer v; 0 <= v ==> low(v, 64) == v % 64;
  axiom low_8_bits: \forall integer v; 0 <= v ==>
    low(v, 0x100) == v % 0x100;
  axiom low_16_bits: \forall integer v; 0 <= v ==>
    low(v, 0x10000) == v % 0x10000;
  axiom low_32_bits: \forall integer v; 0 <= v ==>
    low(v, 0x100000000) == v % 0x100000000;
  axiom low_4k: \forall integer v; 0 <= v ==> low(v, 0x1000) == v % 0x1000;
  axiom low_2m: \forall integer v; 0 <= v ==>
    low(v, 0x200000) == v % 0x200000;
} */

/*@ axiomatic words {
  axiom wrap_sum: \forall integer x;
    0x10000000000000000 <= x < 0x20000000000000000 ==>
    (uint64_t)x == x - 0x10000000000000000;
  axiom wrap_difference: \forall integer x;
    -0x10000000000000000 <= x < 0 ==>
    (uint64_t)x == x + 0x10000000000000000;
  axiom complement: \forall integer x; ~x == -1 - x;
  axiom and_commutes: \forall integer x, y, z; z == x ==>
    (x & y) == (y & z);
  axiom or_commutes: \forall integer x, y, z; z == x ==>
    (x | y) == (y | z);

  axiom shift_8: \forall integer k; k == 8 ==> (1 << k) == 0x100;
  axiom shift_16: \forall integer k; k == 16 ==> (1 << k) == 0x10000;
  axiom shift_32: \forall integer k; k == 32 ==> (1 << k) == 0x100000000;
  axiom shifted_bit: \forall integer v, f, k; 0 <= f <= k < 64 ==>
    ((v >> f) & (1 << (k - f))) == 0 ==> (v & (1 << k)) == 0;
  axiom complement_bit: \forall integer v, k; 0 <= k < 64 ==>
    0 <= v < 0x10000000000000000 ==>
    (((uint64_t)~v & (1 << k)) == 0 <==> (v & (1 << k)) != 0);
  axiom one_bit: \forall integer a, m; m == a - 1 ==>
    0 < a < 0x10000000000000000 ==> ((a & m) == 0 <==> is_pow2(a));
  axiom one_bit_: \forall integer b, a; b == a - 1 ==>
    0 < a < 0x10000000000000000 ==> ((a & b) == 0 <==> is_pow2(a));

  axiom and_low: \forall integer v, m, a;
    is_pow2(a) ==> m == a - 1 ==> 0 <= v < 0x10000000000000000 ==>
    (v & m) == low(v, a);
  axiom and_low_: \forall integer b, m, a;
    is_pow2(a) ==> m == a - 1 ==> 0 <= b < 0x10000000000000000 ==>
    (b & m) == low(b, a);
  axiom and_high: \forall integer v, m, a;
    is_pow2(a) ==> m == 0x10000000000000000 - a ==>
    0 <= v < 0x10000000000000000 ==> (v & m) == down(v, a);
  axiom and_high_: \forall integer b, m, a;
    is_pow2(a) ==> m == 0x10000000000000000 - a ==>
    0 <= b < 0x10000000000000000 ==> (b & m) == down(b, a);
  axiom or_low: \forall integer v, w, a;
    is_pow2(a) ==> 0 <= v < 0x10000000000000000 ==>
    0 <= w < 0x10000000000000000 ==>
    (low(v | w, a) == 0 <==> low(v, a) == 0 && low(w, a) == 0);
} */

/*@ predicate is_aligned(integer v, integer a) = low(v, a) == 0; */

/*@ requires \valid(out);
  assigns *out;
  ensures *out == (uint64_t)(a + b);
  ensures \result != 0 <==> a + b > 0xffffffffffffffff; */
int __builtin_add_overflow(unsigned long a, unsigned long b, uint64_t *out);

/*@ requires \valid(out);
  assigns *out;
  ensures *out == (uint64_t)(a * b);
  ensures \result != 0 <==> a * b > 0xffffffffffffffff; */
int __builtin_mul_overflow(unsigned long a, unsigned long b, uint64_t *out);

/*@ requires v != 0;
  assigns \nothing;
  ensures 0 <= \result < 64;
  ensures (v & (1 << \result)) != 0;
  ensures \forall integer k; 0 <= k < \result ==> (v & (1 << k)) == 0; */
int __builtin_ctzll(unsigned long long v);

/*@ assigns \nothing;
  ensures \result == v; */
long __builtin_expect(long v, long expected);

/* Not to be reached: an assertion is proved wherever it stands. */
/*@ requires \false;
  assigns \nothing; */
void svsm_assert_failed(const char *file, unsigned line);

#endif
