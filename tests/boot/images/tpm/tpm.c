/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The TPM, and a protocol by which the guest can make it die.
 */
#include <svsm/assert.h>
#include <svsm/svsm.h>
#include <svsm/vtpm.h>

#include "tpm.h"

SVSM_IMAGE(.name = "tpm", .max_cpus = 64, .region_len = 8ull << 20,
	   .flags = SVSM_IMAGE_FIRMWARE | SVSM_IMAGE_CONSOLE);

static svsm_result_t image_call(struct svsm_call *call, uint32_t fn)
{
	struct svsm_cell_config *config = &svsm_vtpm_cell.config;

	switch (fn) {
	case TPM_IMAGE_SLICES:
		config->slices = call->in[SVSM_RCX] ? call->in[SVSM_RCX] :
			SVSM_CELL_SLICES;
		return SVSM_SUCCESS;
	case TPM_IMAGE_SLICE:
		svsm_call_answer(call, SVSM_RCX, config->slice);
		return SVSM_SUCCESS;
	}
	return SVSM_ERR_UNSUPPORTED_CALL;
}

static const struct svsm_protocol image_protocol = {
	.id = TPM_IMAGE_PROTOCOL, .min = 1, .max = 1, .call = image_call,
};

static const struct svsm_protocol *const protocols[] = {
	&svsm_core_protocol, &svsm_vtpm_protocol, &image_protocol,
};

_Noreturn void svsm_main(void)
{
	svsm_assert(svsm_smp_start() == SVSM_OK);
	svsm_assert(svsm_vtpm_start(NULL) == SVSM_OK);
	svsm_guest_boot();
	svsm_serve(protocols, SVSM_ARRAY_SIZE(protocols));
}
