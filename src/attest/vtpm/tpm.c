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

#include <svsm/abi/vtpm.h>
#include <svsm/string.h>

#include "ek.h"
#include "platform.h"
#include "tpm.h"
#include "volatile.h"

static TPM_RESULT nothing(void)
{
	return TPM_SUCCESS;
}

/* TPM_RETRY says that there is none: then libtpms makes a new TPM. So it must
 * not be said of a storage that has one and cannot be read. */
static TPM_RESULT load_permanent(unsigned char **data, uint32_t *len)
{
	enum svsm_status status;
	size_t bytes, got;

	status = vtpm_plat_get(SVSM_VTPM_PERMANENT, &got, 0, &bytes);
	if (status == SVSM_ENOENT)
		return TPM_RETRY;
	if (status != SVSM_ESIZE)
		return TPM_FAIL;
	if (TPM_Malloc(data, (uint32_t)bytes) != TPM_SUCCESS ||
	    vtpm_plat_get(SVSM_VTPM_PERMANENT, *data, bytes, &got) != SVSM_OK)
		return TPM_FAIL;
	*len = (uint32_t)got;
	return TPM_SUCCESS;
}

static TPM_RESULT
load(unsigned char **data, uint32_t *len, uint32_t tpm, const char *name)
{
	(void)tpm;
	if (strcmp(name, TPM_PERMANENT_ALL_NAME) == 0)
		return load_permanent(data, len);
	if (strcmp(name, TPM_VOLATILESTATE_NAME) == 0)
		return vtpm_volatile_state(data, len) ? TPM_SUCCESS : TPM_RETRY;
	return TPM_RETRY;
}

/* The volatile state is written down by us, and never by libtpms itself. */
static TPM_RESULT
store(const unsigned char *data, uint32_t len, uint32_t tpm, const char *name)
{
	(void)tpm;
	if (strcmp(name, TPM_PERMANENT_ALL_NAME) != 0 ||
	    vtpm_plat_put(SVSM_VTPM_PERMANENT, data, len) != SVSM_OK)
		return TPM_FAIL;
	return TPM_SUCCESS;
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

	/* libtpms would start without a state that it does not get. */
	if (!vtpm_volatile_load())
		return false;
	if (TPMLIB_RegisterCallbacks(&callbacks) != TPM_SUCCESS ||
	    TPMLIB_ChooseTPMVersion(TPMLIB_TPM_VERSION_2) != TPM_SUCCESS ||
	    TPMLIB_MainInit() != TPM_SUCCESS)
		return false;
	/* Requests and responses of the protocol are shorter than libtpms'. */
	return TPMLIB_SetBufferSize(SVSM_VTPM_COMMAND_MAX, NULL, NULL) ==
		SVSM_VTPM_COMMAND_MAX && vtpm_volatile_replay();
}

/* A TPM that has failed does nothing any more, and what it has is not to be
 * trusted: if it is ever started again, then with the state before. */
size_t vtpm_serve(uint8_t *command, size_t len,
	uint8_t response[VTPM_RESPONSE_BYTES])
{
	size_t n;

	vtpm_volatile_note(command, len);
	vtpm_ek_provide(command, len);
	n = vtpm_command(command, len, response);
	if (vtpm_code(response) != VTPM_RC_FAILURE)
		vtpm_volatile_keep(response);
	return n;
}
