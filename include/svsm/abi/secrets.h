/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The secrets page, written by the firmware at launch. Spec: [SNP] 8.17.2.5,
 * SVSM fields: [SVSM] 5.
 */
#ifndef SVSM_ABI_SECRETS_H
#define SVSM_ABI_SECRETS_H

#include <stddef.h>
#include <stdint.h>

#define SVSM_VMPCK_BYTES 32

struct svsm_abi_secrets {
	uint32_t version;		/* 000 */
	uint32_t flags;			/* 004 bit 0: IMI */
	uint32_t fms;			/* 008 */
	uint32_t reserved_00c;
	uint8_t gosvw[16];		/* 010 */
	uint8_t vmpck[4][SVSM_VMPCK_BYTES];	/* 020 */
	uint8_t guest_area[96];		/* 0a0 for the guest's own use */
	uint8_t vmsa_tweak_bitmap[64];	/* 100 */
	uint64_t svsm_base;		/* 140 */
	uint64_t svsm_size;		/* 148 not 0: there is an SVSM */
	uint64_t svsm_caa;		/* 150 */
	uint32_t svsm_max_version;	/* 158 */
	uint8_t svsm_guest_vmpl;	/* 15c */
	uint8_t reserved_15d[3];
	uint32_t tsc_factor;		/* 160 */
	uint8_t reserved_164[4096 - 0x164];
};

_Static_assert(offsetof(struct svsm_abi_secrets, vmpck) == 0x20, "page");
_Static_assert(offsetof(struct svsm_abi_secrets, guest_area) == 0xa0, "page");
_Static_assert(offsetof(struct svsm_abi_secrets, svsm_base) == 0x140, "page");
_Static_assert(offsetof(struct svsm_abi_secrets, tsc_factor) == 0x160, "page");
_Static_assert(sizeof(struct svsm_abi_secrets) == 4096, "page");

#endif
