/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Where the payload has its pages, as its SEV metadata tell the SVSM.
 */
#ifndef PAYLOAD_LAYOUT_H
#define PAYLOAD_LAYOUT_H

#define MEMORY		0x00800000	/* cleared pages: tables, then stack */
#define MEMORY_LEN	0x8000
#define PML4		0x00800000
#define PDPT		0x00801000
#define PD_LOW		0x00802000	/* 0 to 1 GiB */
#define PD_HIGH		0x00803000	/* 3 to 4 GiB */
#define PD_SHARED	0x00804000	/* 1 GiB on: shared with the host */
#define STACK_TOP	0x00808000

#define GHCB		0x01000000	/* 2 MiB that nobody has accepted */
#define GHCB_VA		0x40000000

#define SECRETS		0x0080d000
#define CPUID		0x0080e000
#define CALLING_AREA	0x0080f000

#define MSR_EFER	0xc0000080
#define MSR_GHCB	0xc0010130

/* GHCB MSR protocol: termination with our reason set and a code. */
#define TERMINATE	0xf100
#define NO_CBIT		0xff		/* code: the CPUID page is wrong */

#endif
