/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Hostile cases, group E as far as it is pure: CPUID page and secrets page.
 */
#include <string.h>

#include <svsm/cpuid.h>
#include <svsm/secrets.h>

#include "cpuid_sample.h"
#include "unit.h"

static struct svsm_abi_cpuid_page page;
static struct svsm_cpuid cpuid;

static void setup(void)
{
	page = cpuid_sample();
	memset(&cpuid, 0, sizeof(cpuid));
}

static const char *wrong(void)
{
	const char *what = NULL;

	ck_assert_int_eq(svsm_cpuid_init(&cpuid, &page, &what), SVSM_EFORMAT);
	ck_assert_ptr_null(cpuid.page);
	ck_assert_ptr_nonnull(what);
	ck_assert_int_eq(svsm_cpuid_init(&cpuid, &page, NULL), SVSM_EFORMAT);
	return what;
}

static struct svsm_abi_cpuid_entry *entry(uint32_t leaf)
{
	for (unsigned i = 0; i < page.count; i++) {
		if (page.entry[i].eax_in == leaf)
			return &page.entry[i];
	}
	ck_abort_msg("no leaf %x", leaf);
}

START_TEST(e01_counts_that_are_none_are_refused)
{
	static const uint32_t counts[] = { 0, 65, 66, 0x80000000, 0xffffffff };

	for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		page.count = counts[i];
		ck_assert_str_eq(wrong(), "count");
	}
}
END_TEST

START_TEST(e01_full_page_is_fine)
{
	for (uint32_t i = page.count; i < 64; i++)
		page.entry[i].eax_in = 0x40000000 + i;
	page.count = 64;
	ck_assert_int_eq(svsm_cpuid_init(&cpuid, &page, NULL), SVSM_OK);
}
END_TEST

START_TEST(e01_reserved_fields_are_checked)
{
	for (unsigned i = 0; i < 3; i++) {
		page.reserved[i] = 1u << (i * 10);
		ck_assert_str_eq(wrong(), "reserved field");
		page.reserved[i] = 0;
	}
	page.entry[page.count - 1].reserved = 1;
	ck_assert_str_eq(wrong(), "reserved field of an entry");
	page.entry[page.count - 1].reserved = 0;
	page.entry[page.count].reserved = 1;
	ck_assert_int_eq(svsm_cpuid_init(&cpuid, &page, NULL), SVSM_OK);
}
END_TEST

START_TEST(e01_two_answers_to_one_question_are_refused)
{
	page.entry[page.count] = *entry(0x8000001f);
	page.count++;
	ck_assert_int_eq(svsm_cpuid_init(&cpuid, &page, NULL), SVSM_OK);
	memset(&cpuid, 0, sizeof(cpuid));
	page.entry[page.count - 1].ebx ^= 1;
	ck_assert_str_eq(wrong(), "two entries for one leaf");
}
END_TEST

/* What the look-up ignores does not make two questions of one. */
START_TEST(e01_answers_that_differ_by_what_is_ignored_are_refused)
{
	static const struct {
		uint32_t leaf, ecx;
		uint64_t xcr0, xss;
		bool refused;
	} cases[] = {
		{ 0x80000008, 1, 0, 0, true },	/* not indexed: ECX */
		{ 0x80000008, 0, 1, 0, true },	/* XCR0, XSS: leaf d alone */
		{ 0x7, 0, 0, 1, true },
		{ 0x7, 2, 0, 0, false },
		{ 0xd, 0, 1, 0, true },		/* both are the reset state's */
		{ 0xd, 0, 3, 0, true },
		{ 0xd, 0, 7, 0, false },
		{ 0xd, 0, 1, 1, false },
	};
	uint32_t count = page.count;

	entry(0xd)->xcr0_in = 1;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		page.count = count + 1;
		page.entry[count] = *entry(cases[i].leaf);
		page.entry[count].ecx_in = cases[i].ecx;
		page.entry[count].xcr0_in = cases[i].xcr0;
		page.entry[count].xss_in = cases[i].xss;
		page.entry[count].edx ^= 1;
		if (cases[i].refused)
			ck_assert_str_eq(wrong(), "two entries for one leaf");
		else
			ck_assert_int_eq(svsm_cpuid_init(&cpuid, &page, NULL),
					 SVSM_OK);
		memset(&cpuid, 0, sizeof(cpuid));
	}
}
END_TEST

START_TEST(e03_missing_leaf_is_named)
{
	static const struct {
		uint32_t leaf;
		const char *name;
	} needed[] = {
		{ 0x0, "leaf 0" }, { 0x1, "leaf 1" }, { 0xd, "leaf d" },
		{ 0x80000000, "leaf 80000000" },
		{ 0x80000008, "leaf 80000008" },
		{ 0x8000001f, "leaf 8000001f" },
	};

	for (unsigned i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		page = cpuid_sample();
		entry(needed[i].leaf)->eax_in = 0x4fffffff;
		ck_assert_str_eq(wrong(), needed[i].name);
	}
}
END_TEST

START_TEST(e03_machine_without_xsave_needs_no_leaf_d)
{
	entry(0x1)->ecx &= ~(1u << 26);
	entry(0xd)->eax_in = 0x4fffffff;
	ck_assert_int_eq(svsm_cpuid_init(&cpuid, &page, NULL), SVSM_OK);
}
END_TEST

static uint32_t size_by_query(uint64_t xcr0)
{
	struct svsm_cpuid_env env = { .xcr0 = xcr0 };
	struct svsm_cpuid_regs regs;

	svsm_cpuid_query(&cpuid, &env, 0xd, 0, &regs);
	return regs.ebx;
}

START_TEST(e04_xsave_size_comes_from_the_features_not_from_the_page)
{
	static const uint32_t lies[] = { 0, 1, 0x240, 0x1000000, 0xffffffff };

	for (unsigned i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		page = cpuid_sample();
		entry(0xd)->ebx = lies[i];
		entry(0xd)->ecx = lies[i];
		ck_assert_int_eq(svsm_cpuid_init(&cpuid, &page, NULL),
				SVSM_OK);
		ck_assert_uint_eq(size_by_query(0x1), 0x240);
		ck_assert_uint_eq(size_by_query(0x7), 0x340);
		ck_assert_uint_eq(size_by_query(0xe7), 0x980);
		ck_assert_uint_eq(size_by_query(0x2e7), 0x988);
	}
}
END_TEST

START_TEST(e04_unknown_features_are_switched_off)
{
	ck_assert_int_eq(svsm_cpuid_init(&cpuid, &page, NULL), SVSM_OK);
	entry(0xd)->eax = 0xffffffff;
	entry(0xd)->edx = 0xffffffff;
	ck_assert_uint_eq(svsm_cpuid_xcr0(&cpuid), 0x2e7);
	entry(0xd)->eax = 0;
	entry(0xd)->edx = 0;
	ck_assert_uint_eq(svsm_cpuid_xcr0(&cpuid), 0x3);
	entry(0xd)->eax = 0x47;	/* half of AVX-512 */
	ck_assert_uint_eq(svsm_cpuid_xcr0(&cpuid), 0x7);
	for (unsigned bit = 0; bit < 64; bit++) {
		uint32_t size = svsm_xsave_size(3 | 1ull << bit);

		ck_assert(size == 0 || (size >= 0x240 && size <= 0x988));
		ck_assert_int_eq(size != 0, bit <= 2 || bit == 9);
	}
}
END_TEST

START_TEST(e05_cbit_outside_the_address_is_refused)
{
	unsigned cbit = 7;

	ck_assert_int_eq(svsm_cpuid_init(&cpuid, &page, NULL), SVSM_OK);
	for (unsigned position = 0; position < 64; position++) {
		bool good = position >= 32 && position <= 51;

		entry(0x8000001f)->ebx = 0x4140 | position;
		ck_assert_int_eq(svsm_cpuid_cbit(&cpuid, &cbit),
				good ? SVSM_OK : SVSM_EFORMAT);
		if (good)
			ck_assert_uint_eq(cbit, position);
	}
	ck_assert_uint_eq(cbit, 51);
}
END_TEST

START_TEST(e06_physical_width_is_checked)
{
	ck_assert_int_eq(svsm_cpuid_init(&cpuid, &page, NULL), SVSM_OK);
	for (unsigned width = 0; width < 256; width++) {
		bool good = width >= 36 && width <= 52;
		unsigned bits = 0;

		entry(0x80000008)->eax = 0x3900 | width;
		ck_assert_int_eq(svsm_cpuid_phys_bits(&cpuid, &bits),
				good ? SVSM_OK : SVSM_EFORMAT);
		ck_assert_uint_eq(bits, good ? width : 0);
	}
	entry(0x80000008)->eax = 48 << 16 | 0x3934;
	for (unsigned bits = 0; bits != 48;)
		ck_assert_int_eq(svsm_cpuid_phys_bits(&cpuid, &bits), SVSM_OK);
}
END_TEST

START_TEST(e08_vendor_string_is_bounded_and_printable)
{
	char name[14];

	name[13] = '#';
	ck_assert_int_eq(svsm_cpuid_init(&cpuid, &page, NULL), SVSM_OK);
	svsm_cpuid_vendor(&cpuid, 0, name);
	ck_assert_str_eq(name, "AuthenticAMD");
	entry(0)->ebx = 0x0a1b0041;
	entry(0)->ecx = 0xffffffff;
	svsm_cpuid_vendor(&cpuid, 0, name);
	ck_assert_str_eq(name, "A???enti????");
	svsm_cpuid_vendor(&cpuid, 0x40000000, name);
	ck_assert_str_eq(name, "????????????");
	ck_assert_int_eq(name[13], '#');
}
END_TEST

/* ----------------------------------------------------------------- secrets */

static struct svsm_abi_secrets secrets(void)
{
	struct svsm_abi_secrets s = { .version = 3, .fms = 0xa10f11,
		.tsc_factor = 200 };

	for (unsigned vmpl = 0; vmpl < 4; vmpl++)
		memset(s.vmpck[vmpl], 0xa0 + (int)vmpl, SVSM_VMPCK_BYTES);
	memset(s.gosvw, 0x11, sizeof(s.gosvw));
	memset(s.vmsa_tweak_bitmap, 0x22, sizeof(s.vmsa_tweak_bitmap));
	return s;
}

START_TEST(e09_unknown_version_is_refused)
{
	struct svsm_abi_secrets s = secrets();

	ck_assert_int_eq(svsm_secrets_check(&s), SVSM_OK);
	for (uint32_t version = 0; version < 300; version++) {
		s.version = version;
		ck_assert_int_eq(svsm_secrets_check(&s),
				version == 2 || version == 3 ? SVSM_OK :
				SVSM_EFORMAT);
	}
	s.version = 0x80000003;
	ck_assert_int_eq(svsm_secrets_check(&s), SVSM_EFORMAT);
}
END_TEST

START_TEST(e09_every_reserved_byte_is_checked)
{
	for (size_t i = 0; i < sizeof(struct svsm_abi_secrets); i++) {
		struct svsm_abi_secrets s = secrets();
		bool reserved = (i >= 0xc && i < 0x10) ||
			(i >= 0x140 && i < 0x160) || i >= 0x164;

		((uint8_t *)&s)[i] ^= 0x40;
		if (reserved)
			ck_assert_int_eq(svsm_secrets_check(&s), SVSM_EFORMAT);
		else if (i >= 4)
			ck_assert_int_eq(svsm_secrets_check(&s), SVSM_OK);
	}
}
END_TEST

START_TEST(e10_key_of_zeros_is_no_key)
{
	struct svsm_abi_secrets s = secrets();
	uint8_t key[SVSM_VMPCK_BYTES] = { 7 };

	for (unsigned vmpl = 0; vmpl < 4; vmpl++) {
		ck_assert_int_eq(svsm_secrets_vmpck(&s, vmpl, key), SVSM_OK);
		ck_assert_mem_eq(key, s.vmpck[vmpl], sizeof(key));
	}
	memset(s.vmpck, 0, sizeof(s.vmpck));
	key[0] = 7;
	ck_assert_int_eq(svsm_secrets_vmpck(&s, 0, key), SVSM_ENOENT);
	ck_assert_int_eq(svsm_secrets_vmpck(&s, 4, key), SVSM_ENOENT);
	ck_assert_uint_eq(key[0], 7);
	s.vmpck[1][31] = 1;
	ck_assert_int_eq(svsm_secrets_vmpck(&s, 1, key), SVSM_OK);
}
END_TEST

START_TEST(e11_guests_copy_has_no_key_above_its_level)
{
	struct svsm_abi_secrets s = secrets();
	static const uint8_t none[SVSM_VMPCK_BYTES];

	for (unsigned vmpl = 1; vmpl < 4; vmpl++) {
		struct svsm_abi_secrets copy;
		struct svsm_secrets_svsm svsm = {
			.region = { { 0x8000000 }, 0x400000 },
			.caa = { 0x8123000 }, .max_version = 1,
			.guest_vmpl = vmpl,
		};

		memset(&copy, 0xff, sizeof(copy));
		ck_assert_int_eq(svsm_secrets_copy(&copy, &s, &svsm), SVSM_OK);
		for (unsigned level = 0; level < 4; level++)
			ck_assert_mem_eq(copy.vmpck[level],
				level < vmpl ? none : s.vmpck[level],
				SVSM_VMPCK_BYTES);
		ck_assert_uint_eq(copy.svsm_base, 0x8000000);
		ck_assert_uint_eq(copy.svsm_size, 0x400000);
		ck_assert_uint_eq(copy.svsm_caa, 0x8123000);
		ck_assert_uint_eq(copy.svsm_max_version, 1);
		ck_assert_uint_eq(copy.svsm_guest_vmpl, vmpl);
		ck_assert_uint_eq(copy.tsc_factor, 200);
		ck_assert_mem_eq(copy.gosvw, s.gosvw, sizeof(s.gosvw));
	}
}
END_TEST

START_TEST(e11_copy_for_an_impossible_guest_is_not_made)
{
	struct svsm_abi_secrets s = secrets();
	struct svsm_abi_secrets copy = { .version = 99 };
	struct svsm_secrets_svsm svsm = { .caa = { 0x1000 } };

	ck_assert_int_eq(svsm_secrets_copy(&copy, &s, &svsm), SVSM_EINVAL);
	svsm.guest_vmpl = 4;
	ck_assert_int_eq(svsm_secrets_copy(&copy, &s, &svsm), SVSM_EINVAL);
	svsm.guest_vmpl = 2;
	svsm.caa.v = 0x1008;
	ck_assert_int_eq(svsm_secrets_copy(&copy, &s, &svsm), SVSM_EINVAL);
	ck_assert_uint_eq(copy.version, 99);
}
END_TEST

START_TEST(e11_wiped_page_has_no_key)
{
	struct svsm_abi_secrets s = secrets();
	uint8_t key[SVSM_VMPCK_BYTES];

	svsm_secrets_wipe(&s);
	for (unsigned vmpl = 0; vmpl < 4; vmpl++)
		ck_assert_int_eq(svsm_secrets_vmpck(&s, vmpl, key),
				SVSM_ENOENT);
}
END_TEST

UNIT_MAIN("hostile E", setup, NULL,
	e01_counts_that_are_none_are_refused,
	e01_full_page_is_fine,
	e01_reserved_fields_are_checked,
	e01_two_answers_to_one_question_are_refused,
	e01_answers_that_differ_by_what_is_ignored_are_refused,
	e03_missing_leaf_is_named,
	e03_machine_without_xsave_needs_no_leaf_d,
	e04_xsave_size_comes_from_the_features_not_from_the_page,
	e04_unknown_features_are_switched_off,
	e05_cbit_outside_the_address_is_refused,
	e06_physical_width_is_checked,
	e08_vendor_string_is_bounded_and_printable,
	e09_unknown_version_is_refused,
	e09_every_reserved_byte_is_checked,
	e10_key_of_zeros_is_no_key,
	e11_guests_copy_has_no_key_above_its_level,
	e11_copy_for_an_impossible_guest_is_not_made,
	e11_wiped_page_has_no_key)
