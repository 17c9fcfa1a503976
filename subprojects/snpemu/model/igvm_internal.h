/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* Layout of an IGVM file, shared by the checker and the player. */
#ifndef SNPEMU_MODEL_IGVM_INTERNAL_H
#define SNPEMU_MODEL_IGVM_INTERNAL_H

#include "igvm.h"

#include <string.h>

/* Fixed header. */
#define FIXED_MAGIC		0x00
#define FIXED_VERSION		0x04
#define FIXED_HEADERS		0x08
#define FIXED_HEADERS_SIZE	0x0c
#define FIXED_TOTAL		0x10
#define FIXED_CRC		0x14
#define FIXED_ARCH		0x18	/* version 2 */
#define FIXED_PAGE_SIZE		0x1c	/* version 2 */
#define FIXED_BYTES_V1		24u
#define FIXED_BYTES_V2		32u
#define IGVM_MAGIC		0x4d564749u

/* A variable header: type, length, content, padding to 8 bytes. */
#define TLV_BYTES		8u
#define TLV_OPTIONAL		0x80000000u

enum igvm_type {
	IGVM_PLATFORM = 0x001,
	IGVM_POLICY = 0x101,
	IGVM_AREA = 0x301,
	IGVM_PAGE_DATA = 0x302,
	IGVM_INSERT = 0x303,
	IGVM_VP_CONTEXT = 0x304,
	IGVM_REQUIRED = 0x305,
	IGVM_VP_COUNT = 0x307,
	IGVM_MADT = 0x309,
	IGVM_ID_BLOCK = 0x30b,
	IGVM_MEMORY_MAP = 0x30c,
	IGVM_DEVICE_TREE = 0x312,
	IGVM_ENVIRONMENT = 0x313,
};

/* Platform header. */
#define PLATFORM_MASK		0x0
#define PLATFORM_VTL		0x4
#define PLATFORM_TYPE		0x5
#define PLATFORM_VERSION	0x6
#define PLATFORM_BOUNDARY	0x8
#define PLATFORM_SNP		2u

/* Headers that start with a GPA have the mask behind it. */
#define GPA_GPA			0x0
#define GPA_MASK		0x8

#define PAGE_OFFSET		0xc
#define PAGE_FLAGS		0x10
#define PAGE_TYPE		0x14
#define PAGE_RESERVED		0x16
#define PAGE_FLAG_2M		0x1u
#define PAGE_FLAG_UNMEASURED	0x2u
#define PAGE_FLAG_SHARED	0x4u
#define PAGE_TYPE_NORMAL	0u
#define PAGE_TYPE_SECRETS	1u
#define PAGE_TYPE_CPUID		2u
#define PAGE_TYPE_CPUID_XF	3u

#define POLICY_MASK		0x8
#define POLICY_RESERVED		0xc

#define AREA_BYTES		0x0
#define AREA_INDEX		0x8
#define AREA_OFFSET		0xc

#define INSERT_AREA		0xc

#define VP_OFFSET		0xc
#define VP_INDEX		0x10
#define VP_RESERVED		0x12

#define REQUIRED_BYTES		0xc
#define REQUIRED_FLAGS		0x10
#define REQUIRED_RESERVED	0x14

#define USE_AREA		0x0
#define USE_OFFSET		0x4

#define ID_AUTHOR		0x004
#define ID_RESERVED		0x005
#define ID_DIGEST		0x008
#define ID_FAMILY		0x038
#define ID_IMAGE		0x048
#define ID_VERSION		0x058
#define ID_SVN			0x05c
#define ID_ALGORITHM		0x060
#define ID_AUTHOR_ALGORITHM	0x064
#define ID_SIGNATURE		0x068
#define ID_KEY			0x0f8
#define ID_AUTHOR_SIGNATURE	0x190
#define ID_AUTHOR_KEY		0x220

/** One variable header. */
struct igvm_tlv {
	uint32_t offset;	/* of its first byte in the file */
	uint32_t type;		/* without TLV_OPTIONAL */
	uint32_t length;	/* of the content */
	bool optional;
	const uint8_t *content;
};

static inline uint16_t load16(const uint8_t *p)
{
	uint16_t x;

	memcpy(&x, p, sizeof(x));
	return x;
}

static inline uint32_t load32(const uint8_t *p)
{
	uint32_t x;

	memcpy(&x, p, sizeof(x));
	return x;
}

static inline uint64_t load64(const uint8_t *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof(x));
	return x;
}

/** The header at file offset @p at, which must have room for one. */
struct igvm_tlv igvm_tlv_at(const struct igvm_file *file, uint32_t at);

/** Offset of the next header. */
uint64_t igvm_tlv_end(const struct igvm_tlv *tlv);

/** Does this header concern the platform that was chosen? */
bool igvm_applies(const struct igvm_file *file, const struct igvm_tlv *tlv);

/** May this type and this VMSA be loaded as QEMU does? See igvm_vmsa.c. */
bool igvm_check_vmsa(const uint8_t *vmsa, uint64_t offset,
		     struct igvm_error *error);

/** Fill @p error; always false. */
static inline bool igvm_refuse(struct igvm_error *error, uint64_t offset,
			       const char *reason)
{
	error->offset = offset;
	error->reason = reason;
	return false;
}

/**
 * Sort packed ranges and find two that overlap.
 *
 * @return true and the start page of the second in @p page, or false.
 */
bool igvm_find_overlap(uint64_t *ranges, uint64_t count, uint64_t *page);

/** A range of pages in one word that sorts by its start. */
static inline uint64_t igvm_range(uint64_t gpa, uint64_t pages)
{
	return gpa / RMP_PAGE_BYTES << 24 | pages;
}

#endif
