/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The GHCB MSR protocol: one request and one answer in 64 bits, for the time
 * before a GHCB page exists and for what has no page form.
 *
 * An answer with the code of another request, or with reserved bits set, ends
 * the VM (SVSM_REASON_GHCB_PROTOCOL). A well-formed refusal is SVSM_EHOST.
 * Each call leaves the MSR as it found it, but for run VMPL, which nothing
 * else can be waiting around.
 *
 * Context of all: any CPU, before or after svsm_ghcb_init(); interrupts are
 * off inside. One exit to the host each, none repeated unless said.
 */
#ifndef SVSM_GHCB_MSR_H
#define SVSM_GHCB_MSR_H

#include <stdint.h>

#include <svsm/addr.h>
#include <svsm/status.h>

/** What the host says about itself. */
struct svsm_sev_info {
	uint16_t version_min;
	uint16_t version_max;
	uint8_t cbit;	/**< Position; believe the CPUID page, compare. */
};

/** The registers of a CPUID answer. */
enum svsm_cpuid_reg {
	SVSM_CPUID_EAX,
	SVSM_CPUID_EBX,
	SVSM_CPUID_ECX,
	SVSM_CPUID_EDX,
};

/** Protocol versions and C-bit position. */
struct svsm_sev_info svsm_ghcb_msr_sev_info(void);

/**
 * End the VM (SVSM_REASON_GHCB_PROTOCOL) unless the host speaks
 * SVSM_GHCB_VERSION.
 */
void svsm_ghcb_msr_negotiate(void);

/**
 * One CPUID register, from the host. Not for decisions: cpuid.h.
 *
 * @param value  Out.
 */
void svsm_ghcb_msr_cpuid(uint32_t leaf, enum svsm_cpuid_reg reg,
		uint32_t *value);

/**
 * Register this CPU's GHCB page. Any other answer than "that page" ends the
 * VM (SVSM_REASON_GHCB_REGISTER).
 *
 * @param gpa  Page aligned, a shared page.
 */
void svsm_ghcb_msr_register(svsm_gpa_t gpa);

/**
 * Ask the host to change the state of one 4 KiB page.
 *
 * Nothing is believed but that the request was heard: a private page is ours
 * only after svsm_rmp_validate().
 *
 * @param gpa  Page aligned.
 * @param op   SVSM_PSC_OP_PRIVATE or SVSM_PSC_OP_SHARED.
 *
 * @retval SVSM_OK      The host says it is done.
 * @retval SVSM_EINVAL  A bad argument; the host was not asked.
 * @retval SVSM_EHOST   Refused; the error is logged.
 */
SVSM_CHECKED enum svsm_status svsm_ghcb_msr_psc(svsm_gpa_t gpa, unsigned op);

/** Hypervisor features, SVSM_HV_* of abi/ghcb.h; unknown bits may be set. */
uint64_t svsm_ghcb_msr_features(void);

/**
 * End the VM (SVSM_REASON_FEATURES), naming the bits, unless the host has all
 * of @p required.
 *
 * @return  All features.
 */
uint64_t svsm_ghcb_msr_features_require(uint64_t required);

/**
 * Run a lower VMPL on this CPU until it comes back. Returns with the lower
 * level stopped, whatever the reason: look at its VMSA and calling area.
 *
 * @param vmpl  1..3.
 *
 * @retval SVSM_OK      It ran, or the host says so.
 * @retval SVSM_EINVAL  A bad argument; the host was not asked.
 * @retval SVSM_EHOST   The host could not or would not switch.
 *
 * Context: no lock held; interrupts as the caller's policy demands.
 */
SVSM_CHECKED enum svsm_status svsm_ghcb_msr_run_vmpl(unsigned vmpl);

/** How often svsm_vmpl_run() asks before it gives up. */
#define SVSM_VMPL_RUN_TRIES 16

/**
 * svsm_ghcb_msr_run_vmpl() for a level that must run: asks at most
 * SVSM_VMPL_RUN_TRIES times, then ends the VM (SVSM_REASON_VMPL_SWITCH).
 */
void svsm_vmpl_run(unsigned vmpl);

#endif
