/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * setjmp() and longjmp(), by which libtpms ends a command that failed within.
 * Its buffer has 200 bytes, of which 64 are used.
 */
	.text
	.globl	_setjmp
	.type	_setjmp, @function
_setjmp:
	mov	%rbx, (%rdi)
	mov	%rbp, 8(%rdi)
	mov	%r12, 16(%rdi)
	mov	%r13, 24(%rdi)
	mov	%r14, 32(%rdi)
	mov	%r15, 40(%rdi)
	lea	8(%rsp), %rdx
	mov	%rdx, 48(%rdi)
	mov	(%rsp), %rdx
	mov	%rdx, 56(%rdi)
	xor	%eax, %eax
	ret
	.size	_setjmp, . - _setjmp

	.globl	__longjmp_chk
	.type	__longjmp_chk, @function
__longjmp_chk:
	mov	(%rdi), %rbx
	mov	8(%rdi), %rbp
	mov	16(%rdi), %r12
	mov	24(%rdi), %r13
	mov	32(%rdi), %r14
	mov	40(%rdi), %r15
	mov	48(%rdi), %rsp
	mov	%esi, %eax
	/* 0 would look like the first return. */
	test	%eax, %eax
	jne	1f
	inc	%eax
1:	jmp	*56(%rdi)
	.size	__longjmp_chk, . - __longjmp_chk

	.section .note.GNU-stack, "", @progbits
