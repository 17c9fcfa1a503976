/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A guest for examples/counter: uses its protocol, and misuses it. Ends with
 * the number of the first check that failed, 0 when none did.
 */
#include <svsm/abi/svsm.h>

#include "../../../examples/counter/counter.h"
#include "svsm.h"

unsigned payload_main(void);

/* One call and what it must answer. */
struct step {
	uint32_t protocol, fn;
	uint64_t rcx;
	uint64_t result;
	uint64_t answer;	/* RCX afterwards */
};

#define VERSION_1	((uint64_t)1 << 32 | 1)
#define QUERY(protocol)	((uint64_t)(protocol) << 32 | 1)

static const struct step steps[] = {
	/* 1: the SVSM has the protocol, and none it did not name */
	{ SVSM_PROTOCOL_CORE, SVSM_CORE_QUERY_PROTOCOL,
	  QUERY(COUNTER_PROTOCOL), SVSM_SUCCESS, VERSION_1 },
	{ SVSM_PROTOCOL_CORE, SVSM_CORE_QUERY_PROTOCOL,
	  QUERY(SVSM_PROTOCOL_VTPM), SVSM_SUCCESS, 0 },
	/* 3: it counts */
	{ COUNTER_PROTOCOL, COUNTER_READ, 99, SVSM_SUCCESS, 0 },
	{ COUNTER_PROTOCOL, COUNTER_ADD, 5, SVSM_SUCCESS, 5 },
	{ COUNTER_PROTOCOL, COUNTER_ADD, 7, SVSM_SUCCESS, 12 },
	{ COUNTER_PROTOCOL, COUNTER_READ, 99, SVSM_SUCCESS, 12 },
	/* 7: it does not wrap, and keeps its value */
	{ COUNTER_PROTOCOL, COUNTER_ADD, UINT64_MAX, COUNTER_ERR_OVERFLOW,
	  UINT64_MAX },
	{ COUNTER_PROTOCOL, COUNTER_READ, 99, SVSM_SUCCESS, 12 },
	/* 9: what does not exist; registers stay as they are */
	{ COUNTER_PROTOCOL, 2, 77, SVSM_ERR_UNSUPPORTED_CALL, 77 },
	{ COUNTER_PROTOCOL, UINT32_MAX, 77, SVSM_ERR_UNSUPPORTED_CALL, 77 },
	{ SVSM_PROTOCOL_VTPM, 0, 77, SVSM_ERR_UNSUPPORTED_PROTOCOL, 77 },
	{ UINT32_MAX, 0, 77, SVSM_ERR_UNSUPPORTED_PROTOCOL, 77 },
};

static bool holds(const struct step *step)
{
	struct call call = {
		.protocol = step->protocol,
		.fn = step->fn,
		.rcx = step->rcx,
	};

	return svsm_call(&call) && (uint32_t)call.rax == step->result &&
		call.rcx == step->answer;
}

unsigned payload_main(void)
{
	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (!holds(&steps[i]))
			return i + 1;
	return 0;
}
