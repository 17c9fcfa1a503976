/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * SEV-SNP as the processor defines it: MSRs, features, instruction operands
 * and return codes, exit codes. Spec: [APM2] 15.34-15.36, [APM3].
 */
#ifndef SVSM_ABI_SNP_H
#define SVSM_ABI_SNP_H

#define SVSM_MSR_GHCB		0xc0010130u
#define SVSM_MSR_SEV_STATUS	0xc0010131u

/* SEV_STATUS; bit n of SEV_FEATURES is bit n + SVSM_SEV_STATUS_SHIFT here */
#define SVSM_SEV_STATUS_SEV	(1ull << 0)
#define SVSM_SEV_STATUS_ES	(1ull << 1)
#define SVSM_SEV_STATUS_SHIFT	2

/* SEV_FEATURES (VMSA offset 0x3b0) */
#define SVSM_SEV_SNP			(1ull << 0)
#define SVSM_SEV_VTOM			(1ull << 1)
#define SVSM_SEV_REFLECT_VC		(1ull << 2)
#define SVSM_SEV_RESTRICTED_INJ		(1ull << 3)
#define SVSM_SEV_ALTERNATE_INJ		(1ull << 4)
#define SVSM_SEV_DEBUG_SWAP		(1ull << 5)
#define SVSM_SEV_PREVENT_HOST_IBS	(1ull << 6)
#define SVSM_SEV_BTB_ISOLATION		(1ull << 7)
#define SVSM_SEV_VMPL_SSS		(1ull << 8)
#define SVSM_SEV_SECURE_TSC		(1ull << 9)
#define SVSM_SEV_VMGEXIT_PARAM		(1ull << 10)
#define SVSM_SEV_PMC_VIRT		(1ull << 11)
#define SVSM_SEV_IBS_VIRT		(1ull << 12)
#define SVSM_SEV_GUEST_INTERCEPT	(1ull << 13)
#define SVSM_SEV_VMSA_REG_PROT		(1ull << 14)
#define SVSM_SEV_SMT_PROT		(1ull << 15)
#define SVSM_SEV_SECURE_AVIC		(1ull << 16)
#define SVSM_SEV_IBPB_ON_ENTRY		(1ull << 21)

/** VMPL0 is the most privileged. */
#define SVSM_VMPLS 4

/* Return codes of PVALIDATE, RMPADJUST, RMPQUERY (EAX) */
#define SVSM_RMP_SUCCESS	0u
#define SVSM_RMP_INPUT		1u
#define SVSM_RMP_PERMISSION	2u
#define SVSM_RMP_INUSE		3u
#define SVSM_RMP_OVERLAP	4u
#define SVSM_RMP_SIZE		6u
/** Not from the processor: PVALIDATE set CF, the page was so already. */
#define SVSM_RMP_UNCHANGED	0x10u

/* RDX of RMPADJUST */
#define SVSM_RMPADJUST_PERMS_SHIFT	8
#define SVSM_RMPADJUST_VMSA		(1ull << 16)

/* Exit codes: error code of #VC, GUEST_EXIT_CODE, SW_EXITCODE */
#define SVSM_EXIT_EXCEPTION_FIRST	0x40u
#define SVSM_EXIT_EXCEPTION_LAST	0x5fu
#define SVSM_EXIT_RDTSC			0x6eu
#define SVSM_EXIT_CPUID			0x72u
#define SVSM_EXIT_INVD			0x76u
#define SVSM_EXIT_IOIO			0x7bu
#define SVSM_EXIT_MSR			0x7cu
#define SVSM_EXIT_VMMCALL		0x81u
#define SVSM_EXIT_RDTSCP		0x87u
#define SVSM_EXIT_WBINVD		0x89u
#define SVSM_EXIT_NPF			0x400u
#define SVSM_EXIT_VMGEXIT		0x403u
#define SVSM_EXIT_NOT_VALIDATED		0x404u

/* CR0, CR4, EFER, page table bits that VMSAs and page tables need */
#define SVSM_EFER_SVME			(1ull << 12)

#endif
