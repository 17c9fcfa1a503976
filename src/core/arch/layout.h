/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Numbers that assembly and C share.
 */
#ifndef CORE_ARCH_LAYOUT_H
#define CORE_ARCH_LAYOUT_H

/* Selectors of every GDT of ours. */
#define SEL_CODE	0x08
#define SEL_DATA	0x10
#define SEL_CODE32	0x18	/* the entry code's */
#define SEL_TSS		0x20	/* two slots */
#define GDT_ENTRIES	6

/* Control registers in long mode, before the CPUID page has been read. */
#define CR0_PE		(1 << 0)
#define CR0_MP		(1 << 1)
#define CR0_ET		(1 << 4)
#define CR0_NE		(1 << 5)
#define CR0_WP		(1 << 16)
#define CR0_PG		(1 << 31)
#define CR0_PROTECTED	(CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP)

#define CR4_PAE		(1 << 5)
#define CR4_MCE		(1 << 6)
#define CR4_PGE		(1 << 7)
#define CR4_OSFXSR	(1 << 9)
#define CR4_OSXMMEXCPT	(1 << 10)
#define CR4_UMIP	(1 << 11)
#define CR4_OSXSAVE	(1 << 18)
#define CR4_SMEP	(1 << 20)
#define CR4_SMAP	(1 << 21)
#define CR4_BOOT	(CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT)

#define MSR_EFER	0xc0000080
#define EFER_SCE	(1 << 0)
#define EFER_LME	(1 << 8)
#define EFER_LMA	(1 << 10)
#define EFER_NXE	(1 << 11)
#define EFER_SVME	(1 << 12)
#define EFER_BOOT	(EFER_SVME | EFER_NXE | EFER_LME)

#define MSR_GHCB	0xc0010130
#define MSR_FS_BASE	0xc0000100
#define MSR_GS_BASE	0xc0000101
#define MSR_KERNEL_GS_BASE	0xc0000102
#define MSR_STAR	0xc0000081
#define MSR_LSTAR	0xc0000082
#define MSR_SFMASK	0xc0000084

/* MXCSR after reset: all exceptions masked, round to nearest. */
#define MXCSR_RESET	0x1f80
#define FCW_RESET	0x37f
#define FTW_EMPTY	0xffff

/* Stacks; stack.ini tells who runs on which. The first is the one that the
 * boot CPU has until it gets its own. */
#define BOOT_STACK_BYTES	4096
#define MAIN_STACK_PAGES	3
#define VC_STACK_PAGES		1
#define HV_STACK_PAGES		1
#define DF_STACK_PAGES		1
/* What the NMI needs: it returns at once. At the low end of #DF's stack. */
#define NMI_STACK_BYTES		64

/* struct arch_cpu, from the GS base: where #HV works, see vectors.S. */
#define ARCH_HV_START		56
#define ARCH_HV_TOP		64
/* Bytes above ARCH_HV_TOP where the processor puts the frame of an #HV. */
#define HV_LANDING		64

/* struct svsm_abi_launch */
#define LAUNCH_PAGE_TABLE	0x38
#define LAUNCH_PAGE_TABLE_LEN	0x40
#define LAUNCH_CPUID_PAGE	0x48

/* struct svsm_abi_cpuid_page */
#define CPUID_FIRST		0x10
#define CPUID_STRIDE		48
#define CPUID_EBX		28
#define CPUID_MAX		64
#define CPUID_LEAF_SEV		0x8000001f

/* Where the C-bit can be: an address bit above what we put into CR3. */
#define CBIT_MIN		32
#define CBIT_MAX		51

#define HV_VECTOR		28

/* Exceptions for which the processor pushes an error code. */
#define VECTORS_WITH_CODE						\
	(1 << 8 | 1 << 10 | 1 << 11 | 1 << 12 | 1 << 13 | 1 << 14 |	\
	 1 << 17 | 1 << 21 | 1 << 29 | 1 << 30)

/* INVLPGB: RAX */
#define INVLPGB_ASID		(1 << 2)
#define INVLPGB_GLOBAL		(1 << 3)
#define INVLPGB_NESTED		(1 << 5)

/* GHCB MSR protocol */
#define GHCB_SEV_INFO_REQ	0x002
#define GHCB_SEV_INFO_RESP	0x001
#define GHCB_TERM_CBIT	(0x100 | 7 << 12 | 18 << 16)
#define GHCB_TERM_EXCEPTION	(0x100 | 7 << 12 | 35 << 16)

#endif
