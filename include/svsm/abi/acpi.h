/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The ACPI table that lists the CPUs (MADT).
 *
 * Spec: [ACPI] multiple APIC description table.
 */
#ifndef SVSM_ABI_ACPI_H
#define SVSM_ABI_ACPI_H

#include <stdint.h>

#define SVSM_ACPI_MADT_SIGNATURE	0x43495041u	/* "APIC" */

struct svsm_abi_acpi_header {
	uint32_t signature;		/* 00 */
	uint32_t len;			/* 04 whole table */
	uint8_t revision;		/* 08 */
	uint8_t checksum;		/* 09 all bytes add up to 0 */
	uint8_t oem_id[6];		/* 0a */
	uint8_t oem_table_id[8];	/* 10 */
	uint32_t oem_revision;		/* 18 */
	uint32_t creator_id;		/* 1c */
	uint32_t creator_revision;	/* 20 */
};

struct svsm_abi_acpi_madt {
	struct svsm_abi_acpi_header header;	/* 00 */
	uint32_t lapic_address;			/* 24 */
	uint32_t flags;				/* 28 */
};

/** Head of each structure that follows. */
struct svsm_abi_acpi_sub {
	uint8_t type;
	uint8_t len;
};

#define SVSM_ACPI_LAPIC			0u
#define SVSM_ACPI_X2APIC		9u
/** The CPU can be used now. */
#define SVSM_ACPI_CPU_ENABLED		(1u << 0)
/** The CPU may be enabled later. */
#define SVSM_ACPI_CPU_ONLINE_CAPABLE	(1u << 1)

struct svsm_abi_acpi_lapic {
	struct svsm_abi_acpi_sub sub;
	uint8_t processor_id;		/* 2 */
	uint8_t apic_id;		/* 3 */
	uint32_t flags;			/* 4 */
};

struct svsm_abi_acpi_x2apic {
	struct svsm_abi_acpi_sub sub;
	uint16_t reserved;		/* 2 */
	uint32_t apic_id;		/* 4 */
	uint32_t flags;			/* 8 */
	uint32_t processor_id;		/* c */
};

_Static_assert(sizeof(struct svsm_abi_acpi_header) == 36, "[ACPI]");
_Static_assert(sizeof(struct svsm_abi_acpi_madt) == 44, "[ACPI]");
_Static_assert(sizeof(struct svsm_abi_acpi_lapic) == 8, "[ACPI]");
_Static_assert(sizeof(struct svsm_abi_acpi_x2apic) == 16, "[ACPI]");

#endif
