/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* What the unit tests of the model share. */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <check.h>

#include "rmp.h"

/** Run the suites of a test program; TAP on standard output. */
int run_suite(Suite *suite);

/** Put the tests of one subject into a suite. */
#define CASE(suite, name, ...)						\
	do {								\
		const TTest *const tests[] = { __VA_ARGS__ };		\
		TCase *tcase = tcase_create(name);			\
									\
		for (unsigned i_ = 0;					\
		     i_ < sizeof(tests) / sizeof(tests[0]); i_++)	\
			tcase_add_test(tcase, tests[i_]);		\
		tcase_set_timeout(tcase, 120);				\
		tcase_add_checked_fixture(tcase, table_reset, NULL);	\
		suite_add_tcase(suite, tcase);				\
	} while (0)

/* A table of three large pages, and one guest in it. */
#define TABLE_PAGES	(3 * RMP_LARGE_PAGES)
#define ASID		5u
#define OTHER_ASID	6u
#define PAGE(n)		((n) * RMP_PAGE_BYTES)
/* The guest sees system page n here: not the same address. */
#define GPA(n)		(PAGE(n) + 0x40000000)
#define LARGE_PAGE	RMP_LARGE_PAGES		/* the second large page */

extern struct rmp table;

/** An empty table. */
void table_reset(void);

/** RMPUPDATE's operand that gives a page to our guest, at GPA(n). */
struct rmp_operand assign(uint64_t page, enum rmp_page_size size);
/** ... and one that takes a 4 KiB page back. */
extern const struct rmp_operand give_back;

/** Assign a page to our guest, at GPA(n). */
void table_assign(uint64_t page, enum rmp_page_size size);

/** ... and validate it. */
void table_validate(uint64_t page, enum rmp_page_size size);

/** Where GPA(n) is, by a mapping of this size. */
struct rmp_place table_place(uint64_t page, enum rmp_page_size size);

/** Our guest at a level, CPL 0. */
struct rmp_guest guest_at(unsigned vmpl);

/** Fails the test when an invariant is broken. */
void table_check(void);

#endif
