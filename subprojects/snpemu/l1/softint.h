/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* INT instructions under QEMU's translator. */
#ifndef SNPEMU_L1_SOFTINT_H
#define SNPEMU_L1_SOFTINT_H

struct vcpu;

/* INT3, INT n or INTO was intercepted, or what QEMU took for one. */
void softint(struct vcpu *v);

#endif
