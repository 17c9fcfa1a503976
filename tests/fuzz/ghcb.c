/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The host's answers to GHCB requests, page state changes among them: any
 * bytes anywhere in the shared page, any number of times.
 */
#include <svsm/addr.h>

#include "fake.h"
#include "fuzz.h"
#include "requests.h"

#define EXITS_MAX 200u

static struct fuzz_input input;

/* Fields that a request looks at, and anything else. */
static size_t place(void)
{
	static const uint16_t fields[] = {
		offsetof(struct svsm_abi_ghcb, rax),
		offsetof(struct svsm_abi_ghcb, rdx),
		offsetof(struct svsm_abi_ghcb, sw_exitinfo1),
		offsetof(struct svsm_abi_ghcb, sw_exitinfo2),
		offsetof(struct svsm_abi_ghcb, valid_bitmap),
		offsetof(struct svsm_abi_ghcb, valid_bitmap) + 8,
		offsetof(struct svsm_abi_ghcb, buffer),
		offsetof(struct svsm_abi_ghcb, buffer) + 8,
	};
	uint8_t kind = fuzz_u8(&input);

	if (kind < 0xe0)
		return fields[kind % SVSM_ARRAY_SIZE(fields)];
	return fuzz_u16(&input) % 4096 & ~7u;
}

/* Spoil the answer at a few places. When the input ends, all are honest. */
static void spoil(struct fake_exit *exit)
{
	uint8_t *page = (uint8_t *)exit->ghcb;
	unsigned places = input.len ? fuzz_u8(&input) % 4 : 0;

	FUZZ_REQUIRE(exit->nr <= EXITS_MAX);
	if (exit->msr_protocol) {
		if (places)
			exit->msr ^= fuzz_u64(&input);
		return;
	}
	while (places--) {
		size_t at = place();
		uint64_t value = fuzz_u64(&input);

		memcpy(page + at, &value, sizeof(value));
	}
}

static bool is_hosts_fault(int reason)
{
	switch (reason) {
	case FAKE_NO_TERMINATION:
	case SVSM_REASON_GHCB_PROTOCOL:
	case SVSM_REASON_PSC:
	case SVSM_REASON_NO_PROGRESS:
	case SVSM_REASON_GHCB_REGISTER:
		return true;
	default:
		return false;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct request *request;
	int reason;

	input = (struct fuzz_input){ data, len };
	requests_setup();
	fake_after_exit = spoil;
	for (unsigned i = 0; i < 4 && input.len; i++) {
		request = &requests[fuzz_u8(&input) % request_count];
		reason = fake_reason_of(fake_ignore(request->make()));
		FUZZ_REQUIRE(is_hosts_fault(reason));
		if (reason != FAKE_NO_TERMINATION)
			break;
	}
	fake_oracle(EXITS_MAX);
	fake_teardown();
	return 0;
}
