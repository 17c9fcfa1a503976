/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * One function for one instruction. void insn_NAME(struct regs *): loads the
 * registers, executes, stores them. insn_NAME_at is the instruction's address.
 */
	.text
	.code64

	.macro	BEGIN name
	.global	insn_\name, insn_\name\()_at
insn_\name:
	push	%rbx
	push	%rdi
	mov	(%rdi), %rax
	mov	8(%rdi), %rbx
	mov	16(%rdi), %rcx
	mov	24(%rdi), %rdx
	mov	32(%rdi), %rsi
	mov	40(%rdi), %rdi
insn_\name\()_at:
	.endm

	.macro	END
	jmp	store
	.endm

	.macro	INSN name, text:vararg
	BEGIN	\name
	\text
	END
	.endm

store:
	push	%rdi
	mov	8(%rsp), %rdi
	mov	%rax, (%rdi)
	mov	%rbx, 8(%rdi)
	mov	%rcx, 16(%rdi)
	mov	%rdx, 24(%rdi)
	mov	%rsi, 32(%rdi)
	pop	%rax
	mov	%rax, 40(%rdi)
	pushf
	pop	48(%rdi)
	pop	%rdi
	pop	%rbx
	ret

	INSN	pvalidate, .byte 0xf2, 0x0f, 0x01, 0xff
	INSN	rmpadjust, .byte 0xf3, 0x0f, 0x01, 0xfe
	INSN	rmpquery, .byte 0xf3, 0x0f, 0x01, 0xfd
	INSN	cpuid, cpuid
	INSN	rdmsr, rdmsr
	INSN	wrmsr, wrmsr
	INSN	in8, inb %dx, %al
	INSN	in16, inw %dx, %ax
	INSN	in32, inl %dx, %eax
	INSN	in8_imm, inb $0x71, %al
	INSN	out8, outb %al, %dx
	INSN	out32, outl %eax, %dx
	INSN	insb, insb
	INSN	rep_insb, rep insb
	INSN	outsb, outsb
	INSN	rep_outsb, rep outsb
	INSN	wbinvd, wbinvd
	INSN	invlpgb, .byte 0x0f, 0x01, 0xfe
	INSN	tlbsync, .byte 0x0f, 0x01, 0xff
	INSN	invlpgb_66, .byte 0x66, 0x0f, 0x01, 0xfe
	INSN	invd, invd
	INSN	monitor, monitor
	INSN	mwait, mwait
	INSN	rdtsc, rdtsc
	INSN	rdtscp, rdtscp
	INSN	rdpmc, rdpmc
	INSN	vmmcall, vmmcall
	INSN	dr7_read, mov %dr7, %rax
	INSN	dr7_write, mov %rax, %dr7
	INSN	read, mov (%rsi), %al
	INSN	write, mov %al, (%rdi)
	INSN	write32, movl %eax, (%rdi)
	INSN	read32, movl (%rsi), %eax
	INSN	add_memory, addl %eax, (%rdi)
	INSN	jump, call *%rax
	INSN	pause, pause
	INSN	ud2, ud2
	INSN	int3, int3
	INSN	int16, int $16
	INSN	int64, int $64
	INSN	hlt, hlt

/* The same in a 32-bit code segment: entered and left by far transfers. */
	.code32
	.macro	INSN32 name, text:vararg
	.global insn32_\name
insn32_\name:
	\text
	lret
	.endm

	INSN32	cpuid, cpuid
	INSN32	rdmsr, rdmsr
	INSN32	in8, inb %dx, %al
	INSN32	out8, outb %al, %dx
	INSN32	rep_outsb, rep outsb
	INSN32	wbinvd, wbinvd
	INSN32	vmmcall, vmmcall
	INSN32	dr7_read, mov %dr7, %eax
	INSN32	pvalidate, .byte 0xf2, 0x0f, 0x01, 0xff
	INSN32	rmpadjust, .byte 0xf3, 0x0f, 0x01, 0xfe
	INSN32	read, mov (%esi), %al
	INSN32	monitor, monitor
	INSN32	invlpgb, .byte 0x0f, 0x01, 0xfe

	.section .note.GNU-stack, "", @progbits
