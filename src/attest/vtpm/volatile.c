/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Keeping the volatile state: see volatile.h.
 */
#include <libtpms/tpm_types.h>

#include <libtpms/tpm_error.h>
#include <libtpms/tpm_memory.h>

#include <bearssl.h>
#include <svsm/string.h>

#include "command.h"
#include "marshal.h"
#include "platform.h"
#include "volatile.h"

/* Three times what it was ever seen to take: keys and sessions are few. */
#define STATE_BYTES	(32u << 10)
/* With its number a page: twenty extends of all banks, sixty of one. */
#define NOTES_BYTES	(4096u - sizeof(uint64_t))

#define PCR_EXTEND	0x182u
#define PCR_READ	0x17eu

/* What is in the storage. Notes go with the state that has their number. */
static struct {
	uint64_t nr;
	uint8_t bytes[STATE_BYTES];
} state;

static struct {
	uint64_t nr;
	uint8_t bytes[NOTES_BYTES];
} notes;

static size_t state_len;	/* of the bytes; 0: none is kept yet */
static size_t notes_len;
static size_t noted_len;	/* behind the notes; 0: it is not repeatable */

bool vtpm_is_repeatable(const uint8_t *command, size_t len)
{
	uint32_t code;

	if (!vtpm_is_public(command, len) || vtpm_length(command) != len)
		return false;
	code = vtpm_code(command);
	return code == PCR_EXTEND || code == PCR_READ;
}

/* ENOENT: there is none, and nothing was read. The bytes behind the number. */
static enum svsm_status
get(enum svsm_vtpm_slot slot, void *to, size_t max, size_t *bytes)
{
	enum svsm_status status;
	size_t len;

	status = vtpm_plat_get(slot, to, max, &len);
	if (status != SVSM_OK)
		return status;
	if (len < sizeof(uint64_t))
		return SVSM_EINVAL;
	*bytes = len - sizeof(uint64_t);
	return SVSM_OK;
}

static bool load_notes(void)
{
	enum svsm_status status;

	status = get(SVSM_VTPM_NOTES, &notes, sizeof(notes), &notes_len);
	if (status == SVSM_OK && notes.nr > state.nr)
		return false;
	if (notes.nr != state.nr)
		notes_len = 0;
	notes.nr = state.nr;
	return status == SVSM_OK || status == SVSM_ENOENT;
}

bool vtpm_volatile_load(void)
{
	enum svsm_status status;

	state.nr = notes.nr = 0;
	state_len = notes_len = 0;
	status = get(SVSM_VTPM_VOLATILE, &state, sizeof(state), &state_len);
	if (status == SVSM_ENOENT)
		return true;
	return status == SVSM_OK && state_len > 0 && load_notes();
}

/* Each command's state is kept, and hardly one is ever read again: its checksum
 * is made when it is. It was in memory of ours all the time. */
bool vtpm_volatile_state(unsigned char **data, uint32_t *len)
{
	br_sha1_context sha1;

	if (state_len == 0)
		return false;
	*len = (uint32_t)state_len + br_sha1_SIZE;
	if (TPM_Malloc(data, *len) != TPM_SUCCESS)
		vtpm_plat_die("no memory for the volatile state");
	memcpy(*data, state.bytes, state_len);
	br_sha1_init(&sha1);
	br_sha1_update(&sha1, *data, state_len);
	br_sha1_out(&sha1, *data + state_len);
	return true;
}

bool vtpm_volatile_replay(void)
{
	static uint8_t response[VTPM_RESPONSE_BYTES];
	size_t at, n;

	for (at = 0; at < notes_len; at += n) {
		if (notes_len - at < VTPM_HEADER_BYTES)
			return false;
		n = vtpm_length(&notes.bytes[at]);
		if (n > notes_len - at ||
		    !vtpm_is_repeatable(&notes.bytes[at], n))
			return false;
		(void)vtpm_command(&notes.bytes[at], n, response);
		if (vtpm_code(response) != VTPM_RC_SUCCESS)
			return false;
	}
	return true;
}

void vtpm_volatile_note(const uint8_t *command, size_t len)
{
	noted_len = 0;
	if (state_len == 0 || len > NOTES_BYTES - notes_len ||
	    !vtpm_is_repeatable(command, len))
		return;
	memcpy(&notes.bytes[notes_len], command, len);
	noted_len = len;
}

/* It was random a moment ago, and no older one may come back: two responses
 * would be made of the same random numbers. What is left in the buffer is what
 * is in the storage, and nothing that was forgotten since. */
static void write_state(void)
{
	uint8_t *end = state.bytes;
	int32_t room = sizeof(state.bytes);
	size_t before = state_len;

	vtpm_marshal(&end, &room);
	if (room < 0)
		vtpm_plat_die("the volatile state is too large");
	state_len = (size_t)(end - state.bytes);
	if (before > state_len)
		svsm_wipe(end, before - state_len);
	state.nr++;
	notes.nr = state.nr;
	notes_len = 0;
}

static void put(enum svsm_vtpm_slot slot, const void *src, size_t len)
{
	if (vtpm_plat_put(slot, src, len) != SVSM_OK)
		vtpm_plat_die("the volatile state cannot be kept");
}

void vtpm_volatile_keep(const uint8_t *response)
{
	if (noted_len > 0 && vtpm_code(response) == VTPM_RC_SUCCESS) {
		notes_len += noted_len;
		put(SVSM_VTPM_NOTES, &notes, sizeof(notes.nr) + notes_len);
	} else {
		write_state();
		put(SVSM_VTPM_VOLATILE, &state, sizeof(state.nr) + state_len);
	}
}
