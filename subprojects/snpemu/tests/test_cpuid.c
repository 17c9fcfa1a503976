/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The firmware's check of a CPUID page: each row, each kind of rule. */
#include "suite.h"

#include <string.h>

#include "cpuid_policy.h"

static struct cpuid_page page;
static struct cpuid_finding finding;
static struct cpuid_values machine;	/* the answer to every function */

static struct cpuid_values ask(void *ctx, uint32_t leaf, uint32_t subleaf)
{
	(void)ctx;
	(void)leaf;
	(void)subleaf;
	return machine;
}

static enum psp_status check_page(void)
{
	return cpuid_policy_check(&page, ask, NULL, &finding);
}

static struct cpuid_entry *one_entry(uint32_t leaf, uint32_t subleaf)
{
	memset(&page, 0, sizeof(page));
	page.count = 1;
	page.entry[0].eax_in = leaf;
	page.entry[0].ecx_in = subleaf;
	return &page.entry[0];
}

enum reg { EAX, EBX, ECX, EDX };

static uint32_t *reg_of(struct cpuid_entry *entry, enum reg reg)
{
	uint32_t *regs[] = { &entry->eax, &entry->ebx, &entry->ecx,
			     &entry->edx };

	return regs[reg];
}

/* One register proposed, one register of the machine, what is allowed. */
static void expect(uint32_t leaf, uint32_t subleaf, enum reg reg,
		   uint32_t proposed, uint32_t real, uint32_t allowed)
{
	struct cpuid_entry *entry = one_entry(leaf, subleaf);
	uint32_t *value = reg_of(entry, reg);
	static const char *const names[] = { "EAX", "EBX", "ECX", "EDX" };
	struct cpuid_entry quiet;

	/* The other registers must not be what is found. */
	machine = (struct cpuid_values){ 0 };
	if (leaf == 0xd && subleaf == 0)
		entry->eax = 3, machine.eax = 3, entry->ebx = 0x240;
	if (leaf == 0xd && subleaf == 1)
		entry->ebx = 0x240;
	quiet = *entry;
	*value = proposed;
	switch (reg) {
	case EAX:
		machine.eax = real;
		break;
	case EBX:
		machine.ebx = real;
		break;
	case ECX:
		machine.ecx = real;
		break;
	case EDX:
		machine.edx = real;
		break;
	}
	ck_assert_int_eq(check_page(), proposed == allowed ? PSP_SUCCESS :
			 PSP_INVALID_PARAM);
	ck_assert_uint_eq(*value, allowed);
	if (proposed != allowed) {
		ck_assert_str_eq(finding.what, names[reg]);
		ck_assert_uint_eq(finding.leaf, leaf);
		ck_assert_uint_eq(finding.subleaf, subleaf);
		ck_assert_int_eq(check_page(), PSP_SUCCESS);
	}
	*value = *reg_of(&quiet, reg);
	ck_assert_mem_eq(entry, &quiet, sizeof(quiet));
}

#define ANY	0xa5a5a5a5u

START_TEST(free_registers_may_hold_anything)
{
	static const struct {
		uint32_t leaf, subleaf;
	} rows[] = {
		{ 2, 0 }, { 4, 0 }, { 4, 3 }, { 5, 0 }, { 0xb, 0 }, { 0xb, 1 },
		{ 0xb, 2 }, { 0x80000002, 0 }, { 0x80000003, 0 },
		{ 0x80000004, 0 }, { 0x80000005, 0 }, { 0x80000006, 0 },
		{ 0x8000001d, 0 }, { 0x8000001d, 3 }, { 0x8000001e, 0 },
		{ 0x80000026, 0 }, { 0x80000026, 7 },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int reg = EAX; reg <= EDX; reg++)
			expect(rows[i].leaf, rows[i].subleaf, (enum reg)reg,
			       ANY, 0, ANY);
	expect(0, 0, EBX, ANY, 0, ANY);
	expect(0x80000000, 0, EDX, ANY, 0, ANY);
	expect(0xd, 0, ECX, ANY, 0, ANY);
	expect(0x80000008, 0, ECX, ANY, 0, ANY);
	expect(0x8000001f, 0, ECX, ANY, 0, ANY);
	expect(0x8000001f, 0, EDX, ANY, 0, ANY);
}
END_TEST

START_TEST(maximum_leaf_is_at_most_the_machines)
{
	expect(0, 0, EAX, 0x10, 0x10, 0x10);
	expect(0, 0, EAX, 0xd, 0x10, 0xd);
	expect(0, 0, EAX, 0x20, 0x10, 0x10);
	expect(0x80000000, 0, EAX, 0x80000028, 0x80000021, 0x80000021);
	expect(7, 0, EAX, 2, 1, 1);
}
END_TEST

START_TEST(features_are_a_subset_of_the_machines)
{
	static const struct {
		uint32_t leaf, subleaf;
		enum reg reg;
	} rows[] = {
		{ 1, 0, EDX }, { 6, 0, EAX }, { 6, 0, ECX }, { 7, 0, EBX },
		{ 7, 0, EDX }, { 7, 1, EAX }, { 0xd, 1, EAX }, { 0xd, 1, ECX },
		{ 0xd, 1, EDX }, { 0x80000001, 0, ECX }, { 0x80000001, 0, EDX },
		{ 0x80000007, 0, EDX }, { 0x80000008, 0, EBX },
		{ 0x8000001f, 0, EAX }, { 0x80000021, 0, EAX },
		{ 0x80000022, 0, EAX }, { 0x80000023, 0, EAX },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		expect(rows[i].leaf, rows[i].subleaf, rows[i].reg, 0xff00ff00,
		       0x0ff00ff0, 0x0f000f00);
		expect(rows[i].leaf, rows[i].subleaf, rows[i].reg, 0x00000f00,
		       0x0ff00ff0, 0x00000f00);
	}
}
END_TEST

START_TEST(some_feature_bits_are_the_hosts)
{
	expect(1, 0, ECX, 0x88000000, 0, 0x88000000);
	expect(1, 0, ECX, 0x98000001, 1, 0x88000001);
	expect(7, 0, ECX, 0x00000018, 0, 0x00000010);
}
END_TEST

START_TEST(exact_registers_are_the_machines)
{
	static const struct {
		uint32_t leaf, subleaf;
		enum reg reg;
	} rows[] = {
		{ 6, 0, EBX }, { 6, 0, EDX }, { 7, 1, EBX }, { 7, 1, ECX },
		{ 7, 1, EDX }, { 0xd, 0, EDX }, { 0xd, 2, EAX },
		{ 0xd, 9, EBX }, { 0xd, 11, ECX }, { 0xd, 12, EDX },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		expect(rows[i].leaf, rows[i].subleaf, rows[i].reg, 4, 6, 6);
		expect(rows[i].leaf, rows[i].subleaf, rows[i].reg, 6, 6, 6);
	}
}
END_TEST

START_TEST(signature_is_not_newer_than_the_machine)
{
	/* Family 19h model 01h stepping 1 against others. */
	expect(1, 0, EAX, 0x00a00f11, 0x00a00f11, 0x00a00f11);
	expect(1, 0, EAX, 0x00a00f10, 0x00a00f11, 0x00a00f10);
	expect(1, 0, EAX, 0x00a00f12, 0x00a00f11, 0x00a00f11);
	expect(1, 0, EAX, 0x00a10f11, 0x00a00f11, 0x00a00f11);
	expect(1, 0, EAX, 0x00800f12, 0x00a00f11, 0x00800f12);
	expect(0x80000001, 0, EAX, 0x00b00f00, 0x00a00f11, 0x00a00f11);
	expect(1, 0, EAX, 0x00000663, 0x00a00f11, 0x00000663);
}
END_TEST

START_TEST(cache_line_of_clflush_is_exact)
{
	expect(1, 0, EBX, 0x03020400, 0x00000800, 0x03020800);
	expect(1, 0, EBX, 0x03020800, 0x00000800, 0x03020800);
}
END_TEST

START_TEST(xsave_features_hold_x87_and_sse)
{
	expect(0xd, 0, EAX, 0x0, 0x7, 0x3);
	expect(0xd, 0, EAX, 0x207, 0x207, 0x207);
	expect(0xd, 0, EAX, 0xe7, 0x7, 0x7);
}
END_TEST

START_TEST(xsave_size_follows_the_inputs)
{
	static const struct {
		uint64_t xcr0, xss;
		uint32_t standard, compact;
	} rows[] = {
		{ 0x1, 0, 0x240, 0x240 }, { 0x3, 0, 0x240, 0x240 },
		{ 0x7, 0, 0x340, 0x340 }, { 0x27, 0, 0x380, 0x380 },
		{ 0x67, 0, 0x580, 0x580 }, { 0xe7, 0, 0x980, 0x980 },
		{ 0x2e7, 0, 0x988, 0x988 }, { 0x207, 0, 0x988, 0x348 },
		{ 0x7, 0x1800, 0x340, 0x368 }, { 0x7, 0x800, 0x340, 0x350 },
	};
	struct cpuid_entry *entry;

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_uint_eq(cpuid_xsave_size(rows[i].xcr0, rows[i].xss,
						   0), rows[i].standard);
		ck_assert_uint_eq(cpuid_xsave_size(rows[i].xcr0, rows[i].xss,
						   1), rows[i].compact);
		for (uint32_t sub = 0; sub < 2; sub++) {
			machine = (struct cpuid_values){ .eax = 3 };
			entry = one_entry(0xd, sub);
			entry->eax = 3;
			entry->xcr0_in = rows[i].xcr0;
			entry->xss_in = rows[i].xss;
			ck_assert_int_eq(check_page(), PSP_INVALID_PARAM);
			ck_assert_uint_eq(entry->ebx, sub ? rows[i].compact :
					  rows[i].standard);
			ck_assert_int_eq(check_page(), PSP_SUCCESS);
		}
	}
}
END_TEST

START_TEST(address_sizes_are_not_larger)
{
	expect(0x80000008, 0, EAX, 0x00343934, 0x00343030, 0x00343030);
	expect(0x80000008, 0, EAX, 0x00002830, 0x00343030, 0x00002830);
	expect(0x80000008, 0, EDX, 0x00020010, 0x00010020, 0x00010010);
}
END_TEST

START_TEST(c_bit_is_exact_and_levels_are_not_more)
{
	expect(0x8000001f, 0, EBX, 0x4173, 0x4173, 0x4173);
	expect(0x8000001f, 0, EBX, 0x416f, 0x4173, 0x4173);
	expect(0x8000001f, 0, EBX, 0x8173, 0x4173, 0x4173);
	expect(0x8000001f, 0, EBX, 0x1173, 0x4173, 0x1173);
	expect(0x8000001f, 0, EBX, 0x4073, 0x4173, 0x4073);
}
END_TEST

START_TEST(unknown_leaves_are_zero)
{
	static const uint32_t leaves[] = { 3, 8, 0xa, 0xffff, 0x80000009,
					   0x8000ffff };

	for (unsigned i = 0; i < 6; i++)
		for (int reg = EAX; reg <= EDX; reg++)
			expect(leaves[i], 0, (enum reg)reg, 1, 1, 0);
	expect(7, 2, EAX, 1, 1, 0);
	expect(0xd, 3, EAX, 1, 1, 0);
	expect(0xb, 3, EAX, 1, 1, 0);
}
END_TEST

START_TEST(leaves_outside_are_not_looked_at)
{
	expect(0x40000000, 0, EAX, ANY, 0, ANY);
	expect(0x10000, 0, EBX, ANY, 0, ANY);
	expect(0x80010000, 0, ECX, ANY, 0, ANY);
	expect(0xc0000000, 0, EDX, ANY, 0, ANY);
}
END_TEST

START_TEST(header_is_checked_and_never_corrected)
{
	memset(&page, 0, sizeof(page));
	page.count = 65;
	ck_assert_int_eq(check_page(), PSP_INVALID_PARAM);
	ck_assert_uint_eq(finding.index, ~0u);
	ck_assert_uint_eq(page.count, 65);
	page.count = ~0u;
	ck_assert_int_eq(check_page(), PSP_INVALID_PARAM);
	for (unsigned i = 0; i < 3; i++) {
		memset(&page, 0, sizeof(page));
		page.reserved[i] = 1;
		ck_assert_int_eq(check_page(), PSP_INVALID_PARAM);
		ck_assert_str_eq(finding.what, "page header");
	}
	memset(&page, 0, sizeof(page));
	ck_assert_int_eq(check_page(), PSP_SUCCESS);
	page.count = 64;
	ck_assert_int_eq(check_page(), PSP_SUCCESS);
}
END_TEST

START_TEST(reserved_field_of_an_entry_is_cleared)
{
	struct cpuid_entry *entry = one_entry(2, 0);

	entry->reserved = 1;
	ck_assert_int_eq(check_page(), PSP_INVALID_PARAM);
	ck_assert_str_eq(finding.what, "reserved field");
	ck_assert_uint_eq(entry->reserved, 0);
}
END_TEST

START_TEST(first_of_several_findings_is_reported)
{
	memset(&page, 0, sizeof(page));
	memset(&machine, 0, sizeof(machine));
	page.count = 3;
	page.entry[0].eax_in = 2;
	page.entry[1].eax_in = 3;
	page.entry[1].ebx = 1;
	page.entry[1].edx = 1;
	page.entry[2].eax_in = 8;
	page.entry[2].eax = 1;
	ck_assert_int_eq(check_page(), PSP_INVALID_PARAM);
	ck_assert_uint_eq(finding.index, 1);
	ck_assert_str_eq(finding.what, "EBX");
	ck_assert_uint_eq(page.entry[1].edx, 0);
	ck_assert_uint_eq(page.entry[2].eax, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cpuid");

	CASE(suite, "rules",
	     free_registers_may_hold_anything,
	     maximum_leaf_is_at_most_the_machines,
	     features_are_a_subset_of_the_machines,
	     some_feature_bits_are_the_hosts, exact_registers_are_the_machines,
	     signature_is_not_newer_than_the_machine,
	     cache_line_of_clflush_is_exact, xsave_features_hold_x87_and_sse,
	     xsave_size_follows_the_inputs, address_sizes_are_not_larger,
	     c_bit_is_exact_and_levels_are_not_more, unknown_leaves_are_zero,
	     leaves_outside_are_not_looked_at);
	CASE(suite, "page",
	     header_is_checked_and_never_corrected,
	     reserved_field_of_an_entry_is_cleared,
	     first_of_several_findings_is_reported);
	return run_suite(suite);
}
