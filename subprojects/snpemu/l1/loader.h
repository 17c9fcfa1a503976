/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The launch: from the IGVM file to guest memory and the first VMSA. */
#ifndef SNPEMU_L1_LOADER_H
#define SNPEMU_L1_LOADER_H

struct vcpu;

/* Load the image and start @bsp with its VMSA; stops when it is refused. */
void loader_run(struct vcpu *bsp);

#endif
