/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The guest's memory at its start. See guest.h.
 */
#include <svsm/abi/snp.h>
#include <svsm/rmp.h>
#include <svsm/window.h>

#include "internal.h"

struct svsm_guest svsm_guest;

static enum svsm_status
add_memory(struct svsm_guest *guest, const struct svsm_guest_config *config)
{
	const struct svsm_params *params = config->params;
	enum svsm_status status;

	for (unsigned i = 0; i < params->ranges; i++) {
		status = svsm_own_set(&guest->own, &params->memory[i],
				      SVSM_OWN_INVALID);
		if (status != SVSM_OK)
			return status;
	}
	return SVSM_OK;
}

/*
 * What a PC has below 1 MiB and below 4 GiB that is no memory to us, whatever
 * the host says: VGA and ROMs, and the flash. A write there faults for ever or
 * is lost, and the guest could make us do it. Only we leave them out: firmware
 * knows them by itself, and is told the host's map.
 */
static enum svsm_status remove_windows(struct svsm_guest *guest)
{
	static const struct svsm_range windows[] = {
		{ { 0xa0000 }, 0x60000 },
		{ { 0xff000000 }, 0x1000000 },
	};
	enum svsm_status status = SVSM_OK;

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(windows) && status == SVSM_OK;
	     i++)
		status = svsm_own_set(&guest->own, &windows[i],
				      SVSM_OWN_NONE);
	return status;
}

/*
 * What the launch has validated: after the memory map, so that no word of the
 * host's can make it the guest's. The startup VMSA is a VMPL0 that anybody
 * runs who may write it; the firmware is the guest's when it is granted.
 */
static enum svsm_status
add_launched(struct svsm_guest *guest, const struct svsm_guest_config *config)
{
	enum svsm_status status;

	status = svsm_own_set(&guest->own, &config->vmsa, SVSM_OWN_SVSM);
	if (status == SVSM_OK && config->firmware.len)
		status = svsm_own_set(&guest->own, &config->firmware,
				      SVSM_OWN_SVSM);
	if (status == SVSM_OK)
		status = svsm_own_set(&guest->own, &config->region,
				      SVSM_OWN_SVSM);
	return status;
}

static bool is_pages(const struct svsm_range *range)
{
	return range->len && svsm_range_is_aligned(range, SVSM_PAGE_BYTES);
}

enum svsm_status
svsm_guest_init(struct svsm_guest *guest,
		const struct svsm_guest_config *config)
{
	enum svsm_status status;

	if (config->vmpl == 0 || config->vmpl >= SVSM_VMPLS ||
	    config->run_count < 4 || config->run_count > SVSM_GUEST_RUNS ||
	    !is_pages(&config->region) || !is_pages(&config->vmsa) ||
	    (config->firmware.len && !is_pages(&config->firmware)))
		return SVSM_EINVAL;
	*guest = (struct svsm_guest){
		.params = config->params,
		.firmware = config->firmware,
		.sev_features = config->sev_features,
		.vmpl = config->vmpl,
		.deposit.start = config->deposits,
	};
	svsm_own_init(&guest->own, config->runs, config->run_count);
	status = add_memory(guest, config);
	if (status == SVSM_OK)
		status = remove_windows(guest);
	return status == SVSM_OK ? add_launched(guest, config) : status;
}

static struct svsm_range
page_of(const struct svsm_range *range, uint64_t offset)
{
	return (struct svsm_range){
		{ range->start.v + offset }, SVSM_PAGE_BYTES,
	};
}

/* The instructions have no words for us but their codes. There was room. */
static enum svsm_status as_status(svsm_result_t result)
{
	if (result == SVSM_SUCCESS)
		return SVSM_OK;
	return result >= SVSM_ERR_PROTOCOL_BASE ? SVSM_EHOST : SVSM_EADDR;
}

static enum svsm_status
accept(struct svsm_guest *guest, const struct svsm_range *range)
{
	struct svsm_window window = { .va = NULL };
	struct page_run run = {
		.page.range = page_of(range, 0),
		.left = range->len >> SVSM_PAGE_SHIFT,
		.window = &window,
	};
	enum svsm_status status;

	if (!svsm_own_has_room(&guest->own, 2))
		return SVSM_ENOMEM;
	status = as_status(guest_run_validate(guest, &run));
	svsm_window_unmap(&window);
	return status;
}

enum svsm_status
svsm_guest_accept(struct svsm_guest *guest, const struct svsm_range *range)
{
	enum svsm_status status = SVSM_EADDR;

	svsm_lock_acquire(&guest->own.lock);
	if (svsm_own_is(&guest->own, range, SVSM_OWN_INVALID))
		status = accept(guest, range);
	svsm_lock_release(&guest->own.lock);
	return status;
}

static enum svsm_status
grant_page(const struct svsm_guest *guest, svsm_gpa_t gpa)
{
	struct svsm_window window;
	enum svsm_status status;

	status = svsm_window_map(gpa, SVSM_PAGE_4K, SVSM_WINDOW_WRITE, &window);
	if (status != SVSM_OK)
		return status;
	status = svsm_rmp_grant(window.va, SVSM_PAGE_4K, guest->vmpl,
				SVSM_PERM_ALL, NULL);
	svsm_window_unmap(&window);
	return status == SVSM_OK ? SVSM_OK : SVSM_EHOST;
}

enum svsm_status
svsm_guest_grant(struct svsm_guest *guest, const struct svsm_range *range)
{
	enum svsm_status status = SVSM_EADDR;

	svsm_lock_acquire(&guest->own.lock);
	if (svsm_range_contains(&guest->firmware, range) &&
	    svsm_own_is(&guest->own, range, SVSM_OWN_SVSM))
		status = svsm_own_set(&guest->own, range, SVSM_OWN_GUEST);
	for (uint64_t at = 0; at < range->len && status == SVSM_OK;
	     at += SVSM_PAGE_BYTES)
		status = grant_page(guest, page_of(range, at).start);
	svsm_lock_release(&guest->own.lock);
	return status;
}
