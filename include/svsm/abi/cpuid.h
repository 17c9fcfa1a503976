/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The CPUID page, checked by the firmware at launch. Spec: [SNP] 7.1, 8.17.2.6.
 */
#ifndef SVSM_ABI_CPUID_H
#define SVSM_ABI_CPUID_H

#include <stddef.h>
#include <stdint.h>

#define SVSM_CPUID_MAX 64

/* Address sizes; INVLPGB, and how many pages it takes. */
#define SVSM_CPUID_SIZES		0x80000008u
#define SVSM_CPUID_SIZES_EBX_INVLPGB	(1u << 3)
/* INVLPGB can be told to drop nested translations. */
#define SVSM_CPUID_SIZES_EBX_NESTED	(1u << 21)
#define SVSM_CPUID_SIZES_EDX_INVLPGB	0xffffu

struct svsm_abi_cpuid_entry {
	uint32_t eax_in;
	uint32_t ecx_in;
	uint64_t xcr0_in;
	uint64_t xss_in;
	uint32_t eax, ebx, ecx, edx;
	uint64_t reserved;
};

struct svsm_abi_cpuid_page {
	uint32_t count;
	uint32_t reserved[3];
	struct svsm_abi_cpuid_entry entry[SVSM_CPUID_MAX];
	uint8_t unused[1008];
};

_Static_assert(sizeof(struct svsm_abi_cpuid_entry) == 48, "CPUID page");
_Static_assert(sizeof(struct svsm_abi_cpuid_page) == 4096, "CPUID page");

#endif
