/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The CPUID page: what this machine is, as far as the firmware vouches for it.
 */
#ifndef SVSM_CPUID_H
#define SVSM_CPUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <svsm/abi/cpuid.h>
#include <svsm/status.h>

struct svsm_cpuid_regs {
	uint32_t eax, ebx, ecx, edx;
};

/** A checked page. Zero-initialised it has no leaves. */
struct svsm_cpuid {
	const struct svsm_abi_cpuid_page *page;
	uint32_t count;
};

/**
 * Check a page and take it into use.
 *
 * Count 1..64, reserved fields 0, no key twice, and the leaves that we cannot
 * do without: 0, 1, 7, 8000_0000, 8000_0008, 8000_001f, and with XSAVE 0xd.
 *
 * @param cpuid  Initialised on success.
 * @param page   Private page; kept.
 * @param what   May be NULL; on failure what is wrong, for the log.
 *
 * @retval SVSM_OK       Usable.
 * @retval SVSM_EFORMAT  Refused.
 */
SVSM_CHECKED enum svsm_status
svsm_cpuid_init(struct svsm_cpuid *cpuid,
		const struct svsm_abi_cpuid_page *page, const char **what);

/**
 * One leaf as the page has it. XSAVE sub-leaves of 0xd that depend on XCR0
 * have no single entry: svsm_cpuid_query().
 *
 * @retval SVSM_ENOENT  Not in the page; @p regs is untouched.
 */
SVSM_CHECKED enum svsm_status
svsm_cpuid_find(const struct svsm_cpuid *cpuid, uint32_t leaf,
		uint32_t subleaf, struct svsm_cpuid_regs *regs);

/** What the page cannot know: the state of the CPU that asks. */
struct svsm_cpuid_env {
	uint32_t apic_id;
	uint64_t xcr0;
	uint64_t xss;
	bool osxsave;	/**< CR4.OSXSAVE */
};

/**
 * What the CPUID instruction returns on this CPU: the page, with APIC ID,
 * OSXSAVE and XSAVE sizes filled in. Absent leaves are zero.
 */
void svsm_cpuid_query(const struct svsm_cpuid *cpuid,
		const struct svsm_cpuid_env *env, uint32_t leaf,
		uint32_t subleaf, struct svsm_cpuid_regs *regs);

/**
 * Position of the C-bit.
 *
 * @retval SVSM_EFORMAT  Not in 32..51.
 */
SVSM_CHECKED enum svsm_status
svsm_cpuid_cbit(const struct svsm_cpuid *cpuid, unsigned *cbit);

/**
 * Number of guest physical address bits.
 *
 * @retval SVSM_EFORMAT  Not in 36..52.
 */
SVSM_CHECKED enum svsm_status
svsm_cpuid_phys_bits(const struct svsm_cpuid *cpuid, unsigned *bits);

/**
 * Bytes of an XSAVE area (standard format) for these components.
 *
 * Offsets are the architecture's, sizes never come from the page alone.
 *
 * @param xcr0  Components; unknown ones give 0.
 * @return      At least 576, or 0.
 */
uint32_t svsm_xsave_size(uint64_t xcr0);

/** Components that the page offers and that svsm_xsave_size() knows. */
uint64_t svsm_cpuid_xcr0(const struct svsm_cpuid *cpuid);

/**
 * The vendor string of leaf 0 or of a hypervisor leaf, as 12 printable
 * characters and a NUL; '?' for what is not printable.
 */
void svsm_cpuid_vendor(const struct svsm_cpuid *cpuid, uint32_t leaf,
		char name[13]);

#endif
