/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The cell: counts primes. Whatever goes wrong here ends this program only.
 */
#include <svsm/cell_program.h>
#include <svsm/string.h>

#include "primes.h"

SVSM_CELL(.name = "primes");

static bool is_prime(uint64_t n)
{
	for (uint64_t i = 2; i <= n / i; i++)
		if (n % i == 0)
			return false;
	return n >= 2;
}

static uint64_t count(uint64_t below)
{
	uint64_t found = 0;

	for (uint64_t n = 2; n < below; n++) {
		found += is_prime(n);
		svsm_cell_yield();
	}
	return found;
}

void svsm_cell_main(void)
{
	struct svsm_cell_request request;
	size_t reply = 0;
	uint64_t n;

	svsm_cell_log("ready", strlen("ready"));
	for (;;) {
		svsm_cell_reply(reply, &request);
		reply = 0;
		if (request.fn != PRIMES_COUNT || request.len != sizeof(n))
			continue;
		memcpy(&n, svsm_cell_buffer, sizeof(n));
		n = count(n);
		memcpy(svsm_cell_buffer, &n, sizeof(n));
		reply = sizeof(n);
	}
}
