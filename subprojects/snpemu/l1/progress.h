/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* Where the vCPUs stand, and those that do not move. */
#ifndef SNPEMU_L1_PROGRESS_H
#define SNPEMU_L1_PROGRESS_H

#include <stdint.h>

struct vcpu;

/*
 * The host answered an access of the guest's with nothing but another try.
 * When the same one comes again and again, say it; when no other vCPU has
 * anything to do either, stop. @page is the guest's, @why goes on "the host".
 */
void progress_denied(struct vcpu *v, uint64_t page, const char *why);

/*
 * Tell snpemu-run where in memory it can look when its time is up: L1 may not
 * come to answer then.
 */
void progress_publish(void);

/* One line and the last exits for each vCPU. */
void progress_report(void);

#endif
