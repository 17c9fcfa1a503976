/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What boot leaves for the rest of core.
 */
#ifndef CORE_BOOT_H
#define CORE_BOOT_H

#include <stdbool.h>
#include <stdint.h>

#include <svsm/cpuid.h>
#include <svsm/status.h>
#include <svsm/terminate.h>

struct arch_cpu;

/** The checked CPUID page. */
const struct svsm_cpuid *svsm_boot_cpuid(void);

/** The SEV features that this VM was launched with. */
uint64_t svsm_boot_sev_features(void);

/** Does the host say that memory starts shared? */
int svsm_boot_starts_shared(void);

/**
 * Set up what a CPU needs for #HV: a doorbell page. Nothing without
 * restricted injection.
 *
 * Context: the CPU itself, GHCB registered.
 */
SVSM_CHECKED enum svsm_status doorbell_init(struct arch_cpu *cpu);

/**
 * The VM ends for this reason, or the one that was first here: forget the
 * secrets. Comes before anything is told, because telling may fault.
 *
 * @return  Is this the first reason?
 *
 * Context: any, as svsm_terminate().
 */
bool terminate_begin(enum svsm_reason reason);

/** Send log lines to the host's first serial port from now on. */
void console_init(void);

#endif
