/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The core protocol, and a call that tells who owns which page: what the
 * machine's RMP is compared with.
 */
#include <svsm/guest.h>
#include <svsm/own.h>
#include <svsm/svsm.h>

#include "stress.h"

SVSM_IMAGE(.name = "stress",
	   .flags = SVSM_IMAGE_FIRMWARE | SVSM_IMAGE_CONSOLE);

static const char *owner_name(enum svsm_owner owner)
{
	switch (owner) {
	case SVSM_OWN_NONE:
		return "none";
	case SVSM_OWN_SVSM:
		return "svsm";
	case SVSM_OWN_INVALID:
		return "invalid";
	case SVSM_OWN_GUEST:
		return "guest";
	case SVSM_OWN_CAA:
		return "caa";
	case SVSM_OWN_VMSA:
		return "vmsa";
	case SVSM_OWN_DEPOSIT:
		return "deposited";
	}
	return "?";
}

static void tell_owners(struct svsm_own *own)
{
	struct svsm_range run = { { 0 }, 0 };
	uint64_t at = 0, end;

	svsm_lock_acquire(&own->lock);
	do {
		enum svsm_owner owner = svsm_own_run(own, svsm_gpa(at), &run);

		end = svsm_range_end(&run);
		if (owner != SVSM_OWN_NONE)
			svsm_info("own %lx %lx %s", (unsigned long)at,
				  (unsigned long)end, owner_name(owner));
		at = end;
	} while (at != 0 && at < 1ull << 51);
	svsm_lock_release(&own->lock);
	svsm_info("own end");
}

static svsm_result_t stress_call(struct svsm_call *call, uint32_t fn)
{
	if (fn != 0)
		return SVSM_ERR_UNSUPPORTED_CALL;
	tell_owners(&call->guest->own);
	return SVSM_SUCCESS;
}

static const struct svsm_protocol stress_protocol = {
	.id = STRESS_PROTOCOL, .min = 1, .max = 1, .call = stress_call,
};

static const struct svsm_protocol *const protocols[] = {
	&svsm_core_protocol_deposits, &stress_protocol,
};

_Noreturn void svsm_main(void)
{
	if (svsm_smp_start() != SVSM_OK)
		svsm_terminate(SVSM_REASON_SMP);
	svsm_guest_boot();
	svsm_serve(protocols, SVSM_ARRAY_SIZE(protocols));
}
