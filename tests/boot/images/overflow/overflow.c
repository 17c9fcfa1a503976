/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * S-02: a stack that overflows runs into the hole below it: the double fault
 * has a stack of its own and tells what happened. If there is a second CPU, it
 * is that one's; the first goes on working until then.
 */
#include <svsm/assert.h>
#include <svsm/svsm.h>

SVSM_IMAGE(.name = "overflow");

static __attribute__((noinline)) unsigned deeper(unsigned n)
{
	volatile unsigned frame[16];

	frame[n % 16] = n;
	return n == ~0u ? n : deeper(n + 1) + frame[n % 16];
}

/* What the second CPU does instead of serving. */
_Noreturn void svsm_run(void)
{
	svsm_info("sum %u", deeper(0));
	svsm_terminate(SVSM_REASON_DONE);
}

/* Its own stack, and what it computes there. */
static _Noreturn void work(void)
{
	volatile unsigned frame[256];

	for (unsigned turn = 0;; turn++) {
		for (unsigned i = 0; i < 256; i++)
			frame[i] = turn + i;
		for (unsigned i = 0; i < 256; i++)
			svsm_assert(frame[i] == turn + i);
	}
}

_Noreturn void svsm_main(void)
{
	if (svsm_smp_start() != SVSM_OK)
		svsm_terminate(SVSM_REASON_SMP);
	if (svsm_smp_online() > 1)
		work();
	svsm_run();
}
