/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * malloc() and its kin. See malloc.h.
 */
#include <svsm/assert.h>
#include <svsm/malloc.h>

/* C's, as <stdlib.h> declares them; an image has no such header. */
void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void *realloc(void *block, size_t size);
void *aligned_alloc(size_t align, size_t size);
int posix_memalign(void **out, size_t align, size_t size);
void free(void *block);

/* <errno.h>: EINVAL and ENOMEM of Linux and of every C library for it. */
#define INVALID	22
#define NO_MEMORY	12

static struct svsm_heap *heap;

void svsm_malloc_use(struct svsm_heap *use)
{
	heap = use;
}

void *malloc(size_t size)
{
	void *block;

	if (!heap || svsm_heap_alloc(heap, size, &block) != SVSM_OK)
		return NULL;
	return block;
}

void *calloc(size_t n, size_t size)
{
	void *block;

	if (!heap || svsm_heap_calloc(heap, n, size, &block) != SVSM_OK)
		return NULL;
	return block;
}

void *realloc(void *block, size_t size)
{
	enum svsm_status status;

	if (!heap)
		return NULL;
	status = svsm_heap_realloc(heap, block, size, &block);
	svsm_assert(status == SVSM_OK || status == SVSM_ENOMEM ||
		    status == SVSM_EINVAL);
	return status == SVSM_OK ? block : NULL;
}

void *aligned_alloc(size_t align, size_t size)
{
	void *block;

	if (!heap || svsm_heap_aligned(heap, align, size, &block) != SVSM_OK)
		return NULL;
	return block;
}

int posix_memalign(void **out, size_t align, size_t size)
{
	if (align < sizeof(void *) || align & (align - 1))
		return INVALID;
	*out = NULL;
	if (size == 0)
		return 0;
	*out = aligned_alloc(align, size);
	return *out ? 0 : NO_MEMORY;
}

void free(void *block)
{
	if (!block)
		return;
	svsm_assert(heap && svsm_heap_free(heap, block) == SVSM_OK);
}
