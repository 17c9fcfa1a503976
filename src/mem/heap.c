/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The heap: which class or how many pages a block takes. See heap.h.
 *
 * The word of a page tells whose it is: a class's address, or for blocks of
 * pages the heap's address with LARGE and the order, INTERIOR in all but the
 * first page.
 */
#include <svsm/assert.h>
#include <svsm/heap.h>
#include <svsm/string.h>

#include "slab_internal.h"

#define LARGE		((uintptr_t)1)
#define ORDER_SHIFT	1
#define ORDER_MASK	((uintptr_t)31)
#define INTERIOR	((uintptr_t)64)
#define TAG_MASK	((uintptr_t)127)

_Static_assert(_Alignof(struct svsm_heap) > TAG_MASK, "room for the tag");
_Static_assert(SVSM_PAGE_ORDERS <= ORDER_MASK + 1, "room for the order");

/* ----------------------------------------------------------------- classes */

/* @size is 1 .. SVSM_HEAP_SLAB_MAX. Two classes per power of two from 64. */
static unsigned class_of(size_t size)
{
	size_t last = size - 1;
	unsigned top;

	if (size <= 64)
		return (unsigned)(last / 16);
	top = 63 - (unsigned)__builtin_clzl(last);
	return 4 + (top - 6) * 2 + (unsigned)(last >> (top - 1) & 1);
}

static size_t class_size(unsigned class)
{
	unsigned top;

	if (class < 4)
		return 16 * ((size_t)class + 1);
	top = 6 + (class - 4) / 2;
	return class & 1 ? (size_t)2 << top : (size_t)3 << (top - 1);
}

/* The largest power of two that divides it: every object is aligned to it. */
static size_t class_align(unsigned class)
{
	size_t size = class_size(class);

	return size & (~size + 1);
}

/* SVSM_HEAP_CLASSES: none has room and alignment. */
static unsigned class_aligned(size_t align, size_t size)
{
	unsigned class = class_of(size);

	while (class < SVSM_HEAP_CLASSES && class_align(class) < align)
		class++;
	return class;
}

/* --------------------------------------------------------- blocks of pages */

static size_t block_bytes(unsigned order)
{
	return (size_t)SVSM_PAGE_BYTES << order;
}

/* Guards of checked heaps. */
static size_t tail_of(const struct svsm_heap *heap)
{
	return heap->class[0].hooks ? SLAB_GUARD : 0;
}

/* SVSM_PAGE_ORDERS: no block is so large. */
static unsigned order_of(size_t size)
{
	unsigned order = 0;

	while (order < SVSM_PAGE_ORDERS && block_bytes(order) < size)
		order++;
	return order;
}

static void tag(struct svsm_heap *heap, void *block, unsigned order)
{
	struct svsm_page_pool *pool = heap->class[0].pool;
	uintptr_t word = (uintptr_t)heap | LARGE |
		(uintptr_t)order << ORDER_SHIFT;

	for (size_t at = 0; at < block_bytes(order); at += SVSM_PAGE_BYTES) {
		*svsm_page_word(pool, (char *)block + at) = word;
		word |= INTERIOR;
	}
}

static enum svsm_status
large_alloc(struct svsm_heap *heap, size_t align, size_t size, void **out)
{
	size_t tail = tail_of(heap);
	size_t bytes = size > align ? size : align;
	unsigned order;
	enum svsm_status status;
	void *block;

	if (size > SIZE_MAX - tail)
		return SVSM_ENOMEM;
	order = order_of(bytes > size + tail ? bytes : size + tail);
	if (order == SVSM_PAGE_ORDERS ||
	    slab_charge(heap->owner, block_bytes(order), 1) == 0)
		return SVSM_ENOMEM;
	status = svsm_page_alloc(heap->owner->pages, order, &block);
	if (status != SVSM_OK) {
		slab_uncharge(heap->owner, block_bytes(order));
		return status;
	}
	tag(heap, block, order);
	__atomic_fetch_add(&heap->large, 1, __ATOMIC_RELAXED);
	if (tail)
		heap->class[0].hooks->guard(block, size, block_bytes(order));
	*out = block;
	return SVSM_OK;
}

static enum svsm_status
large_free(struct svsm_heap *heap, void *block, unsigned order)
{
	enum svsm_status status;

	if (tail_of(heap))
		heap->class[0].hooks->usable(&heap->class[0], block,
					     block_bytes(order));
	status = svsm_page_free(heap->owner->pages, block, order);
	if (status != SVSM_OK)
		return status;
	slab_uncharge(heap->owner, block_bytes(order));
	__atomic_fetch_sub(&heap->large, 1, __ATOMIC_RELAXED);
	return SVSM_OK;
}

/* ------------------------------------------------------ whose is a pointer? */

/** What a block is of: a class, or else an order. */
struct block {
	struct svsm_slab_cache *class;
	unsigned order;
};

static enum svsm_status
find_class(struct svsm_heap *heap, uintptr_t word, struct block *found)
{
	uintptr_t offset = word - (uintptr_t)heap->class;
	size_t class = offset / sizeof(heap->class[0]);

	if (class >= SVSM_HEAP_CLASSES ||
	    class * sizeof(heap->class[0]) != offset)
		return SVSM_EOWNER;
	found->class = &heap->class[class];
	return SVSM_OK;
}

static enum svsm_status
find_block(struct svsm_heap *heap, const void *p, struct block *found)
{
	const uintptr_t *word =
		svsm_page_word(heap->class[0].pool, p);

	*found = (struct block){ 0 };
	if (!word || !*word)
		return SVSM_EFOREIGN;
	if (!(*word & TAG_MASK))
		return find_class(heap, *word, found);
	if ((*word & ~TAG_MASK) != (uintptr_t)heap)
		return SVSM_EOWNER;
	if (*word & INTERIOR || !svsm_is_aligned((uintptr_t)p, SVSM_PAGE_BYTES))
		return SVSM_EINTERIOR;
	found->order = (unsigned)(*word >> ORDER_SHIFT & ORDER_MASK);
	return SVSM_OK;
}

/* ------------------------------------------------------------------- calls */

enum svsm_status
svsm_heap_init(struct svsm_heap *heap, struct svsm_slab_owner *owner,
	       const struct svsm_heap_config *config)
{
	if (heap->owner)
		return SVSM_EEXIST;
	for (unsigned i = 0; i < SVSM_HEAP_CLASSES; i++) {
		struct svsm_slab_magazine *magazine = config->magazine;
		struct svsm_slab_config class = {
			.name = config->name,
			.size = class_size(i),
			.align = class_align(i),
			.flags = config->flags,
			.magazine = magazine ? magazine + i * config->cpus :
					       NULL,
			.cpus = config->cpus,
			.hooks = config->hooks,
		};
		enum svsm_status status =
			svsm_slab_init(&heap->class[i], owner, &class);

		if (status != SVSM_OK)
			return status;
	}
	heap->owner = owner;
	return SVSM_OK;
}

/* Are there live blocks? What was at hand is back in the slabs afterwards. */
static bool is_busy(struct svsm_heap *heap)
{
	bool busy = heap->large > 0;

	for (unsigned i = 0; i < SVSM_HEAP_CLASSES; i++) {
		slab_drain_all(&heap->class[i]);
		busy |= heap->class[i].slabs > 0;
	}
	return busy;
}

enum svsm_status svsm_heap_fini(struct svsm_heap *heap)
{
	if (is_busy(heap))
		return SVSM_EBUSY;
	*heap = (struct svsm_heap){ 0 };
	return SVSM_OK;
}

void svsm_heap_drain(struct svsm_heap *heap)
{
	for (unsigned i = 0; i < SVSM_HEAP_CLASSES; i++)
		svsm_slab_drain(&heap->class[i]);
}

bool svsm_heap_check(struct svsm_heap *heap)
{
	bool ok = true;

	for (unsigned i = 0; ok && i < SVSM_HEAP_CLASSES; i++)
		ok = svsm_slab_check(&heap->class[i]);
	return ok;
}

/* @class: SVSM_HEAP_CLASSES for pages. */
static enum svsm_status
alloc_block(struct svsm_heap *heap, unsigned class, size_t align, size_t size,
	    void **out)
{
	enum svsm_status status = SVSM_ENOMEM;

	for (unsigned turn = 0; turn < 2 && status == SVSM_ENOMEM; turn++) {
		if (turn > 0)
			svsm_heap_drain(heap);
		if (class < SVSM_HEAP_CLASSES)
			status = slab_alloc_sized(&heap->class[class], size,
						  out);
		else
			status = large_alloc(heap, align, size, out);
	}
	return status;
}

enum svsm_status
svsm_heap_alloc(struct svsm_heap *heap, size_t size, void **out)
{
	if (size == 0)
		return SVSM_EINVAL;
	return alloc_block(heap, size <= SVSM_HEAP_SLAB_MAX ? class_of(size) :
							      SVSM_HEAP_CLASSES,
			   1, size, out);
}

enum svsm_status
svsm_heap_calloc(struct svsm_heap *heap, size_t n, size_t size, void **out)
{
	enum svsm_status status;
	uint64_t bytes;
	void *block;

	if (!svsm_mul(n, size, &bytes))
		return SVSM_ENOMEM;
	status = svsm_heap_alloc(heap, bytes, &block);
	if (status != SVSM_OK)
		return status;
	if (heap->class[0].flags & SVSM_SLAB_UNINIT)
		memset(block, 0, bytes);
	*out = block;
	return SVSM_OK;
}

enum svsm_status
svsm_heap_aligned(struct svsm_heap *heap, size_t align, size_t size, void **out)
{
	unsigned class = SVSM_HEAP_CLASSES;

	if (size == 0 || align == 0 || align & (align - 1) ||
	    align > block_bytes(SVSM_PAGE_ORDERS - 1))
		return SVSM_EINVAL;
	if (size <= SVSM_HEAP_SLAB_MAX)
		class = class_aligned(align, size);
	return alloc_block(heap, class, align, size, out);
}

static enum svsm_status
free_found(struct svsm_heap *heap, const struct block *found, void *block)
{
	if (found->class)
		return svsm_slab_free(found->class, block);
	return large_free(heap, block, found->order);
}

enum svsm_status svsm_heap_free(struct svsm_heap *heap, void *block)
{
	struct block found;
	enum svsm_status status;

	if (!block)
		return SVSM_OK;
	status = find_block(heap, block, &found);
	if (status != SVSM_OK)
		return status;
	return free_found(heap, &found, block);
}

/* Bytes that the user of a live block may use. */
static enum svsm_status
usable(struct svsm_heap *heap, const struct block *found, const void *block,
       size_t *out)
{
	struct svsm_slab_cache *class = found->class;
	size_t room = class ? class->stride : block_bytes(found->order);
	enum svsm_status status = SVSM_OK;

	if (class)
		status = slab_find_live(class, block);
	if (status != SVSM_OK)
		return status;
	if (tail_of(heap))
		*out = heap->class[0].hooks->usable(&heap->class[0], block,
						    room);
	else
		*out = class ? class->size : room;
	return SVSM_OK;
}

enum svsm_status
svsm_heap_size(struct svsm_heap *heap, const void *block, size_t *out)
{
	struct block found;
	enum svsm_status status = find_block(heap, block, &found);

	if (status != SVSM_OK)
		return status;
	return usable(heap, &found, block, out);
}

/* A checked block always moves, so that a stale pointer is noticed. */
static bool stays(struct svsm_heap *heap, const struct block *found,
		  size_t size)
{
	if (tail_of(heap))
		return false;
	if (!found->class)
		return size > SVSM_HEAP_SLAB_MAX &&
		       order_of(size) == found->order;
	return size <= SVSM_HEAP_SLAB_MAX &&
	       found->class == &heap->class[class_of(size)];
}

static enum svsm_status
move(struct svsm_heap *heap, const struct block *found, void *block,
     size_t old, size_t size, void **out)
{
	void *other;
	enum svsm_status status = svsm_heap_alloc(heap, size, &other);

	if (status != SVSM_OK)
		return status;
	memcpy(other, block, old < size ? old : size);
	status = free_found(heap, found, block);
	if (status != SVSM_OK) {
		svsm_assert(svsm_heap_free(heap, other) == SVSM_OK);
		return status;
	}
	*out = other;
	return SVSM_OK;
}

enum svsm_status
svsm_heap_realloc(struct svsm_heap *heap, void *block, size_t size, void **out)
{
	struct block found;
	enum svsm_status status;
	size_t old;

	if (!block)
		return svsm_heap_alloc(heap, size, out);
	status = find_block(heap, block, &found);
	if (status == SVSM_OK)
		status = usable(heap, &found, block, &old);
	if (status != SVSM_OK)
		return status;
	if (size == 0)
		return SVSM_EINVAL;
	if (!stays(heap, &found, size))
		return move(heap, &found, block, old, size, out);
	*out = block;
	return SVSM_OK;
}
