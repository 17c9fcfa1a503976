/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Bringing the SVSM up on the other CPUs.
 */
#ifndef SVSM_SMP_H
#define SVSM_SMP_H

#include <stdint.h>

#include <svsm/percpu.h>
#include <svsm/status.h>

/**
 * Start the SVSM on all CPUs of the host's list (svsm_params), up to the
 * image's max_cpus. All are started first and then waited for together, so
 * the time is that of the slowest one. They run the loop of svsm_serve() as
 * soon as the boot CPU is there.
 *
 * @retval SVSM_OK      All of them run.
 * @retval SVSM_ENOMEM  Not enough memory for their per-CPU state; those for
 *                      which it was enough run.
 * @retval SVSM_EHOST   The host refused to start one, or one did not answer
 *                      within the bound (steps and TSC). The others run; the
 *                      guest will not see that CPU come up.
 *
 * Context: boot CPU, once, after svsm_params; exits to the host.
 * Trust:   the CPU list is the host's: bounded and free of duplicates.
 * Spec:    [GHCB] SNP AP Creation.
 */
SVSM_CHECKED enum svsm_status svsm_smp_start(void);

/** Number of CPUs that run the SVSM; at least 1. */
unsigned svsm_smp_online(void);

/**
 * The CPU with this index in [0, svsm_smp_online()), or NULL.
 * Lent for the rest of the boot: CPUs do not go away.
 */
struct svsm_cpu *svsm_smp_cpu(unsigned index);

#endif
