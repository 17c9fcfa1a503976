/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The allocators that are compared.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <svsm/heap.h>

#include "bench.h"

#define CPUS	4u
#define SMALL	(2u << 20)

/* ---------------------------------------------------------------- our own */

/** Memory of one of ours, and who pays. */
struct place {
	struct svsm_page_pool pool;
	struct svsm_page_span span;
	struct svsm_page_account account;
	struct svsm_slab_owner owner;
	void *memory;
	size_t bytes;
};

static struct place slab_place, heap_place;
static struct svsm_slab_magazine slab_magazine[CPUS];
static struct svsm_slab_magazine heap_magazine[CPUS * SVSM_HEAP_CLASSES];
static struct svsm_slab_cache cache;
static struct svsm_heap heap;

static void make_place(struct place *place, size_t bytes)
{
	*place = (struct place){ .bytes = bytes & ~(size_t)0xfff };
	place->memory = bench_memory(place->bytes);
	place->account = (struct svsm_page_account)
		SVSM_PAGE_ACCOUNT(&place->pool, "bench");
	if (svsm_page_fill(&place->pool, &place->span, place->memory,
			   place->bytes) != SVSM_OK)
		bench_die("no page pool");
	svsm_slab_owner_init(&place->owner, &place->account, SIZE_MAX);
}

/* What is live, what is lost in slabs, metadata, and some more. */
static size_t pool_for(size_t bytes)
{
	return bytes + bytes / 2 + (8u << 20);
}

static bool slab_make(size_t bytes)
{
	const struct svsm_slab_config config = {
		.name = "bench", .size = 64, .magazine = slab_magazine,
		.cpus = CPUS,
	};

	make_place(&slab_place, bytes);
	return svsm_slab_init(&cache, &slab_place.owner, &config) == SVSM_OK;
}

static bool slab_start(size_t bytes)
{
	return slab_make(pool_for(bytes));
}

static bool small_start(size_t bytes)
{
	(void)bytes;
	return slab_make(SMALL);
}

static void slab_stop(void)
{
	if (svsm_slab_fini(&cache) != SVSM_OK)
		bench_die("objects are live");
	bench_memory_free(slab_place.memory, slab_place.bytes);
}

static void *slab_alloc(size_t size)
{
	void *object;

	(void)size;
	return svsm_slab_alloc(&cache, &object) == SVSM_OK ? object : NULL;
}

static void slab_free(void *object, size_t size)
{
	(void)size;
	if (svsm_slab_free(&cache, object) != SVSM_OK)
		bench_die("free refused");
}

const struct bench_contender bench_slab = {
	"svsm_slab", slab_alloc, slab_free, slab_start, slab_stop
};

const struct bench_contender bench_slab_small = {
	"svsm_slab", slab_alloc, slab_free, small_start, slab_stop
};

static bool heap_start(size_t bytes)
{
	const struct svsm_heap_config config = {
		.name = "bench", .magazine = heap_magazine, .cpus = CPUS,
	};

	make_place(&heap_place, pool_for(bytes));
	return svsm_heap_init(&heap, &heap_place.owner, &config) == SVSM_OK;
}

static void heap_stop(void)
{
	if (svsm_heap_fini(&heap) != SVSM_OK)
		bench_die("blocks are live");
	bench_memory_free(heap_place.memory, heap_place.bytes);
}

static void *heap_alloc(size_t size)
{
	void *block;

	return svsm_heap_alloc(&heap, size, &block) == SVSM_OK ? block : NULL;
}

static void heap_free(void *block, size_t size)
{
	(void)size;
	if (svsm_heap_free(&heap, block) != SVSM_OK)
		bench_die("free refused");
}

const struct bench_contender bench_heap = {
	"svsm_heap", heap_alloc, heap_free, heap_start, heap_stop
};

/* ------------------------------------------------------- the distribution's */

static void *glibc_alloc(size_t size)
{
	return malloc(size);
}

static void glibc_free(void *block, size_t size)
{
	(void)size;
	free(block);
}

const struct bench_contender bench_glibc = {
	"glibc", glibc_alloc, glibc_free, NULL, NULL
};

/** An allocator in a library of its own, beside the C library's. */
struct library {
	void *(*alloc)(size_t size);
	void (*free)(void *block);
};

static bool load(struct library *library, const char *file, const char *alloc,
		 const char *free_name)
{
	void *handle;

	if (library->alloc)
		return true;
	handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return false;
	library->free = (void (*)(void *))dlsym(handle, free_name);
	library->alloc = (void *(*)(size_t))dlsym(handle, alloc);
	return library->alloc && library->free;
}

static struct library jemalloc, mimalloc;

static bool jemalloc_start(size_t bytes)
{
	(void)bytes;
	return load(&jemalloc, "libjemalloc.so.2", "malloc", "free");
}

static void *jemalloc_alloc(size_t size)
{
	return jemalloc.alloc(size);
}

static void jemalloc_free(void *block, size_t size)
{
	(void)size;
	jemalloc.free(block);
}

const struct bench_contender bench_jemalloc = {
	"jemalloc", jemalloc_alloc, jemalloc_free, jemalloc_start, NULL
};

static bool mimalloc_start(size_t bytes)
{
	(void)bytes;
	return load(&mimalloc, "libmimalloc.so.2", "mi_malloc", "mi_free");
}

static void *mimalloc_alloc(size_t size)
{
	return mimalloc.alloc(size);
}

static void mimalloc_free(void *block, size_t size)
{
	(void)size;
	mimalloc.free(block);
}

const struct bench_contender bench_mimalloc = {
	"mimalloc", mimalloc_alloc, mimalloc_free, mimalloc_start, NULL
};

/* ---------------------------------------------------------------- the loop */

static char nothing[64];

static void *loop_alloc(size_t size)
{
	(void)size;
	return nothing;
}

static void loop_free(void *block, size_t size)
{
	(void)block;
	(void)size;
}

const struct bench_contender bench_loop = {
	"the loop", loop_alloc, loop_free, NULL, NULL
};
