/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A CPUID page as a real machine has it, for the tests to spoil.
 */
#ifndef CPUID_SAMPLE_H
#define CPUID_SAMPLE_H

#include <svsm/abi/cpuid.h>

/** Leaves 0, 1, 7, b, d, 80000000, 80000008, 8000001e, 8000001f. */
static inline struct svsm_abi_cpuid_page cpuid_sample(void)
{
	return (struct svsm_abi_cpuid_page){
		.count = 13,
		.entry = {
			{ 0x0, 0, 0, 0, 0x10, 0x68747541, 0x444d4163,
				0x69746e65, 0 },
			{ 0x1, 0, 0, 0, 0xa10f11, 0xff100800, 0xfffa3203,
				0x178bfbff, 0 },
			{ 0x7, 0, 0, 0, 1, 0xf1bf97a9, 0x00405fce, 0x10, 0 },
			{ 0x7, 1, 0, 0, 0x20, 0, 0, 0, 0 },
			{ 0xb, 0, 0, 0, 1, 2, 0x100, 0xee, 0 },
			{ 0xb, 1, 0, 0, 7, 8, 0x201, 0xee, 0 },
			{ 0xd, 0, 1, 0, 0x2e7, 0x240, 0x988, 0, 0 },
			{ 0xd, 1, 1, 0x1800, 0xbad, 0x268, 0, 0, 0 },
			{ 0xd, 1, 1, 0, 0xf, 0x240, 0x1800, 0, 0 },
			{ 0x80000000, 0, 0, 0, 0x80000028, 0, 0, 0, 0 },
			{ 0x80000008, 0, 0, 0, 0x3934, 0, 0, 0, 0 },
			{ 0x8000001e, 0, 0, 0, 0xee, 0x100, 0, 0, 0 },
			{ 0x8000001f, 0, 0, 0, 0x1f, 0x4173, 0, 0, 0 },
		},
	};
}

#endif
