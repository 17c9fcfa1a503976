/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * System pages for guest addresses far above the machine's memory: a window
 * behind the guest's RAM that the RMP covers, too. Pure.
 *
 * The host maps such an address to the window; elsewhere guest page n is system
 * page n.
 */
#ifndef SNPEMU_L1_FAR_H
#define SNPEMU_L1_FAR_H

#include <stdbool.h>
#include <stdint.h>

#define FAR_PAGES	16384u		/* of the window: 64 MiB */
#define FAR_RANGES	16u
#define FAR_NOWHERE	(~0xfffull)	/* no RMP covers it */

/* The window begins at @spa, where the guest's memory ends. */
void far_init(uint64_t spa);

/* A system page that no guest address has; FAR_NOWHERE: no room. */
uint64_t far_page(void);

/*
 * Give [gpa, gpa + bytes), whole pages above the guest's memory, system pages.
 * False, with nothing changed, when the room is not enough or it has some.
 */
bool far_add(uint64_t gpa, uint64_t bytes);

/* The system address behind a guest address, lies aside. */
uint64_t far_spa(uint64_t gpa);

/* The guest address of a system page; itself where that is the same. */
uint64_t far_gpa(uint64_t spa);

#endif
