/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* Ends of a run that need an explanation. None of these returns. */
#ifndef SNPEMU_L1_REPORT_H
#define SNPEMU_L1_REPORT_H

#include <stdint.h>

struct vcpu;
struct fault;

/* The RMP refused an access for good. Do not hold rmp_lock. */
_Noreturn void report_denied(struct vcpu *v, const struct fault *fault);

/* Triple fault: no handler could be reached. */
_Noreturn void report_shutdown(struct vcpu *v, const char *how);

/* VMRUN refused the VMCB; L1 let something through. */
_Noreturn void report_bad_vmcb(struct vcpu *v);

/* The last exits of a vCPU, on the log. */
void report_recent(const struct vcpu *v);

/* The registers of the current level, on the log. */
void report_registers(struct vcpu *v);

#endif
