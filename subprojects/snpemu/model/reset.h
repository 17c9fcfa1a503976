/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The VMSA of a vCPU at reset, as KVM writes it. */
#ifndef SNPEMU_MODEL_RESET_H
#define SNPEMU_MODEL_RESET_H

#include <stdint.h>

#include "rmp.h"

/** Where a processor starts. */
#define RESET_VECTOR	0xfffffff0u

/**
 * Make the VMSA of a vCPU that starts at @p ip.
 *
 * @param signature  CPUID 1 EAX, which is in RDX then.
 */
void reset_vmsa(uint8_t vmsa[RMP_PAGE_BYTES], uint32_t ip, uint32_t signature,
		uint64_t sev_features);

#endif
