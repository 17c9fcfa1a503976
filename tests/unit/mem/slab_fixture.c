/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * See slab_fixture.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <svsm/log.h>

#include "slab_fixture.h"

struct svsm_page_pool fixture_pool;
struct svsm_page_account fixture_account;
struct svsm_slab_owner fixture_owner;
char fixture_log[160];

static struct svsm_page_span span;
static char *memory;
static size_t free_at_start;

static void keep_line(void *ctx, const char *line, size_t len)
{
	(void)ctx;
	(void)len;
	snprintf(fixture_log, sizeof(fixture_log), "%s", line);
}

void fixture_forget(void)
{
	size_t bytes = FIXTURE_PAGES * SVSM_PAGE_BYTES;

	memset(memory, 0, bytes);
	fake_pool_reset(&fixture_pool);
	span = (struct svsm_page_span){ 0 };
	ck_assert_int_eq(svsm_page_fill(&fixture_pool, &span, memory, bytes),
			 SVSM_OK);
	ck_assert_int_eq(svsm_page_account_open(&fixture_account, &fixture_pool,
						"test", 0, SIZE_MAX), SVSM_OK);
	svsm_slab_owner_init(&fixture_owner, &fixture_account, SIZE_MAX);
	free_at_start = svsm_page_count_free(&fixture_pool);
}

void fixture_setup(void)
{
	fake_setup();
	svsm_log_init(keep_line, NULL, SVSM_LOG_DEBUG);
	memory = aligned_alloc(SVSM_HUGE_BYTES,
			       FIXTURE_PAGES * SVSM_PAGE_BYTES);
	ck_assert_ptr_nonnull(memory);
	fixture_forget();
}

void fixture_teardown(void)
{
	ck_assert(svsm_page_check(&fixture_pool));
	ck_assert_uint_eq(svsm_page_count_free(&fixture_pool), free_at_start);
	ck_assert_uint_eq(fixture_owner.used, 0);
	ck_assert_uint_eq(fixture_account.objects, 0);
	ck_assert_int_eq(svsm_page_account_close(&fixture_account), SVSM_OK);
	free(memory);
	fake_teardown();
}

void fixture_make(struct svsm_slab_cache *cache,
		  const struct svsm_slab_config *config)
{
	*cache = (struct svsm_slab_cache){ 0 };
	ck_assert_int_eq(svsm_slab_init(cache, &fixture_owner, config),
			 SVSM_OK);
}

void fixture_end(struct svsm_slab_cache *cache)
{
	ck_assert(svsm_slab_check(cache));
	ck_assert_int_eq(svsm_slab_fini(cache), SVSM_OK);
}

void *fixture_alloc(struct svsm_slab_cache *cache)
{
	void *object = NULL;

	must(svsm_slab_alloc(cache, &object) == SVSM_OK);
	must(object);
	return object;
}

void fixture_free(struct svsm_slab_cache *cache, void *object)
{
	must(svsm_slab_free(cache, object) == SVSM_OK);
}

void *fixture_heap_alloc(struct svsm_heap *heap, size_t size)
{
	void *block = NULL;

	must(svsm_heap_alloc(heap, size, &block) == SVSM_OK);
	must(block);
	return block;
}

void fixture_heap_free(struct svsm_heap *heap, void *block)
{
	must(svsm_heap_free(heap, block) == SVSM_OK);
}

bool fixture_is_all(const void *p, int value, size_t n)
{
	const unsigned char *byte = p;

	for (size_t i = 0; i < n; i++)
		if (byte[i] != (unsigned char)value)
			return false;
	return true;
}
