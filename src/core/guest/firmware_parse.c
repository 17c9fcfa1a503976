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
static const uint8_t guid_footer[16] = {	/* 96b582de-... */
	0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45,
	0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d,
};
static const uint8_t guid_sev[16] = {		/* dc886566-... */
	0x66, 0x65, 0x88, 0xdc, 0x4a, 0x98, 0x98, 0x47,
	0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc,
};
static const uint8_t guid_igvm[16] = {		/* 784fa70e-... */
	0x0e, 0xa7, 0x4f, 0x78, 0x76, 0x31, 0x77, 0x46,
	0x8a, 0x20, 0x04, 0xb6, 0x86, 0x99, 0xe3, 0x74,
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

/*
 * Walk the table from its end: the distance of some metadata from the end of
 * the image; 0 when the table has none.
 */
static enum svsm_status
find_metadata(const struct tail *tail, const uint8_t guid[16],
	      uint32_t *distance)
{
	size_t at = tail->len - SVSM_OVMF_FOOTER_OFFSET;
	struct svsm_abi_ovmf_entry entry;
	size_t start;

	if (!entry_before(tail, at, 0, &entry) || !is_guid(&entry, guid_footer))
		return refuse(tail, "firmware: no table of GUIDs", at);
	*distance = 0;
	start = at - entry.len;
	for (at -= sizeof(entry); at > start; at -= entry.len) {
		if (!entry_before(tail, at, start, &entry))
			return refuse(tail, "firmware: bad table entry", at);
		if (!is_guid(&entry, guid))
			continue;
		if (entry.len != sizeof(entry) + sizeof(*distance))
			return refuse(tail, "firmware: bad table entry", at);
		memcpy(distance, tail->bytes + at - entry.len,
		       sizeof(*distance));
		return SVSM_OK;
	}
	return SVSM_OK;
}

/** A list of sections in the tail. */
struct sections {
	size_t at;		/* of the next */
	uint32_t count;
};

/* Check the head of metadata, that it is whole, and find its sections. */
static enum svsm_status
open_metadata(const struct tail *tail, uint32_t distance, uint32_t magic,
	      struct sections *out)
{
	struct svsm_abi_ovmf_metadata head;
	uint64_t len;
	size_t at;

	if (distance < sizeof(head) || distance > tail->len)
		return refuse(tail, "firmware: metadata out of place", 0);
	at = tail->len - distance;
	memcpy(&head, tail->bytes + at, sizeof(head));
	if (head.magic != magic || head.version != SVSM_OVMF_SEV_VERSION)
		return refuse(tail, "firmware: no metadata there", at);
	len = sizeof(head) +
		(uint64_t)head.count * sizeof(struct svsm_abi_ovmf_section);
	if (head.len != len || len > distance)
		return refuse(tail, "firmware: bad length of metadata", at);
	*out = (struct sections){ at + sizeof(head), head.count };
	return SVSM_OK;
}

static bool next_section(const struct tail *tail, struct sections *sections,
			 struct svsm_abi_ovmf_section *out)
{
	if (sections->count == 0)
		return false;
	memcpy(out, tail->bytes + sections->at, sizeof(*out));
	sections->at += sizeof(*out);
	sections->count--;
	return true;
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
/*@ requires \valid_read(range) && \valid(page) && \separated(range, page);
  assigns *page;
  ensures \result <==> \old(page->v) == 0 && range->start.v != 0 &&
    range->len == 0x1000;
  ensures page->v == (\result ? range->start.v : \old(page->v)); */
static bool take_page(const struct svsm_range *range, svsm_gpa_t *page)
{
	if (page->v != 0 || range->start.v == 0 ||
	    range->len != SVSM_PAGE_BYTES)
		return false;
	*page = range->start;
	return true;
}

/*@ requires \valid_read(range) && \valid(plan) && \separated(range, plan);
  requires plan->ranges <= SVSM_FIRMWARE_RANGES;
  assigns plan->ranges, plan->memory[0 .. SVSM_FIRMWARE_RANGES - 1];
  ensures plan->ranges <= SVSM_FIRMWARE_RANGES;
  ensures \result <==> \old(plan->ranges) < SVSM_FIRMWARE_RANGES;
  ensures \result ==> plan->ranges == \old(plan->ranges) + 1 &&
    plan->memory[\old(plan->ranges)] == *range;
  ensures !\result ==> plan->ranges == \old(plan->ranges); */
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
take_section(const struct tail *tail,
	     const struct svsm_abi_ovmf_section *section, size_t at,
	     struct svsm_firmware_plan *plan)
{
	struct svsm_range range = { { section->base }, section->len };

	if (range.len == 0 || !svsm_range_is_aligned(&range, SVSM_PAGE_BYTES))
		return refuse(tail, "firmware: range is not made of pages", at);
	if (svsm_range_overlaps(&range, tail->region) ||
	    svsm_range_overlaps(&range, tail->image))
		return refuse(tail, "firmware: range is not free", at);
	if (is_planned(plan, &range))
		return refuse(tail, "firmware: ranges overlap", at);
	if (!take_typed(section->type, &range, plan))
		return refuse(tail, "firmware: unknown range, or one too many",
			      at);
	return SVSM_OK;
}

static enum svsm_status
parse_sev(const struct tail *tail, struct svsm_firmware_plan *plan)
{
	struct svsm_abi_ovmf_section section;
	struct sections sections;
	enum svsm_status status;
	uint32_t distance;

	status = find_metadata(tail, guid_sev, &distance);
	if (status == SVSM_OK)
		status = open_metadata(tail, distance, SVSM_OVMF_SEV_MAGIC,
				       &sections);
	while (status == SVSM_OK && next_section(tail, &sections, &section))
		status = take_section(tail, &section,
				      sections.at - sizeof(section), plan);
	if (status == SVSM_OK &&
	    (!plan->secrets.v || !plan->cpuid.v || !plan->ca.v))
		return refuse(tail, "firmware: no SVSM support in metadata",
			      sections.at);
	return status;
}

/* Is this inside memory that is validated and cleared anyway? */
/*@ requires \valid_read(plan) && plan->ranges <= SVSM_FIRMWARE_RANGES;
  requires \valid_read(range) && is_range(*range);
  requires \forall integer i; 0 <= i < plan->ranges ==>
    is_range(plan->memory[i]);
  assigns \nothing;
  ensures \result ==> \exists integer i; 0 <= i < plan->ranges &&
    plan->memory[i].start.v <= range->start.v &&
    range->start.v + range->len <=
    plan->memory[i].start.v + plan->memory[i].len; */
static bool
is_in_memory(const struct svsm_firmware_plan *plan,
	     const struct svsm_range *range)
{
	/*@ loop invariant 0 <= i <= plan->ranges;
	  loop assigns i;
	  loop variant plan->ranges - i; */
	for (unsigned i = 0; i < plan->ranges; i++)
		if (svsm_range_contains(&plan->memory[i], range))
			return true;
	return false;
}

/* Older images have none. The map is where two sections together say. */
static enum svsm_status
parse_igvm(const struct tail *tail, struct svsm_firmware_plan *plan)
{
	struct svsm_abi_ovmf_section section, area = { 0 }, map = { 0 };
	struct sections sections;
	enum svsm_status status;
	uint32_t distance;

	status = find_metadata(tail, guid_igvm, &distance);
	if (status != SVSM_OK || distance == 0)
		return status;
	status = open_metadata(tail, distance, SVSM_OVMF_IGVM_MAGIC,
			       &sections);
	if (status != SVSM_OK)
		return status;
	while (next_section(tail, &sections, &section)) {
		if (section.type == SVSM_OVMF_IGVM_AREA)
			area = section;
		if (section.type == SVSM_OVMF_IGVM_MEMORY_MAP)
			map = section;
	}
	if (map.base > area.len || map.len > area.len - map.base)
		return refuse(tail, "firmware: map outside its area",
			      sections.at);
	plan->map = (struct svsm_range){
		{ (uint64_t)area.base + map.base }, map.len,
	};
	if (map.len != 0 && !is_in_memory(plan, &plan->map))
		return refuse(tail, "firmware: map is not in its memory",
			      sections.at);
	return SVSM_OK;
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
	status = parse_sev(&tail, &plan);
	if (status == SVSM_OK)
		status = parse_igvm(&tail, &plan);
	if (status == SVSM_OK)
		*out = plan;
	return status;
}
