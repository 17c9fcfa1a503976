/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * From the reset vector to C.
 *
 * L1 is the machine's firmware. The boot processor copies the program from
 * ROM to the topmost 2 MiB of RAM, which the guest is never told of, builds
 * 5-level page tables there and goes on in C. The others are started one at a
 * time at the ROM's alias below 1 MiB (SIPI vector 0xff), so no RAM of the
 * guest is ever written, and find the tables again in the same way.
 */
#define ROM_CODE	0xfffff000
#define ROM_CODE_LOW	0x000ff000
#define MSR_EFER	0xc0000080
#define MSR_APIC_BASE	0x1b

	.section .rom, "ax"

/* Identity map of 512 GiB for the way up; in ROM, hence A and D are set. */
	.balign 4096
rom_pml5:
	.quad rom_pml4 + 0x27
	.fill 511, 8, 0
rom_pml4:
	.quad rom_pdpt + 0x27
	.fill 511, 8, 0
rom_pdpt:
	.set gib, 0
	.rept 512
	.quad gib * 0x40000000 + 0xe7
	.set gib, gib + 1
	.endr

/* 0xfffff000, and 0xff000 for a SIPI with vector 0xff. */
	.code16
rom_code:
	cli
	lgdtl	%cs:(rom_gdtr - rom_code)
	jmp	protect
boot_processor:
	cli
	lgdtl	%cs:(rom_gdtr - rom_code + (ROM_CODE & 0xffff))
protect:
	mov	%cr0, %eax
	or	$1, %eax
	mov	%eax, %cr0
	ljmpl	$0x18, $protected_mode

	.code32
protected_mode:
	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$0x1620, %eax		/* PAE, LA57, OSFXSR, OSXMMEXCPT */
	mov	%eax, %cr4
	mov	$rom_pml5, %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx
	mov	$0x1900, %eax		/* LME, NXE, SVME */
	xor	%edx, %edx
	wrmsr
	mov	$0x80010033, %eax	/* PG, WP, NE, ET, MP, PE */
	mov	%eax, %cr0
	ljmp	$8, $long_mode

	.code64
long_mode:
	lea	image_base_found(%rip), %rsi
	jmp	find_image_base
image_base_found:
	mov	$MSR_APIC_BASE, %ecx
	rdmsr
	test	$0x100, %eax
	jz	enter_image

	/* Copy the program, clear what it expects to be zero. */
	mov	$ROM_BASE, %esi
	mov	%rbx, %rdi
	mov	$image_loaded_qwords, %ecx
	rep movsq
	xor	%eax, %eax
	mov	$image_bss_qwords, %ecx
	rep stosq

	/* %rdx: from link addresses to physical ones. */
	mov	$image_start, %rdx
	neg	%rdx
	add	%rbx, %rdx

	/* The image: one 2 MiB page at -2 GiB. */
	lea	0xe3(%rbx), %rax
	mov	%rax, image_pd(%rdx)
	lea	image_pd + 3(%rdx), %rax
	mov	%rax, image_pdpt + 510 * 8(%rdx)
	lea	image_pdpt + 3(%rdx), %rax
	mov	%rax, image_pml4 + 511 * 8(%rdx)
	lea	image_pml4 + 3(%rdx), %rax
	mov	%rax, pml5 + 511 * 8(%rdx)

	/* The direct map's first 512 GiB; as identity until all cores are up. */
	lea	direct_pml4 + 3(%rdx), %rax
	mov	%rax, pml5 + 256 * 8(%rdx)
	mov	%rax, pml5(%rdx)
	lea	direct_pdpt + 3(%rdx), %rax
	mov	%rax, direct_pml4(%rdx)
	lea	direct_pdpt(%rdx), %rdi
	mov	$0xe3, %eax
	mov	$512, %ecx
1:	mov	%rax, (%rdi)
	add	$8, %rdi
	add	$0x40000000, %rax
	loop	1b
	mov	%rbx, image_pa(%rdx)
	mov	$boot_stack_end, %rax
	mov	%rax, entry_stack(%rdx)
	mov	$l1_main, %rax
	mov	%rax, entry_function(%rdx)

enter_image:
	mov	$image_start, %rdx
	neg	%rdx
	add	%rbx, %rdx
	lea	pml5(%rdx), %rax
	mov	%rax, %cr3
	mov	$image_entry, %rax
	jmp	*%rax

/*
 * %rbx := the topmost whole 2 MiB of RAM, from what QEMU writes to CMOS:
 * 5b-5d count 64 KiB blocks above 4 GiB, 34-35 those above 16 MiB.
 * Returns to %rsi: there is no stack.
 */
find_image_base:
	xor	%ebx, %ebx
	mov	$0x5d, %ecx
1:	mov	%cl, %al
	out	%al, $0x70
	in	$0x71, %al
	shl	$8, %ebx
	mov	%al, %bl
	dec	%ecx
	cmp	$0x5b, %ecx
	jae	1b
	mov	$0x100000000, %rdx
	test	%ebx, %ebx
	jnz	2f
	mov	$0x35, %al
	out	%al, $0x70
	in	$0x71, %al
	mov	%al, %bh
	mov	$0x34, %al
	out	%al, $0x70
	in	$0x71, %al
	mov	%al, %bl
	mov	$0x1000000, %edx
2:	shl	$16, %rbx
	lea	-0x200000(%rbx, %rdx), %rbx
	and	$-0x200000, %rbx
	jmp	*%rsi

	.balign 8
rom_gdt:
	.quad 0
	.quad 0x00af9b000000ffff	/* 08: 64-bit code */
	.quad 0x00cf93000000ffff	/* 10: data */
	.quad 0x00cf9b000000ffff	/* 18: 32-bit code */
rom_gdtr:
	.word rom_gdtr - rom_gdt - 1
	.long rom_gdt

	.org 0x3ff0
	.code16
	.globl rom_reset
rom_reset:
	jmp	boot_processor
	.org 0x4000

	.text
	.code64
image_entry:
	lgdt	image_gdtr(%rip)
	mov	entry_stack(%rip), %rsp
	push	$8
	lea	1f(%rip), %rax
	push	%rax
	lretq
1:	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	lldt	%ax
	xor	%ebp, %ebp
	call	*entry_function(%rip)
1:	cli
	hlt
	jmp	1b

	.section .rodata
	.balign 8
image_gdt:
	.quad 0
	.quad 0x00af9b000000ffff
	.quad 0x00cf93000000ffff
image_gdtr:
	.word image_gdtr - image_gdt - 1
	.quad image_gdt

	.data
	.balign 8
	.globl image_pa, entry_stack, entry_function
image_pa:	.quad 0
entry_stack:	.quad 0
entry_function:	.quad 0

	.bss
	.balign 4096
	.globl pml5
pml5:		.skip 4096
image_pml4:	.skip 4096
image_pdpt:	.skip 4096
image_pd:	.skip 4096
direct_pml4:	.skip 4096
direct_pdpt:	.skip 4096
		.balign 32768		/* CORE_STACK of vcpu.h */
		.skip 32768
boot_stack_end:

	.section .note.GNU-stack, "", @progbits
