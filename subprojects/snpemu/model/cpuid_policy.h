/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * The CPUID page and the firmware's check of it at LAUNCH_UPDATE: a host may
 * hide features of the processor from a guest but may not invent any.
 */
#ifndef SNPEMU_MODEL_CPUID_POLICY_H
#define SNPEMU_MODEL_CPUID_POLICY_H

#include <stdint.h>

#include "rmp.h"

#define CPUID_MAX_ENTRIES	64u

/** One function as the page holds it, 48 bytes. */
struct cpuid_entry {
	uint32_t eax_in;
	uint32_t ecx_in;
	uint64_t xcr0_in;
	uint64_t xss_in;
	uint32_t eax;
	uint32_t ebx;
	uint32_t ecx;
	uint32_t edx;
	uint64_t reserved;
};

/** The page, 4096 bytes. */
struct cpuid_page {
	uint32_t count;
	uint32_t reserved[3];
	struct cpuid_entry entry[CPUID_MAX_ENTRIES];
	uint8_t unused[1008];
};

_Static_assert(sizeof(struct cpuid_entry) == 48, "CPUID entry layout");
_Static_assert(sizeof(struct cpuid_page) == 4096, "CPUID page layout");

struct cpuid_values {
	uint32_t eax, ebx, ecx, edx;
};

/**
 * The processor the firmware compares with: its own answer to a function, as
 * the CPUID instruction would give it. @p ctx is the caller's.
 */
typedef struct cpuid_values (*cpuid_machine_fn)(void *ctx, uint32_t leaf,
					      uint32_t subleaf);

/** The first thing the check had to change. */
struct cpuid_finding {
	uint32_t index;		/* entry, or ~0 for the header */
	uint32_t leaf;
	uint32_t subleaf;
	const char *what;	/* register or field, static text */
};

/**
 * Check a page and correct it in place.
 *
 * Each entry in the leaves 0000-FFFF and 80000000-8000FFFF follows the rule of
 * its leaf: free, exact, subset of the machine's bits, or not larger. Leaves
 * without a rule must be all zero. Entries elsewhere are not looked at.
 *
 * @retval PSP_SUCCESS        Nothing was wrong; page and finding untouched.
 * @retval PSP_INVALID_PARAM  count > 64 or reserved header bytes (nothing is
 *                            corrected then), or at least one entry was
 *                            corrected: @p finding names the first. The page
 *                            stays Pre-Guest; the host may try again with it.
 *
 * Spec: snp.md section 7.
 */
enum psp_status cpuid_policy_check(struct cpuid_page *page,
				   cpuid_machine_fn machine, void *ctx,
				   struct cpuid_finding *finding);

/**
 * Size of the XSAVE area that leaf 0xD must state for these components.
 *
 * @param compacted  Sub-leaf 1's rule (XSAVES), else sub-leaf 0's.
 */
uint32_t cpuid_xsave_size(uint64_t xcr0, uint64_t xss, int compacted);

#endif
