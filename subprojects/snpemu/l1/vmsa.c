// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* The VMSA page: what VMRUN makes of it, and the way to the VMCB and back. */
#include "cpu.h"
#include "vcpu.h"
#include "vmsa.h"

#define CR4_CET		(1ull << 23)
#define EFER_SUPPORTED	(EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE | \
			 EFER_SVME | EFER_FFXSR)
#define SEV_FEATURE_PREVENT_IBS	(1ull << 6)
#define SEV_FEATURE_BTB_ISOLATION (1ull << 7)
#define SEV_FEATURE_SMT_PROTECTION (1ull << 15)
#define FEATURES_SUPPORTED						\
	(SEV_FEATURE_SNP_ACTIVE | SEV_FEATURE_RESTRICTED_INJ |		\
	 SEV_FEATURE_ALTERNATE_INJ | SEV_FEATURE_DEBUG_SWAP |		\
	 SEV_FEATURE_PREVENT_IBS | SEV_FEATURE_BTB_ISOLATION |		\
	 SEV_FEATURE_SMT_PROTECTION)
#define BOTH_INJECTIONS	(SEV_FEATURE_RESTRICTED_INJ | SEV_FEATURE_ALTERNATE_INJ)

static const char *mode_refusal(const struct vmsa_common *s)
{
	bool long_paging = s->efer & EFER_LME && s->cr0 & CR0_PG;

	if (s->cr0 >> 32 || s->dr6 >> 32 || s->dr7 >> 32)
		return "CR0, DR6 or DR7 above 32 bits";
	if (long_paging && !(s->cr4 & CR4_PAE))
		return "long mode without CR4.PAE";
	if (long_paging && !(s->cr0 & CR0_PE))
		return "long mode without CR0.PE";
	if (long_paging && s->cs.attributes & SEGMENT_LONG &&
	    s->cs.attributes & SEGMENT_DEFAULT_32)
		return "CS with both L and D";
	return NULL;
}

const char *vmsa_refusal(const struct vmsa *vmsa, unsigned vmpl)
{
	uint64_t features = vmsa->sev_features;

	if (!(vmsa->s.efer & EFER_SVME))
		return "EFER.SVME is clear";
	if (vmsa->s.vmpl != vmpl)
		return "its VMPL field names another level";
	if (!(features & SEV_FEATURE_SNP_ACTIVE))
		return "SEV_FEATURES without SNP";
	if (features & ~FEATURES_SUPPORTED)
		return "SEV_FEATURES this machine does not have";
	if ((features & BOTH_INJECTIONS) == BOTH_INJECTIONS)
		return "restricted and alternate injection";
	return mode_refusal(&vmsa->s);
}

static void copy_state(struct vmsa_common *to, const struct vmsa_common *from)
{
	to->es = from->es;
	to->cs = from->cs;
	to->ss = from->ss;
	to->ds = from->ds;
	to->gdtr = from->gdtr;
	to->idtr = from->idtr;
	to->cpl = from->cpl;
	to->cr4 = from->cr4;
	to->cr3 = from->cr3;
	to->cr0 = from->cr0;
	to->dr7 = from->dr7;
	to->dr6 = from->dr6;
	to->rflags = from->rflags;
	to->rip = from->rip;
	to->rsp = from->rsp;
	to->rax = from->rax;
	to->cr2 = from->cr2;
}

void vmsa_load(struct vcpu *v)
{
	const struct vmsa *vmsa = vcpu_vmsa(v);
	struct vmcb *vmcb = v->vmcb;

	copy_state(&vmcb->save, &vmsa->s);
	vmcb->save.efer = vmsa->s.efer & EFER_SUPPORTED;
	vmcb->save.cr4 &= ~CR4_CET;
	vmcb->save.rflags |= 2;
	vmcb->save.g_pat = vmsa->s.g_pat;
	vmcb->control.int_ctl &= ~INT_CTL_TPR_MASK;
	vmcb->control.int_ctl |= INT_CTL_MASKING |
				 (vmsa->vintr_ctrl & INT_CTL_TPR_MASK);
}

/*
 * While a VMSA is in use nobody else can write it but for the moment before
 * the entry's check, so a plain read of SVME is enough.
 */
void vmsa_store(struct vcpu *v)
{
	struct vmsa *vmsa = vcpu_vmsa(v);
	const struct vmcb *vmcb = v->vmcb;

	copy_state(&vmsa->s, &vmcb->save);
	vmsa->s.efer = (vmcb->save.efer & ~EFER_SVME) |
		       (vmsa->s.efer & EFER_SVME);
	vmsa->vintr_ctrl = (vmsa->vintr_ctrl & ~INT_CTL_TPR_MASK) |
			   (vmcb->control.int_ctl & INT_CTL_TPR_MASK);
}
