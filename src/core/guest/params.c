/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The host's memory map and CPU count. See params.h.
 */
#include <svsm/abi/igvm_params.h>
#include <svsm/params.h>
#include <svsm/string.h>

#include "params_internal.h"

enum svsm_status
params_refuse(struct svsm_refusal *why, const char *what, uint64_t where)
{
	why->what = what;
	why->where = where;
	return SVSM_EFORMAT;
}

/* The range of an entry, if it is one that can exist. */
/*@ requires \valid_read(entry) && \valid(out) && \separated(entry, out);
  assigns *out;
  ensures \result ==> is_range(*out) &&
    out->start.v == entry->start_page * 0x1000 &&
    out->len == entry->pages * 0x1000 &&
    out->start.v + out->len <= gpa_limit;
  ensures (entry->start_page + entry->pages) * 0x1000 <= gpa_limit ==>
    \result; */
static bool
entry_range(const struct svsm_abi_igvm_memory *entry, uint64_t gpa_limit,
	    struct svsm_range *out)
{
	uint64_t start, len;

	return svsm_mul(entry->start_page, SVSM_PAGE_BYTES, &start) &&
	       svsm_mul(entry->pages, SVSM_PAGE_BYTES, &len) &&
	       svsm_range_make(start, len, out) == SVSM_OK &&
	       svsm_range_end(out) <= gpa_limit;
}

/* Does it begin or end within the region? Around it and apart are fine. */
/*@ requires \valid_read(range) && \valid_read(region);
  requires is_range(*range) && is_range(*region);
  assigns \nothing;
  ensures !\result ==>
    (range->start.v <= region->start.v &&
     region->start.v + region->len <= range->start.v + range->len) ||
    \forall integer b; !(in_range(*range, b) && in_range(*region, b)); */
static bool
cuts_region(const struct svsm_range *range, const struct svsm_range *region)
{
	return svsm_range_overlaps(range, region) &&
	       !svsm_range_contains(range, region);
}

/* Would the guest get a page that is valid already? */
static bool
takes_launched(const struct svsm_params_source *source,
	       const struct svsm_range *range)
{
	for (size_t i = 0; i < SVSM_ARRAY_SIZE(source->launched); i++) {
		const struct svsm_range *launched = &source->launched[i];

		if (svsm_range_overlaps(range, launched) &&
		    !svsm_range_contains(&source->region, launched))
			return true;
	}
	return false;
}

/* Join with the last one when they touch. */
/*@ requires \valid(out) && \valid_read(range) && \separated(out, range);
  requires out->ranges <= SVSM_PARAMS_RANGES && is_range(*range);
  requires \forall integer i; 0 <= i < out->ranges ==>
    is_range(out->memory[i]);
  assigns out->ranges, out->memory[0 .. SVSM_PARAMS_RANGES - 1];
  ensures out->ranges <= SVSM_PARAMS_RANGES;
  ensures \forall integer i; 0 <= i < out->ranges ==>
    is_range(out->memory[i]);
  ensures !\result ==> out->ranges == SVSM_PARAMS_RANGES; */
static bool add_memory(struct svsm_params *out, const struct svsm_range *range)
{
	struct svsm_range *last;

	if (out->ranges > 0) {
		last = &out->memory[out->ranges - 1];
		if (svsm_range_end(last) == range->start.v) {
			last->len += range->len;
			return true;
		}
	}
	if (out->ranges == SVSM_PARAMS_RANGES)
		return false;
	out->memory[out->ranges++] = *range;
	return true;
}

/* @end: where the entry before ended; updated. */
static enum svsm_status
take_entry(const struct svsm_params_source *source,
	   const struct svsm_abi_igvm_memory *entry, uint64_t nr,
	   uint64_t *end, struct svsm_params *out, struct svsm_refusal *why)
{
	struct svsm_range range;

	if (!entry_range(entry, source->gpa_limit, &range))
		return params_refuse(why, "memory map: entry out of range", nr);
	if (range.start.v < *end)
		return params_refuse(why, "memory map: entries overlap", nr);
	if (cuts_region(&range, &source->region))
		return params_refuse(why, "memory map: entry cuts the SVSM",
				     nr);
	*end = svsm_range_end(&range);
	if (entry->type != SVSM_IGVM_MEMORY)
		return SVSM_OK;
	if (takes_launched(source, &range))
		return params_refuse(why, "memory map: entry has launched "
				     "pages", nr);
	if (!add_memory(out, &range))
		return params_refuse(why, "memory map: too many ranges", nr);
	return SVSM_OK;
}

enum svsm_status
svsm_params_memory(const struct svsm_params_source *source,
		   struct svsm_params *out, struct svsm_refusal *why)
{
	size_t entries = source->memory_map_len /
		sizeof(struct svsm_abi_igvm_memory);
	const char *at = source->memory_map;
	uint64_t end = 0;

	out->ranges = 0;
	for (size_t i = 0; i < entries; i++) {
		struct svsm_abi_igvm_memory entry;
		enum svsm_status status;

		memcpy(&entry, at + i * sizeof(entry), sizeof(entry));
		if (entry.pages == 0)
			return out->ranges > 0 ? SVSM_OK :
				params_refuse(why, "memory map: no memory", i);
		status = take_entry(source, &entry, i, &end, out, why);
		if (status != SVSM_OK)
			return status;
	}
	return params_refuse(why, "memory map: no end", entries);
}

static enum svsm_status
take_general(const struct svsm_params_source *source, uint32_t *vp_count,
	     struct svsm_params *out, struct svsm_refusal *why)
{
	struct svsm_abi_igvm_general general;

	memcpy(&general, source->general, sizeof(general));
	if (general.vp_count == 0)
		return params_refuse(why, "CPU count: none", 0);
	*vp_count = general.vp_count;
	out->starts_shared = general.environment & SVSM_IGVM_ENV_SHARED;
	return SVSM_OK;
}

/* No table: the IDs of a machine without holes. */
static void
count_cpus(const struct svsm_params_source *source, uint32_t vp_count,
	   struct svsm_params *out)
{
	out->cpus_capped = vp_count > source->max_cpus;
	out->cpus = out->cpus_capped ? source->max_cpus : vp_count;
	for (unsigned i = 0; i < out->cpus; i++)
		out->apic_id[i] = i;
}

enum svsm_status
svsm_params_cpus(const struct svsm_params_source *source,
		 struct svsm_params *out, struct svsm_refusal *why)
{
	enum svsm_status status;
	uint32_t vp_count;

	if (source->max_cpus == 0 || source->max_cpus > SVSM_PARAMS_CPUS)
		return params_refuse(why, "CPU count: bad limit",
				     source->max_cpus);
	status = take_general(source, &vp_count, out, why);
	if (status != SVSM_OK)
		return status;
	if (!madt_is_there(source)) {
		count_cpus(source, vp_count, out);
		return SVSM_OK;
	}
	return madt_read(source, out, why);
}

enum svsm_status
svsm_params_read(const struct svsm_params_source *source,
		 struct svsm_params *out, struct svsm_refusal *why)
{
	enum svsm_status status = svsm_params_memory(source, out, why);

	return status == SVSM_OK ? svsm_params_cpus(source, out, why) : status;
}

/*@ requires \valid_read(params) && params->cpus <= SVSM_PARAMS_CPUS;
  assigns \nothing;
  ensures \result <==> \exists integer i;
    0 <= i < params->cpus && params->apic_id[i] == apic_id; */
bool svsm_params_has_cpu(const struct svsm_params *params, uint32_t apic_id)
{
	/*@ loop invariant 0 <= i <= params->cpus;
	  loop invariant \forall integer k; 0 <= k < i ==>
	    params->apic_id[k] != apic_id;
	  loop assigns i;
	  loop variant params->cpus - i; */
	for (unsigned i = 0; i < params->cpus; i++)
		if (params->apic_id[i] == apic_id)
			return true;
	return false;
}
