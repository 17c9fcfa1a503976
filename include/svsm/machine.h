/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The machine that this image was launched on.
 */
#ifndef SVSM_MACHINE_H
#define SVSM_MACHINE_H

#include <svsm/abi/secrets.h>
#include <svsm/addr.h>
#include <svsm/params.h>

/**
 * Memory and CPUs, as the host describes them. Read and checked at the first
 * call, which ends the VM (SVSM_REASON_PARAMS) if the description is refused.
 *
 * Context: boot CPU for the first call. Lent for ever.
 * Trust:   sane, but not true: the host may leave out or invent.
 */
const struct svsm_params *svsm_machine_params(void);

/**
 * The secrets page of the launch, checked: message keys of all VMPLs.
 *
 * Lent for ever; secret. Gone (all zero) when the VM ends.
 */
const struct svsm_abi_secrets *svsm_machine_secrets(void);

/** The SVSM's own memory: one piece, measured start and length. */
struct svsm_range svsm_machine_region(void);

/** The page of the VMSA that the first CPU was launched with; not mapped. */
struct svsm_range svsm_machine_vmsa(void);

/** The guest's firmware, measured with us; empty when there is none. */
struct svsm_range svsm_machine_firmware(void);

#endif
