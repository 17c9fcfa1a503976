/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A write to an address that is not mapped ends the VM, and the console shows
 * by names how it came to that.
 */
#include <svsm/platform.h>
#include <svsm/svsm.h>

SVSM_IMAGE(.name = "fault");

static volatile uint64_t *volatile nowhere = (volatile uint64_t *)0x10;

/* Not a leaf: GCC gives those no frame. */
static __attribute__((noinline)) void innermost(void)
{
	svsm_plat_pause();
	*nowhere = 1;
	svsm_plat_pause();
}

/* Each does something after its call, or it would be a jump. */
static __attribute__((noinline)) void inner(void)
{
	innermost();
	*nowhere = 2;
}

static __attribute__((noinline)) void outer(void)
{
	inner();
	*nowhere = 3;
}

_Noreturn void svsm_main(void)
{
	outer();
	svsm_terminate(SVSM_REASON_DONE);
}
