/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Between params.c and madt.c.
 */
#ifndef SVSM_CORE_GUEST_PARAMS_INTERNAL_H
#define SVSM_CORE_GUEST_PARAMS_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include <svsm/params.h>

/** Say why; returns SVSM_EFORMAT. */
enum svsm_status
params_refuse(struct svsm_refusal *why, const char *what, uint64_t where);

/** Has the host filled the place of the table? Untouched, it is all zero. */
bool madt_is_there(const struct svsm_params_source *source);

/** The enabled CPUs of the table; `where` is a byte offset in it. */
enum svsm_status
madt_read(const struct svsm_params_source *source, struct svsm_params *out,
	  struct svsm_refusal *why);

#endif
