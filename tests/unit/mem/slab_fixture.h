/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A page pool on memory of the process, an account and an owner, for the tests
 * of slab and heap.
 */
#ifndef MEM_SLAB_FIXTURE_H
#define MEM_SLAB_FIXTURE_H

#include <svsm/heap.h>
#include <svsm/slab.h>

#include "fake.h"
#include "unit.h"

/** Pages of memory that the fixture's pool is given. */
#define FIXTURE_PAGES	2048u

extern struct svsm_page_pool fixture_pool;
extern struct svsm_page_account fixture_account;
extern struct svsm_slab_owner fixture_owner;

/** The fake machine, and the three above, without a limit. */
void fixture_setup(void);
/** Every page must be back. */
void fixture_teardown(void);

/** As ck_assert(), which writes to a file even when all is well. */
#define must(condition)							\
	do {								\
		if (!(condition))					\
			ck_abort_msg("%s", #condition);			\
	} while (0)

/** Start again in the middle of a test, whatever is live or broken. */
void fixture_forget(void);

/** A cache, and its end: nothing may be live. */
void fixture_make(struct svsm_slab_cache *cache,
		  const struct svsm_slab_config *config);
void fixture_end(struct svsm_slab_cache *cache);

/** Take and give; must succeed. */
void *fixture_alloc(struct svsm_slab_cache *cache);
void fixture_free(struct svsm_slab_cache *cache, void *object);

void *fixture_heap_alloc(struct svsm_heap *heap, size_t size);
void fixture_heap_free(struct svsm_heap *heap, void *block);

bool fixture_is_all(const void *p, int value, size_t n);

/** The last line that was logged. */
extern char fixture_log[160];

#endif
