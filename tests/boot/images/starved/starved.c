/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The TPM, in a cell whose n-th allocation finds no memory: the guest says
 * which, and asks what came of it. One vCPU, so nobody else has the cell.
 */
#include <svsm/assert.h>
#include <svsm/page.h>
#include <svsm/svsm.h>
#include <svsm/vtpm.h>

#include "starved.h"

SVSM_IMAGE(.name = "starved",
	   .flags = SVSM_IMAGE_FIRMWARE | SVSM_IMAGE_CONSOLE);

_Static_assert(STARVED_SLOT >= SVSM_VTPM_SLOTS, "not one of the TPM's");

/* Of the test; svsm_vtpm_start() gives it sixteen, which stays as it is. */
#define RESTARTS	5000u

/* "out of memory", and not one of its other ends (vtpm/cell/cell.c). */
#define DIED		0x1000u

static struct svsm_cell_store *product;
static uint64_t allocations, fail_at;
static unsigned deaths;
static size_t pages;
static bool bad;

static enum svsm_status
counted_get(struct svsm_cell_store *store, uint32_t slot,
	    const struct svsm_cell_bytes *to, size_t *len)
{
	(void)store;
	if (slot != STARVED_SLOT)
		return product->get(product, slot, to, len);
	allocations++;
	return allocations == fail_at ? SVSM_ENOMEM : SVSM_OK;
}

static enum svsm_status
counted_put(struct svsm_cell_store *store, uint32_t slot,
	    const struct svsm_cell_bytes *from)
{
	(void)store;
	return product->put(product, slot, from);
}

static struct svsm_cell_store counted = { counted_get, counted_put };

/* It ended because it wanted to, in order; its pages are as many as ever. */
static bool is_clean(const struct svsm_cell *cell)
{
	return cell->death == SVSM_CELL_FAILED && cell->detail == DIED &&
		cell->account.used == pages && svsm_page_check(&svsm_pages);
}

static svsm_result_t look(struct svsm_call *call)
{
	const struct svsm_cell *cell = &svsm_vtpm_cell;
	bool dead = cell->state == SVSM_CELL_DEAD;
	unsigned before = deaths;

	deaths = cell->restarts + dead;
	bad = bad || (dead && !is_clean(cell));
	svsm_call_answer(call, SVSM_RCX, allocations);
	svsm_call_answer(call, SVSM_RDX, deaths - before);
	return bad ? SVSM_ERR_INVALID_REQUEST : SVSM_SUCCESS;
}

static svsm_result_t starved_call(struct svsm_call *call, uint32_t fn)
{
	switch (fn) {
	case STARVED_FAIL:
		allocations = 0;
		fail_at = call->in[SVSM_RCX];
		return SVSM_SUCCESS;
	case STARVED_LOOK:
		return look(call);
	}
	return SVSM_ERR_UNSUPPORTED_CALL;
}

static const struct svsm_protocol starved_protocol = {
	.id = STARVED_PROTOCOL, .min = 1, .max = 1, .call = starved_call,
};

static const struct svsm_protocol *const protocols[] = {
	&svsm_core_protocol, &svsm_vtpm_protocol, &starved_protocol,
};

_Noreturn void svsm_main(void)
{
	struct svsm_cell_config *config = &svsm_vtpm_cell.config;

	svsm_assert(svsm_vtpm_start(NULL) == SVSM_OK);
	product = config->store;
	config->store = &counted;
	config->restarts = RESTARTS;
	pages = svsm_vtpm_cell.account.used;
	svsm_guest_boot();
	svsm_serve(protocols, SVSM_ARRAY_SIZE(protocols));
}
