// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* The host side as the machine starts: what a guest finds switched off. */
#include "devices.h"
#include "hostside.h"
#include "kvmclock.h"
#include "loader.h"
#include "mm.h"

#define SMALL_REST		(64ull << 20)

/*
 * OVMF before its IGVM support takes all below the last RAM entry under 4 GiB
 * for memory: a small rest above the image's must not be such an entry.
 */
static uint64_t reserved_end(const struct loader_range *range)
{
	uint64_t end = range->gpa + range->bytes;

	if (end < guest_memory.low && guest_memory.low - end <= SMALL_REST)
		return guest_memory.low;
	return end;
}

/*
 * Memory that the image requires for itself is no memory to the guest's
 * firmware, as with a host that tells of it in its memory map.
 */
void host_image_loaded(void)
{
	for (unsigned i = 0; i < loader_required_count; i++) {
		const struct loader_range *range = &loader_required[i];

		fwcfg_reserve(range->gpa, reserved_end(range) - range->gpa);
	}
}

void host_init(void)
{
	pic_init();
	kvmclock_init();
	fwcfg_init();
}
