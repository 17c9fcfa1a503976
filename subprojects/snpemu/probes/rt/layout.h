/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* Where things are in a probe's guest; shared by C and assembly. */
#ifndef PROBES_LAYOUT_H
#define PROBES_LAYOUT_H

/* Loaded by the image, see probe_image.py. */
#define SECRETS_GPA	0x9000
#define CPUID_GPA	0xa000
#define PARAM_GPA	0xb000
#define TREE_GPA	0xc000	/* only in probes of device trees */

/* Mapped in 4 KiB pages below this, in 2 MiB pages from here to 1 GiB. */
#define SMALL_END	0x2000000
/* A second view of the first 4 GiB without the C-bit. */
#define SHARED_BASE	0x8000000000

/* A private page of the program (probe.ld). */
#define IMAGE_PAGE	0x107000

/* The launch's VMSA, in probes that want it inside of the image. */
#define VMSA_PAGE	0x1801000

/* Not loaded by the image: shared memory until a probe takes it. */
#define TEST_PAGE	0x1800000
#define TEST_LARGE	0x2400000

#define SEL_CODE64	0x08
#define SEL_DATA	0x10
#define SEL_CODE32	0x18
#define SEL_USER_DATA	0x2b
#define SEL_USER_CODE64	0x33
#define SEL_TSS0	0x38
#define SEL_TSS1	0x48

#define MSR_EFER	0xc0000080
#define EFER_LME	0x100
#define EFER_NXE	0x800
#define CR0_PG		0x80000000
#define CR0_WP		0x10000
#define CR4_PAE		0x20

/* Present, writable, user, accessed, dirty. */
#define PTE_FLAGS	0x67
#define PTE_LARGE	0x80

#endif
