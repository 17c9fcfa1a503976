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

_Noreturn void svsm_terminate(enum svsm_reason reason)
{
	for (unsigned i = 0; i < wipes; i++)
		svsm_wipe(wipe[i].p, wipe[i].len);
	svsm_plat_terminate(SVSM_REASON_SET, reason);
}

_Noreturn void svsm_assert_failed(const char *file, unsigned line)
{
	svsm_error("assertion failed at %s:%u", file, line);
	svsm_backtrace_log(0, (uintptr_t)__builtin_frame_address(0));
	svsm_terminate(SVSM_REASON_ASSERT);
}
