/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * bool guest_enter(uint64_t vmcb_pa, struct vmsa *vmsa, uint32_t *in_guest,
 *                  const uint32_t *kicked)
 *
 * One VMRUN, or none (false) when *kicked is set. The general registers travel
 * to and from the VMSA page directly.
 *
 * GIF is clear from before *in_guest is set: a kick sent after that waits for
 * VMRUN and ends it. RFLAGS.IF is set across VMRUN so that a physical
 * interrupt ends it too, whatever the guest's IF says. FS, GS, TR and what else
 * VMLOAD loads stay the guest's outside of it: context.c moves them.
 */
#define VMSA_RCX 0x308
#define VMSA_RDX 0x310
#define VMSA_RBX 0x318
#define VMSA_RBP 0x328
#define VMSA_RSI 0x330
#define VMSA_RDI 0x338
#define VMSA_R8  0x340

	.text
	.code64
	.globl guest_enter
guest_enter:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	push	%rdx
	push	%rsi
	mov	%rdi, %rax
	clgi
	movl	$1, (%rdx)
	mfence
	cmpl	$0, (%rcx)
	jne	2f
	sti
	mov	VMSA_RCX(%rsi), %rcx
	mov	VMSA_RDX(%rsi), %rdx
	mov	VMSA_RBX(%rsi), %rbx
	mov	VMSA_RBP(%rsi), %rbp
	mov	VMSA_RDI(%rsi), %rdi
	mov	VMSA_R8 + 0x00(%rsi), %r8
	mov	VMSA_R8 + 0x08(%rsi), %r9
	mov	VMSA_R8 + 0x10(%rsi), %r10
	mov	VMSA_R8 + 0x18(%rsi), %r11
	mov	VMSA_R8 + 0x20(%rsi), %r12
	mov	VMSA_R8 + 0x28(%rsi), %r13
	mov	VMSA_R8 + 0x30(%rsi), %r14
	mov	VMSA_R8 + 0x38(%rsi), %r15
	mov	VMSA_RSI(%rsi), %rsi
	vmrun	%rax
	cli
	xchg	%rsi, (%rsp)
	mov	%rcx, VMSA_RCX(%rsi)
	mov	%rdx, VMSA_RDX(%rsi)
	mov	%rbx, VMSA_RBX(%rsi)
	mov	%rbp, VMSA_RBP(%rsi)
	mov	%rdi, VMSA_RDI(%rsi)
	mov	%r8,  VMSA_R8 + 0x00(%rsi)
	mov	%r9,  VMSA_R8 + 0x08(%rsi)
	mov	%r10, VMSA_R8 + 0x10(%rsi)
	mov	%r11, VMSA_R8 + 0x18(%rsi)
	mov	%r12, VMSA_R8 + 0x20(%rsi)
	mov	%r13, VMSA_R8 + 0x28(%rsi)
	mov	%r14, VMSA_R8 + 0x30(%rsi)
	mov	%r15, VMSA_R8 + 0x38(%rsi)
	pop	%rax
	mov	%rax, VMSA_RSI(%rsi)
	mov	$1, %ebx
1:	pop	%rcx
	mfence
	movl	$0, (%rcx)
	mov	%ebx, %eax
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	cld
	stgi
	ret

2:	pop	%rsi
	xor	%ebx, %ebx
	jmp	1b

	.section .note.GNU-stack, "", @progbits
