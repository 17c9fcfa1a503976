/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The workloads of the page allocator. The contenders are ways to use it; the
 * memory is address space that only the one that clears ever touches.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include <svsm/page.h>

#include "bench.h"

#define PAGE	SVSM_PAGE_BYTES

/** A pool, and the pages that are live. */
struct pages {
	struct svsm_page_pool pool;
	struct svsm_page_span span;
	struct svsm_page_account account;
	struct svsm_page_cache cache;
	enum svsm_status (*give)(struct svsm_page_account *account,
				 void *block, unsigned order);
	char *memory;
	void *meta;
	size_t meta_bytes;
	size_t n;
	uint64_t random;
	size_t at;
	void *page[];
};

static const struct bench_contender direct = { .name = "svsm_page" };
static const struct bench_contender cached = { .name = "svsm_page, cached" };
static const struct bench_contender clearing = {
	.name = "svsm_page, clearing"
};

static void *map(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		       MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		bench_die("no address space");
	return p;
}

/* Twice as much, so that a part is aligned to its size. */
static char *map_aligned(size_t bytes)
{
	uintptr_t at = (uintptr_t)map(2 * bytes);

	return (char *)((at + bytes - 1) & ~(bytes - 1));
}

static struct pages *make(size_t n, const struct bench_contender *who)
{
	struct pages *pages;

	pages = aligned_alloc(64, (sizeof(*pages) + n * sizeof(void *) + 63) &
			      ~(size_t)63);
	if (!pages)
		bench_die("no memory");
	*pages = (struct pages){ .n = n, .random = 88172645463325252ull };
	pages->memory = map_aligned(n * PAGE);
	pages->meta_bytes = svsm_page_meta_bytes(pages->memory, n * PAGE);
	pages->meta = map(pages->meta_bytes);
	pages->account = (struct svsm_page_account)
		SVSM_PAGE_ACCOUNT(&pages->pool, "bench");
	pages->give = who == &clearing ? svsm_page_free :
					 svsm_page_free_clean;
	if (who == &cached)
		svsm_page_account_cache(&pages->account, &pages->cache, 1);
	return pages;
}

static void start(struct pages *pages, size_t first)
{
	if (svsm_page_declare(&pages->pool, &pages->span, pages->memory,
			      pages->n * PAGE, pages->meta) != SVSM_OK ||
	    svsm_page_add(&pages->pool, pages->memory + first * PAGE,
			  (pages->n - first) * PAGE) != SVSM_OK)
		bench_die("no page pool");
}

static void unmake(const struct bench_workload *work,
		   const struct bench_contender *who, void *state)
{
	struct pages *pages = state;
	size_t bytes = pages->n * PAGE;

	(void)work;
	(void)who;
	munmap(pages->meta, pages->meta_bytes);
	munmap(pages->memory, bytes);
	free(pages);
}

static void *take(struct pages *pages)
{
	void *page;

	if (svsm_page_alloc(&pages->account, 0, &page) != SVSM_OK)
		bench_die("out of pages");
	return page;
}

static void give(struct pages *pages, void *page)
{
	if (pages->give(&pages->account, page, 0) != SVSM_OK)
		bench_die("free refused");
}

/* All are live. */
static void *prepare_full(const struct bench_workload *work,
		     const struct bench_contender *who)
{
	struct pages *pages = make(work->live, who);

	start(pages, 0);
	for (size_t i = 0; i < pages->n; i++)
		pages->page[i] = take(pages);
	return pages;
}

/* All live again, and the first quarter of the list is any of them. */
static void refill(struct pages *pages)
{
	size_t quarter = pages->n / 4;

	while (pages->at > 0)
		pages->page[--pages->at] = take(pages);
	for (size_t i = 0; i < quarter; i++) {
		size_t j = i + bench_random(&pages->random) % (pages->n - i);
		void *page = pages->page[i];

		pages->page[i] = pages->page[j];
		pages->page[j] = page;
	}
}

static void *prepare_free(const struct bench_workload *work,
			  const struct bench_contender *who)
{
	struct pages *pages = prepare_full(work, who);

	refill(pages);
	return pages;
}

/* A quarter is free, here and there. */
static void *prepare_pair(const struct bench_workload *work,
			  const struct bench_contender *who)
{
	struct pages *pages = prepare_free(work, who);

	while (pages->at < pages->n / 4) {
		give(pages, pages->page[pages->at]);
		pages->at++;
	}
	return pages;
}

static void run_free(const struct bench_workload *work,
		     const struct bench_contender *who, void *state)
{
	struct pages *pages = state;

	(void)work;
	(void)who;
	while (bench_round_goes_on())
		for (unsigned i = 0; i < BENCH_STEP; i++) {
			give(pages, pages->page[pages->at++]);
			if (pages->at < pages->n / 4)
				continue;
			bench_round_pause();
			refill(pages);
			bench_round_resume();
		}
}

static void run_pair(const struct bench_workload *work,
		     const struct bench_contender *who, void *state)
{
	struct pages *pages = state;

	(void)work;
	(void)who;
	while (bench_round_goes_on())
		for (unsigned i = 0; i < BENCH_STEP; i++)
			give(pages, take(pages));
}

/* Until there is none, and all back. */
static void run_full(const struct bench_workload *work,
		     const struct bench_contender *who, void *state)
{
	struct pages *pages = state;
	void *page;

	(void)work;
	(void)who;
	while (pages->n > 0)
		give(pages, pages->page[--pages->n]);
	while (svsm_page_alloc(&pages->account, 0, &page) == SVSM_OK)
		pages->page[pages->n++] = page;
	bench_round_count(2 * pages->n);
}

/* Its metadata is as the system gives it: zero, and not yet there. */
static void *prepare_start(const struct bench_workload *work,
			   const struct bench_contender *who)
{
	struct pages *pages = make(1, who);

	munmap(pages->memory, PAGE);
	munmap(pages->meta, pages->meta_bytes);
	pages->n = work->live;
	pages->memory = map_aligned(pages->n * PAGE);
	pages->meta_bytes = svsm_page_meta_bytes(pages->memory,
						 pages->n * PAGE);
	pages->meta = map(pages->meta_bytes);
	return pages;
}

static void run_start(const struct bench_workload *work,
		      const struct bench_contender *who, void *state)
{
	struct pages *pages = state;

	(void)work;
	(void)who;
	bench_round_pause();
	pages->pool = (struct svsm_page_pool){ 0 };
	if (madvise(pages->meta, pages->meta_bytes, MADV_DONTNEED) != 0)
		bench_die("no fresh metadata");
	bench_round_resume();
	/* Without the first page: a block of each order. */
	start(pages, 1);
	bench_round_count(1);
}

static const struct bench_contender *const ways[] = {
	&direct, &cached, &clearing, NULL
};
static const struct bench_contender *const untouched[] = {
	&direct, &cached, NULL
};
static const struct bench_contender *const alone[] = { &direct, NULL };

#define PAIRS(n)	{ "page pair", PAGE, n, 0, ways, prepare_pair,	\
			  run_pair, unmake }
#define FREES(n, who)	{ "page free, fragmented", PAGE, n, 40, who,	\
			  prepare_free, run_free, unmake }
#define STARTS(n)	{ "page start-up", PAGE, n, 0, alone,		\
			  prepare_start, run_start, unmake }

const struct bench_workload bench_page_workloads[] = {
	PAIRS(1024), PAIRS(65536),
	FREES(1024, ways), FREES(16384, ways), FREES(262144, untouched),
	{ "page, out of memory and refill", PAGE, 4096, 0, ways,
	  prepare_full, run_full, unmake },
	STARTS(256), STARTS(16384), STARTS(1048576), STARTS(16777216),
	{ 0 }
};
