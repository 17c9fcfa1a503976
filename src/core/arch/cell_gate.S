/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Into a cell and out of it: a page of code that both address spaces have at
 * the same address, as they have the cell's gate (src/core/cell/gate.h).
 *
 * Between the two, descriptor tables and entry stacks are the gate's. Every
 * vector has a stack there (IST), so none uses a stack pointer of ring 3. NMI
 * and #HV may strike anywhere: in this code they return at once, in ring 3 they
 * are a reason to leave. Any other exception in this code is the host's, and
 * the end of the VM, from here: it says nothing about which tables are in use.
 */
#include "../cell/gate.h"
#include "layout.h"

	.macro	WRITE_MSR msr	/* RAX: the value */
	mov	$\msr, %ecx
	mov	%rax, %rdx
	shr	$32, %rdx
	wrmsr
	.endm

	.section .text.svsm_cell_gate, "ax"
	.code64
	.balign	4096
	.globl	svsm_cell_gate
svsm_cell_gate:

	.set	vector, 0
	.rept	32
	.balign	16
	.if	!((1 << vector) & VECTORS_WITH_CODE)
	push	$0
	.endif
	push	$vector
	jmp	svsm_cell_vector
	.set	vector, vector + 1
	.endr

	.balign	16
svsm_cell_vector:
	testb	$3, 24(%rsp)		/* CS */
	jnz	svsm_cell_leave
	mov	$GHCB_TERM_EXCEPTION, %eax
	WRITE_MSR MSR_GHCB
	rep; vmmcall
	jmp	svsm_cell_vector

/*
 * void svsm_cell_enter(void *gate)
 *
 * Returns from svsm_cell_leave.
 */
	.balign	16
	.globl	svsm_cell_enter
svsm_cell_enter:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rdi, %rbx
	mov	%rsp, GATE_SVSM_RSP(%rbx)
	lidt	GATE_IDTR(%rbx)
	lgdt	GATE_GDTR(%rbx)
	andb	$~2, (GATE_GDT + SEL_TSS + 5)(%rbx)	/* not busy */
	mov	$SEL_TSS, %eax
	ltr	%ax
	mov	$SEL_USER_DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	mov	%rbx, %rax
	WRITE_MSR MSR_KERNEL_GS_BASE
	mov	GATE_CELL_FS(%rbx), %rax
	WRITE_MSR MSR_FS_BASE
	xor	%eax, %eax
	WRITE_MSR MSR_GS_BASE
	fxrstor64 GATE_FX(%rbx)
	mov	GATE_CELL_CR3(%rbx), %rax
	mov	%rax, %cr3
	lea	GATE_FRAME(%rbx), %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rdi
	pop	%rsi
	pop	%rbp
	pop	%rbx
	pop	%rdx
	pop	%rcx
	pop	%rax
	add	$16, %rsp
	iretq

/* SYSCALL: makes the frame that an exception would have made. */
	.balign	16
	.globl	svsm_cell_syscall
svsm_cell_syscall:
	swapgs
	mov	%rsp, %gs:GATE_SCRATCH
	mov	%gs:GATE_SELF, %rsp
	add	$GATE_END, %rsp
	push	$SEL_USER_DATA
	push	%gs:GATE_SCRATCH
	push	%r11
	push	$SEL_USER_CODE
	push	%rcx
	push	$0
	push	$GATE_SYSCALL
	jmp	svsm_cell_leave

/* NMI and #HV have small stacks: from ring 3 the frame moves to where the
 * others are. */
	.macro	MOVE_FRAME vector
	testb	$3, 8(%rsp)		/* CS */
	jnz	1f
	iretq
1:	push	%rax
	mov	%rsp, %rax
	or	$(GATE_END - 1), %rsp
	add	$1, %rsp
	push	40(%rax)
	push	32(%rax)
	push	24(%rax)
	push	16(%rax)
	push	8(%rax)
	push	$0
	push	$\vector
	mov	(%rax), %rax
	jmp	svsm_cell_leave
	.endm

	.balign	16
	.globl	svsm_cell_nmi
svsm_cell_nmi:
	MOVE_FRAME 2

	.balign	16
	.globl	svsm_cell_hv
svsm_cell_hv:
	MOVE_FRAME HV_VECTOR

/*
 * Out: keep the cell's state, put the SVSM's back, return to who called
 * svsm_cell_enter(). The SVSM's tables are mapped once CR3 is its own. Its IDT
 * comes last, when all is there that its handlers use: the stacks that the TSS
 * names, the segments, the per-CPU area, and the stack pointer. Until then the gate's is in
 * force, whose handlers use nothing but their stack; those are in either TSS.
 */
	.balign	16
	.globl	svsm_cell_leave
svsm_cell_leave:
	push	%rax
	push	%rcx
	push	%rdx
	push	%rbx
	push	%rbp
	push	%rsi
	push	%rdi
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	cld
	clac
	mov	%rsp, %rbx
	and	$-GATE_END, %rbx
	fxsave64 GATE_FX(%rbx)
	mov	%cr2, %rax
	mov	%rax, GATE_CR2(%rbx)
	mov	GATE_SVSM_CR3(%rbx), %rax
	mov	%rax, %cr3
	lgdt	GATE_SVSM_GDTR(%rbx)
	mov	GATE_SVSM_TSS(%rbx), %rax
	andb	$~2, 5(%rax)		/* not busy */
	mov	$SEL_TSS, %eax
	ltr	%ax
	mov	$SEL_DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	mov	GATE_SVSM_GS(%rbx), %rax
	WRITE_MSR MSR_GS_BASE
	fninit
	mov	GATE_SVSM_RSP(%rbx), %rsp
	push	$MXCSR_RESET
	ldmxcsr	(%rsp)
	add	$8, %rsp
	lidt	GATE_SVSM_IDTR(%rbx)
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

	.balign	4096
svsm_cell_gate_end:

	.section .note.GNU-stack, "", @progbits
