/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A protocol of one's own: a counter that the guest can add to and read, and
 * that neither the guest nor the host can set back.
 */
#include <svsm/lock.h>
#include <svsm/svsm.h>

#include "counter.h"

SVSM_IMAGE(.name = "counter",
	   .flags = SVSM_IMAGE_FIRMWARE | SVSM_IMAGE_CONSOLE);

/* All vCPUs of the guest share it. */
static struct {
	struct svsm_lock lock;
	uint64_t value;
} counter;

static svsm_result_t add(uint64_t amount, uint64_t *value)
{
	svsm_result_t result = SVSM_SUCCESS;

	svsm_lock_acquire(&counter.lock);
	if (__builtin_add_overflow(counter.value, amount, value))
		result = COUNTER_ERR_OVERFLOW;
	else
		counter.value = *value;
	svsm_lock_release(&counter.lock);
	return result;
}

static svsm_result_t counter_call(struct svsm_call *call, uint32_t fn)
{
	svsm_result_t result;
	uint64_t value;

	switch (fn) {
	case COUNTER_ADD:
		result = add(call->in[SVSM_RCX], &value);
		break;
	case COUNTER_READ:
		result = add(0, &value);
		break;
	default:
		return SVSM_ERR_UNSUPPORTED_CALL;
	}
	if (result == SVSM_SUCCESS)
		svsm_call_answer(call, SVSM_RCX, value);
	return result;
}

static const struct svsm_protocol counter_protocol = {
	.id = COUNTER_PROTOCOL, .min = 1, .max = 1, .call = counter_call,
};

static const struct svsm_protocol *const protocols[] = {
	&svsm_core_protocol, &counter_protocol,
};

_Noreturn void svsm_main(void)
{
	svsm_guest_boot();
	svsm_serve(protocols, SVSM_ARRAY_SIZE(protocols));
}
