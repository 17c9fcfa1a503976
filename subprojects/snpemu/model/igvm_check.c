/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* IGVM: one check for each kind of header. */
#include "igvm_check.h"

static bool refuse(struct igvm_check *check, const struct igvm_tlv *tlv,
		   uint32_t field, const char *reason)
{
	return igvm_refuse(check->error, tlv->offset + TLV_BYTES + field,
			   reason);
}

/* ----------------------------------------------- common to many types */

static bool check_mask(struct igvm_check *check, const struct igvm_tlv *tlv,
		       uint32_t field)
{
	uint32_t mask = load32(tlv->content + field);

	if (mask == 0)
		return refuse(check, tlv, field, "the platform mask is zero");
	/* Loaders ask for one bit only: others may be of no platform. */
	if (!(mask & check->masks))
		return refuse(check, tlv, field,
			      "the platform mask names no platform");
	return true;
}

static bool check_gpa(struct igvm_check *check, const struct igvm_tlv *tlv)
{
	uint64_t gpa = load64(tlv->content + GPA_GPA);

	if (gpa % RMP_PAGE_BYTES != 0)
		return refuse(check, tlv, GPA_GPA,
			      "the address is not page aligned");
	if (gpa >= IGVM_GPA_LIMIT)
		return refuse(check, tlv, GPA_GPA,
			      "the address is beyond 52 bits");
	return true;
}

/* File data lies behind the headers and inside the file. */
static bool check_data(struct igvm_check *check, const struct igvm_tlv *tlv,
		       uint32_t field, uint64_t bytes)
{
	uint64_t offset = load32(tlv->content + field);

	if (offset < check->file->headers_end)
		return refuse(check, tlv, field,
			      "the file offset points into the headers");
	if (offset > check->file->size || bytes > check->file->size - offset)
		return refuse(check, tlv, field,
			      "the data is beyond the end of the file");
	return true;
}

static bool add_range(struct igvm_check *check, const struct igvm_tlv *tlv,
		      uint64_t bytes)
{
	uint64_t gpa = load64(tlv->content + GPA_GPA);

	if (bytes > IGVM_GPA_LIMIT - gpa)
		return refuse(check, tlv, GPA_GPA,
			      "the range ends beyond 52 bits");
	if (check->used == check->room)
		return igvm_refuse(check->error, tlv->offset,
				   "the file has more pages than we can load");
	check->ranges[check->used++] = igvm_range(gpa, bytes / RMP_PAGE_BYTES);
	return true;
}

/* --------------------------------------------------------- platforms */

static bool choose_platform(struct igvm_check *check,
			    const struct igvm_tlv *tlv)
{
	struct igvm_file *file = check->file;

	if (file->mask != 0)
		return refuse(check, tlv, PLATFORM_TYPE,
			      "the file names SEV-SNP twice");
	if (load16(tlv->content + PLATFORM_VERSION) != 1)
		return refuse(check, tlv, PLATFORM_VERSION,
			      "unknown version of the platform");
	file->mask = load32(tlv->content + PLATFORM_MASK);
	file->highest_vtl = tlv->content[PLATFORM_VTL];
	file->vtom = load64(tlv->content + PLATFORM_BOUNDARY);
	return true;
}

static bool check_platform(struct igvm_check *check, const struct igvm_tlv *tlv)
{
	uint32_t mask = load32(tlv->content + PLATFORM_MASK);
	uint8_t vtl = tlv->content[PLATFORM_VTL];

	if (mask == 0 || (mask & (mask - 1)) != 0)
		return refuse(check, tlv, PLATFORM_MASK,
			      "a platform owns exactly one mask bit");
	if (check->masks & mask)
		return refuse(check, tlv, PLATFORM_MASK,
			      "two platforms own the same mask bit");
	if (vtl != 0 && vtl != 2)
		return refuse(check, tlv, PLATFORM_VTL,
			      "the highest VTL is neither 0 nor 2");
	check->masks |= mask;
	if (tlv->content[PLATFORM_TYPE] == PLATFORM_SNP)
		return choose_platform(check, tlv);
	return true;
}

/* ---------------------------------------------------- initialization */

static bool check_policy(struct igvm_check *check, const struct igvm_tlv *tlv)
{
	struct igvm_file *file = check->file;

	if (load32(tlv->content + POLICY_RESERVED) != 0)
		return refuse(check, tlv, POLICY_RESERVED,
			      "a reserved field is not zero");
	if (!igvm_applies(file, tlv))
		return true;
	if (file->has_policy)
		return refuse(check, tlv, 0, "the file has two guest policies");
	file->policy = load64(tlv->content);
	file->has_policy = true;
	return true;
}

/* -------------------------------------------------------- parameters */

static bool check_area(struct igvm_check *check, const struct igvm_tlv *tlv)
{
	uint64_t bytes = load64(tlv->content + AREA_BYTES);
	uint32_t index = load32(tlv->content + AREA_INDEX);

	if (bytes == 0 || bytes % RMP_PAGE_BYTES != 0)
		return refuse(check, tlv, AREA_BYTES,
			      "the area is not a number of pages");
	if (bytes > IGVM_MAX_AREA_BYTES)
		return refuse(check, tlv, AREA_BYTES,
			      "the area is larger than 1 MiB");
	if (index >= IGVM_MAX_AREAS)
		return refuse(check, tlv, AREA_INDEX,
			      "the area index is above 31");
	if (check->file->area_size[index] != 0)
		return refuse(check, tlv, AREA_INDEX,
			      "the area is declared twice");
	if (load32(tlv->content + AREA_OFFSET) != 0 &&
	    !check_data(check, tlv, AREA_OFFSET, bytes))
		return false;
	check->file->area_size[index] = (uint32_t)bytes;
	return true;
}

static bool check_declared(struct igvm_check *check, const struct igvm_tlv *tlv,
			   uint32_t field, uint32_t *index)
{
	*index = load32(tlv->content + field);
	if (*index >= IGVM_MAX_AREAS || check->file->area_size[*index] == 0)
		return refuse(check, tlv, field, "the area is not declared");
	if (check->inserted & (1u << *index))
		return refuse(check, tlv, field,
			      "the area was inserted before");
	return true;
}

static bool check_insert(struct igvm_check *check, const struct igvm_tlv *tlv)
{
	uint32_t index;

	if (!igvm_applies(check->file, tlv))
		return true;
	if (!check_gpa(check, tlv) ||
	    !check_declared(check, tlv, INSERT_AREA, &index) ||
	    !add_range(check, tlv, check->file->area_size[index]))
		return false;
	check->inserted |= 1u << index;
	return true;
}

/* VP count and environment: one word somewhere in the area. */
static bool check_word(struct igvm_check *check, const struct igvm_tlv *tlv)
{
	uint32_t offset = load32(tlv->content + USE_OFFSET), index;

	if (!check_declared(check, tlv, USE_AREA, &index))
		return false;
	if (offset > check->file->area_size[index] - sizeof(uint32_t))
		return refuse(check, tlv, USE_OFFSET,
			      "the offset is outside the area");
	return true;
}

/* QEMU puts memory map, MADT and device tree at the start in any case. */
static bool check_table(struct igvm_check *check, const struct igvm_tlv *tlv)
{
	uint32_t index;

	if (!check_declared(check, tlv, USE_AREA, &index))
		return false;
	if (load32(tlv->content + USE_OFFSET) != 0)
		return refuse(check, tlv, USE_OFFSET,
			      "QEMU supports only offset 0 here");
	return true;
}

/* ------------------------------------------------------------- pages */

static bool check_page_kind(struct igvm_check *check,
			    const struct igvm_tlv *tlv)
{
	uint32_t flags = load32(tlv->content + PAGE_FLAGS);

	if (flags & PAGE_FLAG_2M)
		return refuse(check, tlv, PAGE_FLAGS,
			      "2 MiB pages are not supported");
	if (flags & PAGE_FLAG_SHARED)
		return refuse(check, tlv, PAGE_FLAGS,
			      "shared pages are not supported");
	if (flags & ~PAGE_FLAG_UNMEASURED)
		return refuse(check, tlv, PAGE_FLAGS, "unknown page flags");
	if (load16(tlv->content + PAGE_TYPE) > PAGE_TYPE_CPUID_XF)
		return refuse(check, tlv, PAGE_TYPE, "unknown page type");
	if (load16(tlv->content + PAGE_RESERVED) != 0)
		return refuse(check, tlv, PAGE_RESERVED,
			      "a reserved field is not zero");
	return true;
}

static bool check_page(struct igvm_check *check, const struct igvm_tlv *tlv)
{
	if (!igvm_applies(check->file, tlv))
		return true;
	if (load32(tlv->content + PAGE_OFFSET) != 0 &&
	    !check_data(check, tlv, PAGE_OFFSET, RMP_PAGE_BYTES))
		return false;
	if (!check_gpa(check, tlv) || !check_page_kind(check, tlv) ||
	    !add_range(check, tlv, RMP_PAGE_BYTES))
		return false;
	check->file->pages++;
	return true;
}

static bool check_required(struct igvm_check *check, const struct igvm_tlv *tlv)
{
	uint32_t bytes = load32(tlv->content + REQUIRED_BYTES);

	if (!igvm_applies(check->file, tlv))
		return true;
	if (!check_gpa(check, tlv))
		return false;
	if (bytes == 0 || bytes % RMP_PAGE_BYTES != 0)
		return refuse(check, tlv, REQUIRED_BYTES,
			      "the size is not a number of pages");
	if (bytes > IGVM_GPA_LIMIT - load64(tlv->content + GPA_GPA))
		return refuse(check, tlv, REQUIRED_BYTES,
			      "the range ends beyond 52 bits");
	if (load32(tlv->content + REQUIRED_FLAGS) & ~1u)
		return refuse(check, tlv, REQUIRED_FLAGS, "unknown flags");
	if (load32(tlv->content + REQUIRED_RESERVED) != 0)
		return refuse(check, tlv, REQUIRED_RESERVED,
			      "a reserved field is not zero");
	return true;
}

/* ------------------------------------------------------ VMSA, ID block */

/* A processor's erratum: multiples of it are no place for a VMSA. */
#define VMSA_NEVER_AT	0x200000ull

static bool check_vmsa_place(struct igvm_check *check,
			     const struct igvm_tlv *tlv)
{
	if (!check_gpa(check, tlv))
		return false;
	if (load64(tlv->content + GPA_GPA) % VMSA_NEVER_AT == 0)
		return refuse(check, tlv, GPA_GPA,
			      "no processor takes a VMSA at 2 MiB");
	if (load16(tlv->content + VP_INDEX) != 0)
		return refuse(check, tlv, VP_INDEX,
			      "only the context of VP 0 is supported");
	if (load16(tlv->content + VP_RESERVED) != 0)
		return refuse(check, tlv, VP_RESERVED,
			      "a reserved field is not zero");
	if (check->has_vmsa)
		return refuse(check, tlv, VP_INDEX,
			      "the file has two contexts for VP 0");
	return check_data(check, tlv, VP_OFFSET, RMP_PAGE_BYTES) &&
	       add_range(check, tlv, RMP_PAGE_BYTES);
}

static bool check_vp_context(struct igvm_check *check,
			     const struct igvm_tlv *tlv)
{
	uint32_t offset = load32(tlv->content + VP_OFFSET);

	if (!igvm_applies(check->file, tlv))
		return true;
	if (!check_vmsa_place(check, tlv) ||
	    !igvm_check_vmsa(check->file->data + offset, offset, check->error))
		return false;
	check->file->vmsa_gpa = load64(tlv->content + GPA_GPA);
	check->file->sev_features = load64(check->file->data + offset + 0x3b0);
	check->has_vmsa = true;
	return true;
}

static bool check_id_block(struct igvm_check *check, const struct igvm_tlv *tlv)
{
	const uint8_t *id = tlv->content;

	if (!igvm_applies(check->file, tlv))
		return true;
	if (check->has_id_block)
		return refuse(check, tlv, 0, "the file has two ID blocks");
	if (id[ID_AUTHOR] > 1)
		return refuse(check, tlv, ID_AUTHOR,
			      "the author key is neither on nor off");
	if (id[ID_RESERVED] | id[ID_RESERVED + 1] | id[ID_RESERVED + 2])
		return refuse(check, tlv, ID_RESERVED,
			      "a reserved field is not zero");
	if (load32(id + ID_VERSION) != 1)
		return refuse(check, tlv, ID_VERSION,
			      "unknown version of the ID block");
	check->has_id_block = true;
	return true;
}

/* ------------------------------------------------------- the catalogue */

#define NO_MASK 0xffffffffu

static const struct kind {
	uint32_t type;
	uint32_t length;
	uint32_t mask_at;
	bool (*check)(struct igvm_check *check, const struct igvm_tlv *tlv);
} kinds[] = {
	{ IGVM_PLATFORM, 16, NO_MASK, check_platform },
	{ IGVM_POLICY, 16, POLICY_MASK, check_policy },
	{ IGVM_AREA, 16, NO_MASK, check_area },
	{ IGVM_PAGE_DATA, 24, GPA_MASK, check_page },
	{ IGVM_INSERT, 16, GPA_MASK, check_insert },
	{ IGVM_VP_CONTEXT, 20, GPA_MASK, check_vp_context },
	{ IGVM_REQUIRED, 24, GPA_MASK, check_required },
	{ IGVM_VP_COUNT, 8, NO_MASK, check_word },
	{ IGVM_MADT, 8, NO_MASK, check_table },
	{ IGVM_ID_BLOCK, 0x2b8, 0, check_id_block },
	{ IGVM_MEMORY_MAP, 8, NO_MASK, check_table },
	{ IGVM_DEVICE_TREE, 8, NO_MASK, check_table },
	{ IGVM_ENVIRONMENT, 8, NO_MASK, check_word },
};

static const struct kind *kind_of(uint32_t type)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

bool igvm_applies(const struct igvm_file *file, const struct igvm_tlv *tlv)
{
	const struct kind *kind = kind_of(tlv->type);

	if (!kind)
		return false;
	return kind->mask_at == NO_MASK ||
	       (load32(tlv->content + kind->mask_at) & file->mask) != 0;
}

static enum igvm_section section_of(uint32_t type)
{
	if (type >= 0x001 && type <= 0x100)
		return IGVM_SECTION_PLATFORM;
	if (type >= 0x101 && type <= 0x200)
		return IGVM_SECTION_INIT;
	if (type >= 0x301 && type <= 0x400)
		return IGVM_SECTION_DIRECTIVE;
	return IGVM_SECTION_NONE;
}

static bool check_section(struct igvm_check *check, const struct igvm_tlv *tlv)
{
	enum igvm_section section = section_of(tlv->type);

	if (section == IGVM_SECTION_NONE)
		return tlv->optional ||
		       igvm_refuse(check->error, tlv->offset,
				   "the header type belongs to no section");
	if (section < check->section)
		return igvm_refuse(check->error, tlv->offset,
				   "the header stands behind its section");
	check->section = section;
	return true;
}

bool igvm_check_header(struct igvm_check *check, const struct igvm_tlv *tlv)
{
	const struct kind *kind = kind_of(tlv->type);

	if (!check_section(check, tlv))
		return false;
	if (!kind)
		return tlv->optional ||
		       igvm_refuse(check->error, tlv->offset,
				   igvm_unsupported);
	if (tlv->length != kind->length)
		return igvm_refuse(check->error, tlv->offset + 4,
				   "the header has not the length of its type");
	if (kind->mask_at != NO_MASK && !check_mask(check, tlv, kind->mask_at))
		return false;
	return kind->check(check, tlv);
}

/* The last of the headers that claim this page. */
static uint64_t claim_of(const struct igvm_file *file, uint64_t page)
{
	uint64_t offset = file->headers;
	struct igvm_tlv tlv;

	for (uint32_t at = file->headers; at < file->headers_end;
	     at = (uint32_t)igvm_tlv_end(&tlv)) {
		tlv = igvm_tlv_at(file, at);
		if ((tlv.type == IGVM_PAGE_DATA || tlv.type == IGVM_INSERT ||
		     tlv.type == IGVM_VP_CONTEXT) &&
		    igvm_applies(file, &tlv) &&
		    load64(tlv.content) / RMP_PAGE_BYTES == page)
			offset = at;
	}
	return offset;
}

bool igvm_check_complete(struct igvm_check *check)
{
	const struct igvm_file *file = check->file;
	uint64_t page;

	if (file->mask == 0)
		return igvm_refuse(check->error, file->headers,
				   "the file does not support SEV-SNP");
	if (!check->has_vmsa)
		return igvm_refuse(check->error, file->headers_end,
				   "the file has no VP context for SEV-SNP");
	if (igvm_find_overlap(check->ranges, check->used, &page))
		return igvm_refuse(check->error, claim_of(file, page),
				   "two directives load the same page");
	return true;
}
