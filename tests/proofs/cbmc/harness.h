/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What the harnesses for CBMC share. Memory from malloc() holds any bytes, and
 * an access outside it, wherever the reader errs, is a failure.
 */
#ifndef TESTS_PROOFS_CBMC_HARNESS_H
#define TESTS_PROOFS_CBMC_HARNESS_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <svsm/addr.h>

/** Any value: CBMC knows the prefix. */
size_t nondet_size(void);
uint64_t nondet_u64(void);
uint32_t nondet_u32(void);

#define assume(condition) __CPROVER_assume(condition)
#define prove(condition) __CPROVER_assert(condition, #condition)

/** Exactly @len bytes of anything. */
static inline void *any_bytes(size_t len)
{
	void *bytes = malloc(len);

	assume(bytes != NULL);
	return bytes;
}

/** Any range that does not wrap. */
static inline struct svsm_range any_range(void)
{
	struct svsm_range range = { { nondet_u64() }, nondet_u64() };

	assume(range.len <= UINT64_MAX - range.start.v);
	return range;
}

#endif
