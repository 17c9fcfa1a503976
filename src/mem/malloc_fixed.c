/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A heap of fixed size for malloc(), as a cell has it. See malloc.h.
 */
#include <svsm/malloc.h>

/** What the memory begins with; the pool has the rest. */
struct fixed {
	struct svsm_heap heap;
	struct svsm_slab_owner owner;
	struct svsm_page_account account;
	struct svsm_page_span span;
	struct svsm_page_pool pool;
};

static const size_t own = (sizeof(struct fixed) + SVSM_PAGE_MASK) &
	~SVSM_PAGE_MASK;
static struct fixed *fixed;

static enum svsm_status make_heap(struct fixed *made)
{
	const struct svsm_heap_config config = { .name = "malloc" };

	made->account = (struct svsm_page_account)
		SVSM_PAGE_ACCOUNT(&made->pool, "malloc");
	svsm_slab_owner_init(&made->owner, &made->account, SIZE_MAX);
	return svsm_heap_init(&made->heap, &made->owner, &config);
}

enum svsm_status svsm_malloc_init(void *start, size_t len)
{
	struct fixed *made = start;
	enum svsm_status status;

	if (fixed)
		return SVSM_EEXIST;
	if (!svsm_is_aligned((uintptr_t)start | len, SVSM_PAGE_BYTES) ||
	    len <= own || len > UINTPTR_MAX - (uintptr_t)start)
		return SVSM_EINVAL;
	status = svsm_page_fill(&made->pool, &made->span, (char *)start + own,
				len - own);
	if (status == SVSM_OK)
		status = make_heap(made);
	if (status != SVSM_OK)
		return status;
	fixed = made;
	svsm_malloc_use(&made->heap);
	return SVSM_OK;
}
