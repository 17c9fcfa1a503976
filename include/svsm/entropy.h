/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Random bytes from the processor.
 */
#ifndef SVSM_ENTROPY_H
#define SVSM_ENTROPY_H

#include <stddef.h>

#include <svsm/status.h>

/**
 * Fill memory with random bytes: RDSEED, and where it has none for long,
 * RDRAND. A word that repeats the one before, or is 0 or all ones, is not
 * taken: processors that fail give such words.
 *
 * @retval SVSM_EHOST  No usable random numbers; @p dst is all zero.
 *
 * Context: VMPL0, any CPU. Does not exit to the host. Bounded.
 * Trust:   the processor's. The host cannot see or choose the bytes.
 */
SVSM_CHECKED enum svsm_status svsm_entropy(void *dst, size_t n);

#endif
