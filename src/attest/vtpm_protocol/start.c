/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Starting the TPM's cell, with what it keeps. See svsm/vtpm.h.
 */
#include <svsm/machine.h>
#include <svsm/page.h>
#include <svsm/random.h>
#include <svsm/secrets.h>
#include <svsm/string.h>
#include <svsm/vtpm.h>

SVSM_CELL_DECLARE(vtpm);

/* Each is a way to ask what a TPM says that was stopped in the middle. */
#define RESTARTS	16u

/* All of the TPM's NV memory, a volatile state of the largest size, a page for
 * each slot of notes; one of them twice while it is replaced. */
#define STORE_PAGES	(64u + 16u + SVSM_VTPM_NOTES_SLOTS + 64u)

static struct svsm_page_account account;
static struct svsm_cell_memory memory;
static struct svsm_cell_store *permanent;

/* The volatile state is the VM's: it never outlives it. */
static struct svsm_cell_store *store_of(uint32_t slot)
{
	return slot == SVSM_VTPM_PERMANENT ? permanent : &memory.store;
}

static enum svsm_status
vtpm_get(struct svsm_cell_store *store, uint32_t slot,
    const struct svsm_cell_bytes *to, size_t *len)
{
	(void)store;
	return store_of(slot)->get(store_of(slot), slot, to, len);
}

static enum svsm_status
vtpm_put(struct svsm_cell_store *store, uint32_t slot,
    const struct svsm_cell_bytes *from)
{
	(void)store;
	return store_of(slot)->put(store_of(slot), slot, from);
}

static struct svsm_cell_store by_slot = { vtpm_get, vtpm_put };

/* The security processor's secret: keys do not hang on RDSEED alone. A launch
 * without it has no secret to add. */
static enum svsm_status stir(void)
{
	enum svsm_status status = SVSM_OK;
	uint8_t key[SVSM_VMPCK_BYTES];

	if (svsm_secrets_vmpck(svsm_machine_secrets(), 0, key) == SVSM_OK)
		status = svsm_random_add(key, sizeof(key));
	svsm_wipe(key, sizeof(key));
	return status;
}

enum svsm_status svsm_vtpm_start(struct svsm_cell_store *store)
{
	const struct svsm_cell_config config = {
		.image = SVSM_CELL_NAMED(vtpm), .restarts = RESTARTS,
		.store = &by_slot, .random = svsm_random,
	};
	enum svsm_status status;

	status = stir();
	if (status == SVSM_OK)
		status = svsm_page_account_open(&account, &svsm_pages,
						"vtpm store", STORE_PAGES,
						STORE_PAGES);
	if (status != SVSM_OK)
		return status;
	svsm_cell_memory_init(&memory, &account);
	permanent = store ? store : &memory.store;
	return svsm_cell_start(&svsm_vtpm_cell, &config);
}
