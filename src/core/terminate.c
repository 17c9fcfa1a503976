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

static struct {
	void *p;
	size_t len;
} wipe[SVSM_TERMINATE_WIPES];
/* Not in .bss: a termination may come before that is there. */
static unsigned wipes __attribute__((section(".data.wipes")));

void svsm_terminate_wipe(void *p, uint64_t len)
{
	svsm_assert(wipes < SVSM_ARRAY_SIZE(wipe));
	wipe[wipes].p = p;
	wipe[wipes].len = len;
	wipes++;
}

/* Each place once: a fault at one leaves the others to its handler. */
void terminate_begin(enum svsm_reason reason)
{
	unsigned n = __atomic_load_n(&wipes, __ATOMIC_ACQUIRE);

	svsm_plat_ending(reason);
	while (n) {
		if (__atomic_compare_exchange_n(&wipes, &n, n - 1, false,
						__ATOMIC_ACQ_REL,
						__ATOMIC_ACQUIRE)) {
			n--;
			svsm_wipe(wipe[n].p, wipe[n].len);
		}
	}
}

_Noreturn void svsm_terminate(enum svsm_reason reason)
{
	terminate_begin(reason);
	svsm_plat_terminate(SVSM_REASON_SET, reason);
}

_Noreturn void svsm_assert_failed(const char *file, unsigned line)
{
	terminate_begin(SVSM_REASON_ASSERT);
	svsm_error("assertion failed at %s:%u", file, line);
	svsm_backtrace_log(0, (uintptr_t)__builtin_frame_address(0));
	svsm_terminate(SVSM_REASON_ASSERT);
}
