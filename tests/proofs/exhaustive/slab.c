/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A slab cache of eight objects in every reachable state: what is live, in
 * which order the rest is free, and what the CPU has at hand. In each state
 * each object is allocated, freed, freed wrongly, and the cache drained.
 *
 * The state is what can change: the cache behind its lock, the magazine, the
 * page pool and its metadata, and of each page the slab's header with the
 * state bytes. The objects are never written to, so the rest of a page is
 * zero, always. Lock tickets and the account's peak only grow and decide
 * nothing: they are kept at the least they can be.
 */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "explore.h"
#include "slab_internal.h"

#define OBJECTS		8u
#define PAGES		2u
#define SPAN		4u
#define HEAD		(sizeof(struct slab) + OBJECTS)
#define MUTABLE		offsetof(struct svsm_slab_cache, lock)

/** See above; and the model: is the object live that begins there? */
struct state {
	uint8_t head[PAGES][HEAD];
	uint8_t meta[96];
	struct svsm_slab_magazine magazine;
	uint8_t cache[sizeof(struct svsm_slab_cache) - MUTABLE];
	struct svsm_page_pool pool;
	size_t pages;			/* used, of the account */
	size_t bytes;			/* used, of the owner */
	bool live[OBJECTS];
};

static struct svsm_page_pool pool;
static struct svsm_page_span span;
static struct svsm_page_account account;
static struct svsm_slab_owner owner;
static struct svsm_slab_magazine magazine;
static struct svsm_slab_cache cache;
static char *memory;
static uint8_t meta[96] __attribute__((aligned(8)));
static unsigned pages;		/* of the instance */
static unsigned per_page;

enum {
	ALLOC,
	FREE,
	INTERIOR = FREE + OBJECTS,	/* of the objects' first bytes + 1 */
	HEADER = INTERIOR + OBJECTS,
	BEHIND,
	DRAIN,
	MOVES
};

static void save(struct state *to)
{
	cache.lock = (struct svsm_lock){ 0 };
	pool.lock = (struct svsm_lock){ 0 };
	for (unsigned i = 0; i < PAGES; i++)
		memcpy(to->head[i], memory + i * SVSM_PAGE_BYTES, HEAD);
	memcpy(to->meta, meta, sizeof(meta));
	memcpy(&to->magazine, &magazine, sizeof(magazine));
	/* What is above its count decides nothing. */
	for (unsigned i = magazine.count; i < SVSM_SLAB_HOLD; i++)
		to->magazine.object[i] = NULL;
	memcpy(to->cache, (char *)&cache + MUTABLE, sizeof(to->cache));
	memcpy(&to->pool, &pool, sizeof(pool));
	to->pages = account.used;
	to->bytes = owner.used;
}

static void load(const struct state *from)
{
	for (unsigned i = 0; i < PAGES; i++)
		memcpy(memory + i * SVSM_PAGE_BYTES, from->head[i], HEAD);
	memcpy(meta, from->meta, sizeof(meta));
	memcpy(&magazine, &from->magazine, sizeof(magazine));
	memcpy((char *)&cache + MUTABLE, from->cache, sizeof(from->cache));
	memcpy(&pool, &from->pool, sizeof(pool));
	account.used = from->pages;
	account.peak = from->pages;
	owner.used = from->bytes;
}

/* Where object @i would be: pages in order, objects in each. */
static char *object_at(unsigned i)
{
	return memory + i / per_page * SVSM_PAGE_BYTES + cache.first +
	       i % per_page * cache.stride;
}

static unsigned count_live(const struct state *state)
{
	unsigned n = 0;

	for (unsigned i = 0; i < OBJECTS; i++)
		n += state->live[i];
	return n;
}

static const char *do_alloc(struct state *state)
{
	bool all = count_live(state) == OBJECTS;
	void *object = NULL;
	enum svsm_status status = svsm_slab_alloc(&cache, &object);

	if (status != SVSM_OK)
		return all && status == SVSM_ENOMEM && !object ? NULL :
			"there is a free object and it cannot be had";
	for (unsigned i = 0; i < OBJECTS; i++)
		if (object == object_at(i)) {
			if (state->live[i])
				return "an object is handed out twice";
			state->live[i] = true;
			return NULL;
		}
	return "what is handed out is no object";
}

static const char *do_free(struct state *state, unsigned i)
{
	enum svsm_status status = svsm_slab_free(&cache, object_at(i));

	if (state->live[i]) {
		state->live[i] = false;
		return status == SVSM_OK ? NULL : "a live object stays";
	}
	return status == SVSM_EDOUBLE || status == SVSM_EFOREIGN ? NULL :
		"what is not live can be freed";
}

static const char *do_wrong(const void *address)
{
	enum svsm_status status = svsm_slab_free(&cache, (void *)address);

	return status == SVSM_EINTERIOR || status == SVSM_EFOREIGN ? NULL :
		"what is no object can be freed";
}

static const char *act(struct state *state, unsigned move)
{
	if (move == ALLOC)
		return do_alloc(state);
	if (move < INTERIOR)
		return do_free(state, move - FREE);
	if (move < HEADER)
		return do_wrong(object_at(move - INTERIOR) + 1);
	if (move == HEADER)
		return do_wrong(memory);
	if (move == BEHIND)
		return do_wrong(memory + cache.first +
				per_page * cache.stride);
	svsm_slab_drain(&cache);
	return NULL;
}

/* Only a free of something live, and what is no free, may change anything. */
static bool must_change_nothing(const struct state *state, unsigned move)
{
	return move >= FREE && move < DRAIN &&
	       !(move < INTERIOR && state->live[move - FREE]);
}

static const char *move_on(void *bytes, unsigned move)
{
	struct state *state = bytes;
	static struct state before;
	const void *was = &before;
	const char *wrong;

	memcpy(&before, state, sizeof(before));
	load(state);
	wrong = act(state, move);
	save(state);
	if (!wrong && must_change_nothing(&before, move) &&
	    memcmp(was, bytes, sizeof(before)) != 0)
		return "a refused free changes something";
	return wrong;
}

/* An object is live for the slab exactly when it is for the model. */
static bool agrees(const struct state *state, unsigned i)
{
	const uintptr_t *word = svsm_page_word(&pool, object_at(i));
	bool live = word && *word == slab_word(&cache) &&
		*slab_state(&cache, object_at(i)) == SLAB_LIVE;

	return live == state->live[i];
}

static const char *check(const void *bytes)
{
	const struct state *state = bytes;
	unsigned live = count_live(state);

	load(state);
	for (unsigned i = 0; i < OBJECTS; i++)
		if (!agrees(state, i))
			return "state bytes and model differ";
	if (!svsm_slab_check(&cache) || !svsm_page_check(&pool))
		return "an invariant is broken";
	if (owner.used != (live + magazine.count) * (size_t)cache.stride)
		return "the owner's bytes are wrong";
	if (account.used != cache.slabs || cache.slabs > pages)
		return "a page is lost";
	if (live == 0 && magazine.count == 0 && cache.slabs > 1)
		return "more than one empty slab is kept";
	return NULL;
}

static void print(unsigned move)
{
	if (move == ALLOC)
		fprintf(stderr, "alloc");
	else if (move < INTERIOR)
		fprintf(stderr, "free object %u", move - FREE);
	else if (move == DRAIN)
		fprintf(stderr, "drain");
	else
		fprintf(stderr, "wrong free %u", move - INTERIOR);
}

static void start(struct state *state, size_t size, unsigned use,
		  const struct svsm_slab_config *config)
{
	pages = use;
	per_page = OBJECTS / use;
	memset(&pool, 0, sizeof(pool));
	memset(&span, 0, sizeof(span));
	memset(&cache, 0, sizeof(cache));
	memset(meta, 0, sizeof(meta));
	memset(memory, 0, SPAN * SVSM_PAGE_BYTES);
	memset(&magazine, 0, sizeof(magazine));
	svsm_slab_owner_init(&owner, &account, size * OBJECTS);
	if (svsm_page_meta_bytes(memory, SPAN * SVSM_PAGE_BYTES) >
		    sizeof(meta) ||
	    svsm_page_declare(&pool, &span, memory, SPAN * SVSM_PAGE_BYTES,
			      meta) != SVSM_OK ||
	    svsm_page_add(&pool, memory, use * SVSM_PAGE_BYTES) != SVSM_OK ||
	    svsm_page_account_open(&account, &pool, "exhaustive", 0,
				   SIZE_MAX) != SVSM_OK ||
	    svsm_slab_init(&cache, &owner, config) != SVSM_OK ||
	    cache.count != per_page || cache.order != 0 ||
	    cache.stride != size)
		bench_die("the instance is not what it should be");
	memset(state, 0, sizeof(*state));
	save(state);
}

static bool explore(unsigned nr, const char *name, size_t size, unsigned use,
		    unsigned hold)
{
	static struct state initial;
	const struct svsm_slab_config config = {
		.name = "eight", .size = size, .flags = SVSM_SLAB_UNINIT,
		.magazine = hold ? &magazine : NULL, .cpus = hold > 0,
		.hold = hold,
	};
	const struct explore system = {
		.name = name, .bytes = sizeof(initial), .moves = MOVES,
		.limit = 3000000, .move = move_on, .check = check,
		.print = print,
	};

	start(&initial, size, use, &config);
	return explore_all(nr, &system, &initial);
}

int main(void)
{
	bool ok;

	memory = bench_memory(SVSM_HUGE_BYTES);
	ok = explore(1, "slab of 8 objects", 496, 1, 0);
	ok &= explore(2, "slab of 8 objects, 2 at hand", 496, 1, 2);
	ok &= explore(3, "2 slabs of 4 objects", 1008, 2, 0);
	printf("1..3\n");
	return !ok;
}
