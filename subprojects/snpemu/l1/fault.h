/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* Nested page faults: fill the nested tables, raise #VC, or report. */
#ifndef SNPEMU_L1_FAULT_H
#define SNPEMU_L1_FAULT_H

struct vcpu;

void nested_page_fault(struct vcpu *v);

#endif
