/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A cell that loops without a call, on one vCPU; another one ends it.
 */
#include <svsm/assert.h>
#include <svsm/cell.h>
#include <svsm/svsm.h>

#include "looper.h"

SVSM_IMAGE(.name = "looper",
	   .flags = SVSM_IMAGE_FIRMWARE | SVSM_IMAGE_CONSOLE);
SVSM_CELL_DECLARE(hostile);

static struct svsm_cell cell;

static svsm_result_t looper_call(struct svsm_call *call, uint32_t fn)
{
	size_t len;

	return svsm_result(svsm_cell_serve(&cell, call, fn, NULL, NULL, &len));
}

static const struct svsm_protocol looper_protocol = {
	.id = LOOPER_PROTOCOL, .min = 1, .max = 1, .call = looper_call,
};

static const struct svsm_protocol *const protocols[] = {
	&svsm_core_protocol, &looper_protocol,
};

_Noreturn void svsm_main(void)
{
	const struct svsm_cell_config config = {
		.image = SVSM_CELL_NAMED(hostile), .restarts = 1,
		.patience = 100000000,
	};

	svsm_assert(svsm_smp_start() == SVSM_OK);
	svsm_assert(svsm_cell_start(&cell, &config) == SVSM_OK);
	svsm_guest_boot();
	svsm_serve(protocols, SVSM_ARRAY_SIZE(protocols));
}
