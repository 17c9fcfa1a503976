/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Random sequences of heap calls against a naive model: a list of blocks, each
 * with its size and what was written into it.
 */
#include <string.h>

#include "dice.h"
#include "shadow.h"
#include "slab_fixture.h"

#define STEPS	500000u		/* of each heap: 10^6 in all */
#define LIVE	400u
#define LIMIT	((size_t)3 << 20)

static struct svsm_slab_magazine magazine[SVSM_HEAP_CLASSES];
static struct svsm_heap heap;

/* Mostly small, some large. */
static size_t draw_size(void)
{
	return 1 + (size_t)(dice(16) ? dice(300) : dice(20000));
}

/* The ends, and one byte in between: the blocks are many and large. */
static bool is_intact(const struct shadow *it, size_t size)
{
	return it->block[0] == it->value && it->block[size - 1] == it->value &&
	       it->block[dice(size)] == it->value;
}

static void add(void *block, size_t size, size_t align)
{
	must((uintptr_t)block % align == 0);
	must(fixture_is_all(block, 0, size < 64 ? size : 64));
	shadow_add(block, size);
}

static void take(void)
{
	size_t align = (size_t)1 << dice(14), size = draw_size();
	enum svsm_status status;
	void *block;

	switch (dice(3)) {
	case 0:
		status = svsm_heap_alloc(&heap, size, &block);
		align = 16;
		break;
	case 1:
		status = svsm_heap_calloc(&heap, 1, size, &block);
		align = 16;
		break;
	default:
		status = svsm_heap_aligned(&heap, align, size, &block);
	}
	must(status == SVSM_OK || status == SVSM_ENOMEM);
	if (status == SVSM_OK)
		add(block, size, align);
}

static void resize(struct shadow *it)
{
	size_t size = draw_size();
	size_t common = size < it->size ? size : it->size;
	void *block = it->block;
	enum svsm_status status =
		svsm_heap_realloc(&heap, block, size, &block);

	must(status == SVSM_OK || status == SVSM_ENOMEM);
	if (status != SVSM_OK) {
		must(is_intact(it, it->size));
		return;
	}
	it->block = block;
	must(is_intact(it, common));
	it->size = size;
	shadow_fill(it);
}

static void give(struct shadow *it)
{
	size_t size = 0;

	must(is_intact(it, it->size));
	must(svsm_heap_size(&heap, it->block, &size) == SVSM_OK);
	must(size >= it->size);
	fixture_heap_free(&heap, it->block);
	shadow_remove(it);
}

/* Behind the block may be the next one. */
static void misuse(const struct shadow *it)
{
	if (it->size > 1)
		must(svsm_heap_free(&heap, it->block + 1 +
				    dice(it->size - 1)) != SVSM_OK);
}

static void step(unsigned bias)
{
	uint64_t what = dice(100);

	if (what == 0)
		svsm_heap_drain(&heap);
	else if (shadows == 0 || (shadows < LIVE && what < bias))
		take();
	else if (what < 80)
		give(shadow_any());
	else if (what < 97)
		resize(shadow_any());
	else
		misuse(shadow_any());
}

static void run(const struct svsm_slab_hooks *hooks, unsigned steps)
{
	const struct svsm_heap_config config = {
		.name = "heap", .hooks = hooks, .magazine = magazine, .cpus = 1,
	};

	heap = (struct svsm_heap){ 0 };
	memset(magazine, 0, sizeof(magazine));
	fixture_owner.limit = LIMIT;
	shadow_reset();
	must(svsm_heap_init(&heap, &fixture_owner, &config) == SVSM_OK);
	for (unsigned i = 0; i < steps; i++) {
		step(i / 10000 % 2 ? 35 : 60);
		if (i % 5000 == 0)
			must(svsm_heap_check(&heap) &&
			     svsm_page_check(&fixture_pool));
	}
	while (shadows > 0)
		give(&shadow[0]);
	must(svsm_heap_fini(&heap) == SVSM_OK);
}

START_TEST(a_plain_heap_does_what_the_model_does)
{
	run(&svsm_slab_hooks_none, STEPS);
}
END_TEST

START_TEST(a_checked_heap_does_what_the_model_does)
{
	run(&svsm_slab_hooks_debug, STEPS);
}
END_TEST

UNIT_MAIN("heap random", fixture_setup, fixture_teardown,
	a_plain_heap_does_what_the_model_does,
	a_checked_heap_does_what_the_model_does)
