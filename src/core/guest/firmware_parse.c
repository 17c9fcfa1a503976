/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What an OVMF image wants to find in memory. See svsm_firmware_parse().
 */
#include <svsm/abi/ovmf.h>
#include <svsm/firmware.h>
#include <svsm/string.h>

/** Where the processor begins: 16 bytes below this. */
#define IMAGE_END	0x100000000ull

/* In the bytes of the image. */
static const uint8_t guid_footer[16] = {	/* 96b582de-1fb2-45f7-baea-... */
	0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45,
	0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d,
};
static const uint8_t guid_sev[16] = {		/* dc886566-984a-4798-a75e-... */
	0x66, 0x65, 0x88, 0xdc, 0x4a, 0x98, 0x98, 0x47,
	0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc,
};

/** The tail being read; offsets count from its start. */
struct tail {
	const uint8_t *bytes;
	size_t len;
	const struct svsm_range *image;
	const struct svsm_range *region;
	struct svsm_refusal *why;
};

/* @at: offset in the tail; reported from the end of the image. */
static enum svsm_status
refuse(const struct tail *tail, const char *what, size_t at)
{
	tail->why->what = what;
	tail->why->where = tail->len - at;
	return SVSM_EFORMAT;
}

/* The entry that ends at @end; its data begin at end - entry.len. */
static bool
entry_before(const struct tail *tail, size_t end, size_t limit,
	     struct svsm_abi_ovmf_entry *out)
{
	if (end - limit < sizeof(*out))
		return false;
	memcpy(out, tail->bytes + end - sizeof(*out), sizeof(*out));
	return out->len >= sizeof(*out) && out->len <= end - limit;
}

static bool
is_guid(const struct svsm_abi_ovmf_entry *entry, const uint8_t guid[16])
{
	return memcmp(entry->guid, guid, sizeof(entry->guid)) == 0;
}

/* Walk the table from its end: the distance of the SEV metadata from the end
 * of the image. */
static enum svsm_status find_sev(const struct tail *tail, uint32_t *distance)
{
	size_t at = tail->len - SVSM_OVMF_FOOTER_OFFSET;
	struct svsm_abi_ovmf_entry entry;
	size_t start;

	if (!entry_before(tail, at, 0, &entry) || !is_guid(&entry, guid_footer))
		return refuse(tail, "firmware: no table of GUIDs", at);
	start = at - entry.len;
	at -= sizeof(entry);
	while (at > start) {
		if (!entry_before(tail, at, start, &entry))
			return refuse(tail, "firmware: bad table entry", at);
		if (is_guid(&entry, guid_sev)) {
			if (entry.len != sizeof(entry) + sizeof(*distance))
				break;
			memcpy(distance, tail->bytes + at - entry.len,
			       sizeof(*distance));
			return SVSM_OK;
		}
		at -= entry.len;
	}
	return refuse(tail, "firmware: no SEV metadata", at);
}

static enum svsm_status
find_sections(const struct tail *tail, size_t *first, uint32_t *count)
{
	struct svsm_abi_ovmf_sev sev;
	enum svsm_status status;
	uint32_t distance;
	size_t at;

	status = find_sev(tail, &distance);
	if (status != SVSM_OK)
		return status;
	if (distance < sizeof(sev) || distance > tail->len)
		return refuse(tail, "firmware: SEV metadata out of place", 0);
	at = tail->len - distance;
	memcpy(&sev, tail->bytes + at, sizeof(sev));
	if (sev.magic != SVSM_OVMF_SEV_MAGIC ||
	    sev.version != SVSM_OVMF_SEV_VERSION)
		return refuse(tail, "firmware: not SEV metadata", at);
	if (sev.len > distance || sev.len < sizeof(sev) ||
	    (sev.len - sizeof(sev)) / sizeof(struct svsm_abi_ovmf_section) !=
		    sev.count ||
	    (sev.len - sizeof(sev)) % sizeof(struct svsm_abi_ovmf_section) != 0)
		return refuse(tail, "firmware: bad length of metadata", at);
	*first = at + sizeof(sev);
	*count = sev.count;
	return SVSM_OK;
}

/* Does the plan have a byte of this range already? */
static bool
is_planned(const struct svsm_firmware_plan *plan,
	   const struct svsm_range *range)
{
	const svsm_gpa_t pages[] = { plan->secrets, plan->cpuid, plan->ca };

	for (unsigned i = 0; i < plan->ranges; i++)
		if (svsm_range_overlaps(&plan->memory[i], range))
			return true;
	for (size_t i = 0; i < SVSM_ARRAY_SIZE(pages); i++) {
		struct svsm_range page = { pages[i], SVSM_PAGE_BYTES };

		if (pages[i].v != 0 && svsm_range_overlaps(&page, range))
			return true;
	}
	return false;
}

/* One page, once. Page 0 holds the real mode vectors: it means "none". */
static bool take_page(const struct svsm_range *range, svsm_gpa_t *page)
{
	if (page->v != 0 || range->start.v == 0 ||
	    range->len != SVSM_PAGE_BYTES)
		return false;
	*page = range->start;
	return true;
}

static bool take_memory(const struct svsm_range *range,
			struct svsm_firmware_plan *plan)
{
	if (plan->ranges == SVSM_FIRMWARE_RANGES)
		return false;
	plan->memory[plan->ranges++] = *range;
	return true;
}

static bool take_typed(uint32_t type, const struct svsm_range *range,
		       struct svsm_firmware_plan *plan)
{
	switch (type) {
	case SVSM_OVMF_SEC_MEM:
	case SVSM_OVMF_KERNEL_HASHES:	/* a page of zeros: none are given */
		return take_memory(range, plan);
	case SVSM_OVMF_SECRETS:
		return take_page(range, &plan->secrets);
	case SVSM_OVMF_CPUID:
		return take_page(range, &plan->cpuid);
	case SVSM_OVMF_CAA:
		return take_page(range, &plan->ca);
	default:
		return false;
	}
}

static enum svsm_status
take_section(const struct tail *tail, size_t at,
	     struct svsm_firmware_plan *plan)
{
	struct svsm_abi_ovmf_section section;
	struct svsm_range range;

	memcpy(&section, tail->bytes + at, sizeof(section));
	range = (struct svsm_range){ { section.base }, section.len };
	if (section.len == 0 || !svsm_range_is_aligned(&range, SVSM_PAGE_BYTES))
		return refuse(tail, "firmware: range is not made of pages", at);
	if (svsm_range_overlaps(&range, tail->region) ||
	    svsm_range_overlaps(&range, tail->image))
		return refuse(tail, "firmware: range is not free", at);
	if (is_planned(plan, &range))
		return refuse(tail, "firmware: ranges overlap", at);
	if (!take_typed(section.type, &range, plan))
		return refuse(tail, "firmware: unknown range, or one too many",
			      at);
	return SVSM_OK;
}

static enum svsm_status
take_sections(const struct tail *tail, struct svsm_firmware_plan *plan)
{
	enum svsm_status status;
	uint32_t count;
	size_t at;

	status = find_sections(tail, &at, &count);
	for (uint32_t i = 0; status == SVSM_OK && i < count; i++) {
		status = take_section(tail, at, plan);
		at += sizeof(struct svsm_abi_ovmf_section);
	}
	if (status == SVSM_OK &&
	    (!plan->secrets.v || !plan->cpuid.v || !plan->ca.v))
		return refuse(tail, "firmware: no SVSM support in metadata", at);
	return status;
}

enum svsm_status
svsm_firmware_parse(const void *bytes, size_t len,
		    const struct svsm_range *image,
		    const struct svsm_range *region,
		    struct svsm_firmware_plan *out, struct svsm_refusal *why)
{
	struct tail tail = { bytes, len, image, region, why };
	struct svsm_firmware_plan plan = { 0 };
	enum svsm_status status;

	if (len < SVSM_OVMF_FOOTER_OFFSET || len > image->len)
		return refuse(&tail, "firmware: too short", 0);
	if (svsm_range_end(image) != IMAGE_END)
		return refuse(&tail, "firmware: does not end at 4 GiB", len);
	status = take_sections(&tail, &plan);
	if (status == SVSM_OK)
		*out = plan;
	return status;
}
