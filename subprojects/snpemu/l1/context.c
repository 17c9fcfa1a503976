// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/*
 * State that VMRUN does not switch. L1 uses none of it, so it stays in the
 * registers from one exit to the next and moves only when the VMPL changes.
 */
#include "context.h"
#include "cpu.h"
#include "mm.h"
#include "vcpu.h"

#define XSAVE_HEADER	512
#define XSAVE_AVX	576
#define XCR0_X87	(1ull << 0)
#define XCR0_SSE	(1ull << 1)
#define XCR0_AVX	(1ull << 2)
#define XCR0_PKRU	(1ull << 9)
#define MXCSR_MASK	0xffbfu
#define FCW_INITIAL	0x37fu

/* The legacy region of an XSAVE area. */
struct fxsave {
	uint16_t fcw, fsw;
	uint8_t tags, reserved;
	uint16_t fop;
	uint64_t rip, dp;
	uint32_t mxcsr, mxcsr_mask;
	struct {
		uint8_t bytes[10], reserved[6];
	} st[8];
	uint8_t xmm[256];
};

_Static_assert(offsetof(struct fxsave, xmm) == 160, "FXSAVE");

static uint64_t xcr0_all(void)
{
	return cpuid(0xd, 0).eax;
}

static bool have_xsave(void)
{
	return read_cr4() & CR4_OSXSAVE;
}

static void xsave(void *area)
{
	__asm__ volatile("xsave64 (%0)"
			 : : "r"(area), "a"(~0u), "d"(~0u) : "memory");
}

static void xrstor(const void *area)
{
	__asm__ volatile("xrstor64 (%0)"
			 : : "r"(area), "a"(~0u), "d"(~0u) : "memory");
}

/* VMSA tags have two bits a register (3: empty), FXSAVE's one (0: empty). */
static uint16_t tags_to_vmsa(uint8_t tags)
{
	uint16_t full = 0;

	for (unsigned i = 0; i < 8; i++) {
		if (!(tags & 1u << i))
			full |= (uint16_t)(3u << (2 * i));
	}
	return full;
}

static uint8_t tags_from_vmsa(uint16_t full)
{
	uint8_t tags = 0;

	for (unsigned i = 0; i < 8; i++) {
		if (((full >> (2 * i)) & 3) != 3)
			tags |= (uint8_t)(1u << i);
	}
	return tags;
}

static uint32_t *pkru_of(uint8_t *area)
{
	return (uint32_t *)(area + cpuid(0xd, 9).ebx);
}

static void area_to_vmsa(struct vmsa *vmsa, uint8_t *area)
{
	const struct fxsave *fx = (const struct fxsave *)area;

	vmsa->x87_fcw = fx->fcw;
	vmsa->x87_fsw = fx->fsw;
	vmsa->x87_ftw = tags_to_vmsa(fx->tags);
	vmsa->x87_fop = fx->fop;
	vmsa->x87_rip = fx->rip;
	vmsa->x87_dp = fx->dp;
	vmsa->mxcsr = fx->mxcsr;
	for (unsigned i = 0; i < 8; i++)
		memcpy(vmsa->fpreg_x87 + 10 * i, fx->st[i].bytes, 10);
	memcpy(vmsa->fpreg_xmm, fx->xmm, sizeof(vmsa->fpreg_xmm));
	if (xcr0_all() & XCR0_AVX)
		memcpy(vmsa->fpreg_ymm, area + XSAVE_AVX,
		       sizeof(vmsa->fpreg_ymm));
	if (xcr0_all() & XCR0_PKRU)
		vmsa->pkru = *pkru_of(area);
}

static bool x87_is_initial(const struct fxsave *fx)
{
	uint64_t bits = fx->fsw | fx->tags | fx->fop | fx->rip | fx->dp;

	for (unsigned i = 0; i < 8; i++) {
		for (unsigned j = 0; j < 10; j++)
			bits |= fx->st[i].bytes[j];
	}
	return fx->fcw == FCW_INITIAL && !bits;
}

/*
 * XSTATE_BV: a component left out gets its initial state. An x87 unit that has
 * it is left out, because QEMU's restoring of one writes to the first core.
 */
static uint64_t components(const struct fxsave *fx)
{
	return xcr0_all() & ~(x87_is_initial(fx) ? XCR0_X87 : 0);
}

static void area_from_vmsa(uint8_t *area, const struct vmsa *vmsa)
{
	struct fxsave *fx = (struct fxsave *)area;

	memset(area, 0, XSAVE_AVX);
	fx->fcw = vmsa->x87_fcw;
	fx->fsw = vmsa->x87_fsw;
	fx->tags = tags_from_vmsa(vmsa->x87_ftw);
	fx->fop = vmsa->x87_fop;
	fx->rip = vmsa->x87_rip;
	fx->dp = vmsa->x87_dp;
	fx->mxcsr = vmsa->mxcsr & MXCSR_MASK;
	for (unsigned i = 0; i < 8; i++)
		memcpy(fx->st[i].bytes, vmsa->fpreg_x87 + 10 * i, 10);
	memcpy(fx->xmm, vmsa->fpreg_xmm, sizeof(vmsa->fpreg_xmm));
	if (xcr0_all() & XCR0_AVX)
		memcpy(area + XSAVE_AVX, vmsa->fpreg_ymm,
		       sizeof(vmsa->fpreg_ymm));
	if (xcr0_all() & XCR0_PKRU)
		*pkru_of(area) = vmsa->pkru;
	*(uint64_t *)(area + XSAVE_HEADER) = components(fx);
}

static uint64_t valid_xcr0(uint64_t xcr0)
{
	xcr0 = (xcr0 & xcr0_all()) | XCR0_X87;
	if (xcr0 & XCR0_AVX)
		xcr0 |= XCR0_SSE;
	return xcr0;
}

static void save_fpu(struct vcpu *v, struct vmsa *vmsa)
{
	if (!have_xsave())
		return;
	vmsa->xcr0 = xgetbv(0);
	xsetbv(0, xcr0_all());
	memset((uint8_t *)v->xsave + XSAVE_HEADER, 0, 64);
	xsave(v->xsave);
	area_to_vmsa(vmsa, v->xsave);
}

static void load_fpu(struct vcpu *v, const struct vmsa *vmsa)
{
	if (!have_xsave())
		return;
	xsetbv(0, xcr0_all());
	area_from_vmsa(v->xsave, vmsa);
	xrstor(v->xsave);
	xsetbv(0, valid_xcr0(vmsa->xcr0));
}

static void copy_hidden(struct vmsa_common *to, const struct vmsa_common *from)
{
	to->fs = from->fs;
	to->gs = from->gs;
	to->ldtr = from->ldtr;
	to->tr = from->tr;
	to->kernel_gs_base = from->kernel_gs_base;
	to->star = from->star;
	to->lstar = from->lstar;
	to->cstar = from->cstar;
	to->sfmask = from->sfmask;
	to->sysenter_cs = from->sysenter_cs;
	to->sysenter_esp = from->sysenter_esp;
	to->sysenter_eip = from->sysenter_eip;
}

static void save_hidden(struct vcpu *v, struct vmsa *vmsa)
{
	__asm__ volatile("vmsave %0" : : "a"(v->vmcb_pa) : "memory");
	copy_hidden(&vmsa->s, &v->vmcb->save);
}

static void load_hidden(struct vcpu *v, const struct vmsa *vmsa)
{
	copy_hidden(&v->vmcb->save, &vmsa->s);
	__asm__ volatile("vmload %0" : : "a"(v->vmcb_pa) : "memory");
}

void context_sync(struct vcpu *v)
{
	if (v->context_synced || v->context_vmpl != (int)v->vmpl)
		return;
	save_hidden(v, vcpu_vmsa(v));
	v->context_synced = true;
}

void context_save(struct vcpu *v)
{
	struct vmsa *vmsa;

	if (v->context_vmpl < 0)
		return;
	vmsa = v->level[v->context_vmpl].vmsa;
	save_hidden(v, vmsa);
	save_fpu(v, vmsa);
	vmsa->s.g_pat = rdmsr(MSR_PAT);
	vmsa->tsc_aux = (uint32_t)rdmsr(MSR_TSC_AUX);
	vmsa->s.dr[0] = read_dr0();
	vmsa->s.dr[1] = read_dr1();
	vmsa->s.dr[2] = read_dr2();
	vmsa->s.dr[3] = read_dr3();
	v->context_vmpl = -1;
}

/* Memory types as WRMSR accepts them, so that a bad VMSA cannot fault us. */
static uint64_t valid_pat(uint64_t pat)
{
	for (unsigned i = 0; i < 64; i += 8) {
		uint8_t type = (uint8_t)(pat >> i);

		if (type > 7 || type == 2 || type == 3)
			return 0x0007040600070406ull;
	}
	return pat;
}

void context_switch(struct vcpu *v)
{
	const struct vmsa *vmsa = vcpu_vmsa(v);

	if (v->context_vmpl == (int)v->vmpl && !v->level[v->vmpl].fresh)
		return;
	if (v->context_vmpl != (int)v->vmpl)
		context_save(v);
	load_hidden(v, vmsa);
	load_fpu(v, vmsa);
	wrmsr(MSR_PAT, valid_pat(vmsa->s.g_pat));
	wrmsr(MSR_TSC_AUX, vmsa->tsc_aux);
	write_dr0(vmsa->s.dr[0]);
	write_dr1(vmsa->s.dr[1]);
	write_dr2(vmsa->s.dr[2]);
	write_dr3(vmsa->s.dr[3]);
	v->level[v->vmpl].fresh = false;
	v->context_vmpl = (int)v->vmpl;
}
