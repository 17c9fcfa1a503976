/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* What the files of the runtime share, beyond what probes see. */
#ifndef PROBES_RT_H
#define PROBES_RT_H

#include <stddef.h>

#include "probe.h"

#define ALIGNED_PAGE	__attribute__((aligned(4096)))

extern uint64_t cbit_mask;
extern uint64_t tables_pml4[512], tables_pt[SMALL_END / 0x1000];
extern uint8_t image_start[], image_end[];

struct descriptor_table {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

extern struct descriptor_table gdt_pointer, idt_pointer;
extern uint8_t tss[2][104];

/** CPU 0 first, CPU 1, and whatever lower level runs on CPU 0. */
#define GHCB_PAGES	3

/** Stack of vCPU 1; who runs on it is that vCPU. */
extern uint8_t cpu1_stack[0x4000];

/** Print what lower levels said. */
void say_held(void);

void trap_init(void);
bool ghcb_init(void);
bool ghcb_register(void);

void *memset(void *to, int byte, size_t len);
void *memcpy(void *to, const void *from, size_t len);

#endif
