/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Ending the VM: forget the secrets, say where, say why.
 */
#include <svsm/addr.h>
#include <svsm/assert.h>
#include <svsm/backtrace.h>
#include <svsm/log.h>
#include <svsm/platform.h>
#include <svsm/string.h>
#include <svsm/terminate.h>

#include "boot.h"

static struct place {
	void *p;
	size_t len;
} wipe[SVSM_TERMINATE_WIPES];
/* Not in .bss: a termination may come before that is there. */
static int wipes __attribute__((section(".data.wipes")));

void svsm_terminate_wipe(void *p, uint64_t len)
{
	svsm_assert(wipes >= 0 && wipes < SVSM_TERMINATE_WIPES);
	wipe[wipes++] = (struct place){ p, len };
}

/* Each place once: a fault at one leaves the others to its handler. */
bool terminate_begin(enum svsm_reason reason)
{
	bool first = svsm_plat_ending(reason);
	int n;

	while ((n = __atomic_sub_fetch(&wipes, 1, __ATOMIC_ACQ_REL)) >= 0)
		svsm_wipe(wipe[n].p, wipe[n].len);
	return first;
}

_Noreturn void svsm_terminate(enum svsm_reason reason)
{
	(void)terminate_begin(reason);
	svsm_plat_terminate(SVSM_REASON_SET);
}

_Noreturn void svsm_assert_failed(const char *file, unsigned line)
{
	(void)terminate_begin(SVSM_REASON_ASSERT);
	svsm_error("assertion failed at %s:%u", file, line);
	svsm_backtrace_log(0, (uintptr_t)__builtin_frame_address(0));
	svsm_terminate(SVSM_REASON_ASSERT);
}
