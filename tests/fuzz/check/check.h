/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Stands in for Check's header where fixtures of the unit tests are used
 * without its runner: a wrong value aborts.
 */
#ifndef FUZZ_CHECK_H
#define FUZZ_CHECK_H

#include "fuzz.h"

typedef struct TTest TTest;

#define ck_assert(cond)			FUZZ_REQUIRE(cond)
#define ck_assert_int_eq(a, b)		FUZZ_REQUIRE((a) == (b))
#define ck_assert_uint_eq(a, b)		FUZZ_REQUIRE((a) == (b))
#define ck_assert_ptr_nonnull(p)	FUZZ_REQUIRE((p) != NULL)
#define ck_assert_mem_eq(a, b, n)	FUZZ_REQUIRE(!memcmp(a, b, n))

#endif
