/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A stack that overflows runs into the hole below it: the double fault has a
 * stack of its own and tells what happened.
 */
#include <svsm/svsm.h>

SVSM_IMAGE(.name = "overflow");

static __attribute__((noinline)) unsigned deeper(unsigned n)
{
	volatile unsigned frame[16];

	frame[n % 16] = n;
	return n == ~0u ? n : deeper(n + 1) + frame[n % 16];
}

_Noreturn void svsm_main(void)
{
	svsm_info("sum %u", deeper(0));
	svsm_terminate(SVSM_REASON_DONE);
}
