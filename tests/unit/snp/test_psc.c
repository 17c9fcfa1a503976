/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Page state changes with an honest host, and a whole life of a page.
 */
#include <svsm/platform.h>
#include <svsm/psc.h>
#include <svsm/rmp.h>

#include "fake.h"
#include "requests.h"
#include "unit.h"

#define START	0x400000ull

static enum svsm_status change(const struct svsm_range *ranges, size_t n,
		unsigned op, enum svsm_page_size max)
{
	return svsm_psc(&requests_ghcb, ranges, n, op, max);
}

START_TEST(ranges_change_and_their_neighbours_do_not)
{
	struct svsm_range ranges[2] = { { { START + 0x1000 }, 0x3000 },
		{ { START + 0x8000 }, 0x1000 } };

	ck_assert_int_eq(change(ranges, 2, SVSM_PSC_OP_SHARED, SVSM_PAGE_4K),
			SVSM_OK);
	for (unsigned i = 0; i < 10; i++)
		ck_assert_int_eq(fake_rmp(START + i * 0x1000)->assigned,
				!((i >= 1 && i <= 3) || i == 8));
	ck_assert_int_eq(change(ranges, 2, SVSM_PSC_OP_PRIVATE, SVSM_PAGE_2M),
			SVSM_OK);
	ck_assert(fake_rmp(START + 0x8000)->assigned);
	ck_assert(!fake_rmp(START + 0x8000)->validated);
	fake_oracle(3);
}
END_TEST

START_TEST(huge_entries_are_used_where_they_fit_and_only_there)
{
	/* 3 small, one huge, 2 small */
	struct svsm_range range = { { START - 0x3000 }, 0x205000 };
	unsigned before = fake_counters().psc_entries;

	ck_assert_int_eq(change(&range, 1, SVSM_PSC_OP_SHARED, SVSM_PAGE_2M),
			SVSM_OK);
	ck_assert_uint_eq(fake_counters().psc_entries - before, 6);
	ck_assert_int_eq(change(&range, 1, SVSM_PSC_OP_PRIVATE, SVSM_PAGE_2M),
			SVSM_OK);
	ck_assert_int_eq(fake_rmp(START)->size, RMP_2M);
	ck_assert_int_eq(fake_rmp(START - 0x1000)->size, RMP_4K);
	before = fake_counters().psc_entries;
	ck_assert_int_eq(change(&range, 1, SVSM_PSC_OP_SHARED, SVSM_PAGE_4K),
			SVSM_OK);
	ck_assert_uint_eq(fake_counters().psc_entries - before, 0x205);
	fake_oracle(10);
}
END_TEST

START_TEST(bad_arguments_never_reach_the_host)
{
	static const struct svsm_range bad[] = {
		{ { START + 1 }, 0x1000 }, { { START }, 0x1001 },
		{ { 1ull << 52 }, 0x1000 }, { { 0x1000 }, 1ull << 52 },
		{ { 1ull << 53 }, 0x1000 }, { { 1ull << 53 }, 0 },
	};
	struct svsm_range good = { { START }, 0x1000 };
	unsigned before = fake_counters().exits;

	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(bad); i++) {
		struct svsm_range two[2] = { good, bad[i] };

		ck_assert_int_eq(change(two, 2, SVSM_PSC_OP_SHARED,
				SVSM_PAGE_4K), SVSM_EINVAL);
	}
	ck_assert_int_eq(change(&good, 1, 0, SVSM_PAGE_4K), SVSM_EINVAL);
	ck_assert_int_eq(change(&good, 1, 3, SVSM_PAGE_4K), SVSM_EINVAL);
	ck_assert_int_eq(svsm_psc_early(&bad[0], SVSM_PSC_OP_SHARED),
			SVSM_EINVAL);
	ck_assert_int_eq(svsm_psc_early(&good, 0), SVSM_EINVAL);
	ck_assert_uint_eq(fake_counters().exits, before);
}
END_TEST

START_TEST(early_change_asks_page_by_page)
{
	struct svsm_range range = { { START }, 0x5000 };
	unsigned before = fake_counters().msr_exits;

	ck_assert_int_eq(svsm_psc_early(&range, SVSM_PSC_OP_SHARED), SVSM_OK);
	ck_assert_uint_eq(fake_counters().msr_exits - before, 5);
	ck_assert(!fake_rmp(START + 0x4000)->assigned);
	ck_assert(fake_rmp(START + 0x5000)->assigned);
}
END_TEST

static unsigned fail_at;

static bool fail_nth(struct fake_exit *exit)
{
	if (!exit->ghcb || exit->nr != fail_at)
		return false;
	fake_ghcb_answer(exit->ghcb, 0, 0x100ull << 32);
	return true;
}

/* To shared and back, with the host refusing at step 1, 2, 3... */
START_TEST(life_of_a_page_with_a_refusal_at_every_step)
{
	struct svsm_range range = { { START }, 600 * 0x1000 };
	bool finished = false;

	for (unsigned step = 1; !finished; step++) {
		enum svsm_status status;

		fake_make_invalid(range.start.v, range.len);
		fake_before_exit = fail_nth;
		fail_at = fake_counters().exits + step;
		status = change(&range, 1, SVSM_PSC_OP_SHARED, SVSM_PAGE_4K);
		if (status == SVSM_OK)
			status = change(&range, 1, SVSM_PSC_OP_PRIVATE,
					SVSM_PAGE_4K);
		finished = status == SVSM_OK;
		ck_assert(finished || status == SVSM_EHOST);
		ck_assert_uint_le(step, 7);
		fake_oracle(8);
	}
}
END_TEST

START_TEST(page_goes_to_the_host_and_comes_back_clean)
{
	struct svsm_range range = { { START }, 0x1000 };
	uint64_t *va = fake_map(START, SVSM_PAGE_4K, true);

	ck_assert_int_eq(svsm_rmp_validate(va, SVSM_PAGE_4K), SVSM_OK);
	for (unsigned i = 0; i < 512; i++)
		va[i] = 0;
	ck_assert_int_eq(svsm_rmp_rescind(va, SVSM_PAGE_4K), SVSM_OK);
	ck_assert_int_eq(change(&range, 1, SVSM_PSC_OP_SHARED, SVSM_PAGE_4K),
			SVSM_OK);
	ck_assert_int_eq(change(&range, 1, SVSM_PSC_OP_PRIVATE, SVSM_PAGE_4K),
			SVSM_OK);
	svsm_plat_tlb_flush();	/* what was there before the host had it */
	ck_assert_int_eq(svsm_rmp_validate(va, SVSM_PAGE_4K), SVSM_OK);
	ck_assert_uint_ne(va[0], 0);
	for (unsigned i = 0; i < 512; i++)
		va[i] = 0;
	ck_assert_int_eq(svsm_rmp_grant(va, SVSM_PAGE_4K, 2, SVSM_PERM_ALL,
				NULL), SVSM_OK);
	fake_oracle(3);
}
END_TEST

UNIT_MAIN("psc", requests_setup, fake_teardown,
	ranges_change_and_their_neighbours_do_not,
	huge_entries_are_used_where_they_fit_and_only_there,
	bad_arguments_never_reach_the_host,
	early_change_asks_page_by_page,
	life_of_a_page_with_a_refusal_at_every_step,
	page_goes_to_the_host_and_comes_back_clean)
