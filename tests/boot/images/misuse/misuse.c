/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Group R at VMPL0: what a heap, a page account and a slice refuse when we use
 * them wrongly, and that nothing has changed then. The log says how much of a
 * heap's pages is in objects. At last a write past the end of a block, which a
 * checked cache does not survive.
 */
#include <svsm/budget.h>
#include <svsm/heap.h>
#include <svsm/svsm.h>
#include <svsm/umem.h>

SVSM_IMAGE(.name = "misuse");

/** Bytes that stay, for the log. */
#define BLOCK (16u << 10)

static struct svsm_page_account pages = SVSM_PAGE_ACCOUNT(&svsm_pages, "heap");
static struct svsm_slab_owner owner;
static struct svsm_slab_magazine magazine[SVSM_HEAP_CLASSES];
static struct svsm_heap heap;
static struct svsm_slab_cache checked;
static unsigned fixed;

static void say(const char *id, bool ok)
{
	svsm_info("misuse: %s %s", id, ok ? "ok" : "WRONG");
}

/* Is it refused, and does all of the heap stay as it was? */
static bool refused(void *block, enum svsm_status status)
{
	size_t used = owner.used;

	return svsm_heap_free(&heap, block) == status && owner.used == used &&
		svsm_heap_check(&heap) && svsm_page_check(&svsm_pages);
}

static bool frees(char *small, char *large)
{
	char local;
	bool ok = refused(small + 1, SVSM_EINTERIOR) &&
		refused(large + SVSM_PAGE_BYTES, SVSM_EINTERIOR);

	say("R-02", ok && refused(large + 16, SVSM_EINTERIOR));
	ok = refused(&local, SVSM_EFOREIGN) &&
		refused(&fixed, SVSM_EFOREIGN) &&
		refused((void *)0xfee00000, SVSM_EFOREIGN) &&
		refused((void *)1, SVSM_EFOREIGN);
	say("R-03", ok && refused(&heap, SVSM_EFOREIGN));
	say("R-04", refused(NULL, SVSM_OK));
	ok = svsm_heap_free(&heap, small) == SVSM_OK;
	say("R-01", ok && refused(small, SVSM_EDOUBLE));
	return ok;
}

static void sizes(void)
{
	void *block = &fixed;
	bool ok = svsm_heap_alloc(&heap, 0, &block) == SVSM_EINVAL &&
		svsm_heap_alloc(&heap, SIZE_MAX, &block) == SVSM_ENOMEM &&
		svsm_heap_calloc(&heap, SIZE_MAX, 2, &block) == SVSM_ENOMEM;

	say("R-05", ok && block == &fixed);
	ok = svsm_heap_aligned(&heap, 0, 1, &block) == SVSM_EINVAL &&
		svsm_heap_aligned(&heap, 3, 1, &block) == SVSM_EINVAL &&
		svsm_heap_aligned(&heap, SIZE_MAX / 2 + 1, 1, &block) ==
			SVSM_EINVAL;
	say("R-07", ok && block == &fixed);
	ok = svsm_page_alloc(&pages, SVSM_PAGE_ORDERS, &block) == SVSM_EINVAL &&
		svsm_page_alloc(&pages, ~0u, &block) == SVSM_EINVAL;
	say("R-08", ok && block == &fixed);
}

static void init_again(void)
{
	const struct svsm_heap_config config = { .name = "again" };

	say("R-09", svsm_heap_init(&heap, &owner, &config) == SVSM_EEXIST);
}

/* Until there is no more, and all of it back. */
static void exhaust(void)
{
	size_t free = svsm_page_count_free(&svsm_pages), used = owner.used;
	void **last = NULL, *block;
	enum svsm_status status;
	bool ok;

	while ((status = svsm_heap_alloc(&heap, 1 << 16, &block)) == SVSM_OK) {
		*(void **)block = last;
		last = block;
	}
	ok = status == SVSM_ENOMEM && last;
	while ((block = last)) {
		last = *(void **)block;
		ok &= svsm_heap_free(&heap, block) == SVSM_OK;
	}
	ok = ok && owner.used == used;
	say("R-11", ok && svsm_page_count_free(&svsm_pages) == free);
}

static bool is_zero(const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i])
			return false;
	return true;
}

static void fresh(void)
{
	void *block;
	bool ok = true;

	for (unsigned turn = 0; ok && turn < 4; turn++) {
		ok = svsm_heap_alloc(&heap, 256, &block) == SVSM_OK &&
			is_zero(block, 256);
		for (unsigned i = 0; ok && i < 256; i++)
			((char *)block)[i] = (char)0xa5;
		ok = ok && svsm_heap_free(&heap, block) == SVSM_OK;
	}
	say("R-19", ok);
}

static void past_the_end(void)
{
	const struct svsm_slab_config config = {
		.name = "checked",
		.size = 40,
		.hooks = &svsm_slab_hooks_debug,
	};
	enum svsm_status status;
	void *object;

	if (svsm_slab_init(&checked, &owner, &config) != SVSM_OK ||
		svsm_slab_alloc(&checked, &object) != SVSM_OK)
		svsm_terminate(SVSM_REASON_NO_MEMORY);
	((volatile char *)object)[40] = 1;
	status = svsm_slab_free(&checked, object);
	svsm_info("misuse: R-13 WRONG: %s", svsm_status_name(status));
}

_Noreturn void svsm_main(void)
{
	const struct svsm_heap_config config = {
		.name = "heap",
		.magazine = magazine,
		.cpus = 1,
	};
	void *small, *large;

	svsm_slab_owner_init(&owner, &pages, SIZE_MAX);
	if (svsm_heap_init(&heap, &owner, &config) != SVSM_OK ||
		svsm_heap_alloc(&heap, 100, &small) != SVSM_OK ||
		svsm_heap_alloc(&heap, BLOCK, &large) != SVSM_OK ||
		!frees(small, large))
		svsm_terminate(SVSM_REASON_NO_MEMORY);
	sizes();
	init_again();
	exhaust();
	fresh();
	svsm_heap_drain(&heap);
	if (svsm_heap_alloc(&heap, 100, &small) != SVSM_OK)
		svsm_terminate(SVSM_REASON_NO_MEMORY);
	svsm_budget_log();
	past_the_end();
	svsm_terminate(SVSM_REASON_DONE);
}
