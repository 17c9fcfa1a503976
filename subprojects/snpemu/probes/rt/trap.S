/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* Exception entries, and the way back out of an exception. */
#include "layout.h"

	.text
	.code64

/* 256 entries of 16 bytes: error code (or 0), vector, frame pointer. */
	.global	trap_entries
	.balign	16
trap_entries:
	.set	vector, 0
	.rept	256
	.balign	16
	.if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30)
	push	$0
	.endif
	push	$vector
	jmp	trap_common
	.set	vector, vector + 1
	.endr

trap_common:
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
	mov	%rsp, %rdi
	cld
	call	trap_taken
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

/* int context_save(struct context *): 0 now, 1 after context_resume(). */
	.global	context_save
context_save:
	mov	%rbx, (%rdi)
	mov	%rbp, 8(%rdi)
	mov	%r12, 16(%rdi)
	mov	%r13, 24(%rdi)
	mov	%r14, 32(%rdi)
	mov	%r15, 40(%rdi)
	lea	8(%rsp), %rax
	mov	%rax, 48(%rdi)
	mov	(%rsp), %rax
	mov	%rax, 56(%rdi)
	xor	%eax, %eax
	ret

/* void context_resume(const struct context *) */
	.global	context_resume
context_resume:
	mov	(%rdi), %rbx
	mov	8(%rdi), %rbp
	mov	16(%rdi), %r12
	mov	24(%rdi), %r13
	mov	32(%rdi), %r14
	mov	40(%rdi), %r15
	mov	$SEL_DATA, %eax
	mov	%eax, %ss
	mov	%eax, %ds
	mov	%eax, %es
	mov	48(%rdi), %rsp
	mov	$1, %eax
	jmp	*56(%rdi)

/* void user_enter(code, stack, argument): the code runs at CPL 3. */
	.global	user_enter
user_enter:
	push	$SEL_USER_DATA
	push	%rsi
	push	$2
	push	$SEL_USER_CODE64
	push	%rdi
	mov	%rdx, %rdi
	iretq

/* Where user code returns to. */
	.global	user_return
user_return:
	int	$0x80

/* void code32_call(const struct { u32 eip; u16 cs; } *, regs) */
	.global	code32_call
code32_call:
	push	%rbx
	push	%rbp
	push	%r12
	push	%rdi
	push	%rsi
	mov	%rsi, %rbp
	mov	%rdi, %r12
	mov	(%rbp), %eax
	mov	8(%rbp), %ebx
	mov	16(%rbp), %ecx
	mov	24(%rbp), %edx
	mov	32(%rbp), %esi
	mov	40(%rbp), %edi
	lcall	*(%r12)
	pop	%rbp
	mov	%eax, %eax
	mov	%rax, (%rbp)
	mov	%ebx, %ebx
	mov	%rbx, 8(%rbp)
	mov	%ecx, %ecx
	mov	%rcx, 16(%rbp)
	mov	%edx, %edx
	mov	%rdx, 24(%rbp)
	pushf
	pop	48(%rbp)
	pop	%rdi
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

	.section .note.GNU-stack, "", @progbits
