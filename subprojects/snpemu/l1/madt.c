// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* The MADT: which processors there are. */
#include "config.h"
#include "madt.h"
#include "mm.h"
#include "vcpu.h"

#define LOCAL_APIC_PA	0xfee00000u
#define IO_APIC_PA	0xfec00000u
#define PCAT_COMPAT	1u
#define TYPE_LOCAL_APIC	0
#define TYPE_IO_APIC	1
#define APIC_ENABLED	1u

struct __attribute__((packed)) madt_header {
	char signature[4];
	uint32_t length;
	uint8_t revision, checksum;
	char oem_id[6], oem_table_id[8];
	uint32_t oem_revision;
	char creator_id[4];
	uint32_t creator_revision;
	uint32_t local_apic;
	uint32_t flags;
};

struct __attribute__((packed)) madt_local_apic {
	uint8_t type, length, processor, apic_id;
	uint32_t flags;
};

struct __attribute__((packed)) madt_io_apic {
	uint8_t type, length, id, reserved;
	uint32_t address, gsi_base;
};

_Static_assert(sizeof(struct madt_header) == 44, "ACPI");

static uint8_t checksum(const uint8_t *bytes, uint32_t count)
{
	uint8_t sum = 0;

	while (count--)
		sum = (uint8_t)(sum + *bytes++);
	return (uint8_t)-sum;
}

static uint8_t *put_processors(uint8_t *to)
{
	for (unsigned i = 0; i < config.smp; i++) {
		struct madt_local_apic entry = {
			.type = TYPE_LOCAL_APIC, .length = sizeof(entry),
			.processor = (uint8_t)i, .flags = APIC_ENABLED,
			.apic_id = (uint8_t)vcpus[i]->apic_id,
		};

		memcpy(to, &entry, sizeof(entry));
		to += sizeof(entry);
	}
	return to;
}

bool madt_write(uint8_t *to, uint32_t bytes)
{
	struct madt_io_apic io_apic = {
		.type = TYPE_IO_APIC, .length = sizeof(io_apic),
		.address = IO_APIC_PA,
	};
	struct madt_header header = {
		.signature = "APIC", .revision = 3, .oem_id = "SVSMKI",
		.oem_table_id = "SNPEMU  ", .creator_id = "SNPE",
		.oem_revision = 1, .creator_revision = 1,
		.local_apic = LOCAL_APIC_PA, .flags = PCAT_COMPAT,
	};
	uint8_t *end;

	header.length = (uint32_t)(sizeof(header) + sizeof(io_apic) +
				   config.smp *
				   sizeof(struct madt_local_apic));
	if (header.length > bytes)
		return false;
	memset(to, 0, bytes);
	end = put_processors(to + sizeof(header));
	memcpy(end, &io_apic, sizeof(io_apic));
	memcpy(to, &header, sizeof(header));
	((struct madt_header *)to)->checksum = checksum(to, header.length);
	return true;
}
