// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/*
 * MOV to CR4: a change of PGE is a processor's own flush of all that the
 * executing level has in its TLB. What the TLB model keeps has to see it.
 */
#include "deliver.h"
#include "insn.h"
#include "tlb.h"
#include "tlbinsn.h"
#include "vcpu.h"

#define OPCODE_ESCAPE	0x0f
#define OPCODE_MOV_CR	0x22
#define REX_R		4u
#define REX_B		1u

#define CR4_PGE		(1ull << 7)
#define CR4_PCIDE	(1ull << 17)
#define CR4_BASE	0x7ffull	/* VME to OSXMMEXCPT */
#define CR3_PCID	0xfffull

/* Bits that hang on a feature. */
static const struct {
	uint32_t leaf;
	char reg;
	uint8_t feature;
	uint8_t bit;
} optional[] = {
	{ 7, 'c', 2, 11 },	/* UMIP */
	{ 7, 'c', 16, 12 },	/* LA57 */
	{ 7, 'b', 0, 16 },	/* FSGSBASE */
	{ 1, 'c', 17, 17 },	/* PCIDE */
	{ 1, 'c', 26, 18 },	/* OSXSAVE */
	{ 7, 'b', 7, 20 },	/* SMEP */
	{ 7, 'b', 20, 21 },	/* SMAP */
	{ 7, 'c', 3, 22 },	/* PKE */
};

static uint64_t supported(void)
{
	uint64_t bits = CR4_BASE;

	for (unsigned i = 0; i < sizeof(optional) / sizeof(*optional); i++) {
		struct cpuid_result r = cpuid(optional[i].leaf, 0);
		uint32_t word = optional[i].reg == 'b' ? r.ebx : r.ecx;

		if (word >> optional[i].feature & 1)
			bits |= 1ull << optional[i].bit;
	}
	return bits;
}

static bool is_legal(const struct vmsa_common *s, uint64_t value)
{
	uint64_t changed = s->cr4 ^ value;
	bool long_mode = s->efer & EFER_LMA;

	if (changed & ~supported() & value)
		return false;
	if (long_mode && (!(value & CR4_PAE) || changed & CR4_LA57))
		return false;
	return !(changed & value & CR4_PCIDE) ||
	       (long_mode && !(s->cr3 & CR3_PCID));
}

/* The general register that is written to CR4, or -1. */
static int source(const struct insn *insn)
{
	const uint8_t *at = insn->bytes + insn->opcode;
	uint8_t modrm = at[2];

	if (insn->have < insn->opcode + 3 || at[0] != OPCODE_ESCAPE ||
	    at[1] != OPCODE_MOV_CR || (modrm >> 3 & 7) != 4 ||
	    insn->rex & REX_R)
		return -1;
	return (modrm & 7) | (insn->rex & REX_B ? 8 : 0);
}

void cr4_write(struct vcpu *v)
{
	struct vmsa_common *s = &vcpu_vmsa(v)->s;
	struct insn insn;
	uint64_t value, changed;
	int number;

	if (!insn_fetch(v, &insn))
		return;
	number = source(&insn);
	if (number < 0) {
		deliver_exception(v, VECTOR_UD, false, 0);
		return;
	}
	value = insn_register(v, (unsigned)number);
	if (!insn.wide)
		value = (uint32_t)value;
	if (!is_legal(s, value)) {
		deliver_exception(v, VECTOR_GP, true, 0);
		return;
	}
	changed = s->cr4 ^ value;
	s->cr4 = value;
	if (changed & CR4_PGE)
		tlb_flush_own(v);
	insn_skip(v, insn.opcode + 3);
}
