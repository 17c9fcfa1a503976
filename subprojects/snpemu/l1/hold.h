/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* A host that runs a vCPU as it likes: never again, or without an exit. */
#ifndef SNPEMU_L1_HOLD_H
#define SNPEMU_L1_HOLD_H

#include <stdbool.h>

struct vcpu;

enum hold {
	HOLD_NOT,	/* again as others */
	HOLD_STOPPED,	/* never entered; its VMSA is not in use */
	HOLD_KEPT,	/* runs on, and its VMSA stays in use: writes block */
};

void hold_vcpu(struct vcpu *v, enum hold how);

/* Before an entry: waits while the vCPU is stopped. */
void hold_before_entry(struct vcpu *v);

/* Does its VMSA stay in use whoever waits for it? */
bool hold_keeps_vmsa(const struct vcpu *v);

#endif
