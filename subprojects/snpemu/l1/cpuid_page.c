// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/*
 * What the emulated SNP processor says of itself: the answers of QEMU's
 * processor, less what a nested guest cannot use, plus what makes it SNP.
 *
 * XSAVE is there for x87 and SSE state, as a host may offer it. TCG has no
 * XSAVEC, which Linux takes for granted in an SNP guest that knows leaf 0xD:
 * so leaf 0 ends before that leaf, and Linux leaves XSAVE alone. Guests that
 * look at the bit in leaf 1 only find what they need.
 */
#include "config.h"
#include "cpuid_policy.h"
#include "hostside.h"
#include "kvmclock.h"
#include "tlbinsn.h"
#include "vcpu.h"

#define LEAF_HYPERVISOR		0x40000000u
#define BASIC_MAX		0xbu
#define EXTENDED_MAX		0x80000021u

#define LEAF1_ECX_CX16		(1u << 13)
#define LEAF1_ECX_X2APIC	(1u << 21)
#define LEAF1_ECX_HYPERVISOR	(1u << 31)
#define LEAF80000007_EDX_TSC	(1u << 8)
#define LEAF80000001_ECX_TOPOLOGY (1u << 22)

/* SEV, SEV-ES, SNP, VMPL, RMPQUERY, coherency, both injection modes. */
#define SEV_EAX			(1u << 1 | 1u << 3 | 1u << 4 | 1u << 5 | \
				 1u << 6 | 1u << 10 | 1u << 12 | 1u << 13)
#define SEV_REDUCTION		1u
#define SEV_ASIDS		509u

/* Of KVM: no delays by port 80 writes, and its clock. */
#define KVM_NOP_IO_DELAY	(1u << 1)
#define KVM_FEATURES		(KVM_NOP_IO_DELAY | KVM_CLOCKSOURCE | \
				 KVM_CLOCKSOURCE_STABLE)

/* x87 and SSE, and the size of a save area for them. */
#define XCR0_OFFERED		3u
#define XCR0_RESET		1u
#define XSAVE_SIZE		0x240u

#define ALL	0xffffffffu

/* The bits that stay of the core's answer. */
static const struct mask {
	uint32_t leaf, subleaf;		/* ALL: any */
	uint32_t eax, ebx, ecx, edx;
} masks[] = {
	{ 0x0, ALL, 0, ALL, ALL, ALL },
	/* SSE3 .. SSE4.2, PCLMUL, CX16, MOVBE, POPCNT, AES, XSAVE, RDRAND */
	{ 0x1, ALL, ALL, ALL, 0x46d82203, 0xffbfffff },
	{ 0x6, ALL, 1u << 2, 0, 0, 0 },
	/* FSGSBASE BMI SMEP ERMS RDSEED ADX SMAP CLFLUSHOPT CLWB SHA */
	{ 0x7, 0, 0, 0x219c0389, 1u << 2 | 1u << 22, 1u << 4 },
	{ 0xb, ALL, ALL, ALL, ALL, ALL },
	{ 0xd, 0, XCR0_OFFERED, 0, 0, 0 },
	/* XSAVEOPT, XGETBV of XINUSE */
	{ 0xd, 1, 1u << 0 | 1u << 2, 0, 0, 0 },
	{ 0x80000000, ALL, 0, ALL, ALL, ALL },
	/* LAHF CMPLEGACY CR8 ABM SSE4A MISALIGNSSE PREFETCH TOPOLOGY */
	{ 0x80000001, ALL, ALL, ALL, 0x004001f3, ALL },
	{ 0x80000002, ALL, ALL, ALL, ALL, ALL },
	{ 0x80000003, ALL, ALL, ALL, ALL, ALL },
	{ 0x80000004, ALL, ALL, ALL, ALL, ALL },
	{ 0x80000005, ALL, ALL, ALL, ALL, ALL },
	{ 0x80000006, ALL, ALL, ALL, ALL, ALL },
	{ 0x80000008, ALL, 0, 0, ALL, 0 },
	{ 0x8000001d, ALL, ALL, ALL, ALL, ALL },
	{ 0x8000001e, ALL, ALL, ALL, ALL, ALL },
	/* LFENCE serialises, null selectors clear their base */
	{ 0x80000021, ALL, 1u << 2 | 1u << 6, 0, 0, 0 },
};

static const struct mask *find_mask(uint32_t leaf, uint32_t subleaf)
{
	for (unsigned i = 0; i < sizeof(masks) / sizeof(masks[0]); i++)
		if (masks[i].leaf == leaf && (masks[i].subleaf == ALL ||
					      masks[i].subleaf == subleaf))
			return &masks[i];
	return NULL;
}

/* Leaves beyond the core's own range would answer with other leaves. */
static bool core_has(uint32_t leaf)
{
	uint32_t range = leaf & 0x80000000u;

	if ((leaf == 0x8000001d || leaf == 0x8000001e) &&
	    !(cpuid(0x80000001, 0).ecx & LEAF80000001_ECX_TOPOLOGY))
		return false;
	return leaf <= cpuid(range, 0).eax;
}

static struct cpuid_result masked(uint32_t leaf, uint32_t subleaf)
{
	const struct mask *mask = find_mask(leaf, subleaf);
	struct cpuid_result r = { 0 };

	if (!mask || !core_has(leaf))
		return r;
	r = cpuid(leaf, subleaf);
	r.eax &= mask->eax;
	r.ebx &= mask->ebx;
	r.ecx &= mask->ecx;
	r.edx &= mask->edx;
	return r;
}

struct cpuid_result host_cpuid_machine(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_result r = masked(leaf, subleaf);

	switch (leaf) {
	case 0x0:
		r.eax = BASIC_MAX;
		break;
	case 0x1:
		r.ecx |= LEAF1_ECX_X2APIC;
		if (!cx16_is_sound())
			r.ecx &= ~LEAF1_ECX_CX16;
		break;
	case 0xd:
		if (subleaf <= 1)
			r.ebx = XSAVE_SIZE;
		if (subleaf == 0)
			r.ecx = XSAVE_SIZE;
		break;
	case 0x80000000:
		r.eax = EXTENDED_MAX;
		break;
	case 0x80000007:
		r.edx = LEAF80000007_EDX_TSC;
		break;
	case 0x80000008:
		r.eax = 48u << 8 | GUEST_PHYSICAL_BITS;
		tlbinsn_cpuid(&r);
		break;
	case 0x8000001f:
		r.eax = SEV_EAX;
		r.ebx = config.cbit | SEV_REDUCTION << 6 | VMPL_COUNT << 12;
		r.ecx = SEV_ASIDS;
		r.edx = 1;
		break;
	}
	return r;
}

/* Linux takes x2APIC mode without interrupt remapping only from KVM's kin. */
static struct cpuid_result hypervisor_leaf(uint32_t leaf)
{
	struct cpuid_result r = { 0 };

	if (leaf == LEAF_HYPERVISOR) {
		r.eax = LEAF_HYPERVISOR + 1;
		r.ebx = 0x4b4d564b;	/* "KVMKVMKVM" */
		r.ecx = 0x564b4d56;
		r.edx = 0x4d;
	} else if (leaf == LEAF_HYPERVISOR + 1) {
		r.eax = KVM_FEATURES;
	}
	return r;
}

struct cpuid_result host_cpuid(struct vcpu *v, uint32_t leaf, uint32_t subleaf,
			       uint64_t xcr0, uint64_t xss)
{
	struct cpuid_result r;

	(void)xcr0;
	(void)xss;
	if (leaf >> 16 == LEAF_HYPERVISOR >> 16)
		return hypervisor_leaf(leaf);
	r = host_cpuid_machine(leaf, subleaf);
	if (leaf == 1)
		r.ecx |= LEAF1_ECX_HYPERVISOR;
	trace(TRACE_GHCB, "vCPU %u: CPUID %x.%x", v->index, leaf, subleaf);
	return r;
}

static const struct { uint32_t leaf, subleaf; } listed[] = {
	{ 0x0, 0 }, { 0x1, 0 }, { 0x6, 0 }, { 0x7, 0 }, { 0xb, 0 }, { 0xb, 1 },
	{ 0xd, 0 }, { 0xd, 1 },
	{ 0x40000000, 0 }, { 0x40000001, 0 },
	{ 0x80000000, 0 }, { 0x80000001, 0 }, { 0x80000002, 0 },
	{ 0x80000003, 0 }, { 0x80000004, 0 }, { 0x80000005, 0 },
	{ 0x80000006, 0 }, { 0x80000007, 0 }, { 0x80000008, 0 },
	{ 0x8000001d, 0 }, { 0x8000001d, 1 }, { 0x8000001d, 2 },
	{ 0x8000001d, 3 }, { 0x8000001e, 0 }, { 0x8000001f, 0 },
	{ 0x80000021, 0 },
};

/* What differs between processors is not in the page: the host is asked. */
static void clear_identity(struct cpuid_entry *e)
{
	switch (e->eax_in) {
	case 0x1:
		e->ebx &= 0x00ffffff;
		break;
	case 0xb:
		e->edx = 0;
		break;
	case 0x8000001e:
		e->eax = 0;
		e->ebx &= ~0xffu;
		e->ecx &= ~0xffu;
		break;
	}
}

unsigned host_cpuid_fill(void *page, uint64_t sev_features)
{
	struct cpuid_page *p = page;
	unsigned count = sizeof(listed) / sizeof(listed[0]);

	(void)sev_features;
	p->count = count;
	for (unsigned i = 0; i < count; i++) {
		struct cpuid_entry *e = &p->entry[i];
		struct cpuid_result r = host_cpuid(vcpu_self(),
				listed[i].leaf, listed[i].subleaf, XCR0_RESET,
				0);

		*e = (struct cpuid_entry){
			.eax_in = listed[i].leaf, .ecx_in = listed[i].subleaf,
			.eax = r.eax, .ebx = r.ebx, .ecx = r.ecx, .edx = r.edx,
		};
		if (e->eax_in == 0xd)	/* the sizes hold for this XCR0 */
			e->xcr0_in = XCR0_RESET;
		clear_identity(e);
	}
	return count;
}
