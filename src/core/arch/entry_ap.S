/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Where a further CPU begins: in 64-bit mode, with all that its VMSA says
 * loaded (smp.c). RDI is its struct arch_cpu. A file of its own: an image that
 * starts no CPUs has none of this.
 */
	.section .text.svsm_entry_ap, "ax"
	.code64
	.globl	svsm_entry_ap
svsm_entry_ap:
	cli
	cld
	xor	%ebp, %ebp		/* the backtrace ends here */
	push	%rbp
	jmp	svsm_boot_ap

	.section .note.GNU-stack, "", @progbits
