/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What a guest's request may be, and a TPM's response. See svsm/vtpm.h.
 */
#include "internal.h"

/*@ assigns \nothing;
  ensures \result <==> 10 <= size <= 4096 - 9; */
static bool size_fits(uint32_t size)
{
	return size >= SVSM_VTPM_TPM_HEADER && size <= SVSM_VTPM_COMMAND_MAX;
}

svsm_result_t vtpm_request_check(const struct svsm_abi_vtpm_request *request)
{
	if (request->command >= SVSM_VTPM_PLATFORM_COMMANDS)
		return SVSM_ERR_INVALID_PARAMETER;
	if (!(VTPM_COMMANDS >> request->command & 1))
		return SVSM_ERR_UNSUPPORTED_CALL;
	/* No other locality has a meaning yet. */
	if (request->locality != 0)
		return SVSM_ERR_INVALID_PARAMETER;
	return size_fits(request->size) ? SVSM_SUCCESS :
		SVSM_ERR_INVALID_PARAMETER;
}

bool vtpm_response_check(size_t len, uint32_t said)
{
	return len >= SVSM_VTPM_TPM_HEADER && len <= SVSM_VTPM_RESPONSE_MAX &&
		len == said;
}
