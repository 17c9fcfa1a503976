/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What the TPM needs of the program around it: a cell in an image, a process
 * in tests. Random bytes and an end do not fail: libtpms goes on with what it
 * has, and would sign with big numbers that were never set.
 */
#ifndef VTPM_PLATFORM_H
#define VTPM_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

#include <svsm/abi/vtpm.h>
#include <svsm/status.h>

/** Fill @p buf with random bytes; ends the TPM when there are none. */
void vtpm_plat_entropy(void *buf, size_t len);

/**
 * C's realloc() of the heap that free() gives back to. NULL: no memory, which
 * ends the TPM.
 */
void *vtpm_plat_realloc(void *block, size_t size);

/** Milliseconds since some moment; never runs backwards. */
uint64_t vtpm_plat_clock_ms(void);

/**
 * Let others run, if it is time: called in loops that take long, every
 * millisecond or so. Costs next to nothing otherwise.
 */
void vtpm_plat_yield(void);

/**
 * Read what is kept.
 *
 * @param len  Out: its bytes, also with SVSM_ESIZE.
 *
 * @retval SVSM_ENOENT  Nothing was ever put there.
 * @retval SVSM_ESIZE   @p max is too small; nothing was copied.
 * @retval others       The storage is broken.
 */
SVSM_CHECKED enum svsm_status
vtpm_plat_get(enum svsm_vtpm_slot slot, void *dst, size_t max, size_t *len);

/** Replace what is kept, wholly or not at all. */
SVSM_CHECKED enum svsm_status
vtpm_plat_put(enum svsm_vtpm_slot slot, const void *src, size_t len);

/** End the TPM: out of memory, a broken promise. @p why is for the log. */
_Noreturn void vtpm_plat_die(const char *why);

#endif
