/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What CPUID says: look-up by sub-leaf, and what the asking CPU adds.
 */
#include <svsm/addr.h>
#include <svsm/cpuid.h>

#include "cpuid_sample.h"
#include "unit.h"

static struct svsm_abi_cpuid_page page;
static struct svsm_cpuid cpuid;
static const struct svsm_cpuid_env env = { .apic_id = 0x25, .xcr0 = 7,
	.xss = 0x1800, .osxsave = true };

static void setup(void)
{
	page = cpuid_sample();
	ck_assert_int_eq(svsm_cpuid_init(&cpuid, &page, NULL), SVSM_OK);
}

static struct svsm_cpuid_regs query(uint32_t leaf, uint32_t subleaf)
{
	struct svsm_cpuid_regs regs;

	svsm_cpuid_query(&cpuid, &env, leaf, subleaf, &regs);
	return regs;
}

START_TEST(subleaf_chooses_where_it_means_something)
{
	ck_assert_uint_eq(query(0x7, 0).ebx, 0xf1bf97a9);
	ck_assert_uint_eq(query(0x7, 1).eax, 0x20);
	ck_assert_uint_eq(query(0x7, 2).eax, 0);
	ck_assert_uint_eq(query(0xb, 1).ebx, 8);
	ck_assert_uint_eq(query(0x80000008, 77).eax, 0x3934);
}
END_TEST

START_TEST(absent_leaf_is_zero)
{
	struct svsm_cpuid_regs regs = query(0x2f, 0);

	ck_assert_uint_eq(regs.eax | regs.ebx | regs.ecx | regs.edx, 0);
	regs.eax = 9;
	ck_assert_int_eq(svsm_cpuid_find(&cpuid, 0x2f, 0, &regs),
			SVSM_ENOENT);
	ck_assert_uint_eq(regs.eax, 9);
}
END_TEST

START_TEST(asking_cpu_adds_its_apic_id_and_osxsave)
{
	struct svsm_cpuid_env off = env;
	struct svsm_cpuid_regs regs;

	ck_assert_uint_eq(query(1, 0).ebx, 0x25100800);
	ck_assert_uint_eq(query(1, 0).ecx >> 27 & 1, 1);
	off.osxsave = false;
	svsm_cpuid_query(&cpuid, &off, 1, 0, &regs);
	ck_assert_uint_eq(regs.ecx >> 27 & 1, 0);
	ck_assert_uint_eq(query(0xb, 0).edx, 0x25);
	ck_assert_uint_eq(query(0xb, 1).ecx, 0x201);
	ck_assert_uint_eq(query(0x8000001e, 0).eax, 0x25);
}
END_TEST

START_TEST(xsave_sizes_follow_the_enabled_components)
{
	ck_assert_uint_eq(query(0xd, 0).ebx, 0x340);
	/* compacted: AVX, and the two supervisor components of CET */
	ck_assert_uint_eq(query(0xd, 1).ebx, 0x240 + 0x100 + 0x28);
	/* from the entry of the reset state, not from the one with CET */
	ck_assert_uint_eq(query(0xd, 1).eax, 0xf);
}
END_TEST

START_TEST(facts_of_the_sample_are_read_right)
{
	unsigned value;

	ck_assert_int_eq(svsm_cpuid_cbit(&cpuid, &value), SVSM_OK);
	ck_assert_uint_eq(value, 51);
	ck_assert_int_eq(svsm_cpuid_phys_bits(&cpuid, &value), SVSM_OK);
	ck_assert_uint_eq(value, 52);
	ck_assert_uint_eq(svsm_cpuid_xcr0(&cpuid), 0x2e7);
}
END_TEST

START_TEST(two_answers_to_one_question_differ_in_any_register)
{
	uint32_t *field[] = { &page.entry[12].eax, &page.entry[12].ebx,
		&page.entry[12].ecx, &page.entry[12].edx };
	struct svsm_cpuid other;

	page.entry[page.count++] = page.entry[12];
	ck_assert_int_eq(svsm_cpuid_init(&other, &page, NULL), SVSM_OK);
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(field); i++) {
		*field[i] ^= 1;
		ck_assert_int_eq(svsm_cpuid_init(&other, &page, NULL),
				SVSM_EFORMAT);
		*field[i] ^= 1;
	}
	ck_assert_int_eq(svsm_cpuid_init(&other, &page, NULL), SVSM_OK);
}
END_TEST

/* Sub-leaves from 2 on are about one component; XCR0 has no part in them. */
START_TEST(a_component_is_found_whatever_its_entry_says_of_xcr0)
{
	page.entry[page.count++] = (struct svsm_abi_cpuid_entry){
		.eax_in = 0xd, .ecx_in = 2, .xcr0_in = 7, .eax = 0x100,
		.ebx = 0x240,
	};
	ck_assert_int_eq(svsm_cpuid_init(&cpuid, &page, NULL), SVSM_OK);
	ck_assert_uint_eq(query(0xd, 2).eax, 0x100);
	ck_assert_uint_eq(query(0xd, 2).ebx, 0x240);
	ck_assert_uint_eq(query(0xd, 3).eax, 0);
}
END_TEST

UNIT_MAIN("cpuid", setup, NULL,
	subleaf_chooses_where_it_means_something,
	absent_leaf_is_zero,
	asking_cpu_adds_its_apic_id_and_osxsave,
	xsave_sizes_follow_the_enabled_components,
	facts_of_the_sample_are_read_right,
	two_answers_to_one_question_differ_in_any_register,
	a_component_is_found_whatever_its_entry_says_of_xcr0)
