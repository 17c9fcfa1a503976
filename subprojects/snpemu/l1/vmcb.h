/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The VMCB as QEMU's emulated SVM reads it, and its #VMEXIT codes. */
#ifndef SNPEMU_L1_VMCB_H
#define SNPEMU_L1_VMCB_H

#include <stddef.h>
#include <stdint.h>

#include "vmsa.h"

/* Word 3 (0x0c) and word 4 (0x10) of the intercept vector. */
#define INTERCEPT_INTR		(1u << 0)
#define INTERCEPT_NMI		(1u << 1)
#define INTERCEPT_SMI		(1u << 2)
#define INTERCEPT_INIT		(1u << 3)
#define INTERCEPT_VINTR		(1u << 4)
#define INTERCEPT_RDTSC		(1u << 14)
#define INTERCEPT_RDPMC		(1u << 15)
#define INTERCEPT_CPUID		(1u << 18)
#define INTERCEPT_SWINT		(1u << 21)
#define INTERCEPT_INVD		(1u << 22)
#define INTERCEPT_PAUSE		(1u << 23)
#define INTERCEPT_HLT		(1u << 24)
#define INTERCEPT_INVLPGA	(1u << 26)
#define INTERCEPT_IOIO		(1u << 27)
#define INTERCEPT_MSR		(1u << 28)
#define INTERCEPT_TASK		(1u << 29)
#define INTERCEPT_SHUTDOWN	(1u << 31)

#define INTERCEPT_VMRUN		(1u << 0)
#define INTERCEPT_VMMCALL	(1u << 1)
#define INTERCEPT_VMLOAD	(1u << 2)
#define INTERCEPT_VMSAVE	(1u << 3)
#define INTERCEPT_STGI		(1u << 4)
#define INTERCEPT_CLGI		(1u << 5)
#define INTERCEPT_SKINIT	(1u << 6)
#define INTERCEPT_RDTSCP	(1u << 7)
#define INTERCEPT_ICEBP		(1u << 8)
#define INTERCEPT_WBINVD	(1u << 9)
#define INTERCEPT_MONITOR	(1u << 10)
#define INTERCEPT_MWAIT		(1u << 11)
#define INTERCEPT_XSETBV	(1u << 13)

/* Same numbers in VMCB exit codes and in #VC error codes. */
enum exit_code {
	EXIT_CR0_WRITE = 0x10,
	EXIT_DR0_READ = 0x20,
	EXIT_DR7_READ = 0x27,
	EXIT_DR0_WRITE = 0x30,
	EXIT_DR7_WRITE = 0x37,
	EXIT_EXCEPTION = 0x40,
	EXIT_INTR = 0x60,
	EXIT_NMI = 0x61,
	EXIT_SMI = 0x62,
	EXIT_INIT = 0x63,
	EXIT_VINTR = 0x64,
	EXIT_RDTSC = 0x6e,
	EXIT_RDPMC = 0x6f,
	EXIT_CPUID = 0x72,
	EXIT_SWINT = 0x75,
	EXIT_INVD = 0x76,
	EXIT_PAUSE = 0x77,
	EXIT_HLT = 0x78,
	EXIT_IOIO = 0x7b,
	EXIT_MSR = 0x7c,
	EXIT_SHUTDOWN = 0x7f,
	EXIT_VMRUN = 0x80,
	EXIT_VMMCALL = 0x81,
	EXIT_RDTSCP = 0x87,
	EXIT_WBINVD = 0x89,
	EXIT_MONITOR = 0x8a,
	EXIT_MWAIT = 0x8b,
	EXIT_XSETBV = 0x8d,
	EXIT_NPF = 0x400,
	EXIT_VMGEXIT = 0x403,
	EXIT_PAGE_NOT_VALIDATED = 0x404,
};

/* EXITINFO1 of a nested page fault. */
#define NPF_PRESENT		(1ull << 0)
#define NPF_WRITE		(1ull << 1)
#define NPF_USER		(1ull << 2)
#define NPF_RESERVED		(1ull << 3)
#define NPF_FETCH		(1ull << 4)
#define NPF_FINAL		(1ull << 32)
#define NPF_TABLE_WALK		(1ull << 33)

/* EVENTINJ and EXITINTINFO. */
#define EVENT_TYPE_INTERRUPT	(0ull << 8)
#define EVENT_TYPE_NMI		(2ull << 8)
#define EVENT_TYPE_EXCEPTION	(3ull << 8)
#define EVENT_TYPE_SOFTWARE	(4ull << 8)
#define EVENT_TYPE_MASK		(7ull << 8)
#define EVENT_HAS_ERROR		(1ull << 11)
#define EVENT_VALID		(1ull << 31)
#define EVENT_ERROR_SHIFT	32

/* int_ctl (V_TPR, V_IRQ ...); the VMSA's VINTR_CTRL has the same low half. */
#define INT_CTL_TPR_MASK	0x0full
#define INT_CTL_V_IRQ		(1ull << 8)
#define INT_CTL_PRIORITY_SHIFT	16
#define INT_CTL_IGNORE_TPR	(1ull << 20)
#define INT_CTL_MASKING		(1ull << 24)
#define INT_CTL_VECTOR_SHIFT	32

struct vmcb_control {
	uint16_t cr_read, cr_write;		/* 000 */
	uint16_t dr_read, dr_write;		/* 004 */
	uint32_t exceptions;			/* 008 */
	uint32_t intercept3;			/* 00c */
	uint32_t intercept4;			/* 010 */
	uint32_t intercept5;			/* 014 */
	uint8_t reserved_018[0x28];
	uint64_t iopm_pa;			/* 040 */
	uint64_t msrpm_pa;			/* 048 */
	uint64_t tsc_offset;			/* 050 */
	uint32_t asid;				/* 058 */
	uint32_t tlb_control;			/* 05c */
	uint64_t int_ctl;			/* 060 */
	uint64_t int_state;			/* 068, bit 0: shadow */
	uint64_t exit_code;			/* 070 */
	uint64_t exit_info1;			/* 078 */
	uint64_t exit_info2;			/* 080 */
	uint64_t exit_int_info;			/* 088 */
	uint64_t nested_ctl;			/* 090 */
	uint8_t reserved_098[0x10];
	uint64_t event_inj;			/* 0a8 */
	uint64_t nested_cr3;			/* 0b0 */
	uint8_t reserved_0b8[0x400 - 0xb8];
};

/* The save area is laid out like the first 0x298 bytes of a VMSA. */
struct vmcb {
	struct vmcb_control control;
	struct vmsa_common save;
	uint8_t reserved_698[0x1000 - 0x400 - sizeof(struct vmsa_common)];
};

_Static_assert(offsetof(struct vmcb, control.iopm_pa) == 0x40, "VMCB");
_Static_assert(offsetof(struct vmcb, control.exit_code) == 0x70, "VMCB");
_Static_assert(offsetof(struct vmcb, control.event_inj) == 0xa8, "VMCB");
_Static_assert(offsetof(struct vmcb, control.nested_cr3) == 0xb0, "VMCB");
_Static_assert(offsetof(struct vmcb, save.rip) == 0x578, "VMCB");
_Static_assert(sizeof(struct vmcb) == 0x1000, "VMCB");

#endif
