/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Commands that end where memory ends. libtpms.a has no sanitizer in it: one
 * byte read or written behind a command is a fault this way.
 */
#ifndef UNIT_ATTEST_GUARDED_H
#define UNIT_ATTEST_GUARDED_H

#include <stddef.h>
#include <stdint.h>

#include "tpm.h"
#include "vtpm/command.h"

/** Longest command that is tried: more than libtpms takes. */
#define GUARDED_BYTES	4200u

struct guarded {
	uint8_t response[VTPM_RESPONSE_BYTES];
	size_t rlen;
};

/** Run @p len bytes; checks what holds for each response. Its code. */
uint32_t guarded_run(struct guarded *g, const void *command, size_t len);

/** What has been built in @p t, with its size filled in; its code. */
uint32_t guarded_command(struct guarded *g, struct tpm *t);

/** A number in the response. */
uint32_t guarded_get16(const struct guarded *g, size_t at);
uint32_t guarded_get32(const struct guarded *g, size_t at);

/** TPM2_GetTestResult says that the TPM is not in failure mode. */
void guarded_still_works(void);

#endif
