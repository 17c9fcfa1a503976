/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* L1's own exceptions and interrupts: 256 stubs, one way into trap_entry(). */
	.text
	.code64

/* Exceptions 8, 10-14, 17, 21, 29 and 30 bring an error code. */
	.set ERROR_CODE_VECTORS, 0x60227d00

	.balign 16
	.globl trap_stubs
trap_stubs:
	.set vector, 0
	.rept 256
	.balign 16
	.set has_error, 0
	.if vector < 32
	.set has_error, (ERROR_CODE_VECTORS >> vector) & 1
	.endif
	.if !has_error
	push	$0
	.endif
	push	$vector
	jmp	trap_common
	.set vector, vector + 1
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
	cld
	mov	%rsp, %rdi
	mov	%rsp, %rbp
	and	$-16, %rsp
	call	trap_entry
	mov	%rbp, %rsp
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

/*
 * void wait_for_event(uint32_t *stay)
 *
 * Halt with interrupts on while *stay is set. An NMI does not respect cli, so
 * one that arrives between the test and the hlt would be slept over: its
 * handler moves a return address inside [begin, end) to the end.
 */
	.globl wait_for_event, wait_begin, wait_end
wait_for_event:
wait_begin:
	cmpl	$0, (%rdi)
	je	wait_end
	sti
	hlt
wait_end:
	cli
	ret

	.section .note.GNU-stack, "", @progbits
