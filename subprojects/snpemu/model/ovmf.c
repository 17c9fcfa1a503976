/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The launch digest of a plain firmware launch as QEMU and KVM make it. */
#include "ovmf.h"
#include "reset.h"

#include <string.h>

#define TOP		0x100000000ull	/* the image ends here */
#define VMSA_GPA	0xfffffffff000ull
#define MAX_VCPUS	4096u

/* Table of entries {data, u16 length, GUID}, read backwards from here. */
#define TABLE_END	0x20u		/* from the end of the image */
#define ENTRY_TAIL	18u
#define GUID_BYTES	16u

/* Metadata block. */
#define META_MAGIC	0x56455341u	/* "ASEV" */
#define META_COUNT	0x0c
#define META_HEADER	16u
#define META_SECTION	12u

enum section {
	SECTION_MEMORY = 1,
	SECTION_SECRETS = 2,
	SECTION_CPUID = 3,
	SECTION_CALLING_AREA = 4,
	SECTION_KERNEL_HASHES = 0x10,
};

static const uint8_t guid_footer[GUID_BYTES] = {
	0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45,
	0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d,
};

static const uint8_t guid_metadata[GUID_BYTES] = {
	0x66, 0x65, 0x88, 0xdc, 0x4a, 0x98, 0x98, 0x47,
	0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc,
};

static const uint8_t guid_ap_reset[GUID_BYTES] = {
	0xde, 0x71, 0xf7, 0x00, 0x7e, 0x1a, 0xcb, 0x4f,
	0x89, 0x0e, 0x68, 0xc7, 0x7e, 0x2f, 0xb4, 0x4e,
};

static uint16_t load16(const uint8_t *p)
{
	uint16_t x;

	memcpy(&x, p, sizeof(x));
	return x;
}

static uint32_t load32(const uint8_t *p)
{
	uint32_t x;

	memcpy(&x, p, sizeof(x));
	return x;
}

/* ------------------------------------------------------------ GUID table */

/* The data of an entry, at least @p bytes of it, or NULL. */
static const uint8_t *find_entry(const struct ovmf_launch *launch,
				 const uint8_t *guid, uint32_t bytes)
{
	const uint8_t *end = launch->image + launch->size - TABLE_END;
	const uint8_t *at = end - ENTRY_TAIL;
	uint32_t left = load16(at), length;

	if (memcmp(at + 2, guid_footer, GUID_BYTES) != 0 ||
	    left < ENTRY_TAIL || left > launch->size - TABLE_END)
		return NULL;
	for (left -= ENTRY_TAIL; left >= ENTRY_TAIL; left -= length) {
		length = load16(at - ENTRY_TAIL);
		if (length < ENTRY_TAIL || length > left)
			return NULL;
		if (memcmp(at - GUID_BYTES, guid, GUID_BYTES) == 0)
			return length - ENTRY_TAIL < bytes ? NULL : at - length;
		at -= length;
	}
	return NULL;
}

static const uint8_t *find_metadata(const struct ovmf_launch *launch,
				    uint32_t *count)
{
	const uint8_t *entry = find_entry(launch, guid_metadata, 4), *meta;
	uint64_t offset, room;

	if (!entry)
		return NULL;
	offset = load32(entry);
	if (offset < META_HEADER || offset > launch->size)
		return NULL;
	meta = launch->image + launch->size - offset;
	room = (offset - META_HEADER) / META_SECTION;
	*count = load32(meta + META_COUNT);
	if (load32(meta) != META_MAGIC || *count > room)
		return NULL;
	return meta + META_HEADER;
}

/* --------------------------------------------------------------- digests */

static void extend_image(const struct ovmf_launch *launch, struct digest *ld)
{
	for (uint64_t at = 0; at < launch->size; at += RMP_PAGE_BYTES)
		digest_extend(ld, RMP_TYPE_NORMAL, TOP - launch->size + at,
			      launch->image + at, NULL);
}

static const char *extend_section(const uint8_t *section, struct digest *ld)
{
	uint64_t base = load32(section), bytes = load32(section + 4);
	enum rmp_page_type type;

	switch (load32(section + 8)) {
	case SECTION_MEMORY:
	case SECTION_CALLING_AREA:
	case SECTION_KERNEL_HASHES:	/* no kernel is measured here */
		type = RMP_TYPE_ZERO;
		break;
	case SECTION_SECRETS:
		type = RMP_TYPE_SECRETS;
		break;
	case SECTION_CPUID:
		type = RMP_TYPE_CPUID;
		break;
	default:
		return "unknown section in the firmware's metadata";
	}
	if (base % RMP_PAGE_BYTES != 0 || bytes % RMP_PAGE_BYTES != 0)
		return "misaligned section in the firmware's metadata";
	for (uint64_t at = 0; at < bytes; at += RMP_PAGE_BYTES)
		digest_extend(ld, type, base + at, NULL, NULL);
	return NULL;
}

static const char *extend_sections(const struct ovmf_launch *launch,
				   struct digest *ld)
{
	uint32_t count;
	const uint8_t *section = find_metadata(launch, &count);
	const char *reason = NULL;

	if (!section)
		return "the firmware has no SEV metadata";
	for (; count != 0 && !reason; count--, section += META_SECTION)
		reason = extend_section(section, ld);
	return reason;
}

/* ----------------------------------------------------------------- VMSAs */

static const char *extend_vmsas(const struct ovmf_launch *launch,
				struct digest *ld)
{
	const uint8_t *reset = find_entry(launch, guid_ap_reset, 4);
	uint8_t vmsa[RMP_PAGE_BYTES];

	reset_vmsa(vmsa, RESET_VECTOR, launch->signature,
		   launch->sev_features);
	digest_extend(ld, RMP_TYPE_VMSA, VMSA_GPA, vmsa, NULL);
	if (launch->vcpus == 1)
		return NULL;
	if (!reset)
		return "the firmware has no reset address for further vCPUs";
	reset_vmsa(vmsa, load32(reset), launch->signature,
		   launch->sev_features);
	for (unsigned i = 1; i < launch->vcpus; i++)
		digest_extend(ld, RMP_TYPE_VMSA, VMSA_GPA, vmsa, NULL);
	return NULL;
}

const char *ovmf_launch_digest(const struct ovmf_launch *launch,
			       struct digest *ld)
{
	const char *reason;

	if (launch->size < RMP_PAGE_BYTES ||
	    launch->size % RMP_PAGE_BYTES != 0 || launch->size > TOP)
		return "the firmware is not a number of pages";
	if (launch->vcpus == 0 || launch->vcpus > MAX_VCPUS)
		return "the number of vCPUs is out of range";
	digest_init(ld);
	extend_image(launch, ld);
	reason = extend_sections(launch, ld);
	return reason ? reason : extend_vmsas(launch, ld);
}
