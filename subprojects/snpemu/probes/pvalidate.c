// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* PVALIDATE: each return code, each exception, both sizes. */
#include "probe.h"

PROBE(pvalidate_accepts_a_private_page)
{
	need(psc_private(TEST_PAGE));
	try_pvalidate(TEST_PAGE, 0, 1);
}

PROBE(pvalidate_of_a_valid_page_sets_carry)
{
	take_page(TEST_PAGE);
	try_pvalidate(TEST_PAGE, 0, 1);
}

PROBE(pvalidate_rescinds)
{
	take_page(TEST_PAGE);
	try_pvalidate(TEST_PAGE, 0, 0);
	try_pvalidate(TEST_PAGE, 0, 0);
}

PROBE(pvalidate_keeps_the_content)
{
	take_page(TEST_PAGE);
	*(volatile uint32_t *)TEST_PAGE = 0x600d;
	try_pvalidate(TEST_PAGE, 0, 0);
	try_pvalidate(TEST_PAGE, 0, 1);
	say("content %x\n", (uint64_t)*(volatile uint32_t *)TEST_PAGE);
}

PROBE(pvalidate_refuses_an_unknown_size)
{
	take_page(TEST_PAGE);
	try_pvalidate(TEST_PAGE, 2, 1);
}

/* Linux passes a bool and leaves the bits above it as they are. */
PROBE(pvalidate_looks_at_one_bit_of_edx)
{
	take_page(TEST_PAGE);
	try_pvalidate(TEST_PAGE, 0, 0x17c00);
	try_pvalidate(TEST_PAGE, 0, 0x17c01);
}

PROBE(pvalidate_refuses_a_misaligned_large_page)
{
	try_pvalidate(TEST_LARGE + 4096, 1, 1);
}

PROBE(pvalidate_of_2m_over_4k_is_a_size_mismatch)
{
	need(psc_private(TEST_LARGE));
	try_pvalidate(TEST_LARGE, 1, 1);
}

PROBE(pvalidate_accepts_a_large_page)
{
	take_large(TEST_LARGE);
	*(volatile uint32_t *)(TEST_LARGE + 0x1ff000) = 7;
	say("last page %u\n",
	    (uint64_t)*(volatile uint32_t *)(TEST_LARGE + 0x1ff000));
	try_pvalidate(TEST_LARGE, 1, 1);
}

PROBE(pvalidate_of_4k_in_a_large_page_splits_it)
{
	take_large(TEST_LARGE);
	try_pvalidate(TEST_LARGE + 0x3000, 0, 0);
	try_pvalidate(TEST_LARGE + 0x4000, 0, 1);
	try_pvalidate(TEST_LARGE, 1, 0);
}

PROBE(pvalidate_needs_cpl_0)
{
	struct regs r = { .rax = TEST_PAGE, .rdx = 1 };

	TRY_USER(pvalidate, &r);
}

static void at_vmpl1(uint64_t va)
{
	try_pvalidate(va, 0, 1);
	level_back();
}

PROBE(pvalidate_needs_vmpl0)
{
	take_page(TEST_PAGE);
	level_start(1, at_vmpl1, TEST_PAGE);
	level_run(1);
}

PROBE(pvalidate_of_an_unmapped_address_is_a_page_fault)
{
	page_flags(TEST_PAGE, 0, 1);
	try_pvalidate(TEST_PAGE + 0x10, 0, 1);
}

PROBE(pvalidate_of_a_shared_page_is_a_nested_fault)
{
	try_pvalidate(TEST_PAGE, 0, 1);
}

PROBE(pvalidate_works_in_32_bit_code)
{
	struct regs r = { .rax = TEST_PAGE, .rcx = 0, .rdx = 1 };

	need(psc_private(TEST_PAGE));
	TRY32(pvalidate, &r);
	say("eax %u cf %u\n", r.rax, r.flags & FLAG_CF);
	try_pvalidate(TEST_PAGE, 0, 1);
}

PROBE(pvalidate_of_image_pages_finds_them_valid)
{
	try_pvalidate(IMAGE_PAGE, 0, 1);
	try_pvalidate(CPUID_GPA, 0, 1);
	try_pvalidate(SECRETS_GPA, 0, 1);
	try_pvalidate(PARAM_GPA, 0, 1);
}
