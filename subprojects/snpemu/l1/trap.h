/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* L1's own exceptions and interrupts. */
#ifndef SNPEMU_L1_TRAP_H
#define SNPEMU_L1_TRAP_H

#include <stdint.h>

struct trap_frame;

/* Build the IDT, once; load it, on each core. */
void trap_init(void);
void trap_load(void);

/* From trap.S. */
void trap_entry(struct trap_frame *frame);

/* Halt with interrupts on while *@stay is set; kicks are never slept over. */
void wait_for_event(uint32_t *stay);

#endif
