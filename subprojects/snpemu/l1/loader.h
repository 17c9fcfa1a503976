/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The launch: from the IGVM file to guest memory and the first VMSA. */
#ifndef SNPEMU_L1_LOADER_H
#define SNPEMU_L1_LOADER_H

#include <stdint.h>

struct vcpu;

/* Memory that the image requires for itself: not for what it starts. */
struct loader_range {
	uint64_t gpa, bytes;
};

#define LOADER_RANGES	8

extern struct loader_range loader_required[LOADER_RANGES];
extern unsigned loader_required_count;

/* Load the image and start @bsp with its VMSA; stops when it is refused. */
void loader_run(struct vcpu *bsp);

#endif
