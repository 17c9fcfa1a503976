/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The page allocator against a naive model, a million random operations: two
 * spans with holes, accounts with guarantees and limits, caches. On one CPU
 * the model knows each answer: caches must not be seen.
 *
 * SVSM_TEST_SEED=N replays a run, SVSM_TEST_STEPS=N makes it longer.
 */
#include <stdlib.h>
#include <string.h>

#include <svsm/page.h>

#include "dice.h"
#include "fake.h"
#include "unit.h"

#define PAGE		SVSM_PAGE_BYTES
#define PAGES		256u		/* of both spans */
#define SPAN		128u
#define ORDERS		8u
#define ACCOUNTS	3u
#define STEPS		1000000ul
#define CHECK_EVERY	512u

/** What the model knows of a page. */
#define GONE		(-1)
#define IDLE		0
struct page {
	int state;		/* GONE, IDLE, 1 + account */
	unsigned first, order;	/* of its block */
};

static struct svsm_page_pool pool;
static struct svsm_page_span span[2];
static struct svsm_page_account account[ACCOUNTS];
static struct svsm_page_cache caches[ACCOUNTS];
static struct page model[PAGES];
static size_t idle, used[ACCOUNTS];
static const size_t min[ACCOUNTS] = { 0, 20, 60 };
static const size_t limit[ACCOUNTS] = { SIZE_MAX, 50, 200 };
static char *memory;
static unsigned long step;

#define MUST(cond)							\
	do {								\
		if (!(cond))						\
			ck_abort_msg("SVSM_TEST_SEED=%llu step %lu: %s",\
				     (unsigned long long)first_seed,	\
				     step, #cond);			\
	} while (0)

static uint64_t first_seed;

static unsigned below(unsigned n)
{
	return (unsigned)dice(n);
}

/* The second span begins in the middle of a block of its size. */
static char *address(unsigned page)
{
	return memory + (page < SPAN ? page : page + SPAN / 2) * PAGE;
}

static unsigned page_of(const void *at)
{
	size_t page = (size_t)((const char *)at - memory) / PAGE;

	return (unsigned)(page < SPAN ? page : page - SPAN / 2);
}

static void setup(void)
{
	static uint64_t meta[2][SPAN * 4];

	fake_setup();
	memory = aligned_alloc(2 * SPAN * PAGE, 4 * SPAN * PAGE);
	ck_assert_ptr_nonnull(memory);
	memset(memory, 0, 4 * SPAN * PAGE);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_le(svsm_page_meta_bytes(address(i * SPAN),
						       SPAN * PAGE),
				  sizeof(meta[i]));
		ck_assert_int_eq(svsm_page_declare(&pool, &span[i],
						   address(i * SPAN),
						   SPAN * PAGE, meta[i]),
				 SVSM_OK);
		ck_assert_int_eq(svsm_page_add(&pool, address(i * SPAN),
					       SPAN * PAGE), SVSM_OK);
	}
	for (unsigned i = 0; i < ACCOUNTS; i++) {
		ck_assert_int_eq(svsm_page_account_open(&account[i], &pool,
							"x", min[i], limit[i]),
				 SVSM_OK);
		if (i != 1)
			svsm_page_account_cache(&account[i], &caches[i], 1);
	}
	idle = PAGES;
}

static void teardown(void)
{
	free(memory);
	fake_teardown();
}

/* --------------------------------------------------------------- the model */

static bool is_idle(unsigned page, unsigned n)
{
	for (unsigned i = page; i < page + n; i++)
		if (model[i].state != IDLE)
			return false;
	return true;
}

static bool has_block(unsigned order)
{
	unsigned n = 1u << order;

	for (unsigned page = 0; page < PAGES; page++)
		if ((uintptr_t)address(page) % (n * PAGE) == 0 &&
		    page % SPAN + n <= SPAN && is_idle(page, n))
			return true;
	return false;
}

static size_t owed(unsigned i)
{
	return used[i] < min[i] ? min[i] - used[i] : 0;
}

static size_t kept_from(unsigned who)
{
	size_t n = 0;

	for (unsigned i = 0; i < ACCOUNTS; i++)
		n += i == who ? 0 : owed(i);
	return n;
}

static bool may_have(unsigned who, unsigned order)
{
	size_t n = (size_t)1 << order, own = owed(who);

	return used[who] + n <= limit[who] &&
	       idle >= n + kept_from(who) + (own > n ? own - n : 0) &&
	       has_block(order);
}

static void mark(unsigned page, unsigned order, int state)
{
	for (unsigned i = page; i < page + (1u << order); i++)
		model[i] = (struct page){ state, page, order };
}

/* --------------------------------------------------------------- the steps */

static bool is_clear(const char *at, size_t n)
{
	for (size_t i = 0; i < n; i += 512)
		if (*(const uint64_t *)(at + i))
			return false;
	return true;
}

static void do_alloc(void)
{
	unsigned who = below(ACCOUNTS);
	unsigned order = below(3) ? 0 : below(ORDERS + 1), page;
	bool can = may_have(who, order);
	enum svsm_status status;
	void *out = NULL;

	status = svsm_page_alloc(&account[who], order, &out);
	MUST(status == (can ? SVSM_OK : SVSM_ENOMEM));
	if (!can)
		return;
	page = page_of(out);
	MUST((uintptr_t)out % (PAGE << order) == 0);
	MUST(page + (1u << order) <= PAGES && is_idle(page, 1u << order));
	MUST(is_clear(out, PAGE << order));
	memset(out, 0x5a, 8);
	mark(page, order, 1 + (int)who);
	used[who] += (size_t)1 << order;
	idle -= (size_t)1 << order;
}

static enum svsm_status
expect_free(unsigned who, unsigned page, unsigned order, unsigned offset)
{
	const struct page *is = &model[page];

	if (is->state <= IDLE)
		return is->state == IDLE ? SVSM_EDOUBLE : SVSM_EFOREIGN;
	if (is->first != page || offset)
		return SVSM_EINTERIOR;
	if (is->state != 1 + (int)who)
		return SVSM_EOWNER;
	return is->order == order ? SVSM_OK : SVSM_EORDER;
}

/* A page that is idle may be in a cache: then it is interior as an address. */
static bool
accepted(enum svsm_status status, enum svsm_status want, unsigned offset)
{
	return status == want || (want == SVSM_EDOUBLE && offset &&
				  status == SVSM_EINTERIOR);
}

static void try_free(unsigned who, unsigned page, unsigned order,
		     unsigned offset)
{
	enum svsm_status want = expect_free(who, page, order, offset), status;

	status = svsm_page_free(&account[who], address(page) + offset, order);
	MUST(accepted(status, want, offset));
	if (status != SVSM_OK)
		return;
	MUST(is_clear(address(page), PAGE << order));
	mark(page, order, IDLE);
	used[who] -= (size_t)1 << order;
	idle += (size_t)1 << order;
}

static void do_free(void)
{
	unsigned page = below(PAGES);
	const struct page *is = &model[page];

	if (is->state > IDLE)
		try_free((unsigned)is->state - 1, is->first, is->order, 0);
	else
		try_free(below(ACCOUNTS), page, 0, 0);
}

static void do_wrong_free(void)
{
	try_free(below(ACCOUNTS), below(PAGES), below(ORDERS + 2),
		 below(2) * 24);
}

static void do_take_out(void)
{
	void *out = NULL;
	enum svsm_status status = svsm_page_take_out(&pool, &out);
	unsigned page;

	MUST(status == (idle > kept_from(ACCOUNTS) ? SVSM_OK : SVSM_ENOMEM));
	if (status != SVSM_OK)
		return;
	page = page_of(out);
	MUST(page < PAGES && model[page].state == IDLE);
	model[page].state = GONE;
	idle--;
}

static void do_add(void)
{
	unsigned page = below(PAGES), n = 1 + below(4), tries = 0;
	enum svsm_status want = SVSM_OK, status;

	while (model[page].state != GONE && tries++ < 16)
		page = below(PAGES);
	if (page % SPAN + n > SPAN)
		want = SVSM_EFOREIGN;
	for (unsigned i = page; i < page + n && want == SVSM_OK; i++)
		if (model[i].state != GONE)
			want = SVSM_EEXIST;
	status = svsm_page_add(&pool, address(page), n * PAGE);
	MUST(status == want);
	if (status != SVSM_OK)
		return;
	for (unsigned i = page; i < page + n; i++)
		model[i].state = IDLE;
	idle += n;
}

static void do_drain(void)
{
	MUST(svsm_page_drain(&pool) == SVSM_OK);
}

/* Times of plenty and of want take turns, and of few pages and of many. */
static void do_step(void)
{
	unsigned want = step >> 12 & 1 ? 60 : 40, few = step >> 14 & 1;
	unsigned what = below(110);

	if (what < 100)
		what < want ? do_alloc() : do_free();
	else if (what < 104)
		do_wrong_free();
	else if (what < 109)
		below(8) < (few ? 5 : 1) ? do_take_out() : do_add();
	else
		do_drain();
}

static void check(void)
{
	MUST(svsm_page_check(&pool));
	for (unsigned i = 0; i < ACCOUNTS; i++)
		MUST(account[i].used == used[i] + caches[i].count);
	MUST(pool.free + caches[0].count + caches[2].count == idle);
}

START_TEST(a_million_steps_agree_with_the_model)
{
	unsigned long steps = unit_steps(STEPS, 10);

	first_seed = dice_start(0x5eed);
	for (step = 0; step < steps; step++) {
		do_step();
		if (step % CHECK_EVERY == 0)
			check();
	}
	check();
}
END_TEST

UNIT_MAIN("page_model", setup, teardown,
	  a_million_steps_agree_with_the_model)
