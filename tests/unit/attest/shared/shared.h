/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What the shared object tells of the TPM's demands, for `kit bench tpm`.
 */
#ifndef UNIT_ATTEST_SHARED_H
#define UNIT_ATTEST_SHARED_H

#include <stddef.h>
#include <stdint.h>

struct shared_figures {
	size_t heap, heap_peak;		/* bytes in blocks */
	uint64_t yields;
};

extern struct shared_figures shared_figures;

/** Called at each yield; NULL: nobody. */
extern void (*shared_watch)(void);

#endif
