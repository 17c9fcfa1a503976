/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * libtpms set up, and what it wants to be kept. See tpm.h.
 */
#include <libtpms/tpm_types.h>

#include <libtpms/tpm_library.h>

#include <libtpms/tpm_error.h>
#include <libtpms/tpm_memory.h>
#include <libtpms/tpm_nvfilename.h>

#include <bearssl.h>
#include <svsm/abi/vtpm.h>
#include <svsm/string.h>

#include "ek.h"
#include "platform.h"
#include "tpm.h"

#define CODE_AT	6u

/* Three times what it was ever seen to take: keys and sessions are few. */
#define STATE_BYTES	(32u << 10)

/* libtpms' own, which no header of it declares: its volatile state, without
 * the checksum that it wants behind it. */
uint16_t VolatileState_Marshal(uint8_t **buffer, int32_t *size);

static TPM_RESULT nothing(void)
{
	return TPM_SUCCESS;
}

static bool slot_named(const char *name, enum svsm_vtpm_slot *slot)
{
	if (strcmp(name, TPM_PERMANENT_ALL_NAME) == 0)
		*slot = SVSM_VTPM_PERMANENT;
	else if (strcmp(name, TPM_VOLATILESTATE_NAME) == 0)
		*slot = SVSM_VTPM_VOLATILE;
	else
		return false;
	return true;
}

/* Each command's state is kept, and hardly one is ever read again: its checksum
 * is made when it is. It was in memory of ours all the time. */
static size_t add_checksum(uint8_t *state, size_t len)
{
	br_sha1_context sha1;

	br_sha1_init(&sha1);
	br_sha1_update(&sha1, state, len);
	br_sha1_out(&sha1, state + len);
	return len + br_sha1_SIZE;
}

/* TPM_RETRY says that there is none: then libtpms makes a new TPM. So it must
 * not be said of a storage that has one and cannot be read. */
static TPM_RESULT
load(unsigned char **data, uint32_t *len, uint32_t tpm, const char *name)
{
	enum svsm_status status;
	enum svsm_vtpm_slot slot;
	size_t bytes, got;

	(void)tpm;
	if (!slot_named(name, &slot))
		return TPM_RETRY;
	status = vtpm_plat_get(slot, &got, 0, &bytes);
	if (status == SVSM_ENOENT)
		return TPM_RETRY;
	if (status != SVSM_ESIZE)
		return TPM_FAIL;
	if (TPM_Malloc(data, (uint32_t)bytes + br_sha1_SIZE) != TPM_SUCCESS ||
	    vtpm_plat_get(slot, *data, bytes, &got) != SVSM_OK)
		return TPM_FAIL;
	if (slot == SVSM_VTPM_VOLATILE)
		got = add_checksum(*data, got);
	*len = (uint32_t)got;
	return TPM_SUCCESS;
}

static TPM_RESULT
store(const unsigned char *data, uint32_t len, uint32_t tpm, const char *name)
{
	enum svsm_vtpm_slot slot;

	(void)tpm;
	if (!slot_named(name, &slot))
		return TPM_FAIL;
	return vtpm_plat_put(slot, data, len) == SVSM_OK ? TPM_SUCCESS :
		TPM_FAIL;
}

/* It would forget the volatile state, which is not its own to forget. */
static TPM_RESULT forget(uint32_t tpm, const char *name, TPM_BOOL must)
{
	(void)tpm;
	(void)name;
	(void)must;
	return TPM_SUCCESS;
}

static TPM_RESULT locality_none(TPM_MODIFIER_INDICATOR *locality, uint32_t tpm)
{
	(void)tpm;
	*locality = 0;
	return TPM_SUCCESS;
}

static TPM_RESULT nobody_there(TPM_BOOL *presence, uint32_t tpm)
{
	(void)tpm;
	*presence = 0;
	return TPM_SUCCESS;
}

bool vtpm_start(void)
{
	struct libtpms_callbacks callbacks = {
		.sizeOfStruct = sizeof(callbacks),
		.tpm_nvram_init = nothing,
		.tpm_nvram_loaddata = load,
		.tpm_nvram_storedata = store,
		.tpm_nvram_deletename = forget,
		.tpm_io_init = nothing,
		.tpm_io_getlocality = locality_none,
		.tpm_io_getphysicalpresence = nobody_there,
	};

	if (TPMLIB_RegisterCallbacks(&callbacks) != TPM_SUCCESS ||
	    TPMLIB_ChooseTPMVersion(TPMLIB_TPM_VERSION_2) != TPM_SUCCESS ||
	    TPMLIB_MainInit() != TPM_SUCCESS)
		return false;
	/* Requests and responses of the protocol are shorter than libtpms'. */
	return TPMLIB_SetBufferSize(SVSM_VTPM_COMMAND_MAX, NULL, NULL) ==
		SVSM_VTPM_COMMAND_MAX;
}

/* It was random a moment ago, and no older one may come back: two responses
 * would be made of the same random numbers. What is left in the buffer is what
 * is in the storage, and nothing that was forgotten since. */
static void keep(void)
{
	static uint8_t state[STATE_BYTES];
	static size_t before;
	uint8_t *end = state;
	int32_t room = sizeof(state);
	size_t len;

	(void)VolatileState_Marshal(&end, &room);
	if (room < 0)
		vtpm_plat_die("the volatile state is too large");
	len = (size_t)(end - state);
	if (before > len)
		svsm_wipe(end, before - len);
	before = len;
	if (vtpm_plat_put(SVSM_VTPM_VOLATILE, state, len) != SVSM_OK)
		vtpm_plat_die("the volatile state cannot be kept");
}

static bool failed(const uint8_t *response)
{
	return response[CODE_AT + 2] == VTPM_RC_FAILURE >> 8 &&
		response[CODE_AT + 3] == (VTPM_RC_FAILURE & 0xff);
}

/* A TPM that has failed does nothing any more, and what it has is not to be
 * trusted: if it is ever started again, then with the state before. */
size_t vtpm_serve(uint8_t *command, size_t len,
	uint8_t response[VTPM_RESPONSE_BYTES])
{
	size_t n;

	vtpm_ek_provide(command, len);
	n = vtpm_command(command, len, response);
	if (!failed(response))
		keep();
	return n;
}
