/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * From the reset vector to C, and the tables by which an SVSM knows what is
 * expected of it: those of OVMF, at the end of the image.
 *
 * Without paging every access is private, so the page tables can be
 * made before any of them says so.
 */
#include "layout.h"

	.section .start, "ax"

	.globl	start16, gdtr, metadata, terminate
	.weak	at_reset	/* a payload that begins earlier */
	.code16
start16:
	cli
	lgdtl	%cs:gdtr_offset
	movl	%cr0, %eax
	orb	$1, %al
	movl	%eax, %cr0
	ljmpl	$8, $start32

	.code32
start32:
	movl	$16, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	$at_reset, %eax
	testl	%eax, %eax
	jz	1f
	jmp	*%eax
1:	movl	$STACK_TOP, %esp

	/* Leaf 8000_001F of the CPUID page: EBX[5:0] is the C-bit. */
	movl	CPUID, %ecx
	movl	$(CPUID + 16), %edi
1:	testl	%ecx, %ecx
	jz	no_cbit
	cmpl	$0x8000001f, (%edi)
	je	2f
	addl	$48, %edi
	decl	%ecx
	jmp	1b
2:	movl	28(%edi), %ecx
	andl	$0x3f, %ecx
	cmpl	$32, %ecx
	jb	no_cbit
	movl	$1, %edx
	shll	%cl, %edx	/* the upper half of every entry */

	movl	$(PDPT + 3), PML4
	movl	%edx, PML4 + 4
	movl	$(PD_LOW + 3), PDPT
	movl	%edx, PDPT + 4
	movl	$(PD_SHARED + 3), PDPT + 8
	movl	%edx, PDPT + 12
	movl	$(GHCB + 0x83), PD_SHARED	/* no C-bit: shared */
	movl	$(PD_HIGH + 3), PDPT + 24
	movl	%edx, PDPT + 28
	movl	$0x83, %eax
	movl	$PD_LOW, %edi
	call	fill
	movl	$0xc0000083, %eax
	movl	$PD_HIGH, %edi
	call	fill

	movl	$PML4, %eax
	movl	%eax, %cr3
	movl	%cr4, %eax
	orl	$0x20, %eax
	movl	%eax, %cr4
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$0x100, %eax
	wrmsr
	movl	%cr0, %eax
	orl	$0x80000000, %eax
	movl	%eax, %cr0
	ljmpl	$24, $start64

/* 512 entries of 2 MiB from %eax, with the upper half %edx, into %edi. */
fill:
	movl	$512, %ecx
1:	movl	%eax, (%edi)
	movl	%edx, 4(%edi)
	addl	$0x200000, %eax
	addl	$8, %edi
	loop	1b
	ret

no_cbit:
	movl	$NO_CBIT, %eax
	jmp	terminate

	.code64
start64:
	call	payload_main

/* Ask the host to end the guest with the code in %eax. */
	.code32
terminate:
	shll	$16, %eax
	orl	$TERMINATE, %eax
	xorl	%edx, %edx
	movl	$MSR_GHCB, %ecx
	wrmsr
1:	rep
	vmmcall
	jmp	1b

	.balign	8
gdt:
	.quad	0
	.quad	0x00cf9b000000ffff	/* 8: 32-bit code */
	.quad	0x00cf93000000ffff	/* 16: data */
	.quad	0x00af9b000000ffff	/* 24: 64-bit code */
gdtr:
	.word	. - gdt - 1
	.long	gdt

/* SEV metadata: what memory must be there in which state. Near the end of the
 * image, where an SVSM looks for it. */
	.section .guids, "a"
metadata:
	.ascii	"ASEV"
	.long	metadata_end - metadata
	.long	1			/* version */
	.long	4			/* sections: GPA, bytes, type */
	.long	MEMORY, MEMORY_LEN, 1
	.long	SECRETS, 0x1000, 2
	.long	CPUID, 0x1000, 3
	.long	CALLING_AREA, 0x1000, 4
metadata_end:

/* The table of GUIDs, read backwards from its footer. */
guids:
	.long	metadata_back
	.word	4 + 18
	.long	0xdc886566		/* SEV metadata */
	.word	0x984a, 0x4798
	.byte	0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc
	.word	guids_end - guids
	.long	0x96b582de		/* footer */
	.word	0x1fb2, 0x45f7
	.byte	0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d
guids_end:

	.section .reset, "ax"
	.code16
	jmp	start16
	.section .note.GNU-stack, "", @progbits
