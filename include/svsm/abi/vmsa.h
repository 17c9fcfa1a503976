/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The VM save area: a vCPU's registers in one page. Spec: [APM2] table B-4.
 */
#ifndef SVSM_ABI_VMSA_H
#define SVSM_ABI_VMSA_H

#include <stddef.h>
#include <stdint.h>

struct svsm_abi_segment {
	uint16_t selector;
	uint16_t attrib;	/* 7:0: descriptor 47:40, 11:8: 55:52 */
	uint32_t limit;
	uint64_t base;
};

struct svsm_abi_vmsa {
	struct svsm_abi_segment es, cs, ss, ds, fs, gs;		/* 000 */
	struct svsm_abi_segment gdtr, ldtr, idtr, tr;		/* 060 */
	uint64_t pl_ssp[4];		/* 0a0 */
	uint64_t u_cet;			/* 0c0 */
	uint8_t reserved_0c8[2];
	uint8_t vmpl;			/* 0ca */
	uint8_t cpl;			/* 0cb */
	uint8_t reserved_0cc[4];
	uint64_t efer;			/* 0d0 */
	uint8_t reserved_0d8[104];
	uint64_t xss, cr4, cr3, cr0;	/* 140 */
	uint64_t dr7, dr6, rflags, rip;	/* 160 */
	uint64_t dr[4];			/* 180 */
	uint64_t dr_mask[4];		/* 1a0 */
	uint8_t reserved_1c0[24];
	uint64_t rsp, s_cet, ssp, isst_addr, rax;		/* 1d8 */
	uint64_t star, lstar, cstar, sfmask, kernel_gs_base;	/* 200 */
	uint64_t sysenter_cs, sysenter_esp, sysenter_eip, cr2;	/* 228 */
	uint8_t reserved_248[32];
	uint64_t g_pat, dbgctl;		/* 268 */
	uint64_t br_from, br_to, last_excp_from, last_excp_to;
	uint8_t reserved_298[72];
	uint64_t spec_ctrl;		/* 2e0 */
	uint32_t pkru;			/* 2e8 */
	uint32_t tsc_aux;		/* 2ec */
	uint64_t tsc_scale, tsc_offset;	/* 2f0 */
	uint64_t reg_prot_nonce;	/* 300 */
	uint64_t rcx, rdx, rbx;		/* 308 */
	uint64_t secure_avic_control;	/* 320 */
	uint64_t rbp, rsi, rdi;		/* 328 */
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;		/* 340 */
	uint8_t reserved_380[16];
	uint64_t exitinfo1, exitinfo2;	/* 390 */
	uint64_t exitintinfo, nrip;	/* 3a0 */
	uint64_t sev_features;		/* 3b0 */
	uint64_t vintr_ctrl;		/* 3b8 */
	uint64_t exit_code;		/* 3c0 */
	uint64_t vtom, tlb_id, pcpu_id;	/* 3c8 */
	uint64_t eventinj;		/* 3e0 */
	uint64_t xcr0;			/* 3e8 */
	uint8_t reserved_3f0[16];
	uint64_t x87_dp;		/* 400 */
	uint32_t mxcsr;			/* 408 */
	uint16_t x87_ftw, x87_fsw, x87_fcw, x87_fop, x87_ds, x87_cs;
	uint64_t x87_rip;		/* 418 */
	uint8_t fpreg_x87[80];		/* 420 */
	uint8_t fpreg_xmm[256];		/* 470 */
	uint8_t fpreg_ymm[256];		/* 570 */
	uint8_t rest[4096 - 0x670];	/* LBR, IBS, AVX-512: not ours */
};

_Static_assert(offsetof(struct svsm_abi_vmsa, vmpl) == 0x0ca, "VMSA");
_Static_assert(offsetof(struct svsm_abi_vmsa, efer) == 0x0d0, "VMSA");
_Static_assert(offsetof(struct svsm_abi_vmsa, cr0) == 0x158, "VMSA");
_Static_assert(offsetof(struct svsm_abi_vmsa, rip) == 0x178, "VMSA");
_Static_assert(offsetof(struct svsm_abi_vmsa, rax) == 0x1f8, "VMSA");
_Static_assert(offsetof(struct svsm_abi_vmsa, cr2) == 0x240, "VMSA");
_Static_assert(offsetof(struct svsm_abi_vmsa, g_pat) == 0x268, "VMSA");
_Static_assert(offsetof(struct svsm_abi_vmsa, rcx) == 0x308, "VMSA");
_Static_assert(offsetof(struct svsm_abi_vmsa, rbp) == 0x328, "VMSA");
_Static_assert(offsetof(struct svsm_abi_vmsa, sev_features) == 0x3b0, "VMSA");
_Static_assert(offsetof(struct svsm_abi_vmsa, exit_code) == 0x3c0, "VMSA");
_Static_assert(offsetof(struct svsm_abi_vmsa, xcr0) == 0x3e8, "VMSA");
_Static_assert(offsetof(struct svsm_abi_vmsa, mxcsr) == 0x408, "VMSA");
_Static_assert(offsetof(struct svsm_abi_vmsa, x87_rip) == 0x418, "VMSA");
_Static_assert(sizeof(struct svsm_abi_vmsa) == 4096, "VMSA");

#endif
