/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * A host that lies to VMPL0: one lie, chosen by its name ("lie=C-01" in the
 * configuration), told whenever there is an occasion. The log says when.
 */
#ifndef SNPEMU_L1_LIE_H
#define SNPEMU_L1_LIE_H

#include <stdbool.h>
#include <stdint.h>

struct ghcb_request;
struct vcpu;

void lie_init(void);

/* In the memory map: the last page of guest firmware is memory. */
bool lie_memory_map(void);

/* Instead of doing what an MSR request asks for; true: @answer is set. */
bool lie_instead_msr(struct vcpu *v, uint64_t request, uint64_t *answer);
/* The answer to it, as it is told. */
uint64_t lie_msr(struct vcpu *v, uint64_t request, uint64_t answer);

/* Instead of handling a GHCB request: true, nothing was done. */
bool lie_instead(struct ghcb_request *r);
/* After it: spoil the results, or, once they are stored, the page. */
void lie_result(struct ghcb_request *r);
void lie_stored(struct ghcb_request *r);

#endif
