/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A service in ring 3: the SVSM passes requests to a cell and replies to the
 * guest. The cell is primes.c.
 */
#include <svsm/assert.h>
#include <svsm/cell.h>
#include <svsm/svsm.h>

#include "primes.h"

SVSM_IMAGE(.name = "cell",
	   .flags = SVSM_IMAGE_FIRMWARE | SVSM_IMAGE_CONSOLE);
SVSM_CELL_DECLARE(primes);

static struct svsm_cell cell;

static svsm_result_t count(struct svsm_call *call)
{
	struct svsm_umem number;
	enum svsm_status status;
	size_t len;

	status = svsm_call_umem(call, call->in[SVSM_RCX], sizeof(uint64_t),
				SVSM_READ_WRITE, &number);
	if (status == SVSM_OK)
		status = svsm_cell_serve(&cell, call, PRIMES_COUNT, &number,
					 &number, &len);
	return svsm_result(status);
}

static svsm_result_t primes_call(struct svsm_call *call, uint32_t fn)
{
	size_t len;

	switch (fn) {
	case PRIMES_COUNT:
		return count(call);
	case PRIMES_NOTHING:
		return svsm_result(svsm_cell_serve(&cell, call, fn, NULL, NULL,
						   &len));
	}
	return SVSM_ERR_UNSUPPORTED_CALL;
}

static const struct svsm_protocol primes_protocol = {
	.id = PRIMES_PROTOCOL, .min = 1, .max = 1, .call = primes_call,
};

static const struct svsm_protocol *const protocols[] = {
	&svsm_core_protocol, &primes_protocol,
};

_Noreturn void svsm_main(void)
{
	const struct svsm_cell_config config = {
		.image = SVSM_CELL_NAMED(primes), .restarts = 3,
	};

	svsm_assert(svsm_cell_start(&cell, &config) == SVSM_OK);
	svsm_guest_boot();
	svsm_serve(protocols, SVSM_ARRAY_SIZE(protocols));
}
