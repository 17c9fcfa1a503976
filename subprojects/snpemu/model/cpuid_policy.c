/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * The firmware's check of a CPUID page: one row for each function, one rule
 * for each register. A rule gives the value that is allowed; what differs from
 * it is corrected.
 */
#include "cpuid_policy.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define ANY_SUBLEAF	0xffffffffu
#define ARCH_LEAVES	0xffffu		/* in each of the two ranges */

#define LEAF1_OSXSAVE	(1u << 27)
#define LEAF1_HYPERVISOR (1u << 31)
#define LEAF7_OSPKE	(1u << 4)

#define XCR0_X87_SSE	0x3u
#define XCR0_AVX	(1ull << 2)
#define XCR0_K		(1ull << 5)
#define XCR0_ZMM	(1ull << 6)
#define XCR0_HI_ZMM	(1ull << 7)
#define XCR0_PKRU	(1ull << 9)
#define XSS_CET_U	(1ull << 11)
#define XSS_CET_S	(1ull << 12)

enum rule {
	FREE,
	ZERO,
	EXACT,
	SUBSET,
	MAX,
	NOT_NEWER,		/* family, model, stepping */
	CLFLUSH,		/* bits 15:8 exact */
	SUBSET_1C,		/* OSXSAVE and hypervisor bit free */
	SUBSET_7C,		/* OSPKE free */
	XFEATURES,		/* x87 and SSE set, else subset */
	XSAVE_STANDARD,		/* size by XCR0_IN */
	XSAVE_COMPACT,		/* size by XCR0_IN and XSS_IN */
	BYTES_MAX,		/* each byte not larger */
	WORDS_MAX,		/* each half not larger */
	SEV_EBX,		/* C-bit exact, VMPLs not more */
};

static const struct row {
	uint32_t leaf, subleaf;
	uint8_t eax, ebx, ecx, edx;
} rows[] = {
	{ 0x0, ANY_SUBLEAF, MAX, FREE, FREE, FREE },
	{ 0x1, ANY_SUBLEAF, NOT_NEWER, CLFLUSH, SUBSET_1C, SUBSET },
	{ 0x2, ANY_SUBLEAF, FREE, FREE, FREE, FREE },
	{ 0x4, ANY_SUBLEAF, FREE, FREE, FREE, FREE },
	{ 0x5, ANY_SUBLEAF, FREE, FREE, FREE, FREE },
	{ 0x6, ANY_SUBLEAF, SUBSET, EXACT, SUBSET, EXACT },
	{ 0x7, 0, MAX, SUBSET, SUBSET_7C, SUBSET },
	{ 0x7, 1, SUBSET, EXACT, EXACT, EXACT },
	{ 0xb, 0, FREE, FREE, FREE, FREE },
	{ 0xb, 1, FREE, FREE, FREE, FREE },
	{ 0xb, 2, FREE, FREE, FREE, FREE },
	{ 0xd, 0, XFEATURES, XSAVE_STANDARD, FREE, EXACT },
	{ 0xd, 1, SUBSET, XSAVE_COMPACT, SUBSET, SUBSET },
	{ 0xd, 2, EXACT, EXACT, EXACT, EXACT },
	{ 0xd, 9, EXACT, EXACT, EXACT, EXACT },
	{ 0xd, 11, EXACT, EXACT, EXACT, EXACT },
	{ 0xd, 12, EXACT, EXACT, EXACT, EXACT },
	{ 0x80000000, ANY_SUBLEAF, MAX, FREE, FREE, FREE },
	{ 0x80000001, ANY_SUBLEAF, NOT_NEWER, FREE, SUBSET, SUBSET },
	{ 0x80000002, ANY_SUBLEAF, FREE, FREE, FREE, FREE },
	{ 0x80000003, ANY_SUBLEAF, FREE, FREE, FREE, FREE },
	{ 0x80000004, ANY_SUBLEAF, FREE, FREE, FREE, FREE },
	{ 0x80000005, ANY_SUBLEAF, FREE, FREE, FREE, FREE },
	{ 0x80000006, ANY_SUBLEAF, FREE, FREE, FREE, FREE },
	/* Not in the fact sheet; guests need the invariant TSC bit. */
	{ 0x80000007, ANY_SUBLEAF, SUBSET, SUBSET, SUBSET, SUBSET },
	{ 0x80000008, ANY_SUBLEAF, BYTES_MAX, SUBSET, FREE, WORDS_MAX },
	{ 0x8000001d, 0, FREE, FREE, FREE, FREE },
	{ 0x8000001d, 1, FREE, FREE, FREE, FREE },
	{ 0x8000001d, 2, FREE, FREE, FREE, FREE },
	{ 0x8000001d, 3, FREE, FREE, FREE, FREE },
	{ 0x8000001e, ANY_SUBLEAF, FREE, FREE, FREE, FREE },
	{ 0x8000001f, ANY_SUBLEAF, SUBSET, SEV_EBX, FREE, FREE },
	{ 0x80000021, ANY_SUBLEAF, SUBSET, MAX, SUBSET, SUBSET },
	{ 0x80000022, ANY_SUBLEAF, SUBSET, MAX, SUBSET, SUBSET },
	{ 0x80000023, ANY_SUBLEAF, SUBSET, MAX, SUBSET, SUBSET },
	{ 0x80000024, ANY_SUBLEAF, MAX, MAX, MAX, MAX },
	{ 0x80000026, ANY_SUBLEAF, FREE, FREE, FREE, FREE },
};

static const struct row unknown_leaf = {
	.eax = ZERO, .ebx = ZERO, .ecx = ZERO, .edx = ZERO,
};

static const struct row *row_of(const struct cpuid_entry *entry)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].leaf == entry->eax_in &&
		    (rows[i].subleaf == ANY_SUBLEAF ||
		     rows[i].subleaf == entry->ecx_in))
			return &rows[i];
	return &unknown_leaf;
}

/* ---------------------------------------------------------------- sizes */

static uint32_t standard_size(uint64_t xcr0)
{
	if (xcr0 & XCR0_PKRU)
		return 0x988;
	if (xcr0 & XCR0_HI_ZMM)
		return 0x980;
	if (xcr0 & XCR0_ZMM)
		return 0x580;
	if (xcr0 & XCR0_K)
		return 0x380;
	return xcr0 & XCR0_AVX ? 0x340 : 0x240;
}

static uint32_t compact_size(uint64_t xcr0, uint64_t xss)
{
	uint32_t size = 0x240;

	size += xcr0 & XCR0_AVX ? 0x100 : 0;
	size += xcr0 & XCR0_K ? 0x40 : 0;
	size += xcr0 & XCR0_ZMM ? 0x200 : 0;
	size += xcr0 & XCR0_HI_ZMM ? 0x400 : 0;
	size += xcr0 & XCR0_PKRU ? 0x8 : 0;
	size += xss & XSS_CET_U ? 0x10 : 0;
	size += xss & XSS_CET_S ? 0x18 : 0;
	return size;
}

uint32_t cpuid_xsave_size(uint64_t xcr0, uint64_t xss, int compacted)
{
	return compacted ? compact_size(xcr0, xss) : standard_size(xcr0);
}

/* ---------------------------------------------------------------- rules */

static uint32_t min32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* The smaller one in each field of @p bits bits. */
static uint32_t fields_max(uint32_t value, uint32_t machine, unsigned bits)
{
	uint32_t mask = (1u << bits) - 1, allowed = 0;

	for (unsigned at = 0; at < 32; at += bits)
		allowed |= min32(value >> at & mask, machine >> at & mask)
			   << at;
	return allowed;
}

/* Orders processors by display family, display model, stepping. */
static uint32_t age_of(uint32_t signature)
{
	uint32_t family = signature >> 8 & 0xf;
	uint32_t model = signature >> 4 & 0xf;

	if (family == 0xf) {
		family += signature >> 20 & 0xff;
		model |= signature >> 12 & 0xf0;
	}
	return family << 12 | model << 4 | (signature & 0xf);
}

static uint32_t sev_ebx(uint32_t value, uint32_t machine)
{
	uint32_t vmpls = min32(value >> 12 & 0xf, machine >> 12 & 0xf);

	return (machine & 0x3f) | (value & 0xfc0) | vmpls << 12 |
	       (value & machine & 0xffff0000);
}

static uint32_t with_free_bits(uint32_t value, uint32_t machine, uint32_t free)
{
	return value & (machine | free);
}

static uint32_t allowed_value(enum rule rule, const struct cpuid_entry *entry,
			      uint32_t value, uint32_t machine)
{
	switch (rule) {
	case FREE:
		return value;
	case ZERO:
		return 0;
	case EXACT:
		return machine;
	case SUBSET:
		return value & machine;
	case MAX:
		return min32(value, machine);
	case NOT_NEWER:
		return age_of(value) > age_of(machine) ? machine : value;
	case CLFLUSH:
		return (value & ~0xff00u) | (machine & 0xff00u);
	case SUBSET_1C:
		return with_free_bits(value, machine,
				      LEAF1_OSXSAVE | LEAF1_HYPERVISOR);
	case SUBSET_7C:
		return with_free_bits(value, machine, LEAF7_OSPKE);
	case XFEATURES:
		return (value & machine) | XCR0_X87_SSE;
	case XSAVE_STANDARD:
		return standard_size(entry->xcr0_in);
	case XSAVE_COMPACT:
		return compact_size(entry->xcr0_in, entry->xss_in);
	case BYTES_MAX:
		return fields_max(value, machine, 8);
	case WORDS_MAX:
		return fields_max(value, machine, 16);
	case SEV_EBX:
		return sev_ebx(value, machine);
	}
	return 0;
}

/* ----------------------------------------------------------------- page */

struct page_check {
	struct cpuid_finding *finding;
	const struct cpuid_entry *entry;
	uint32_t index;
	bool corrected;
};

static void found(struct page_check *check, const char *what)
{
	if (!check->corrected) {
		check->finding->index = check->index;
		check->finding->leaf = check->entry->eax_in;
		check->finding->subleaf = check->entry->ecx_in;
		check->finding->what = what;
	}
	check->corrected = true;
}

static void correct(struct page_check *check, uint8_t rule, uint32_t *value,
		    uint32_t machine, const char *what)
{
	uint32_t allowed = allowed_value((enum rule)rule, check->entry, *value,
					 machine);

	if (*value == allowed)
		return;
	*value = allowed;
	found(check, what);
}

static void check_entry(struct page_check *check, struct cpuid_entry *entry,
			cpuid_machine_fn machine, void *ctx)
{
	const struct row *row = row_of(entry);
	struct cpuid_values real;

	if ((entry->eax_in & ~0x80000000u) > ARCH_LEAVES)
		return;
	real = machine(ctx, entry->eax_in, entry->ecx_in);
	correct(check, row->eax, &entry->eax, real.eax, "EAX");
	correct(check, row->ebx, &entry->ebx, real.ebx, "EBX");
	correct(check, row->ecx, &entry->ecx, real.ecx, "ECX");
	correct(check, row->edx, &entry->edx, real.edx, "EDX");
	if (entry->reserved != 0) {
		entry->reserved = 0;
		found(check, "reserved field");
	}
}

static bool header_good(const struct cpuid_page *page)
{
	return page->count <= CPUID_MAX_ENTRIES && page->reserved[0] == 0 &&
	       page->reserved[1] == 0 && page->reserved[2] == 0;
}

enum psp_status cpuid_policy_check(struct cpuid_page *page,
				   cpuid_machine_fn machine, void *ctx,
				   struct cpuid_finding *finding)
{
	struct page_check check = { .finding = finding };

	if (!header_good(page)) {
		*finding = (struct cpuid_finding){ .index = ~0u,
						   .what = "page header" };
		return PSP_INVALID_PARAM;
	}
	for (uint32_t i = 0; i < page->count; i++) {
		check.index = i;
		check.entry = &page->entry[i];
		check_entry(&check, &page->entry[i], machine, ctx);
	}
	return check.corrected ? PSP_INVALID_PARAM : PSP_SUCCESS;
}
