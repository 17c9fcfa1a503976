// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/*
 * INVLPGB and TLBSYNC. The processor replaces the ASID that a guest names by
 * the guest's own, so there is nothing to refuse in it.
 *
 * INVLPGB promises nothing before TLBSYNC, so here it only notes what is wanted
 * and TLBSYNC does it. Linear translations do not outlive a #VMEXIT of QEMU's:
 * they are gone once the other cores have left the guest, whatever was to be
 * dropped of them. Nested translations, and the RMP permissions in them, go
 * with "include nested translations" only, and when nothing is excepted: not
 * global ones, not the PCIDs or addresses that are not named. (A range names
 * linear addresses, which nested translations do not know.)
 */
#include "config.h"
#include "deliver.h"
#include "insn.h"
#include "pages.h"
#include "tlb.h"
#include "tlbinsn.h"
#include "vcpu.h"

#define MODRM_INVLPGB	0xfe
#define MODRM_TLBSYNC	0xff

#define FEATURE_INVLPGB	(1u << 3)	/* CPUID 8000_0008 EBX */
#define FEATURE_NESTED	(1u << 21)
#define COUNT_MAX	7u		/* and EDX[15:0] */

#define RAX_VA		(1ull << 0)
#define RAX_PCID	(1ull << 1)
#define RAX_GLOBAL	(1ull << 3)
#define RAX_NESTED	(1ull << 5)
#define RAX_RESERVED	0xfc0ull
#define ECX_COUNT	0xffffu
#define ECX_RESERVED	0x7fff0000u
#define EDX_PCID	0x0fff0000u
#define EDX_RESERVED	0xf0000000u
#define CR4_PCIDE	(1ull << 17)

/* vcpu.invlpgb */
enum pending { PENDING = 1, PENDING_NESTED = 2 };

static bool listed, enabled;

void tlbinsn_init(void)
{
	enabled = config_has("invlpgb", "on");
	listed = enabled || config_has("invlpgb", "fault");
}

void tlbinsn_cpuid(struct cpuid_result *r)
{
	if (!listed)
		return;
	r->ebx |= FEATURE_INVLPGB | FEATURE_NESTED;
	r->edx |= COUNT_MAX;
}

static bool is_plain(const struct insn *insn)
{
	return !insn->rep && !insn->repne && !insn->operand_16;
}

/* Bits that have no meaning, more pages than there may be, no PCIDs. */
static bool is_legal(const struct vmsa *s)
{
	uint32_t ecx = (uint32_t)s->rcx, edx = (uint32_t)s->rdx;

	if ((s->s.rax & RAX_RESERVED) || (ecx & ECX_RESERVED) ||
	    (edx & EDX_RESERVED) || (ecx & ECX_COUNT) > COUNT_MAX)
		return false;
	return (s->s.cr4 & CR4_PCIDE) ||
	       (!(s->s.rax & RAX_PCID) && !(edx & EDX_PCID));
}

static void invlpgb(struct vcpu *v)
{
	uint64_t rax = vcpu_vmsa(v)->s.rax;

	v->invlpgb |= PENDING;
	if (rax & RAX_NESTED && rax & RAX_GLOBAL && !(rax & RAX_VA) &&
	    !(rax & RAX_PCID))
		v->invlpgb |= PENDING_NESTED;
	counter_add(v, COUNTER_INVLPGB, 1);
	trace(TRACE_RMP, "INVLPGB rax %lx ecx %lx edx %lx", rax,
	      vcpu_vmsa(v)->rcx, vcpu_vmsa(v)->rdx);
}

static void tlbsync(struct vcpu *v)
{
	if (!v->invlpgb)
		return;
	spin_lock(&rmp_lock);
	if (v->invlpgb & PENDING_NESTED)
		tlb_flush_all(v);
	else
		tlb_flush_linear(v);
	spin_unlock(&rmp_lock);
	v->invlpgb = 0;
}

bool tlbinsn_execute(struct vcpu *v, const struct insn *insn)
{
	bool sync = insn_is_0f01(insn, MODRM_TLBSYNC);

	if (!enabled || !is_plain(insn) ||
	    (!sync && !insn_is_0f01(insn, MODRM_INVLPGB)))
		return false;
	if (vcpu_vmsa(v)->s.cpl != 0 || (!sync && !is_legal(vcpu_vmsa(v)))) {
		deliver_exception(v, VECTOR_GP, true, 0);
		return true;
	}
	if (sync)
		tlbsync(v);
	else
		invlpgb(v);
	insn_skip(v, insn_length(insn));
	return true;
}
