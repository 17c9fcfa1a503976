/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Exception entry, and the few accesses that may fault.
 *
 * An exception may interrupt code that is using SSE, and C code may use SSE:
 * the entry keeps the whole x87/SSE state, and starts C with a clean one.
 */
#include "layout.h"

	.section .text.vectors, "ax"
	.code64
	.set	vector, 0
	.rept	32
	.balign	16
	.if	vector == 0
	.globl	svsm_vectors
svsm_vectors:
	.endif
	.if	!((1 << vector) & VECTORS_WITH_CODE)
	push	$0
	.endif
	push	$vector
	jmp	exception
	.set	vector, vector + 1
	.endr

	.balign	16
exception:
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
	mov	%rsp, %rbx
	sub	$512, %rsp
	and	$-16, %rsp
	fxsave64 (%rsp)
	fninit
	ldmxcsr	mxcsr_reset
	mov	%rbx, %rdi
	call	svsm_exception		/* (struct arch_frame *) */
	fxrstor64 (%rsp)
	mov	%rbx, %rsp
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

/* The host may send NMIs at any time; nothing here uses them. */
	.section .text.vectors, "ax"
	.balign	16
	.globl	svsm_vector_nmi
svsm_vector_nmi:
	iretq

/*
 * #HV can come again as soon as its doorbell has been read, before the IRET:
 * then the processor would overwrite the frame that IRET needs. So the frame
 * is moved from where the processor puts it, the landing (the top HV_LANDING
 * bytes), to the stack below, and below what an earlier #HV has there. An
 * #HV that comes before that can only be one that the host should not have
 * sent, since the doorbell has not been read: error code 1, and the end.
 */
	.section .text.vectors, "ax"
	.balign	16
	.globl	svsm_vector_hv
svsm_vector_hv:
	push	%rax
	push	%rcx
	mov	40(%rsp), %rax		/* RSP of what was interrupted */
	mov	%gs:ARCH_HV_TOP, %rcx
	cmp	%rcx, %rax
	ja	1f
	cmp	%gs:ARCH_HV_START, %rax
	jb	2f
	mov	%rax, %rcx
	jmp	2f
1:	sub	%rcx, %rax
	cmp	$HV_LANDING, %rax
	jbe	3f
2:	and	$-16, %rcx
	mov	48(%rsp), %rax
	mov	%rax, -8(%rcx)		/* SS */
	mov	40(%rsp), %rax
	mov	%rax, -16(%rcx)		/* RSP */
	mov	32(%rsp), %rax
	mov	%rax, -24(%rcx)		/* RFLAGS */
	mov	24(%rsp), %rax
	mov	%rax, -32(%rcx)		/* CS */
	mov	16(%rsp), %rax
	mov	%rax, -40(%rcx)		/* RIP */
	mov	8(%rsp), %rax
	mov	%rax, -48(%rcx)
	mov	(%rsp), %rax
	mov	%rax, -56(%rcx)
	lea	-56(%rcx), %rsp
	pop	%rcx
	pop	%rax
	push	$0
	push	$HV_VECTOR
	jmp	exception
3:	mov	%rcx, %rsp
	sub	$40, %rsp
	push	$1
	push	$HV_VECTOR
	jmp	exception

/*
 * bool svsm_plat_copy(void *dst, const void *src, size_t n)
 *
 * Eight bytes go in one access, so that a field that somebody changes at the
 * same time is old or new.
 */
	.section .text.svsm_plat_copy, "ax"
	.globl	svsm_plat_copy
	.type	svsm_plat_copy, @function
svsm_plat_copy:
	cld
	mov	$1, %eax
	cmp	$8, %rdx
	jne	2f
1:	mov	(%rsi), %rcx
11:	mov	%rcx, (%rdi)
	ret
2:	mov	%rdx, %rcx
3:	rep movsb
	ret
4:	xor	%eax, %eax
	ret
	.size	svsm_plat_copy, . - svsm_plat_copy

/*
 * void svsm_arch_invlpgb(void)
 *
 * All translations of this VM's ASID on all CPUs, of all levels, the nested
 * ones included: those are what holds the RMP's permissions. Wait for them.
 * A fault here ends the VM: no flush has happened, whoever says so.
 */
	.section .text.svsm_arch_invlpgb, "ax"
	.globl	svsm_arch_invlpgb
	.type	svsm_arch_invlpgb, @function
svsm_arch_invlpgb:
	mov	$(INVLPGB_ASID | INVLPGB_GLOBAL | INVLPGB_NESTED), %eax
	xor	%ecx, %ecx
	xor	%edx, %edx
	.byte	0x0f, 0x01, 0xfe	/* INVLPGB */
	.byte	0x0f, 0x01, 0xff	/* TLBSYNC */
	ret
	.size	svsm_arch_invlpgb, . - svsm_arch_invlpgb

	/* {instruction that may fault, where to go on} */
	.section .recover, "a"
	.balign	4
	.long	1b, 4b
	.long	11b, 4b
	.long	3b, 4b

	.section .rodata.vectors, "a"
	.balign	4
mxcsr_reset:
	.long	MXCSR_RESET

	.section .note.GNU-stack, "", @progbits
