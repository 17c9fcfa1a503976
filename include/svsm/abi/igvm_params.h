/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * IGVM parameter data: what the loader writes into our parameter pages.
 *
 * Spec: [IGVM] parameter data.
 */
#ifndef SVSM_ABI_IGVM_PARAMS_H
#define SVSM_ABI_IGVM_PARAMS_H

#include <stdint.h>

/** General page: the words that the image asks the loader to place there. */
struct svsm_abi_igvm_general {
	uint32_t vp_count;		/* 0 */
	uint32_t environment;		/* 4 */
};

/** Environment: memory starts shared, a page state change is needed. */
#define SVSM_IGVM_ENV_SHARED		(1u << 0)

enum svsm_abi_igvm_memory_type {
	SVSM_IGVM_MEMORY = 0,
	SVSM_IGVM_RESERVED = 1,
	SVSM_IGVM_PERSISTENT = 2,
	SVSM_IGVM_VTL2 = 3,
	SVSM_IGVM_SPECIFIC_PURPOSE = 4,
	SVSM_IGVM_HIDDEN = 5,
};

/** One memory map entry; one with `pages` 0 ends the map. */
struct svsm_abi_igvm_memory {
	uint64_t start_page;		/* 00 */
	uint64_t pages;			/* 08 */
	uint16_t type;			/* 10 */
	uint16_t flags;			/* 12 */
	uint32_t reserved;		/* 14 */
};

_Static_assert(sizeof(struct svsm_abi_igvm_general) == 8, "[IGVM]");
_Static_assert(sizeof(struct svsm_abi_igvm_memory) == 24, "[IGVM]");

#endif
