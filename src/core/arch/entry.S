/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * From the launch VMSA to the first C function.
 *
 * Of the state at entry only this is used: 32-bit protected mode without
 * paging, a flat code segment at svsm_entry, and ESI, the GPA of the launch
 * page. Everything else is set here. Without paging every access is private,
 * so nothing before long mode depends on the C-bit.
 *
 * Held throughout:
 *	ESI	launch page (struct svsm_abi_launch)
 *	EBP	position of the C-bit, once it is known
 */
#include "layout.h"

	.macro	VMGEXIT
	.byte	0xf3, 0x0f, 0x01, 0xd9	/* "rep vmmcall": also in 32-bit code */
	.endm

	.section .text.entry, "ax"
	.code32
	.globl	svsm_entry
svsm_entry:
	cli
	cld
	lgdt	%cs:boot_gdt_pointer
	ljmp	$SEL_CODE32, $1f
1:	mov	$SEL_DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$svsm_boot_stack_end, %esp
	mov	$(CR0_PROTECTED & ~CR0_WP), %eax
	mov	%eax, %cr0
	lock btsl $0, boot_entered	/* one CPU starts here, once */
	jc	park
	call	find_cbit
	call	ask_host_cbit
	call	set_cbit
	jmp	enter_long_mode

park:	hlt
	jmp	park

/* EBP = position of the C-bit, from leaf 8000001f of the CPUID page. */
find_cbit:
	mov	LAUNCH_CPUID_PAGE(%esi), %edi
	mov	(%edi), %ecx
	cmp	$CPUID_MAX, %ecx
	ja	refuse_cbit
	lea	CPUID_FIRST(%edi), %edi
1:	sub	$1, %ecx
	jc	refuse_cbit
	cmpl	$CPUID_LEAF_SEV, (%edi)
	je	2f
	add	$CPUID_STRIDE, %edi
	jmp	1b
2:	mov	CPUID_EBX(%edi), %ebp
	and	$0x3f, %ebp
	cmp	$CBIT_MIN, %ebp
	jb	refuse_cbit
	cmp	$CBIT_MAX, %ebp
	ja	refuse_cbit
	ret

/* The host has to name the same position. It proves nothing, but where the
 * two differ one of them is wrong, and paging would show it as a crash. */
ask_host_cbit:
	mov	$MSR_GHCB, %ecx
	mov	$GHCB_SEV_INFO_REQ, %eax
	xor	%edx, %edx
	wrmsr
	VMGEXIT
	rdmsr
	mov	%eax, %edx
	and	$0xfff, %edx
	cmp	$GHCB_SEV_INFO_RESP, %edx
	jne	refuse_cbit
	shr	$24, %eax
	cmp	%ebp, %eax
	jne	refuse_cbit
	ret

/* Set the C-bit in each present entry of the tables, whatever the level. */
set_cbit:
	mov	LAUNCH_PAGE_TABLE(%esi), %edi
	mov	LAUNCH_PAGE_TABLE_LEN(%esi), %ecx
	shr	$3, %ecx
1:	testb	$1, (%edi)
	jz	2f
	btsl	%ebp, (%edi)		/* a bit offset above 31 is fine here */
2:	add	$8, %edi
	dec	%ecx
	jnz	1b
	ret

enter_long_mode:
	mov	$CR4_BOOT, %eax
	mov	%eax, %cr4
	mov	LAUNCH_PAGE_TABLE(%esi), %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx		/* a constant: a read may be the host's */
	mov	$EFER_BOOT, %eax
	xor	%edx, %edx
	wrmsr
	mov	$(CR0_PROTECTED | CR0_PG), %eax
	mov	%eax, %cr0
	ljmp	$SEL_CODE, $enter_c

	.globl	refuse_cbit
refuse_cbit:
	mov	$MSR_GHCB, %ecx
	mov	$GHCB_TERM_CBIT, %eax
	xor	%edx, %edx
	wrmsr
	VMGEXIT
	jmp	refuse_cbit

	.code64
enter_c:
	xor	%eax, %eax
	lldt	%ax
	mov	%eax, %fs
	mov	%eax, %gs
	mov	%esi, %edi
	mov	%ebp, %ecx
	mov	$1, %esi
	shl	%cl, %rsi
	mov	%cr3, %rax		/* walks are private anyway: be plain */
	or	%rsi, %rax
	mov	%rax, %cr3

	/* Data through the C-bit: is this the page that was measured? */
	mov	launch_magic, %rax
	cmp	%rax, (%rdi)
	jne	refuse_cbit64

	push	$0
	popfq
	push	$MXCSR_RESET
	fninit
	ldmxcsr	(%rsp)
	pop	%rax
	xor	%ebp, %ebp		/* the backtrace ends here */
	push	%rbp
	jmp	svsm_boot		/* (launch page, C-bit mask) */

refuse_cbit64:
	mov	$MSR_GHCB, %ecx
	mov	$GHCB_TERM_CBIT, %eax
	xor	%edx, %edx
	wrmsr
	VMGEXIT
	jmp	refuse_cbit64

/*
 * Leave the boot stack: go on in a function that does not return.
 * void svsm_arch_leave_stack(uintptr_t top, void (*to)(void))
 */
	.section .text.svsm_arch_leave_stack, "ax"
	.globl	svsm_arch_leave_stack
svsm_arch_leave_stack:
	mov	%rdi, %rsp
	xor	%ebp, %ebp
	push	%rbp
	jmp	*%rsi

	.section .rodata.boot, "a"
	.balign	8
launch_magic:
	.quad	0x3159414c4d535653	/* SVSM_ABI_LAUNCH_MAGIC */
boot_gdt:
	.quad	0
	.quad	0x00af9b000000ffff	/* SEL_CODE */
	.quad	0x00cf93000000ffff	/* SEL_DATA */
	.quad	0x00cf9b000000ffff	/* SEL_CODE32 */
boot_gdt_pointer:
	.word	boot_gdt_pointer - boot_gdt - 1
	.long	boot_gdt
	.long	0

	.section .data.boot_stack, "aw"
	.globl	svsm_boot_stack, svsm_boot_stack_end
	.balign	4096
svsm_boot_stack:
	.skip	BOOT_STACK_BYTES
svsm_boot_stack_end:
boot_entered:
	.long	0
	.balign	16

	.section .note.GNU-stack, "", @progbits
