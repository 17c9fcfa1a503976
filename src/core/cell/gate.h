/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The gate: a page of each cell by which CPUs enter and leave it. It is mapped
 * at the same address in the cell (supervisor only) and in the SVSM, and has
 * all that the processor needs while the cell's page tables are in use.
 *
 *	000  what of the SVSM is put back   200  IDT
 *	080  GDT                            400  x87/SSE state of the cell
 *	0c0  TSS                            e80  stacks of NMI and #HV
 *	                                    f50  registers of the cell
 */
#ifndef CORE_CELL_GATE_H
#define CORE_CELL_GATE_H

/* Assembly and C share these. */
#define GATE_SELF		0x000
#define GATE_SVSM_RSP		0x008
#define GATE_SVSM_CR3		0x010
#define GATE_SVSM_GS		0x018
#define GATE_SVSM_TSS		0x020	/* address of its descriptor */
#define GATE_CELL_CR3		0x028
#define GATE_CELL_FS		0x030
#define GATE_CR2		0x038
#define GATE_SCRATCH		0x040
#define GATE_SVSM_GDTR		0x048
#define GATE_SVSM_IDTR		0x058
#define GATE_GDTR		0x068
#define GATE_GDT		0x080
#define GATE_TSS		0x0c0
#define GATE_IDTR		0x130
#define GATE_IDT		0x200
#define GATE_FX			0x400
#define GATE_NMI_END		0xec0
#define GATE_HV_END		0xf00
#define GATE_FRAME		0xf50
#define GATE_END		0x1000

/* Selectors of the gate's GDT beside SEL_CODE, SEL_DATA, SEL_TSS. */
#define SEL_USER_DATA		0x33
#define SEL_USER_CODE		0x3b
#define GATE_GDT_ENTRIES	8

/** "Vector" of a call of the cell. */
#define GATE_SYSCALL		256

#ifndef __ASSEMBLER__
#include <stdint.h>

/** Registers of the cell, as entry and exit have them on the stack. */
struct cell_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rdi, rsi, rbp, rbx, rdx, rcx, rax;
	uint64_t vector;
	uint64_t error;
	uint64_t rip, cs, rflags, rsp, ss;
};
_Static_assert(sizeof(struct cell_frame) == GATE_END - GATE_FRAME,
	       "ends with the page");

static inline uint64_t *gate_word(void *gate, unsigned offset)
{
	return (uint64_t *)((char *)gate + offset);
}

static inline struct cell_frame *gate_frame(void *gate)
{
	return (struct cell_frame *)((char *)gate + GATE_FRAME);
}
#endif

#endif
