/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The lock checker. Every call of a lock in a program that links the fake comes
 * here first (--wrap in meson.build); the locks themselves know nothing of it.
 *
 * What was taken while something else was held is remembered, by the locks'
 * addresses, until the next machine. Two CPUs that take two locks in different
 * orders need bad luck to stop each other; here it is enough that both orders
 * were seen once, on any CPU. A wait with a bound can end without the lock, so
 * it is no order.
 */
#include <pthread.h>
#include <string.h>

#include <svsm/lock.h>
#include <svsm/slab.h>

#include "internal.h"

/** Locks that are remembered; more are forgotten together. */
#define LOCKS	256u
#define WORDS	(LOCKS / 64)

/** A lock, and which others were ever taken while it was held. */
struct node {
	const struct svsm_lock *lock;
	uint64_t later[WORDS];	/* and those after them, and so on */
};

static struct node nodes[LOCKS];
static unsigned known;
static pthread_mutex_t graph = PTHREAD_MUTEX_INITIALIZER;

void fake_locks_reset(void)
{
	memset(nodes, 0, sizeof(nodes));
	known = 0;
}

/* ------------------------------------------------------------------- order */

static unsigned find(const struct svsm_lock *lock)
{
	for (unsigned i = 0; i < known; i++) {
		if (nodes[i].lock == lock)
			return i;
	}
	nodes[known].lock = lock;
	return known++;
}

static bool is_later(unsigned than, unsigned node)
{
	return nodes[than].later[node / 64] >> node % 64 & 1;
}

/* @then is taken with @first held: it comes after all that @first does. */
static void add_order(unsigned first, unsigned then)
{
	for (unsigned i = 0; i < known; i++) {
		if (i != first && !is_later(i, first))
			continue;
		nodes[i].later[then / 64] |= 1ull << then % 64;
		for (unsigned w = 0; w < WORDS; w++)
			nodes[i].later[w] |= nodes[then].later[w];
	}
}

static void check_order(const struct svsm_lock *held,
		const struct svsm_lock *lock)
{
	unsigned first, then;
	bool wrong;

	pthread_mutex_lock(&graph);
	if (known > LOCKS - 2)
		fake_locks_reset();
	first = find(held);
	then = find(lock);
	wrong = is_later(then, first);
	if (!wrong && !is_later(first, then))
		add_order(first, then);
	pthread_mutex_unlock(&graph);
	if (wrong)
		fake_violation("lock order: %p is taken with %p held, and it "
			       "was the other way round before",
				(const void *)lock, (const void *)held);
}

/* ------------------------------------------------------------ what is held */

static unsigned place_of(const struct cpu *cpu, const struct svsm_lock *lock)
{
	unsigned i = 0;

	while (i < cpu->holds && cpu->held[i] != lock)
		i++;
	return i;
}

/* Waiting here for as long as it takes: may we? */
void fake_lock_may_take(const struct svsm_lock *lock)
{
	const struct cpu *cpu = fake_self();

	if (cpu->handler)
		fake_violation("a handler waits for lock %p",
				(const void *)lock);
	if (place_of(cpu, lock) < cpu->holds)
		fake_violation("CPU %u waits for lock %p, which it holds",
				cpu->svsm.index, (const void *)lock);
	for (unsigned i = 0; i < cpu->holds; i++)
		check_order(cpu->held[i], lock);
}

static void taken(const struct svsm_lock *lock)
{
	struct cpu *cpu = fake_self();

	if (cpu->holds == SVSM_ARRAY_SIZE(cpu->held))
		fake_violation("CPU %u holds %u locks", cpu->svsm.index,
				cpu->holds);
	cpu->held[cpu->holds++] = lock;
}

void fake_locks_check_none(const char *what)
{
	const struct cpu *cpu = fake_self();

	if (cpu->holds)
		fake_violation("%s with lock %p held", what,
				(const void *)cpu->held[cpu->holds - 1]);
}

void fake_handler(void (*fn)(void *arg), void *arg)
{
	struct cpu *cpu = fake_self();

	cpu->handler = true;
	fn(arg);
	cpu->handler = false;
}

/* ----------------------------------------------------------- the functions */

void __real_svsm_lock_acquire(struct svsm_lock *lock);
void __wrap_svsm_lock_acquire(struct svsm_lock *lock);
bool __real_svsm_lock_try(struct svsm_lock *lock);
bool __wrap_svsm_lock_try(struct svsm_lock *lock);
enum svsm_status
__real_svsm_lock_acquire_within(struct svsm_lock *lock, uint64_t turns);
enum svsm_status
__wrap_svsm_lock_acquire_within(struct svsm_lock *lock, uint64_t turns);
void __real_svsm_lock_release(struct svsm_lock *lock);
void __wrap_svsm_lock_release(struct svsm_lock *lock);

void __wrap_svsm_lock_acquire(struct svsm_lock *lock)
{
	fake_lock_may_take(lock);
	__real_svsm_lock_acquire(lock);
	taken(lock);
}

bool __wrap_svsm_lock_try(struct svsm_lock *lock)
{
	bool got = __real_svsm_lock_try(lock);

	if (got)
		taken(lock);
	return got;
}

enum svsm_status
__wrap_svsm_lock_acquire_within(struct svsm_lock *lock, uint64_t turns)
{
	enum svsm_status status = __real_svsm_lock_acquire_within(lock, turns);

	if (status == SVSM_OK)
		taken(lock);
	return status;
}

/* A lock that nobody holds is left to the lock itself. */
void __wrap_svsm_lock_release(struct svsm_lock *lock)
{
	struct cpu *cpu = fake_self();
	unsigned place = place_of(cpu, lock);

	if (place < cpu->holds) {
		for (cpu->holds--; place < cpu->holds; place++)
			cpu->held[place] = cpu->held[place + 1];
	} else if (__atomic_load_n(&lock->next, __ATOMIC_RELAXED) !=
			__atomic_load_n(&lock->owner, __ATOMIC_RELAXED)) {
		fake_violation("CPU %u releases lock %p, which another one "
				"holds", cpu->svsm.index, (const void *)lock);
	}
	__real_svsm_lock_release(lock);
}

/* ------------------------------------------------- allocators take a lock */

enum svsm_status
__real_svsm_slab_alloc(struct svsm_slab_cache *cache, void **out);
enum svsm_status
__wrap_svsm_slab_alloc(struct svsm_slab_cache *cache, void **out);
enum svsm_status
__real_slab_alloc_sized(struct svsm_slab_cache *cache, size_t size, void **out);
enum svsm_status
__wrap_slab_alloc_sized(struct svsm_slab_cache *cache, size_t size, void **out);
enum svsm_status
__real_svsm_slab_free(struct svsm_slab_cache *cache, void *object);
enum svsm_status
__wrap_svsm_slab_free(struct svsm_slab_cache *cache, void *object);

/* Whether or not this call finds something at hand. */
static void may_take_slabs(const struct svsm_slab_cache *cache)
{
	if (!cache->owner)
		return;
	fake_lock_may_take(&cache->owner->lock);
	fake_lock_may_take(&cache->lock);
	fake_lock_may_take(&cache->owner->pages->pool->lock);
}

enum svsm_status
__wrap_svsm_slab_alloc(struct svsm_slab_cache *cache, void **out)
{
	may_take_slabs(cache);
	return __real_svsm_slab_alloc(cache, out);
}

enum svsm_status
__wrap_slab_alloc_sized(struct svsm_slab_cache *cache, size_t size, void **out)
{
	may_take_slabs(cache);
	return __real_slab_alloc_sized(cache, size, out);
}

enum svsm_status
__wrap_svsm_slab_free(struct svsm_slab_cache *cache, void *object)
{
	may_take_slabs(cache);
	return __real_svsm_slab_free(cache, object);
}
