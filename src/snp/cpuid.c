/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The CPUID page: checked once, then looked up. XSAVE sizes are computed.
 */
#include <svsm/addr.h>
#include <svsm/cpuid.h>

/* XSAVE components; offsets and sizes of the standard format on AMD CPUs. */
#define X87_SSE		0x3ull
#define AVX		(1ull << 2)
#define OPMASK		(1ull << 5)
#define ZMM		(1ull << 6)
#define HI_ZMM		(1ull << 7)
#define PKRU		(1ull << 9)
#define CET_U		(1ull << 11)
#define CET_S		(1ull << 12)
#define AVX512		(OPMASK | ZMM | HI_ZMM)
#define XSAVE_BASE	0x240u

static const struct component {
	uint64_t bit;
	uint16_t end;	/* standard format */
	uint16_t size;	/* compacted format */
} components[] = {
	{ AVX, 0x340, 0x100 }, { OPMASK, 0x380, 0x40 },
	{ ZMM, 0x580, 0x200 }, { HI_ZMM, 0x980, 0x400 },
	{ PKRU, 0x988, 0x8 },
	/* supervisor components: compacted format only */
	{ CET_U, 0, 0x10 }, { CET_S, 0, 0x18 },
};

/* Leaves in which ECX chooses a sub-leaf; elsewhere it means nothing. */
static bool is_indexed(uint32_t leaf)
{
	static const uint32_t indexed[] = {
		0x4, 0x7, 0xb, 0xd, 0xf, 0x10, 0x12, 0x14, 0x17, 0x18, 0x1b,
		0x1d, 0x1e, 0x1f, 0x20, 0x23, 0x24, 0x8000001d, 0x80000020,
		0x80000026,
	};

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(indexed); i++) {
		if (indexed[i] == leaf)
			return true;
	}
	return false;
}

/* ------------------------------------------------------------------ checks */

/*
 * What a look-up does not compare is not part of the key. Leaf d answers by
 * XCR0: the entry of the reset state is the base, the others are never used.
 */
static bool is_base(const struct svsm_abi_cpuid_entry *entry)
{
	return (entry->xcr0_in == 1 || entry->xcr0_in == 3) &&
		entry->xss_in == 0;
}

static bool matches(const struct svsm_abi_cpuid_entry *entry, uint32_t leaf,
		uint32_t subleaf)
{
	if (entry->eax_in != leaf)
		return false;
	if (is_indexed(leaf) && entry->ecx_in != subleaf)
		return false;
	return leaf != 0xd || subleaf > 1 || is_base(entry);
}

/* Is there a question that both would answer? */
static bool same_key(const struct svsm_abi_cpuid_entry *a,
		const struct svsm_abi_cpuid_entry *b)
{
	return matches(a, b->eax_in, b->ecx_in) &&
		matches(b, a->eax_in, a->ecx_in);
}

static bool same_answer(const struct svsm_abi_cpuid_entry *a,
		const struct svsm_abi_cpuid_entry *b)
{
	return a->eax == b->eax && a->ebx == b->ebx && a->ecx == b->ecx &&
		a->edx == b->edx;
}

/* Two answers to one question: whoever asks first would decide. */
static bool contradicts(const struct svsm_abi_cpuid_page *page, uint32_t at)
{
	for (uint32_t i = 0; i < at; i++) {
		if (same_key(&page->entry[i], &page->entry[at]) &&
				!same_answer(&page->entry[i], &page->entry[at]))
			return true;
	}
	return false;
}

static const char *check_page(const struct svsm_abi_cpuid_page *page)
{
	if (page->count == 0 || page->count > SVSM_CPUID_MAX)
		return "count";
	if (page->reserved[0] | page->reserved[1] | page->reserved[2])
		return "reserved field";
	for (uint32_t i = 0; i < page->count; i++) {
		if (page->entry[i].reserved)
			return "reserved field of an entry";
		if (contradicts(page, i))
			return "two entries for one leaf";
	}
	return NULL;
}

/* Then leaf d has to say what there is to save. */
#define CPUID1_ECX_XSAVE	(1u << 26)

static const char *check_leaves(const struct svsm_cpuid *cpuid)
{
	static const struct {
		uint32_t leaf;
		char name[16];
	} needed[] = {
		{ 0x0, "leaf 0" }, { 0x7, "leaf 7" },
		{ 0x80000000, "leaf 80000000" },
		{ 0x80000008, "leaf 80000008" },
		{ 0x8000001f, "leaf 8000001f" },
		{ 0x1, "leaf 1" },	/* the last: what follows is about it */
	};
	struct svsm_cpuid_regs regs;

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(needed); i++) {
		if (svsm_cpuid_find(cpuid, needed[i].leaf, 0, &regs) != SVSM_OK)
			return needed[i].name;
	}
	if ((regs.ecx & CPUID1_ECX_XSAVE) &&
			svsm_cpuid_find(cpuid, 0xd, 0, &regs) != SVSM_OK)
		return "leaf d";
	return NULL;
}

enum svsm_status
svsm_cpuid_init(struct svsm_cpuid *cpuid,
		const struct svsm_abi_cpuid_page *page, const char **what)
{
	struct svsm_cpuid candidate = { page, page->count };
	const char *wrong = check_page(page);

	if (!wrong)
		wrong = check_leaves(&candidate);
	if (!wrong) {
		*cpuid = candidate;
		return SVSM_OK;
	}
	if (what)
		*what = wrong;
	return SVSM_EFORMAT;
}

/* ------------------------------------------------------------------ look-up */

enum svsm_status
svsm_cpuid_find(const struct svsm_cpuid *cpuid, uint32_t leaf,
		uint32_t subleaf, struct svsm_cpuid_regs *regs)
{
	for (uint32_t i = 0; i < cpuid->count; i++) {
		const struct svsm_abi_cpuid_entry *entry =
			&cpuid->page->entry[i];

		if (!matches(entry, leaf, subleaf))
			continue;
		*regs = (struct svsm_cpuid_regs){ entry->eax, entry->ebx,
			entry->ecx, entry->edx };
		return SVSM_OK;
	}
	return SVSM_ENOENT;
}

/* Bits that fit together, and nothing that has no row above. */
static bool is_known_xcr0(uint64_t xcr0)
{
	if ((xcr0 & 1) == 0 || (xcr0 & ~(X87_SSE | AVX | AVX512 | PKRU)))
		return false;
	if ((xcr0 & AVX) && (xcr0 & X87_SSE) != X87_SSE)
		return false;
	return !(xcr0 & AVX512) ||
		(xcr0 & (AVX | AVX512)) == (AVX | AVX512);
}

uint32_t svsm_xsave_size(uint64_t xcr0)
{
	uint32_t size = XSAVE_BASE;

	if (!is_known_xcr0(xcr0))
		return 0;
	for (size_t i = 0; i < SVSM_ARRAY_SIZE(components); i++) {
		if (xcr0 & components[i].bit)
			size = components[i].end;	/* they ascend */
	}
	return size;
}

static uint32_t compacted_size(uint64_t enabled)
{
	uint32_t size = XSAVE_BASE;

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(components); i++) {
		if (enabled & components[i].bit)
			size += components[i].size;
	}
	return size;
}

uint64_t svsm_cpuid_xcr0(const struct svsm_cpuid *cpuid)
{
	const uint64_t known = X87_SSE | AVX | AVX512 | PKRU;
	struct svsm_cpuid_regs regs;
	uint64_t offered;

	if (svsm_cpuid_find(cpuid, 0xd, 0, &regs) != SVSM_OK)
		return X87_SSE;
	offered = ((uint64_t)regs.edx << 32 | regs.eax) & known;
	offered |= X87_SSE;
	if ((offered & (AVX | AVX512)) != (AVX | AVX512))
		offered &= ~AVX512;
	return offered;
}

/* What depends on the CPU that asks. */
static void fill_in(const struct svsm_cpuid_env *env, uint32_t leaf,
		uint32_t subleaf, struct svsm_cpuid_regs *regs)
{
	switch (leaf) {
	case 0x1:
		regs->ebx = (regs->ebx & 0xffffff) | env->apic_id << 24;
		regs->ecx = (regs->ecx & ~(1u << 27)) |
			(uint32_t)env->osxsave << 27;
		break;
	case 0xb:
		regs->ecx = (regs->ecx & ~0xffu) | (subleaf & 0xff);
		regs->edx = env->apic_id;
		break;
	case 0xd:
		if (subleaf == 0)
			regs->ebx = svsm_xsave_size(env->xcr0);
		else if (subleaf == 1)
			regs->ebx = compacted_size(env->xcr0 | env->xss);
		break;
	case 0x8000001e:
		regs->eax = env->apic_id;
		break;
	}
}

void svsm_cpuid_query(const struct svsm_cpuid *cpuid,
		const struct svsm_cpuid_env *env, uint32_t leaf,
		uint32_t subleaf, struct svsm_cpuid_regs *regs)
{
	*regs = (struct svsm_cpuid_regs){ 0 };
	if (svsm_cpuid_find(cpuid, leaf, subleaf, regs) == SVSM_OK)
		fill_in(env, leaf, subleaf, regs);
}

/* ------------------------------------------------------- single facts */

enum svsm_status
svsm_cpuid_phys_bits(const struct svsm_cpuid *cpuid, unsigned *bits)
{
	struct svsm_cpuid_regs regs;
	unsigned width;

	if (svsm_cpuid_find(cpuid, 0x80000008, 0, &regs) != SVSM_OK)
		return SVSM_EFORMAT;
	/* EAX 23:16 is the guest's own width; 0 means "as 7:0". */
	width = regs.eax >> 16 & 0xff;
	if (!width)
		width = regs.eax & 0xff;
	if (width < 36 || width > 52)
		return SVSM_EFORMAT;
	*bits = width;
	return SVSM_OK;
}

enum svsm_status
svsm_cpuid_cbit(const struct svsm_cpuid *cpuid, unsigned *cbit)
{
	struct svsm_cpuid_regs regs;
	unsigned position;

	if (svsm_cpuid_find(cpuid, 0x8000001f, 0, &regs) != SVSM_OK)
		return SVSM_EFORMAT;
	position = regs.ebx & 0x3f;
	/* Page table entries have addresses in 51:12 only. */
	if (position < 32 || position > 51)
		return SVSM_EFORMAT;
	*cbit = position;
	return SVSM_OK;
}

void svsm_cpuid_vendor(const struct svsm_cpuid *cpuid, uint32_t leaf,
		char name[13])
{
	struct svsm_cpuid_regs regs = { 0 };
	uint32_t words[3];

	if (svsm_cpuid_find(cpuid, leaf, 0, &regs) != SVSM_OK)
		regs = (struct svsm_cpuid_regs){ 0 };
	words[0] = regs.ebx;
	/* Leaf 0 spells EBX EDX ECX, hypervisors EBX ECX EDX. */
	words[1] = leaf ? regs.ecx : regs.edx;
	words[2] = leaf ? regs.edx : regs.ecx;
	for (unsigned i = 0; i < 12; i++) {
		char c = (char)(words[i / 4] >> i % 4 * 8);

		name[i] = c;
		if (c < ' ' || c > '~')
			name[i] = '?';
	}
	name[12] = '\0';
}
