/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * Events delivered in software: exceptions because QEMU knows no #VC error
 * code, interrupts because it can deliver an injected one again, at any
 * later moment, when another of its threads asks for the core's attention.
 */
#ifndef SNPEMU_L1_DELIVER_H
#define SNPEMU_L1_DELIVER_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;
struct fault;

/** #VC at the current instruction; the error code is the exit code. */
void deliver_vc(struct vcpu *v, uint32_t exit_code);

/** #VC 404: CR2 gets the linear address. */
void deliver_not_validated(struct vcpu *v, uint64_t va);

/**
 * Put the guest at the handler of an exception: gate, stack, frame.
 *
 * A fault of the delivery itself becomes #DF, and that one's a shutdown, which
 * does not return.
 */
void deliver_exception(struct vcpu *v, uint8_t vector, bool has_error,
		       uint32_t error);

/** The interrupt of an INT instruction of this length. */
void deliver_software(struct vcpu *v, uint8_t vector, unsigned length);

/** An interrupt that the guest can take now; false: not in this mode. */
bool deliver_interrupt(struct vcpu *v, uint8_t vector);

/** What the guest's own access would have met: #PF, #VC 404, or a report. */
void deliver_fault(struct vcpu *v, const struct fault *fault);

#endif
