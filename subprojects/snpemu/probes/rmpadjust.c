// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* RMPADJUST and RMPQUERY: each return code, each exception. */
#include "probe.h"

PROBE(rmpadjust_gives_a_level_its_mask)
{
	take_page(TEST_PAGE);
	try_rmpadjust(TEST_PAGE, 0, ADJUST(1, P_READ | P_WRITE));
	try_rmpadjust(TEST_PAGE, 0, ADJUST(3, P_READ));
	for (uint64_t vmpl = 0; vmpl < 4; vmpl++)
		try_rmpquery(TEST_PAGE, vmpl);
}

PROBE(rmpadjust_takes_a_mask_away)
{
	take_page(TEST_PAGE);
	try_rmpadjust(TEST_PAGE, 0, ADJUST(2, P_ALL));
	try_rmpadjust(TEST_PAGE, 0, ADJUST(2, 0));
	try_rmpquery(TEST_PAGE, 2);
}

PROBE(rmpadjust_of_the_own_level_is_not_permitted)
{
	take_page(TEST_PAGE);
	try_rmpadjust(TEST_PAGE, 0, ADJUST(0, P_ALL));
}

PROBE(rmpadjust_refuses_an_unknown_size)
{
	take_page(TEST_PAGE);
	try_rmpadjust(TEST_PAGE, 2, ADJUST(1, P_ALL));
}

PROBE(rmpadjust_refuses_an_unknown_level)
{
	take_page(TEST_PAGE);
	try_rmpadjust(TEST_PAGE, 0, ADJUST(4, P_ALL));
}

PROBE(rmpadjust_refuses_reserved_bits)
{
	take_page(TEST_PAGE);
	try_rmpadjust(TEST_PAGE, 0, ADJUST(1, P_ALL) | 1ull << 17);
	try_rmpadjust(TEST_PAGE, 0, ADJUST(1, 0x20));
}

PROBE(rmpadjust_refuses_a_misaligned_large_page)
{
	try_rmpadjust(TEST_LARGE + 4096, 1, ADJUST(1, P_ALL));
}

PROBE(rmpadjust_of_2m_over_4k_is_a_size_mismatch)
{
	take_page(TEST_LARGE);
	try_rmpadjust(TEST_LARGE, 1, ADJUST(1, P_ALL));
}

PROBE(rmpadjust_of_a_large_page_covers_all_of_it)
{
	take_large(TEST_LARGE);
	try_rmpadjust(TEST_LARGE, 1, ADJUST(1, P_READ));
	try_rmpquery(TEST_LARGE + 0x5000, 1);
}

PROBE(rmpadjust_of_4k_in_a_large_page_splits_it)
{
	take_large(TEST_LARGE);
	try_rmpadjust(TEST_LARGE + 0x5000, 0, ADJUST(1, P_READ));
	try_rmpquery(TEST_LARGE + 0x5000, 1);
	try_rmpquery(TEST_LARGE + 0x6000, 1);
}

PROBE(rmpadjust_of_a_page_not_validated_is_a_vc)
{
	need(psc_private(TEST_PAGE));
	try_rmpadjust(TEST_PAGE + 8, 0, ADJUST(1, P_ALL));
}

PROBE(rmpadjust_of_a_shared_page_is_a_nested_fault)
{
	try_rmpadjust(TEST_PAGE, 0, ADJUST(1, P_ALL));
}

PROBE(rmpadjust_of_an_unmapped_address_is_a_page_fault)
{
	page_flags(TEST_PAGE, 0, 1);
	try_rmpadjust(TEST_PAGE, 0, ADJUST(1, P_ALL));
}

PROBE(rmpadjust_needs_cpl_0)
{
	struct regs r = { .rax = TEST_PAGE, .rdx = 1 };

	TRY_USER(rmpadjust, &r);
}

PROBE(rmpadjust_is_undefined_in_32_bit_code)
{
	struct regs r = { .rax = TEST_PAGE, .rdx = 1 };

	take_page(TEST_PAGE);
	TRY32(rmpadjust, &r);
}

PROBE(rmpadjust_marks_a_vmsa)
{
	take_page(TEST_PAGE);
	try_rmpadjust(TEST_PAGE, 0, ADJUST(1, 0) | ADJUST_VMSA);
	try_rmpquery(TEST_PAGE, 1);
	try_rmpadjust(TEST_PAGE, 0, ADJUST(1, 0));
	try_rmpquery(TEST_PAGE, 1);
}

PROBE(rmpadjust_refuses_a_large_vmsa)
{
	take_large(TEST_LARGE);
	try_rmpadjust(TEST_LARGE, 1, ADJUST(1, 0) | ADJUST_VMSA);
}

static void adjust_at_vmpl1(uint64_t rdx)
{
	try_rmpadjust(TEST_PAGE, 0, rdx);
	level_back();
}

static void from_vmpl1(uint64_t own_mask, uint64_t rdx)
{
	take_page(TEST_PAGE);
	need(rmpadjust(TEST_PAGE, 0, ADJUST(1, own_mask)));
	level_start(1, adjust_at_vmpl1, rdx);
	level_run(1);
	try_rmpquery(TEST_PAGE, 2);
}

PROBE(rmpadjust_grants_at_most_what_the_level_has)
{
	from_vmpl1(P_READ, ADJUST(2, P_READ | P_WRITE));
}

PROBE(rmpadjust_from_vmpl1_grants_to_vmpl2)
{
	from_vmpl1(P_READ | P_WRITE, ADJUST(2, P_READ));
}

PROBE(rmpadjust_from_vmpl1_to_itself_is_not_permitted)
{
	from_vmpl1(P_ALL, ADJUST(1, P_READ));
}

PROBE(rmpadjust_from_vmpl1_ignores_the_vmsa_mark)
{
	from_vmpl1(P_ALL, ADJUST(2, P_READ) | ADJUST_VMSA);
}

PROBE(rmpquery_of_a_new_page_shows_vmpl0_alone)
{
	take_page(TEST_PAGE);
	for (uint64_t vmpl = 0; vmpl < 4; vmpl++)
		try_rmpquery(TEST_PAGE, vmpl);
}

PROBE(rmpquery_refuses_an_unknown_level)
{
	take_page(TEST_PAGE);
	try_rmpquery(TEST_PAGE, 4);
}

PROBE(rmpquery_shows_the_size)
{
	take_page(TEST_PAGE);
	take_large(TEST_LARGE);
	try_rmpquery(TEST_PAGE, 1);
	try_rmpquery(TEST_LARGE + 0x1000, 1);
}

PROBE(rmpquery_of_a_page_not_validated_is_a_vc)
{
	need(psc_private(TEST_PAGE));
	try_rmpquery(TEST_PAGE, 1);
}

static void query_at_vmpl1(uint64_t vmpl)
{
	try_rmpquery(TEST_PAGE, vmpl);
	level_back();
}

PROBE(rmpquery_of_a_higher_level_is_not_permitted)
{
	take_page(TEST_PAGE);
	need(rmpadjust(TEST_PAGE, 0, ADJUST(1, P_READ)));
	level_start(1, query_at_vmpl1, 0);
	level_run(1);
}

PROBE(rmpquery_needs_cpl_0)
{
	struct regs r = { .rax = TEST_PAGE, .rdx = 1 };

	TRY_USER(rmpquery, &r);
}
