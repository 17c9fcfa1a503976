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
/* Of one slot. Each note is put with those before it in its slot, so that is
 * short; all slots together hold a hundred extends of one bank. */
#define NOTES_BYTES	(1024u - sizeof(uint64_t))

#define PCR_EXTEND	0x182u
#define PCR_READ	0x17eu

/* What is in the storage. Notes go with the state that has their number. */
static struct {
	uint64_t nr;
	uint8_t bytes[STATE_BYTES];
} state;

struct notes {
	uint64_t nr;
	uint8_t bytes[NOTES_BYTES];
};

static struct notes notes[SVSM_VTPM_NOTES_SLOTS];
static size_t notes_len[SVSM_VTPM_NOTES_SLOTS];
static unsigned last;		/* where the next note goes, if it fits */

static size_t state_len;	/* of the bytes; 0: none is kept yet */
static size_t noted_len;	/* behind the last; 0: it is not repeatable */

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

/* Of no other state than that which is there. */
static bool load_notes(unsigned i)
{
	enum svsm_status status;

	notes[i].nr = 0;
	status = get(SVSM_VTPM_NOTES + i, &notes[i], sizeof(notes[i]),
		&notes_len[i]);
	if (notes[i].nr > state.nr)
		return false;
	if (status != SVSM_OK || notes[i].nr < state.nr)
		notes_len[i] = 0;
	if (notes_len[i] > 0)
		last = i;
	notes[i].nr = state.nr;
	return status == SVSM_OK || status == SVSM_ENOENT;
}

bool vtpm_volatile_load(void)
{
	enum svsm_status status;
	unsigned i;

	last = 0;
	state.nr = 0;
	state_len = 0;
	status = get(SVSM_VTPM_VOLATILE, &state, sizeof(state), &state_len);
	if (status == SVSM_ENOENT)
		return true;
	if (status != SVSM_OK || state_len == 0)
		return false;
	for (i = 0; i < SVSM_VTPM_NOTES_SLOTS; i++) {
		if (!load_notes(i))
			return false;
	}
	return true;
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

static bool repeat(uint8_t *command, size_t len)
{
	static uint8_t response[VTPM_RESPONSE_BYTES];

	if (!vtpm_is_repeatable(command, len))
		return false;
	(void)vtpm_command(command, len, response);
	return vtpm_code(response) == VTPM_RC_SUCCESS;
}

static bool replay(uint8_t *bytes, size_t len)
{
	size_t at, n;

	for (at = 0; at < len; at += n) {
		if (len - at < VTPM_HEADER_BYTES)
			return false;
		n = vtpm_length(bytes + at);
		if (n > len - at || !repeat(bytes + at, n))
			return false;
	}
	return true;
}

bool vtpm_volatile_replay(void)
{
	unsigned i;

	if (state_len == 0)
		return true;
	for (i = 0; i < SVSM_VTPM_NOTES_SLOTS; i++) {
		if (!replay(notes[i].bytes, notes_len[i]))
			return false;
	}
	return true;
}

static bool fits(size_t len)
{
	return len <= NOTES_BYTES - notes_len[last];
}

void vtpm_volatile_note(const uint8_t *command, size_t len)
{
	noted_len = 0;
	if (state_len == 0 || !vtpm_is_repeatable(command, len))
		return;
	if (!fits(len) && last + 1 < SVSM_VTPM_NOTES_SLOTS)
		last++;
	if (!fits(len))
		return;
	memcpy(&notes[last].bytes[notes_len[last]], command, len);
	noted_len = len;
}

static void begin_notes(uint64_t nr)
{
	unsigned i;

	for (i = 0; i < SVSM_VTPM_NOTES_SLOTS; i++) {
		notes[i].nr = nr;
		notes_len[i] = 0;
	}
	last = 0;
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
	begin_notes(++state.nr);
}

static void put(enum svsm_vtpm_slot slot, const void *src, size_t len)
{
	if (vtpm_plat_put(slot, src, len) != SVSM_OK)
		vtpm_plat_die("the volatile state cannot be kept");
}

void vtpm_volatile_keep(const uint8_t *response)
{
	if (noted_len > 0 && vtpm_code(response) == VTPM_RC_SUCCESS) {
		notes_len[last] += noted_len;
		put(SVSM_VTPM_NOTES + last, &notes[last],
			sizeof(notes[last].nr) + notes_len[last]);
	} else {
		write_state();
		put(SVSM_VTPM_VOLATILE, &state, sizeof(state.nr) + state_len);
	}
}
