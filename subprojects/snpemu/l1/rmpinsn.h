/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* PVALIDATE, RMPADJUST and RMPQUERY, which reach L1 as #UD. */
#ifndef SNPEMU_L1_RMPINSN_H
#define SNPEMU_L1_RMPINSN_H

struct vcpu;

/* A #UD was intercepted: emulate, or give it to the guest. */
void rmpinsn_undefined_opcode(struct vcpu *v);

#endif
