/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The SVSM protocol as a guest sees it: calling area, result codes, the
 * requests of the core protocol. Layouts and numbers only.
 *
 * Spec: [SVSM] calling convention, core protocol.
 */
#ifndef SVSM_ABI_SVSM_H
#define SVSM_ABI_SVSM_H

#include <stdint.h>

/** What a call leaves in RAX. Used only where we answer the guest. */
typedef uint64_t svsm_result_t;

#define SVSM_SUCCESS			0x00000000ull
/** So many pages of 4 KiB are wanted (DEPOSIT_MEM) before this can be done. */
#define SVSM_NEED_PAGES(n)		(0x40000000ull + (n))
#define SVSM_ERR_INCOMPLETE		0x80000000ull
#define SVSM_ERR_UNSUPPORTED_PROTOCOL	0x80000001ull
#define SVSM_ERR_UNSUPPORTED_CALL	0x80000002ull
#define SVSM_ERR_INVALID_ADDRESS	0x80000003ull
#define SVSM_ERR_INVALID_FORMAT		0x80000004ull
#define SVSM_ERR_INVALID_PARAMETER	0x80000005ull
#define SVSM_ERR_INVALID_REQUEST	0x80000006ull
#define SVSM_ERR_BUSY			0x80000007ull

/** First of the codes a protocol defines for itself. */
#define SVSM_ERR_PROTOCOL_BASE		0x80001000ull
/** Core protocol: PVALIDATE or RMPADJUST ended with code n (0..15). */
#define SVSM_ERR_INSTRUCTION(n)		(SVSM_ERR_PROTOCOL_BASE + (n))
/** Core protocol: the page was in the wanted state already. */
#define SVSM_ERR_UNCHANGED		0x80001010ull
/** Core protocol: the instruction ended with a code above 15. */
#define SVSM_ERR_INSTRUCTION_OTHER	0x80001011ull
/** DELETE_VCPU: the vCPU is executing. */
#define SVSM_ERR_VCPU_IN_USE		0x80001003ull

#define SVSM_PROTOCOL_CORE		0u
#define SVSM_PROTOCOL_ATTEST		1u
#define SVSM_PROTOCOL_VTPM		2u
#define SVSM_PROTOCOL_APIC		3u
#define SVSM_PROTOCOL_UEFI_MM		4u

enum svsm_abi_core_call {
	SVSM_CORE_REMAP_CA = 0,
	SVSM_CORE_PVALIDATE = 1,
	SVSM_CORE_CREATE_VCPU = 2,
	SVSM_CORE_DELETE_VCPU = 3,
	SVSM_CORE_DEPOSIT_MEM = 4,
	SVSM_CORE_WITHDRAW_MEM = 5,
	SVSM_CORE_QUERY_PROTOCOL = 6,
	SVSM_CORE_CONFIGURE_VTOM = 7,
};

/** The calling area: one page of the guest's per vCPU. */
struct svsm_abi_ca {
	uint8_t call_pending;		/* 000 guest sets, SVSM clears */
	uint8_t mem_available;		/* 001 */
	uint8_t no_eoi_required;	/* 002 APIC protocol */
	uint8_t reserved[5];		/* 003 */
	uint8_t buffer[4088];		/* 008 free format */
};

/** Header of a PVALIDATE list; `count` entries of 8 bytes follow. */
struct svsm_abi_pvalidate {
	uint16_t count;			/* 0 */
	uint16_t next;			/* 2 entries that are finished */
	uint32_t reserved;		/* 4 */
};

/* One PVALIDATE entry, a u64. */
#define SVSM_PVALIDATE_SIZE		0x003ull	/* 0 4 KiB, 1 2 MiB */
#define SVSM_PVALIDATE_VALID		0x004ull	/* validate/rescind */
#define SVSM_PVALIDATE_IGNORE_CF	0x008ull
#define SVSM_PVALIDATE_RESERVED		0xff0ull
#define SVSM_PVALIDATE_GPA		0xfffffffffffff000ull

/** DEPOSIT_MEM: size and address as above, the rest must be zero. */
#define SVSM_DEPOSIT_RESERVED		0xffcull

/** CONFIGURE_VTOM, RCX bit 0: only ask. */
#define SVSM_VTOM_QUERY			0x1ull
/** CONFIGURE_VTOM: bits that must be zero. */
#define SVSM_VTOM_RESERVED		0xfe0ull

_Static_assert(sizeof(struct svsm_abi_ca) == 4096, "one page");
_Static_assert(sizeof(struct svsm_abi_pvalidate) == 8, "[SVSM] PVALIDATE");

#endif
