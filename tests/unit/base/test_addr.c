/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Ranges and overflow.
 */
#include <svsm/addr.h>

#include "unit.h"

static struct svsm_range range(uint64_t start, uint64_t len)
{
	struct svsm_range out;

	ck_assert_int_eq(svsm_range_make(start, len, &out), SVSM_OK);
	return out;
}

START_TEST(range_that_wraps_is_refused_and_leaves_the_result_alone)
{
	struct svsm_range out = { { 7 }, 9 };

	ck_assert_int_eq(svsm_range_make(UINT64_MAX, 1, &out), SVSM_EADDR);
	ck_assert_int_eq(svsm_range_make(1, UINT64_MAX, &out), SVSM_EADDR);
	ck_assert_int_eq(svsm_range_make(UINT64_MAX - 0xfff, 0x1000, &out),
			SVSM_EADDR);
	ck_assert_uint_eq(out.start.v, 7);
	ck_assert_uint_eq(out.len, 9);
	ck_assert_int_eq(svsm_range_make(UINT64_MAX, 0, &out), SVSM_OK);
}
END_TEST

START_TEST(page_range_wants_the_alignment_of_its_size)
{
	struct svsm_range out;

	ck_assert_int_eq(svsm_range_page(svsm_gpa(0x201000), SVSM_PAGE_2M,
				&out), SVSM_EINVAL);
	ck_assert_int_eq(svsm_range_page(svsm_gpa(0x201000), SVSM_PAGE_4K,
				&out), SVSM_OK);
	ck_assert_uint_eq(out.len, 0x1000);
	ck_assert_int_eq(svsm_range_page(svsm_gpa(0x201001), SVSM_PAGE_4K,
				&out), SVSM_EINVAL);
	ck_assert_int_eq(svsm_range_page(svsm_gpa(~0xfffull), SVSM_PAGE_4K,
				&out), SVSM_EADDR);
}
END_TEST

/* All pairs on a small line, against the definition. */
static bool both_have(const struct svsm_range *a, const struct svsm_range *b)
{
	for (uint64_t v = 0; v < 8; v++) {
		if (svsm_range_has(a, svsm_gpa(v)) &&
				svsm_range_has(b, svsm_gpa(v)))
			return true;
	}
	return false;
}

static bool all_in(const struct svsm_range *outer,
		const struct svsm_range *inner)
{
	if (!inner->len)
		return inner->start.v >= outer->start.v &&
			inner->start.v <= svsm_range_end(outer);
	for (uint64_t v = 0; v < 8; v++) {
		if (svsm_range_has(inner, svsm_gpa(v)) &&
				!svsm_range_has(outer, svsm_gpa(v)))
			return false;
	}
	return true;
}

START_TEST(overlap_and_containment_agree_with_their_definition)
{
	for (unsigned bits = 0; bits < 4096; bits++) {
		uint64_t a = bits & 7, alen = bits >> 3 & 7;
		uint64_t b = bits >> 6 & 7, blen = bits >> 9 & 7;
		struct svsm_range x = range(a, alen < 8 - a ? alen : 8 - a);
		struct svsm_range y = range(b, blen < 8 - b ? blen : 8 - b);

		ck_assert_int_eq(svsm_range_overlaps(&x, &y),
				both_have(&x, &y));
		ck_assert_int_eq(svsm_range_contains(&x, &y), all_in(&x, &y));
	}
}
END_TEST

START_TEST(ranges_at_the_end_of_the_address_space_compare_right)
{
	struct svsm_range top = range(~0xfffull, 0xfff);
	struct svsm_range low = range(0, 0x1000);
	struct svsm_range all = range(0, UINT64_MAX);

	ck_assert(!svsm_range_overlaps(&top, &low));
	ck_assert(svsm_range_overlaps(&top, &all));
	ck_assert(svsm_range_contains(&all, &top));
	ck_assert(!svsm_range_contains(&top, &all));
	ck_assert(!svsm_range_has(&top, svsm_gpa(0)));
}
END_TEST

START_TEST(arithmetic_reports_overflow)
{
	uint64_t out = 5;
	svsm_gpa_t gpa = { 6 };

	ck_assert(!svsm_align_up(UINT64_MAX, 0x1000, &out));
	ck_assert(!svsm_mul(1ull << 32, 1ull << 32, &out));
	ck_assert(!svsm_gpa_add(svsm_gpa(UINT64_MAX), 1, &gpa));
	ck_assert_uint_eq(out, 5);
	ck_assert_uint_eq(gpa.v, 6);
	ck_assert(svsm_align_up(0x1001, 0x1000, &out));
	ck_assert_uint_eq(out, 0x2000);
	ck_assert(svsm_align_up(0x1000, 0x1000, &out));
	ck_assert_uint_eq(out, 0x1000);
}
END_TEST

START_TEST(every_status_has_a_name_of_its_own)
{
	for (unsigned i = 0; i < SVSM_STATUS_COUNT; i++) {
		const char *name = svsm_status_name((enum svsm_status)i);

		ck_assert_str_ne(name, "");
		ck_assert_str_ne(name, "?");
	}
	ck_assert_str_eq(svsm_status_name((enum svsm_status)99), "?");
	ck_assert_str_eq(svsm_status_name(SVSM_EFORMAT), "EFORMAT");
}
END_TEST

UNIT_MAIN("addr", NULL, NULL,
	range_that_wraps_is_refused_and_leaves_the_result_alone,
	page_range_wants_the_alignment_of_its_size,
	overlap_and_containment_agree_with_their_definition,
	ranges_at_the_end_of_the_address_space_compare_right,
	arithmetic_reports_overflow,
	every_status_has_a_name_of_its_own)
