/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Where a cell begins, and its way to the SVSM.
 */
	.section .text.svsm_cell_entry, "ax"
	.globl	svsm_cell_entry
	.type	svsm_cell_entry, @function
svsm_cell_entry:			/* (buffer, bytes, heap, bytes) */
	xor	%ebp, %ebp
	call	svsm_cell_begin
	.size	svsm_cell_entry, . - svsm_cell_entry

/*
 * enum svsm_status cell_sys(number, a, b, c, struct sys_out *out)
 *
 * SYSCALL loses RCX and R11; RDX, R8 and R9 are results.
 */
	.section .text.cell_sys, "ax"
	.globl	cell_sys
	.type	cell_sys, @function
cell_sys:
	push	%r8
	mov	%edi, %eax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	syscall
	pop	%rcx
	mov	%rdx, (%rcx)
	mov	%r8, 8(%rcx)
	mov	%r9, 16(%rcx)
	ret
	.size	cell_sys, . - cell_sys

	.section .note.GNU-stack, "", @progbits
