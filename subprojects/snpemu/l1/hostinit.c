// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* The host side as the machine starts: what a guest finds switched off. */
#include "devices.h"
#include "hostside.h"
#include "kvmclock.h"
#include "loader.h"

#define PIC_MASK_PRIMARY	0x21
#define PIC_MASK_SECONDARY	0xa1

/*
 * Memory that the image requires for itself is no memory to the guest's
 * firmware, as with a host that tells of it in its memory map.
 */
void host_image_loaded(void)
{
	for (unsigned i = 0; i < loader_required_count; i++)
		fwcfg_reserve(loader_required[i].gpa,
			      loader_required[i].bytes);
}

void host_init(void)
{
	/* The 8259 comes out of reset unmasked, at vectors 0 to 7. */
	outb(PIC_MASK_PRIMARY, 0xff);
	outb(PIC_MASK_SECONDARY, 0xff);
	kvmclock_init();
	fwcfg_init();
}
