/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* What the tests of the RMP expect of an outcome. */
#ifndef TESTS_EXPECT_H
#define TESTS_EXPECT_H

#include "rmp.h"

/** Expect an exit by this rule, or none and this code; and the invariants. */
void expect(struct rmp_outcome out, enum rmp_exit exit, enum rmp_rule rule);
void expect_code(struct rmp_outcome out, enum rmp_code code);

#endif
