/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The VMSA page: layout, and its way to and from the VMCB. */
#ifndef SNPEMU_L1_VMSA_H
#define SNPEMU_L1_VMSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Attributes: descriptor bits 47:40 in 7:0, descriptor bits 55:52 in 11:8. */
struct vmsa_segment {
	uint16_t selector;
	uint16_t attributes;
	uint32_t limit;
	uint64_t base;
};

#define SEGMENT_LONG		(1u << 9)
#define SEGMENT_DEFAULT_32	(1u << 10)
#define SEGMENT_DPL(attributes)	(((attributes) >> 5) & 3u)

/* What VMSA and VMCB save area have in common: offsets 000 to 297. */
struct vmsa_common {
	struct vmsa_segment es, cs, ss, ds, fs, gs;	/* 000 */
	struct vmsa_segment gdtr, ldtr, idtr, tr;	/* 060 */
	uint64_t pl_ssp[4];				/* 0a0 */
	uint64_t u_cet;					/* 0c0 */
	uint8_t reserved_0c8[2];
	uint8_t vmpl;					/* 0ca */
	uint8_t cpl;					/* 0cb */
	uint8_t reserved_0cc[4];
	uint64_t efer;					/* 0d0 */
	uint8_t reserved_0d8[104];
	uint64_t xss, cr4, cr3, cr0;			/* 140 */
	uint64_t dr7, dr6, rflags, rip;			/* 160 */
	uint64_t dr[4];					/* 180 */
	uint64_t dr_mask[4];				/* 1a0 */
	uint8_t reserved_1c0[24];
	uint64_t rsp;					/* 1d8 */
	uint64_t s_cet, ssp, isst_addr;			/* 1e0 */
	uint64_t rax;					/* 1f8 */
	uint64_t star, lstar, cstar, sfmask;		/* 200 */
	uint64_t kernel_gs_base;			/* 220 */
	uint64_t sysenter_cs, sysenter_esp, sysenter_eip;
	uint64_t cr2;					/* 240 */
	uint8_t reserved_248[32];
	uint64_t g_pat;					/* 268 */
	uint64_t debugctl;				/* 270 */
	uint64_t br_from, br_to;			/* 278 */
	uint64_t last_excp_from, last_excp_to;		/* 288 */
};

struct vmsa {
	struct vmsa_common s;				/* 000 */
	uint8_t reserved_298[0x2e8 - 0x298];
	uint32_t pkru;					/* 2e8 */
	uint32_t tsc_aux;				/* 2ec */
	uint64_t tsc_scale, tsc_offset;			/* 2f0 */
	uint64_t reg_prot_nonce;			/* 300 */
	uint64_t rcx, rdx, rbx;				/* 308 */
	uint64_t secure_avic_control;			/* 320 */
	uint64_t rbp, rsi, rdi;				/* 328 */
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;	/* 340 */
	uint8_t reserved_380[16];
	uint64_t guest_exit_info1, guest_exit_info2;	/* 390 */
	uint64_t guest_exit_int_info, guest_nrip;	/* 3a0 */
	uint64_t sev_features;				/* 3b0 */
	uint64_t vintr_ctrl;				/* 3b8 */
	uint64_t guest_exit_code;			/* 3c0 */
	uint64_t virtual_tom, tlb_id, pcpu_id;		/* 3c8 */
	uint64_t event_inj;				/* 3e0 */
	uint64_t xcr0;					/* 3e8 */
	uint8_t reserved_3f0[16];
	uint64_t x87_dp;				/* 400 */
	uint32_t mxcsr;					/* 408 */
	uint16_t x87_ftw, x87_fsw, x87_fcw, x87_fop;	/* 40c */
	uint16_t x87_ds, x87_cs;			/* 414 */
	uint64_t x87_rip;				/* 418 */
	uint8_t fpreg_x87[80];				/* 420 */
	uint8_t fpreg_xmm[256];				/* 470 */
	uint8_t fpreg_ymm[256];				/* 570 */
	uint8_t reserved_670[0x1000 - 0x670];
};

#define SEV_FEATURE_SNP_ACTIVE		(1ull << 0)
#define SEV_FEATURE_VTOM		(1ull << 1)
#define SEV_FEATURE_REFLECT_VC		(1ull << 2)
#define SEV_FEATURE_RESTRICTED_INJ	(1ull << 3)
#define SEV_FEATURE_ALTERNATE_INJ	(1ull << 4)
#define SEV_FEATURE_DEBUG_SWAP		(1ull << 5)
#define SEV_FEATURE_SECURE_TSC		(1ull << 9)
#define SEV_FEATURE_VMSA_REG_PROT	(1ull << 14)
#define SEV_FEATURE_SECURE_AVIC		(1ull << 16)

_Static_assert(offsetof(struct vmsa_common, efer) == 0x0d0, "VMSA");
_Static_assert(offsetof(struct vmsa_common, xss) == 0x140, "VMSA");
_Static_assert(offsetof(struct vmsa_common, rip) == 0x178, "VMSA");
_Static_assert(offsetof(struct vmsa_common, rax) == 0x1f8, "VMSA");
_Static_assert(offsetof(struct vmsa_common, cr2) == 0x240, "VMSA");
_Static_assert(offsetof(struct vmsa_common, g_pat) == 0x268, "VMSA");
_Static_assert(sizeof(struct vmsa_common) == 0x298, "VMSA");
_Static_assert(offsetof(struct vmsa, rcx) == 0x308, "VMSA");
_Static_assert(offsetof(struct vmsa, r8) == 0x340, "VMSA");
_Static_assert(offsetof(struct vmsa, sev_features) == 0x3b0, "VMSA");
_Static_assert(offsetof(struct vmsa, xcr0) == 0x3e8, "VMSA");
_Static_assert(offsetof(struct vmsa, fpreg_ymm) == 0x570, "VMSA");
_Static_assert(sizeof(struct vmsa) == 0x1000, "VMSA");

struct vcpu;

/**
 * Why VMRUN refuses this VMSA's content, or NULL when it does not.
 *
 * The page's RMP entry is somebody else's business.
 */
const char *vmsa_refusal(const struct vmsa *vmsa, unsigned vmpl);

/* Copy what VMRUN loads into the VMCB, hiding what TCG's VMRUN would refuse. */
void vmsa_load(struct vcpu *v);

/* Copy the state back after #VMEXIT; EFER.SVME is software's and survives. */
void vmsa_store(struct vcpu *v);

#endif
