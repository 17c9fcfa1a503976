/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * C's malloc() on a heap of ours, for cells and code of third parties.
 *
 * A library of its own (svsm_malloc): who links it gets malloc, calloc,
 * realloc, aligned_alloc, posix_memalign and free. Without a heap every
 * allocation fails. Size 0 gives NULL. A free() of something that is no block
 * of the heap has no way to be refused: it ends the VM or the cell by
 * svsm_assert().
 *
 * Beside the libraries it needs of the seam: svsm_plat_cpu(), irq_save,
 * irq_restore, pause and clear, which are a few lines where nothing is
 * privileged.
 */
#ifndef SVSM_MALLOC_H
#define SVSM_MALLOC_H

#include <stddef.h>

#include <svsm/heap.h>
#include <svsm/status.h>

/**
 * Let malloc() take from a heap.
 *
 * @param heap  Kept; NULL: every allocation fails from now on.
 */
void svsm_malloc_use(struct svsm_heap *heap);

/**
 * Make a heap of fixed size and let malloc() take from it: a page pool, its
 * account and a heap, all in the memory given.
 *
 * @param start  Page aligned, all zero; kept for ever.
 * @param len    Bytes, a multiple of a page.
 *
 * @retval SVSM_EINVAL  Not aligned, wraps, or too short for what it holds.
 * @retval SVSM_EEXIST  There is such a heap already.
 *
 * Context: before the first malloc(), one CPU.
 */
SVSM_CHECKED enum svsm_status svsm_malloc_init(void *start, size_t len);

#endif
