// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/*
 * INVLPGB and TLBSYNC. The processor replaces the ASID that a guest names by
 * the guest's own, so there is nothing to refuse in it. QEMU's TLBs do not
 * outlive a VMRUN: once the other cores have left the guest, they are empty,
 * whatever was to be dropped from them. TLBSYNC has nothing left to wait for.
 */
#include "deliver.h"
#include "insn.h"
#include "pages.h"
#include "smp.h"
#include "tlbinsn.h"
#include "vcpu.h"

#define MODRM_INVLPGB	0xfe
#define MODRM_TLBSYNC	0xff

#define RAX_PCID	(1ull << 1)
#define RAX_RESERVED	0xfc0ull
#define ECX_COUNT	0xffffu
#define ECX_RESERVED	0x7fff0000u
#define EDX_PCID	0x0fff0000u
#define EDX_RESERVED	0xf0000000u
#define CR4_PCIDE	(1ull << 17)

static bool is_plain(const struct insn *insn)
{
	return !insn->rep && !insn->repne && !insn->operand_16;
}

/* Bits that have no meaning, more pages than there may be, no PCIDs. */
static bool is_legal(const struct vmsa *s)
{
	uint32_t ecx = (uint32_t)s->rcx, edx = (uint32_t)s->rdx;

	if ((s->s.rax & RAX_RESERVED) || (ecx & ECX_RESERVED) ||
	    (edx & EDX_RESERVED) || (ecx & ECX_COUNT) > TLBINSN_COUNT_MAX)
		return false;
	return (s->s.cr4 & CR4_PCIDE) ||
	       (!(s->s.rax & RAX_PCID) && !(edx & EDX_PCID));
}

static void invalidate(struct vcpu *v)
{
	spin_lock(&rmp_lock);
	smp_shootdown(v, ALL_TREES);
	spin_unlock(&rmp_lock);
	counter_add(v, COUNTER_INVLPGB, 1);
	trace(TRACE_RMP, "INVLPGB rax %lx ecx %lx edx %lx",
	      vcpu_vmsa(v)->s.rax, vcpu_vmsa(v)->rcx, vcpu_vmsa(v)->rdx);
}

bool tlbinsn_execute(struct vcpu *v, const struct insn *insn)
{
	bool sync = insn_is_0f01(insn, MODRM_TLBSYNC);

	if (!is_plain(insn) || (!sync && !insn_is_0f01(insn, MODRM_INVLPGB)) ||
	    v->vmpl != TLBINSN_VMPL)
		return false;
	if (vcpu_vmsa(v)->s.cpl != 0 || (!sync && !is_legal(vcpu_vmsa(v)))) {
		deliver_exception(v, VECTOR_GP, true, 0);
		return true;
	}
	if (!sync)
		invalidate(v);
	insn_skip(v, insn_length(insn));
	return true;
}
