/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * From a 32-bit entry without paging, as an SNP launch gives it, to C in long
 * mode. EAX names the probe. EBX = 1 asks for the one test that must run here:
 * a #VC in 32-bit protected mode, through a 32-bit IDT.
 */
#include "layout.h"

	.section .text
	.code32
	.global entry32
entry32:
	mov	$boot_stack_top, %esp
	mov	%eax, probe_hash
	cmp	$1, %ebx
	jne	1f
	call	legacy_test
1:	call	find_cbit
	call	build_tables

	mov	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	$tables_pml4, %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$(EFER_LME | EFER_NXE), %eax
	wrmsr
	mov	%cr0, %eax
	or	$(CR0_PG | CR0_WP), %eax
	mov	%eax, %cr0
	lgdt	gdt_pointer
	ljmp	$SEL_CODE64, $entry64

/* ESI = low half, EDI = high half of the C-bit's mask. */
find_cbit:
	mov	$CPUID_GPA, %ebp
	mov	(%ebp), %ecx
	add	$16, %ebp
1:	cmpl	$0x8000001f, (%ebp)
	je	2f
	add	$48, %ebp
	loop	1b
	ud2
2:	mov	28(%ebp), %ecx
	and	$0x3f, %ecx
	mov	%ecx, cbit
	sub	$32, %ecx
	mov	$1, %edi
	shl	%cl, %edi
	mov	%edi, cbit_mask + 4
	ret

/* The table at EAX: ECX entries from EBX on, in steps of EDX, private. */
fill:
	mov	%ebx, (%eax)
	mov	%edi, 4(%eax)
	add	$8, %eax
	add	%edx, %ebx
	loop	fill
	ret

/*
 * Private: identity, 4 KiB pages below SMALL_END, 2 MiB pages up to 1 GiB.
 * Shared: the same addresses again from SHARED_BASE on, in 1 GiB pages.
 */
build_tables:
	mov	$tables_pt, %eax
	mov	$PTE_FLAGS, %ebx
	mov	$0x1000, %edx
	mov	$(SMALL_END / 0x1000), %ecx
	call	fill
	mov	$tables_pd, %eax
	mov	$(tables_pt + PTE_FLAGS), %ebx
	mov	$(SMALL_END / 0x200000), %ecx
	call	fill
	mov	$(SMALL_END + PTE_FLAGS + PTE_LARGE), %ebx
	mov	$0x200000, %edx
	mov	$(512 - SMALL_END / 0x200000), %ecx
	call	fill
	mov	$tables_pdpt, %eax
	mov	$(tables_pd + PTE_FLAGS), %ebx
	mov	$1, %ecx
	call	fill
	mov	$tables_pml4, %eax
	mov	$(tables_pdpt + PTE_FLAGS), %ebx
	mov	$0, %edx
	mov	$1, %ecx
	call	fill
	mov	$(tables_shared + PTE_FLAGS), %ebx
	mov	$1, %ecx
	call	fill

	mov	$tables_shared, %eax
	mov	$(PTE_FLAGS + PTE_LARGE), %ebx
	mov	$0x40000000, %edx
	mov	$4, %ecx
	xor	%edi, %edi
	jmp	fill

/* ------------------------------------- #VC without long mode, frame of 32 bit */

legacy_test:
	mov	$idt32_vc, %eax
	mov	%eax, %ecx
	mov	%ax, idt32 + 29 * 8
	mov	%cs, idt32 + 29 * 8 + 2
	movw	$0x8e00, idt32 + 29 * 8 + 4
	shr	$16, %ecx
	mov	%cx, idt32 + 29 * 8 + 6
	lgdt	gdt_pointer
	lidt	idt32_pointer
	mov	%esp, legacy_esp
	mov	$0, %eax
legacy_at:
	cpuid
	ret

/* Frame: error code, EIP, CS, EFLAGS. Skip the two bytes of CPUID. */
idt32_vc:
	pop	legacy_error
	mov	(%esp), %eax
	mov	%eax, legacy_eip
	mov	4(%esp), %eax
	mov	%eax, legacy_cs
	lea	12(%esp), %eax
	mov	%eax, legacy_frame_end
	addl	$2, (%esp)
	iret

/* ---------------------------------------------------------------- long mode */

	.code64
entry64:
	mov	$SEL_DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	mov	%cr3, %rax
	or	cbit_mask, %rax
	mov	%rax, %cr3
	mov	$boot_stack_top, %rsp
	xor	%ebp, %ebp
	call	probe_main
	ud2

	.section .data
	.balign	8
	.global gdt, gdt_pointer, gdt_end
gdt:
	.quad	0
	.quad	0x00af9b000000ffff	/* 08 code64 */
	.quad	0x00cf93000000ffff	/* 10 data */
	.quad	0x00cf9b000000ffff	/* 18 code32 */
	.quad	0x00cffb000000ffff	/* 20 user code32 */
	.quad	0x00cff3000000ffff	/* 28 user data */
	.quad	0x00affb000000ffff	/* 30 user code64 */
	.quad	0, 0			/* 38 TSS of CPU 0 */
	.quad	0, 0			/* 48 TSS of CPU 1 */
gdt_end:
gdt_pointer:
	.word	gdt_end - gdt - 1
	.quad	gdt

	.balign	8
idt32:
	.fill	32, 8, 0
idt32_pointer:
	.word	32 * 8 - 1
	.long	idt32

	.global	probe_hash, cbit, cbit_mask
	.global legacy_error, legacy_eip, legacy_cs, legacy_frame_end
	.global legacy_esp, legacy_at
probe_hash:
	.long	0
cbit:
	.long	0
cbit_mask:
	.quad	0
legacy_error:
	.long	0
legacy_eip:
	.long	0
legacy_cs:
	.long	0
legacy_frame_end:
	.long	0
legacy_esp:
	.long	0

	.section .fixed.tables, "aw"
	.balign	4096
	.global tables_pml4, tables_pt, tables_pd
tables_pml4:
	.skip	4096
tables_pdpt:
	.skip	4096
tables_shared:
	.skip	4096
tables_pd:
	.skip	4096
tables_pt:
	.skip	SMALL_END / 0x1000 * 8

	.section .bss
	.balign	4096
	.skip	4 * 4096
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
