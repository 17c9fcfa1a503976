/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A guest that asks at its reset vector whether it is VMPL0: PVALIDATE is that
 * level's alone, others get #GP, for which nothing is prepared. Ends with 65
 * when its page was valid, which it is, else with 64.
 */
	.section .start, "ax"
	.globl	at_reset
	.code32
at_reset:
	movl	$at_reset, %eax
	andl	$~0xfff, %eax
	xorl	%ecx, %ecx		/* 4 KiB */
	movl	$1, %edx		/* validate */
	.byte	0xf2, 0x0f, 0x01, 0xff	/* PVALIDATE */
	setc	%al
	movzbl	%al, %eax
	addl	$64, %eax
	jmp	terminate

	.globl	payload_main
	.code64
payload_main:
	ud2
	.section .note.GNU-stack, "", @progbits
