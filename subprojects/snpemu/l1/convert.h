/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* Pages that the host converts because of how the guest uses them. */
#ifndef SNPEMU_L1_CONVERT_H
#define SNPEMU_L1_CONVERT_H

#include <stdbool.h>
#include <stdint.h>

#include "rmp.h"

struct vcpu;

/**
 * A private access met a page of the hypervisor's, or a shared one a private
 * page. True when the host made the page what the access wants, so that it
 * can be made again. Takes the lock of the RMP.
 */
bool convert_page(struct vcpu *v, uint64_t gpa, bool private);

/** The same for the outcome of a check; false when that is not its reason. */
bool convert_denied(struct vcpu *v, uint64_t gpa,
		    const struct rmp_outcome *out);

#endif
