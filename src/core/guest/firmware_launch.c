/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Starting the firmware: its memory, its pages, its vCPU. See firmware.h.
 */
#include <svsm/abi/cpuid.h>
#include <svsm/abi/ghcb.h>
#include <svsm/abi/igvm_params.h>
#include <svsm/abi/secrets.h>
#include <svsm/assert.h>
#include <svsm/core_protocol.h>
#include <svsm/firmware.h>
#include <svsm/ghcb.h>
#include <svsm/page.h>
#include <svsm/percpu.h>
#include <svsm/platform.h>
#include <svsm/psc.h>
#include <svsm/rmp.h>
#include <svsm/secrets.h>
#include <svsm/string.h>
#include <svsm/umem.h>
#include <svsm/vmsa.h>
#include <svsm/window.h>

#include "internal.h"

#define TAIL_ORDER	2u
_Static_assert((SVSM_PAGE_BYTES << TAIL_ORDER) == SVSM_FIRMWARE_TAIL, "tail");

/* Nothing is left on it when the firmware runs. */
static struct svsm_page_account scratch =
	SVSM_PAGE_ACCOUNT(&svsm_pages, "firmware launch");

/* ---------------------------------------------------------------- metadata */

static enum svsm_status copy_page(svsm_gpa_t gpa, void *dst)
{
	struct svsm_window window;
	enum svsm_status status;

	status = svsm_window_map(gpa, SVSM_PAGE_4K, SVSM_WINDOW_READ, &window);
	if (status != SVSM_OK)
		return status;
	if (!svsm_plat_copy(dst, window.va, SVSM_PAGE_BYTES))
		status = SVSM_EHOST;
	svsm_window_unmap(&window);
	return status;
}

/* The last pages of the image, as many as there are up to the tail's size. */
static enum svsm_status
copy_tail(const struct svsm_range *image, void *dst, size_t *len)
{
	enum svsm_status status = SVSM_OK;
	uint64_t start;

	*len = image->len < SVSM_FIRMWARE_TAIL ?
		(size_t)image->len : SVSM_FIRMWARE_TAIL;
	start = svsm_range_end(image) - *len;
	for (size_t at = 0; at < *len && status == SVSM_OK;
	     at += SVSM_PAGE_BYTES)
		status = copy_page(svsm_gpa(start + at), (char *)dst + at);
	return status;
}

static enum svsm_status
read_plan(const struct svsm_firmware *fw, struct svsm_firmware_plan *plan,
	  struct svsm_refusal *why)
{
	enum svsm_status status;
	void *tail;
	size_t len;

	if (!svsm_range_is_aligned(&fw->image, SVSM_PAGE_BYTES))
		return SVSM_EADDR;
	status = svsm_page_alloc(&scratch, TAIL_ORDER, &tail);
	if (status != SVSM_OK)
		return status;
	status = copy_tail(&fw->image, tail, &len);
	if (status == SVSM_OK)
		status = svsm_firmware_parse(tail, len, &fw->image, &fw->region,
					     plan, why);
	svsm_assert(svsm_page_free(&scratch, tail, TAIL_ORDER) == SVSM_OK);
	return status;
}

/* ------------------------------------------------------------------ memory */

static enum svsm_status
accept_range(struct svsm_guest *guest, const struct svsm_range *range)
{
	enum svsm_status status = SVSM_OK;

	if (guest->params->starts_shared)
		status = svsm_psc(svsm_plat_cpu()->ghcb, range, 1,
				  SVSM_PSC_OP_PRIVATE, SVSM_PAGE_4K);
	if (status != SVSM_OK)
		return status;
	return svsm_guest_accept(guest, range);
}

/* Is it memory of the memory map? Asked before the host is. */
static bool
is_guest_memory(struct svsm_guest *guest, const struct svsm_range *range)
{
	bool is;

	svsm_lock_acquire(&guest->own.lock);
	is = svsm_own_is(&guest->own, range, SVSM_OWN_INVALID);
	svsm_lock_release(&guest->own.lock);
	return is;
}

static enum svsm_status
accept_plan(struct svsm_guest *guest, const struct svsm_firmware_plan *plan)
{
	const struct svsm_range pages[] = {
		{ plan->secrets, SVSM_PAGE_BYTES },
		{ plan->cpuid, SVSM_PAGE_BYTES },
		{ plan->ca, SVSM_PAGE_BYTES },
	};
	enum svsm_status status = SVSM_OK;

	for (unsigned i = 0; i < plan->ranges; i++)
		if (!is_guest_memory(guest, &plan->memory[i]))
			return SVSM_EADDR;
	for (size_t i = 0; i < SVSM_ARRAY_SIZE(pages); i++)
		if (!is_guest_memory(guest, &pages[i]))
			return SVSM_EADDR;
	for (unsigned i = 0; i < plan->ranges && status == SVSM_OK; i++)
		status = accept_range(guest, &plan->memory[i]);
	for (size_t i = 0; i < SVSM_ARRAY_SIZE(pages) && status == SVSM_OK; i++)
		status = accept_range(guest, &pages[i]);
	return status;
}

/* Write to a page that the plan has, so it has been accepted. */
static enum svsm_status
write_bytes(struct svsm_guest *guest, uint64_t gpa, const void *src, size_t n)
{
	struct svsm_umem umem;

	svsm_assert(svsm_umem_open(&umem, &guest->own, gpa, n, SVSM_OWN_GUEST,
				   SVSM_READ_WRITE) == SVSM_OK);
	return svsm_umem_write(&umem, 0, src, n);
}

/*
 * Our CPUID page is the guest's as well, but for what the host lets VMPL0
 * execute and nobody else.
 */
static enum svsm_status
write_cpuid(struct svsm_guest *guest, svsm_gpa_t gpa,
	    const struct svsm_abi_cpuid_page *page)
{
	struct svsm_abi_cpuid_entry entry;
	enum svsm_status status;

	status = write_bytes(guest, gpa.v, page, sizeof(*page));
	for (uint32_t i = 0; i < page->count && status == SVSM_OK; i++) {
		entry = page->entry[i];
		if (entry.eax_in != SVSM_CPUID_SIZES)
			continue;
		entry.ebx &= ~(SVSM_CPUID_SIZES_EBX_INVLPGB |
			       SVSM_CPUID_SIZES_EBX_NESTED);
		entry.edx &= ~SVSM_CPUID_SIZES_EDX_INVLPGB;
		status = write_bytes(guest, gpa.v +
				offsetof(struct svsm_abi_cpuid_page, entry[i]),
				&entry, sizeof(entry));
	}
	return status;
}

/** The map being written; the last entry stays empty and ends it. */
struct map {
	struct svsm_umem umem;
	uint64_t at;
};

static enum svsm_status map_add(struct map *map, uint64_t start, uint64_t end)
{
	const struct svsm_abi_igvm_memory entry = {
		.start_page = start >> SVSM_PAGE_SHIFT,
		.pages = (end - start) >> SVSM_PAGE_SHIFT,
		.type = SVSM_IGVM_MEMORY,
	};
	enum svsm_status status;

	if (start == end)
		return SVSM_OK;
	if (map->umem.range.len - map->at < 2 * sizeof(entry))
		return SVSM_ENOMEM;
	status = svsm_umem_write(&map->umem, map->at, &entry, sizeof(entry));
	map->at += sizeof(entry);
	return status;
}

/* One range of memory, without the part that is ours. */
static enum svsm_status
map_add_range(struct map *map, const struct svsm_range *memory,
	      const struct svsm_range *region)
{
	enum svsm_status status;

	if (!svsm_range_overlaps(memory, region))
		return map_add(map, memory->start.v, svsm_range_end(memory));
	/* svsm_params_read() has seen to it that it is around us. */
	status = map_add(map, memory->start.v, region->start.v);
	if (status != SVSM_OK)
		return status;
	return map_add(map, svsm_range_end(region), svsm_range_end(memory));
}

static bool
is_in_memory_map(const struct svsm_params *params,
		 const struct svsm_range *region)
{
	for (unsigned i = 0; i < params->ranges; i++)
		if (svsm_range_overlaps(&params->memory[i], region))
			return true;
	return false;
}

/*
 * Without a map from us the firmware asks the host, whose map counts our region
 * as memory when it lies in the middle of it.
 */
static enum svsm_status
write_map(struct svsm_guest *guest, const struct svsm_firmware *fw,
	  const struct svsm_firmware_plan *plan)
{
	const struct svsm_params *params = guest->params;
	struct map map = { .at = 0 };
	enum svsm_status status;

	if (plan->map.len == 0 || !is_in_memory_map(params, &fw->region))
		return SVSM_OK;
	status = svsm_umem_open(&map.umem, &guest->own, plan->map.start.v,
				plan->map.len, SVSM_OWN_GUEST, SVSM_READ_WRITE);
	for (unsigned i = 0; i < params->ranges && status == SVSM_OK; i++)
		status = map_add_range(&map, &params->memory[i], &fw->region);
	return status;
}

/* The guest's copy is made in a page of ours, which is wiped when freed. */
static enum svsm_status
write_secrets(struct svsm_guest *guest, const struct svsm_firmware *fw,
	      const struct svsm_firmware_plan *plan)
{
	const struct svsm_secrets_svsm svsm = {
		.region = fw->region, .caa = plan->ca,
		.max_version = svsm_core_protocol.max,
		.guest_vmpl = guest->vmpl,
	};
	enum svsm_status status;
	void *copy;

	status = svsm_page_alloc(&scratch, 0, &copy);
	if (status != SVSM_OK)
		return status;
	/* svsm_guest_init() and the parser have seen to VMPL and area. */
	svsm_assert(svsm_secrets_copy(copy, fw->secrets_page, &svsm) ==
		    SVSM_OK);
	status = write_bytes(guest, plan->secrets.v, copy, SVSM_PAGE_BYTES);
	svsm_assert(svsm_page_free(&scratch, copy, 0) == SVSM_OK);
	return status;
}

/* -------------------------------------------------------------------- vCPU */

/* A page for a VMSA: not at a multiple of 2 MiB (processor erratum). */
static enum svsm_status alloc_vmsa(void **out)
{
	enum svsm_status status;
	void *first;

	status = svsm_page_alloc(&svsm_guest_vmsas, 0, out);
	if (status != SVSM_OK ||
	    !svsm_is_aligned((uintptr_t)*out, SVSM_HUGE_BYTES))
		return status;
	first = *out;
	status = svsm_page_alloc(&svsm_guest_vmsas, 0, out);
	svsm_assert(svsm_page_free(&svsm_guest_vmsas, first, 0) == SVSM_OK);
	return status;
}

/* Mark it, tell the host, register it. Inside the region VA is GPA. */
static enum svsm_status
start_vmsa(struct svsm_guest *guest, const struct svsm_firmware *fw,
	   svsm_gpa_t ca, void *vmsa)
{
	const struct svsm_vcpu vcpu = {
		.apic_id = fw->apic_id, .ca = ca, .ours = true,
		.vmsa = { (uintptr_t)vmsa },
	};
	enum svsm_status status;

	svsm_vmsa_init_reset(vmsa, guest->vmpl, guest->sev_features);
	status = svsm_rmp_vmsa_set(vmsa, guest->vmpl, false, NULL);
	if (status != SVSM_OK)
		return SVSM_EHOST;
	status = svsm_ghcb_ap_create(svsm_plat_cpu()->ghcb, SVSM_AP_CREATE,
				     fw->apic_id, guest->vmpl, vcpu.vmsa,
				     guest->sev_features);
	if (status != SVSM_OK)
		return status;
	return svsm_vcpu_register(&guest->vcpus, &vcpu);
}

static enum svsm_status
start_vcpu(struct svsm_guest *guest, const struct svsm_firmware *fw,
	   svsm_gpa_t ca)
{
	struct svsm_range page = { ca, SVSM_PAGE_BYTES };
	enum svsm_status status;
	void *vmsa;

	svsm_lock_acquire(&guest->own.lock);
	status = svsm_own_set(&guest->own, &page, SVSM_OWN_CAA);
	svsm_lock_release(&guest->own.lock);
	if (status == SVSM_OK)
		status = alloc_vmsa(&vmsa);
	if (status != SVSM_OK)
		return status;
	return start_vmsa(guest, fw, ca, vmsa);
}

enum svsm_status
svsm_firmware_launch(struct svsm_guest *guest, const struct svsm_firmware *fw,
		     struct svsm_refusal *why)
{
	struct svsm_firmware_plan plan;
	enum svsm_status status;

	*why = (struct svsm_refusal){ "firmware: cannot be started", 0 };
	status = read_plan(fw, &plan, why);
	if (status == SVSM_OK)
		status = accept_plan(guest, &plan);
	if (status == SVSM_OK)
		status = write_map(guest, fw, &plan);
	if (status == SVSM_OK)
		status = write_cpuid(guest, plan.cpuid, fw->cpuid_page);
	if (status == SVSM_OK)
		status = write_secrets(guest, fw, &plan);
	if (status == SVSM_OK)
		status = svsm_guest_grant(guest, &fw->image);
	if (status == SVSM_OK)
		status = start_vcpu(guest, fw, plan.ca);
	return status;
}
