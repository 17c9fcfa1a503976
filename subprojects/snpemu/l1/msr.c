// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/*
 * MSRs that a guest asks its host for. None reaches the core's own MSR: a
 * processor's worth of them is kept for each vCPU, APIC registers apart.
 */
#include "hostside.h"
#include "kvmclock.h"

#define MSR_TSC			0x00000010u
#define MSR_UCODE_REV		0x0000008bu
#define MSR_MTRR_CAP		0x000000feu
#define MSR_SYSENTER_CS		0x00000174u
#define MSR_SYSENTER_EIP	0x00000176u
#define MSR_MCG_CAP		0x00000179u
#define MSR_MCG_STATUS		0x0000017au
#define MSR_MCG_CTL		0x0000017bu
#define MSR_MISC_ENABLE		0x000001a0u
#define MSR_DEBUGCTL		0x000001d9u
#define MSR_LAST_BRANCH_FIRST	0x000001dbu
#define MSR_LAST_BRANCH_LAST	0x000001deu
#define MSR_MTRR_VARIABLE	0x00000200u
#define MSR_MTRR_FIX64K		0x00000250u
#define MSR_MTRR_FIX16K		0x00000258u
#define MSR_MTRR_FIX4K		0x00000268u
#define MSR_MTRR_DEFAULT	0x000002ffu
#define MSR_X2APIC_FIRST	0x00000800u
#define MSR_X2APIC_LAST		0x000008ffu
#define MSR_SFMASK		0xc0000084u
#define MSR_PERFEVTSEL0		0xc0010000u
#define MSR_PERFCTR3		0xc0010007u
#define MSR_SYSCFG		0xc0010010u
#define MSR_HWCR		0xc0010015u
#define MSR_IORR_FIRST		0xc0010016u
#define MSR_TOP_MEM2		0xc001001du
#define MSR_NB_CFG		0xc001001fu
#define MSR_INT_PENDING		0xc0010055u
#define MSR_MMCONFIG_BASE	0xc0010058u
#define MSR_PSTATE_LIMIT	0xc0010061u
#define MSR_PSTATE_STATUS	0xc0010063u
#define MSR_SMM_BASE		0xc0010111u
#define MSR_VM_CR		0xc0010114u
#define MSR_OSVW_LENGTH		0xc0010140u
#define MSR_OSVW_STATUS		0xc0010141u
#define MSR_LS_CFG		0xc0011020u
#define MSR_IC_CFG		0xc0011021u
#define MSR_DC_CFG		0xc0011022u
#define MSR_BU_CFG		0xc0011023u
#define MSR_DE_CFG		0xc0011029u

#define MTRR_VARIABLE_PAIRS	8u
#define MTRR_CAP_FIXED		(1u << 8)
#define MTRR_CAP_WC		(1u << 10)

#define UCODE_REVISION		0x01000065ull
#define DE_CFG_LFENCE_SERIALISES (1ull << 1)
#define HWCR_TSC_AT_P0		(1ull << 24)

static const uint32_t passed[] = {
	MSR_TSC, MSR_PAT, MSR_XSS, MSR_EFER, MSR_FS_BASE, MSR_GS_BASE,
	MSR_KERNEL_GS_BASE, MSR_TSC_AUX,
};

bool host_msr_is_passed(uint32_t msr)
{
	for (unsigned i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		if (passed[i] == msr)
			return true;
	return (msr >= MSR_STAR && msr <= MSR_SFMASK) ||
	       (msr >= MSR_SYSENTER_CS && msr <= MSR_SYSENTER_EIP);
}

void msr_init(struct vcpu *v)
{
	v->host.msr.de_cfg = DE_CFG_LFENCE_SERIALISES;
	v->host.msr.hwcr = HWCR_TSC_AT_P0;
}

/* Which of the eleven fixed-range MTRRs, or -1. */
static int mtrr_fixed_index(uint32_t msr)
{
	if (msr == MSR_MTRR_FIX64K)
		return 0;
	if (msr == MSR_MTRR_FIX16K || msr == MSR_MTRR_FIX16K + 1)
		return (int)(1 + msr - MSR_MTRR_FIX16K);
	if (msr >= MSR_MTRR_FIX4K && msr < MSR_MTRR_FIX4K + 8)
		return (int)(3 + msr - MSR_MTRR_FIX4K);
	return -1;
}

/* MSRs that hold what was written to them. */
static uint64_t *plain(struct host_msrs *m, uint32_t msr)
{
	int fixed = mtrr_fixed_index(msr);

	if (fixed >= 0)
		return &m->mtrr_fixed[fixed];
	if (msr >= MSR_MTRR_VARIABLE &&
	    msr < MSR_MTRR_VARIABLE + 2 * MTRR_VARIABLE_PAIRS)
		return &m->mtrr_variable[msr - MSR_MTRR_VARIABLE];
	switch (msr) {
	case MSR_MTRR_DEFAULT:
		return &m->mtrr_default;
	case MSR_MISC_ENABLE:
		return &m->misc_enable;
	case MSR_MCG_STATUS:
		return &m->mcg_status;
	case MSR_DEBUGCTL:
		return &m->debugctl;
	case MSR_HWCR:
		return &m->hwcr;
	case MSR_DE_CFG:
		return &m->de_cfg;
	}
	return NULL;
}

/*
 * MSRs of an AMD processor that software touches without asking CPUID: they
 * read as zero and ignore writes.
 */
static bool is_inert(uint32_t msr)
{
	switch (msr) {
	case MSR_UCODE_REV:
	case MSR_SYSCFG:
	case MSR_NB_CFG:
	case MSR_INT_PENDING:
	case MSR_MMCONFIG_BASE:
	case MSR_VM_CR:
	case MSR_OSVW_LENGTH:
	case MSR_OSVW_STATUS:
	case MSR_LS_CFG:
	case MSR_IC_CFG:
	case MSR_DC_CFG:
	case MSR_BU_CFG:
		return true;
	}
	return (msr >= MSR_LAST_BRANCH_FIRST && msr <= MSR_LAST_BRANCH_LAST) ||
	       (msr >= MSR_PERFEVTSEL0 && msr <= MSR_PERFCTR3) ||
	       (msr >= MSR_IORR_FIRST && msr <= MSR_TOP_MEM2) ||
	       (msr >= MSR_PSTATE_LIMIT && msr <= MSR_PSTATE_STATUS) ||
	       (msr >= MSR_SMM_BASE && msr < MSR_VM_CR);
}

static bool is_apic(uint32_t msr)
{
	return msr == MSR_APIC_BASE ||
	       (msr >= MSR_X2APIC_FIRST && msr <= MSR_X2APIC_LAST);
}

static bool read_known(struct vcpu *v, uint32_t msr, uint64_t *value)
{
	uint64_t *kept = plain(&v->host.msr, msr);

	if (kept) {
		*value = *kept;
		return true;
	}
	switch (msr) {
	case MSR_MTRR_CAP:
		*value = MTRR_VARIABLE_PAIRS | MTRR_CAP_FIXED | MTRR_CAP_WC;
		return true;
	case MSR_UCODE_REV:
		*value = UCODE_REVISION;
		return true;
	case MSR_MCG_CAP:		/* no banks */
	case MSR_MCG_CTL:
		*value = 0;
		return true;
	}
	*value = 0;
	return is_inert(msr);
}

bool msr_read(struct vcpu *v, uint32_t msr, uint64_t *value)
{
	bool known = is_apic(msr) ? apic_msr_read(v, msr, value) :
				    read_known(v, msr, value);

	if (known)
		trace(TRACE_IO, "rdmsr %x = %lx", msr, (unsigned long)*value);
	else
		trace(TRACE_IO, "rdmsr %x: #GP", msr);
	return known;
}

static bool write_known(struct vcpu *v, uint32_t msr, uint64_t value)
{
	uint64_t *kept = plain(&v->host.msr, msr);

	if (kept) {
		*kept = value;
		return true;
	}
	return is_inert(msr) || msr == MSR_MCG_CTL ||
	       kvmclock_write(msr, value);
}

bool msr_write(struct vcpu *v, uint32_t msr, uint64_t value)
{
	bool known = is_apic(msr) ? apic_msr_write(v, msr, value) :
				    write_known(v, msr, value);

	trace(TRACE_IO, "wrmsr %x = %lx%s", msr, (unsigned long)value,
	      known ? "" : ": #GP");
	return known;
}
