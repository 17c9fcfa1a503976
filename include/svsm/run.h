/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The run loop: enter the guest, come back, answer one call, again.
 */
#ifndef SVSM_RUN_H
#define SVSM_RUN_H

#include <stddef.h>

#include <svsm/protocol.h>

/**
 * Make the guest (svsm_guest) from the image's settings and the machine's
 * description, and start its firmware as the startup vCPU of this CPU. Ends
 * the VM with a logged reason (SVSM_REASON_PARAMS, SVSM_REASON_FIRMWARE) if it
 * cannot be started.
 *
 * Context: boot CPU, once, before svsm_serve().
 */
void svsm_guest_boot(void);

/**
 * Serve the guest for ever, on this CPU and on all that svsm_smp_start()
 * brought up.
 *
 * Each CPU waits until a guest vCPU is registered for its APIC ID, runs it,
 * and, when control comes back, takes at most one call from its calling area
 * and answers it from @p protocols. A CPU without a guest vCPU halts.
 *
 * @param protocols  Kept for ever. Each id once.
 * @param count      Number of protocols.
 *
 * Context: boot CPU, no lock held. Exits to the host all the time.
 * Trust:   the calls are the guest's, the returns are the host's: coming back
 *          proves nothing (see vcpu.h).
 */
_Noreturn void svsm_serve(const struct svsm_protocol *const *protocols,
			  size_t count);

/** The loop on a further CPU; it begins when svsm_serve() has been called. */
_Noreturn void svsm_run(void);

#endif
