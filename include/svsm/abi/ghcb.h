/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The GHCB: MSR protocol, page, requests, page state change list.
 * Spec: [GHCB] version 2.
 */
#ifndef SVSM_ABI_GHCB_H
#define SVSM_ABI_GHCB_H

#include <stddef.h>
#include <stdint.h>

/* MSR protocol: value 11:0 is the code, the rest depends on it */
#define SVSM_GHCB_MSR_CODE_MASK		0xfffull
#define SVSM_GHCB_MSR_GPA		0x000u	/* 63:12 are the GHCB's frame */
#define SVSM_GHCB_MSR_SEV_INFO_RESP	0x001u
#define SVSM_GHCB_MSR_SEV_INFO_REQ	0x002u
#define SVSM_GHCB_MSR_CPUID_REQ		0x004u
#define SVSM_GHCB_MSR_CPUID_RESP	0x005u
#define SVSM_GHCB_MSR_REGISTER_REQ	0x012u
#define SVSM_GHCB_MSR_REGISTER_RESP	0x013u
#define SVSM_GHCB_MSR_PSC_REQ		0x014u
#define SVSM_GHCB_MSR_PSC_RESP		0x015u
#define SVSM_GHCB_MSR_RUN_VMPL_REQ	0x016u
#define SVSM_GHCB_MSR_RUN_VMPL_RESP	0x017u
#define SVSM_GHCB_MSR_FEATURES_REQ	0x080u
#define SVSM_GHCB_MSR_FEATURES_RESP	0x081u
#define SVSM_GHCB_MSR_TERM_REQ		0x100u

/** The value that ends the VM. @p set 0..15, @p reason 0..255. */
#define SVSM_GHCB_MSR_TERM(set, reason)				\
	(SVSM_GHCB_MSR_TERM_REQ |				\
	 ((uint64_t)((set) & 0xfu) << 12) |			\
	 ((uint64_t)((reason) & 0xffu) << 16))

/* Hypervisor features */
#define SVSM_HV_SNP			(1ull << 0)
#define SVSM_HV_AP_CREATION		(1ull << 1)
#define SVSM_HV_RESTRICTED_INJ		(1ull << 2)
#define SVSM_HV_RESTRICTED_INJ_TIMER	(1ull << 3)
#define SVSM_HV_APIC_ID_LIST		(1ull << 4)
#define SVSM_HV_MULTI_VMPL		(1ull << 5)

/** The protocol version that we speak, and no other. */
#define SVSM_GHCB_VERSION	2
#define SVSM_GHCB_USAGE		0

#define SVSM_GHCB_BUF_BYTES	2032
/** Entries that fit into the shared buffer. */
#define SVSM_PSC_ENTRIES	253

/** The page, shared with the host: never believe it between two looks. */
struct svsm_abi_ghcb {
	uint8_t reserved_000[0xcb];
	uint8_t cpl;			/* 0cb */
	uint8_t reserved_0cc[0x140 - 0xcc];
	uint64_t xss;			/* 140 */
	uint8_t reserved_148[0x160 - 0x148];
	uint64_t dr7;			/* 160 */
	uint8_t reserved_168[0x1f8 - 0x168];
	uint64_t rax;			/* 1f8 */
	uint8_t reserved_200[0x308 - 0x200];
	uint64_t rcx;			/* 308 */
	uint64_t rdx;			/* 310 */
	uint64_t rbx;			/* 318 */
	uint8_t reserved_320[0x390 - 0x320];
	uint64_t sw_exitcode;		/* 390 */
	uint64_t sw_exitinfo1;		/* 398 */
	uint64_t sw_exitinfo2;		/* 3a0 */
	uint64_t sw_scratch;		/* 3a8 */
	uint8_t reserved_3b0[0x3e8 - 0x3b0];
	uint64_t xcr0;			/* 3e8 */
	uint64_t valid_bitmap[2];	/* 3f0 bit n: the qword at n * 8 */
	uint64_t x87_state_gpa;		/* 400 */
	uint8_t reserved_408[1016];
	uint8_t buffer[SVSM_GHCB_BUF_BYTES];	/* 800 */
	uint8_t reserved_ff0[10];
	uint16_t version;		/* ffa */
	uint32_t usage;			/* ffc */
};

/** Bit of a field in valid_bitmap. */
#define SVSM_GHCB_BIT(field) (offsetof(struct svsm_abi_ghcb, field) / 8)

/* SW_EXITINFO1 31:0 on return */
#define SVSM_GHCB_RESULT_OK		0u
#define SVSM_GHCB_RESULT_EXCEPTION	1u
#define SVSM_GHCB_RESULT_INPUT		2u

/* Software exit codes beside those of abi/snp.h */
#define SVSM_NAE_MMIO_READ		0x80000001u
#define SVSM_NAE_MMIO_WRITE		0x80000002u
#define SVSM_NAE_PSC			0x80000010u
#define SVSM_NAE_GUEST_REQUEST		0x80000011u
#define SVSM_NAE_EXT_GUEST_REQUEST	0x80000012u
#define SVSM_NAE_AP_CREATION		0x80000013u
#define SVSM_NAE_HV_DOORBELL		0x80000014u
#define SVSM_NAE_HV_IPI			0x80000015u
#define SVSM_NAE_APIC_ID_LIST		0x80000017u
#define SVSM_NAE_RUN_VMPL		0x80000018u
#define SVSM_NAE_HV_FEATURES		0x8000fffdu

/* IOIO: SW_EXITINFO1 */
#define SVSM_IOIO_IN			(1u << 0)
#define SVSM_IOIO_STRING		(1u << 2)
#define SVSM_IOIO_REP			(1u << 3)
#define SVSM_IOIO_SIZE_SHIFT		4	/* 1, 2, 4 bytes: bit 4, 5, 6 */
#define SVSM_IOIO_ADDR64		(1u << 9)
#define SVSM_IOIO_SEG_DS		(3u << 10)
#define SVSM_IOIO_PORT_SHIFT		16

/* AP creation: SW_EXITINFO1 */
#define SVSM_AP_VMPL_SHIFT		16
#define SVSM_AP_APIC_ID_SHIFT		32

/* Page state change operations */
#define SVSM_PSC_OP_PRIVATE		1u
#define SVSM_PSC_OP_SHARED		2u

/* Page state change: SW_EXITINFO2 on return, high half */
#define SVSM_PSC_ERROR_LIST		1u	/* low: 1 header, 2 entry */
#define SVSM_PSC_ERROR_GENERIC		0x100u

struct svsm_abi_psc_header {
	uint16_t cur_entry;	/* where the host starts and how far it came */
	uint16_t end_entry;	/* last entry, inclusive */
	uint32_t reserved;
};

/* Entry: 11:0 cur_page, 51:12 frame, 55:52 operation, 56 page is 2 MiB */
#define SVSM_PSC_CUR_PAGE_MASK		0xfffull
#define SVSM_PSC_FRAME_MASK		0x000ffffffffff000ull
#define SVSM_PSC_OP_SHIFT		52
#define SVSM_PSC_HUGE			(1ull << 56)

_Static_assert(offsetof(struct svsm_abi_ghcb, cpl) == 0xcb, "GHCB");
_Static_assert(offsetof(struct svsm_abi_ghcb, rax) == 0x1f8, "GHCB");
_Static_assert(offsetof(struct svsm_abi_ghcb, rbx) == 0x318, "GHCB");
_Static_assert(offsetof(struct svsm_abi_ghcb, sw_scratch) == 0x3a8, "GHCB");
_Static_assert(offsetof(struct svsm_abi_ghcb, xcr0) == 0x3e8, "GHCB");
_Static_assert(offsetof(struct svsm_abi_ghcb, buffer) == 0x800, "GHCB");
_Static_assert(offsetof(struct svsm_abi_ghcb, version) == 0xffa, "GHCB");
_Static_assert(sizeof(struct svsm_abi_ghcb) == 4096, "GHCB");
_Static_assert(sizeof(struct svsm_abi_psc_header) == 8, "PSC");
_Static_assert(8 + 8 * SVSM_PSC_ENTRIES == SVSM_GHCB_BUF_BYTES, "PSC");

#endif
