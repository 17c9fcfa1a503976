/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * VM save areas: reset state, checks, stop and start.
 */
#include <svsm/abi/snp.h>
#include <svsm/platform.h>
#include <svsm/string.h>
#include <svsm/vmsa.h>

/* Looks at a VMSA that somebody else may be running. */
#define STOP_TURNS 1000

/* Attributes: type, S, P as the processor has them after reset. */
#define ATTR_CODE	0x9b
#define ATTR_DATA	0x93
#define ATTR_LDT	0x82
#define ATTR_TSS	0x8b

static struct svsm_abi_segment real_mode_segment(uint16_t attrib)
{
	return (struct svsm_abi_segment){ .attrib = attrib, .limit = 0xffff };
}

static void reset_segments(struct svsm_abi_vmsa *vmsa)
{
	vmsa->cs = real_mode_segment(ATTR_CODE);
	vmsa->cs.selector = 0xf000;
	vmsa->cs.base = 0xffff0000;
	vmsa->ds = real_mode_segment(ATTR_DATA);
	vmsa->es = vmsa->ds;
	vmsa->fs = vmsa->ds;
	vmsa->gs = vmsa->ds;
	vmsa->ss = vmsa->ds;
	vmsa->ldtr = real_mode_segment(ATTR_LDT);
	vmsa->tr = real_mode_segment(ATTR_TSS);
	vmsa->gdtr.limit = 0xffff;
	vmsa->idtr.limit = 0xffff;
}

void svsm_vmsa_init_reset(struct svsm_abi_vmsa *vmsa, unsigned vmpl,
		uint64_t sev_features)
{
	memset(vmsa, 0, sizeof(*vmsa));
	reset_segments(vmsa);
	vmsa->vmpl = (uint8_t)vmpl;
	vmsa->efer = SVSM_EFER_SVME;
	vmsa->cr0 = 0x10;
	vmsa->cr4 = 0x40;	/* MCE, as hosts set it at launch */
	vmsa->rflags = 0x2;
	vmsa->rip = 0xfff0;
	vmsa->dr6 = 0xffff0ff0;
	vmsa->dr7 = 0x400;
	vmsa->g_pat = 0x0007040600070406;
	vmsa->xcr0 = 0x1;
	vmsa->mxcsr = 0x1f80;
	vmsa->x87_ftw = 0x5555;
	vmsa->x87_fcw = 0x40;
	vmsa->sev_features = sev_features;
}

enum svsm_status
svsm_vmsa_check(const struct svsm_abi_vmsa *vmsa, unsigned vmpl,
		uint64_t sev_features)
{
	if (vmpl < 1 || vmpl >= SVSM_VMPLS || vmsa->vmpl != vmpl)
		return SVSM_EINVAL;
	if (vmsa->sev_features != sev_features)
		return SVSM_EINVAL;
	if (!(vmsa->efer & SVSM_EFER_SVME))
		return SVSM_EINVAL;
	return SVSM_OK;
}

enum svsm_status svsm_vmsa_stop(struct svsm_abi_vmsa *vmsa)
{
	for (unsigned turn = 0; turn < STOP_TURNS; turn++) {
		__atomic_fetch_and(&vmsa->efer, ~SVSM_EFER_SVME,
				__ATOMIC_SEQ_CST);
		if (!(__atomic_load_n(&vmsa->efer, __ATOMIC_SEQ_CST) &
		      SVSM_EFER_SVME))
			return SVSM_OK;
		svsm_plat_pause();
	}
	return SVSM_EBUSY;
}

void svsm_vmsa_forget_tlb(struct svsm_abi_vmsa *vmsa)
{
	__atomic_store_n(&vmsa->pcpu_id, 0, __ATOMIC_SEQ_CST);
}

void svsm_vmsa_start(struct svsm_abi_vmsa *vmsa)
{
	__atomic_fetch_or(&vmsa->efer, SVSM_EFER_SVME, __ATOMIC_SEQ_CST);
}
