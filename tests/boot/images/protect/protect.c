/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What may not be read or written is not: code, constants, the hole below the
 * stack, page 0, the firmware. CPUID works by its #VC, from the CPUID page.
 */
#include <cpuid.h>

#include <svsm/platform.h>
#include <svsm/svsm.h>

SVSM_IMAGE(.name = "protect");

/** Stacks are at most this long. */
#define STACK_BYTES	0x4000

static const uint64_t constant = 1;

static bool writable(const void *p)
{
	uint64_t value = 0;

	return svsm_plat_copy((void *)(uintptr_t)p, &value, sizeof(value));
}

static bool readable(uintptr_t p)
{
	uint64_t value;

	return svsm_plat_copy(&value, (const void *)p, sizeof(value));
}

/* Some page below this frame is a hole. */
static bool stack_has_end(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	for (uintptr_t at = here; at > here - STACK_BYTES; at -= 0x1000)
		if (!readable(at & ~7ull))
			return true;
	return false;
}

static bool cpuid_works(void)
{
	unsigned eax, ebx, ecx, edx;

	__cpuid(0, eax, ebx, ecx, edx);
	return ebx == 0x68747541 && edx == 0x69746e65 && ecx == 0x444d4163;
}

_Noreturn void svsm_main(void)
{
	unsigned held = 0;

	held += !writable((const void *)(uintptr_t)svsm_main);
	held += !writable(&constant);
	held += !readable(0);
	held += !readable(0xffff0000);
	held += stack_has_end();
	held += cpuid_works();
	svsm_info("protection holds: %u of 6", held);
	svsm_terminate(SVSM_REASON_DONE);
}
