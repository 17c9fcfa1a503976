/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The libtpms that a test is linked with: see tpm.h.
 */
#include <libtpms/tpm_types.h>

#include <libtpms/tpm_library.h>

#include "tpm.h"
#include "vtpm/alloc.h"
#include "vtpm/command.h"

/* The way that a cell takes, in the words of TPMLIB_Process(). */
static TPM_RESULT command(unsigned char **response, uint32_t *len,
	uint32_t *room, unsigned char *bytes, uint32_t size)
{
	if (!*response) {
		*response = malloc(VTPM_RESPONSE_BYTES);
		*room = VTPM_RESPONSE_BYTES;
	}
	*len = (uint32_t)vtpm_command(bytes, size, *response);
	return TPM_SUCCESS;
}

const struct tpm_library tpm_linked = {
	.choose = TPMLIB_ChooseTPMVersion,
	.callbacks = TPMLIB_RegisterCallbacks,
	.init = TPMLIB_MainInit,
	.process = command,
	.terminate = TPMLIB_Terminate,
	.get_state = TPMLIB_GetState,
	.set_state = TPMLIB_SetState,
};
