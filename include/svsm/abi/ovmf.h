/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What an OVMF image says about itself at its end: a table of GUIDs, read
 * backwards, and the metadata that two of them point to.
 *
 * Spec: [OVMF] reset vector, GUIDed structures; SEV and IGVM metadata.
 */
#ifndef SVSM_ABI_OVMF_H
#define SVSM_ABI_OVMF_H

#include <stdint.h>

/** The table ends this many bytes before the end of the image. */
#define SVSM_OVMF_FOOTER_OFFSET		0x20u
/** Each element of the table ends in this, its data lie before it. */
struct svsm_abi_ovmf_entry {
	uint16_t len;		/* data and this entry, bytes */
	uint8_t guid[16];	/* little-endian mixed form */
} __attribute__((packed));

/** "ASEV" */
#define SVSM_OVMF_SEV_MAGIC		0x56455341u
#define SVSM_OVMF_SEV_VERSION		1u

/** "IGVM" */
#define SVSM_OVMF_IGVM_MAGIC		0x4d564749u
#define SVSM_OVMF_IGVM_VERSION		1u

/** Head of both kinds of metadata. */
struct svsm_abi_ovmf_metadata {
	uint32_t magic;		/* 0 */
	uint32_t len;		/* 4 with all sections, bytes */
	uint32_t version;	/* 8 */
	uint32_t count;		/* c sections that follow */
};

enum svsm_abi_ovmf_type {
	SVSM_OVMF_SEC_MEM = 1,
	SVSM_OVMF_SECRETS = 2,
	SVSM_OVMF_CPUID = 3,
	SVSM_OVMF_CAA = 4,
	SVSM_OVMF_KERNEL_HASHES = 0x10,
};

enum svsm_abi_ovmf_igvm_type {
	SVSM_OVMF_IGVM_AREA = 0x100,		/* base: GPA */
	SVSM_OVMF_IGVM_MEMORY_MAP = 0x101,	/* base: offset in the area */
	SVSM_OVMF_IGVM_VP_COUNT = 0x102,
	SVSM_OVMF_IGVM_HOB_AREA = 0x200,
};

struct svsm_abi_ovmf_section {
	uint32_t base;		/* 0 GPA, but see above */
	uint32_t len;		/* 4 bytes */
	uint32_t type;		/* 8 */
};

_Static_assert(sizeof(struct svsm_abi_ovmf_entry) == 18, "[OVMF]");
_Static_assert(sizeof(struct svsm_abi_ovmf_metadata) == 16, "[OVMF]");
_Static_assert(sizeof(struct svsm_abi_ovmf_section) == 12, "[OVMF]");

#endif
