/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * @NAME@: an SVSM with the core protocol and one of its own.
 */
#include <svsm/svsm.h>

SVSM_IMAGE(.name = "@NAME@",
	   .flags = SVSM_IMAGE_FIRMWARE | SVSM_IMAGE_CONSOLE);

/** Our protocol's number, and its calls (RAX[31:0]). */
#define MY_PROTOCOL	0x40000001u
#define MY_INCREMENT	0u

/* What a call brings is the guest's word: check it, never assert on it. */
static svsm_result_t my_call(struct svsm_call *call, uint32_t fn)
{
	if (fn != MY_INCREMENT)
		return SVSM_ERR_UNSUPPORTED_CALL;
	svsm_call_answer(call, SVSM_RCX, call->in[SVSM_RCX] + 1);
	return SVSM_SUCCESS;
}

static const struct svsm_protocol my_protocol = {
	.id = MY_PROTOCOL, .min = 1, .max = 1, .call = my_call,
};

static const struct svsm_protocol *const protocols[] = {
	&svsm_core_protocol, &my_protocol,
};

_Noreturn void svsm_main(void)
{
	if (svsm_smp_start() != SVSM_OK)
		svsm_warn("running with %u CPUs", svsm_smp_online());
	svsm_guest_boot();
	svsm_serve(protocols, SVSM_ARRAY_SIZE(protocols));
}
