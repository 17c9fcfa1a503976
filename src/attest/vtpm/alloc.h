/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * malloc() as the TPM has it: it does not return without memory, because
 * libtpms does not look. The program is linked with --wrap for malloc(),
 * calloc(), realloc(), strdup() and strndup(), which all come to
 * vtpm_plat_realloc().
 */
#ifndef VTPM_ALLOC_H
#define VTPM_ALLOC_H

#include <stddef.h>

void *malloc(size_t size);
void free(void *block);

/** Memory of zeros. */
void *vtpm_zalloc(size_t size);

/** Wipe and free; @p block may be NULL. */
void vtpm_zfree(void *block, size_t size);

#endif
