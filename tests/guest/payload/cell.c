/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A guest for examples/cell: short and long requests to a service in ring 3.
 * Ends with the number of the first check that failed, 0 when none did.
 */
#include <svsm/abi/svsm.h>

#include "../../../examples/cell/primes.h"
#include "layout.h"
#include "svsm.h"

unsigned payload_main(void);

#define NUMBER	(CALLING_AREA + 64)

/* The last result, and how often it was "incomplete" before. */
static uint64_t count(uint64_t gpa, unsigned *incomplete)
{
	struct call call = {
		.protocol = PRIMES_PROTOCOL, .fn = PRIMES_COUNT, .rcx = gpa,
	};

	*incomplete = 0;
	for (;;) {
		if (!svsm_call(&call))
			return UINT64_MAX;
		if (call.rax != SVSM_ERR_INCOMPLETE)
			return call.rax;
		++*incomplete;
	}
}

/* A short one may be "incomplete" as well, where the machine is slow. */
static bool primes_are(uint64_t below, uint64_t expected, bool is_long)
{
	volatile uint64_t *number = (volatile uint64_t *)NUMBER;
	unsigned incomplete;

	*number = below;
	return count(NUMBER, &incomplete) == SVSM_SUCCESS &&
		*number == expected && (incomplete > 0 || !is_long);
}

static bool result_is(uint32_t fn, uint64_t rcx, uint64_t result)
{
	struct call call = {
		.protocol = PRIMES_PROTOCOL, .fn = fn, .rcx = rcx,
	};

	return svsm_call(&call) && call.rax == result;
}

unsigned payload_main(void)
{
	if (!primes_are(100, 25, false))
		return 1;
	if (!result_is(PRIMES_NOTHING, 0, SVSM_SUCCESS))
		return 2;
	if (!primes_are(200000, 17984, true))
		return 3;
	if (!result_is(2, 0, SVSM_ERR_UNSUPPORTED_CALL))
		return 4;
	/* Memory that is not the guest's: the SVSM's own. */
	if (!result_is(PRIMES_COUNT, 0x7e000000, SVSM_ERR_INVALID_ADDRESS))
		return 5;
	/* From one page into the next, which is not the calling area's. */
	if (!result_is(PRIMES_COUNT, CALLING_AREA + 4092,
		       SVSM_ERR_INVALID_ADDRESS))
		return 6;
	return primes_are(2, 0, false) ? 0 : 7;
}
