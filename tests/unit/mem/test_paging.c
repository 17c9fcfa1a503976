/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Mappings beside the region: tables, flushes, what cannot be asked for.
 */
#include <sched.h>
#include <string.h>

#include <svsm/tlb.h>

#include "machine.h"

#define AT	0x10000ull	/* GPA of pages that the tests map */

static size_t free_before;

static void setup(void)
{
	machine_setup();
	svsm_tlb_join();
	fake_make_svsm(AT, 64 * PAGE);
	free_before = svsm_page_count_free(&machine_pool);
}

static void *slot(uint64_t page)
{
	return (char *)fake_arena() + page * PAGE;
}

static enum svsm_status map(uint64_t page, uint64_t gpa, enum svsm_map what)
{
	return svsm_paging_map(slot(page), &(struct svsm_mapping){
		{ gpa }, SVSM_PAGE_4K, what });
}

static void map_ok(uint64_t page, uint64_t gpa)
{
	ck_assert_int_eq(map(page, gpa, SVSM_MAP_WRITE), SVSM_OK);
}

static void unmap_ok(uint64_t page)
{
	ck_assert_int_eq(svsm_paging_unmap(slot(page), NULL), SVSM_OK);
}

/* Tables and pool say the same; what was taken is counted. */
static void check_tables(size_t tables)
{
	ck_assert_uint_eq(svsm_paging_tables(), tables);
	ck_assert_uint_eq(svsm_page_count_free(&machine_pool),
			  free_before - tables);
}

START_TEST(a_page_is_found_where_it_was_mapped)
{
	struct svsm_mapping found;

	map_ok(3, AT + PAGE);
	*(volatile uint64_t *)slot(3) = 0x1234;
	ck_assert_uint_eq(*(uint64_t *)fake_peek_private(AT + PAGE), 0x1234);
	ck_assert_int_eq(svsm_paging_find((char *)slot(3) + 0xabc, &found),
			 SVSM_OK);
	ck_assert_uint_eq(found.gpa.v, AT + PAGE);
	ck_assert_int_eq(found.size, SVSM_PAGE_4K);
	ck_assert_int_eq(found.map, SVSM_MAP_WRITE);
	ck_assert_int_eq(svsm_paging_find(slot(2), &found), SVSM_ENOENT);
	ck_assert_int_eq(svsm_paging_find(slot(4), &found), SVSM_ENOENT);
	check_tables(3);
	fake_oracle(0);
}
END_TEST

START_TEST(unmapping_tells_what_was_there_and_gives_tables_back)
{
	struct svsm_mapping was;

	map_ok(0, AT);
	map_ok(1, AT + PAGE);
	ck_assert_int_eq(svsm_paging_unmap(slot(0), &was), SVSM_OK);
	ck_assert_uint_eq(was.gpa.v, AT);
	ck_assert_int_eq(svsm_paging_unmap(slot(0), &was), SVSM_ENOENT);
	check_tables(3);
	unmap_ok(1);
	check_tables(3);	/* not before the flush */
	ck_assert_int_eq(svsm_paging_flush(), SVSM_OK);
	check_tables(0);
	ck_assert_int_eq(svsm_paging_unmap(slot(1), &was), SVSM_ENOENT);
	map_ok(1, AT);
	check_tables(3);
	fake_oracle(0);
}
END_TEST

START_TEST(what_is_refused_changes_nothing)
{
	struct svsm_mapping page = { { AT }, SVSM_PAGE_4K, SVSM_MAP_WRITE };
	static const uintptr_t bad_va[] = {
		0, REGION, SVSM_PAGING_START - PAGE, SVSM_PAGING_END,
		~0xfffull, SVSM_PAGING_START + 1,
	};
	static const uint64_t bad_gpa[] = {
		1, AT + 0x800, 1ull << 52, 1ull << 63, ~0xfffull, 1ull << 51,
	};

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(bad_va); i++) {
		ck_assert_int_eq(svsm_paging_map((void *)bad_va[i], &page),
				 SVSM_EINVAL);
		ck_assert_int_eq(svsm_paging_unmap((void *)bad_va[i], NULL),
				 SVSM_EINVAL);
	}
	for (size_t i = 0; i < SVSM_ARRAY_SIZE(bad_gpa); i++)
		ck_assert_int_eq(map(0, bad_gpa[i], SVSM_MAP_WRITE),
				 SVSM_EINVAL);
	page.size = SVSM_PAGE_2M;
	page.gpa.v = HUGE;
	ck_assert_int_eq(svsm_paging_map(slot(1), &page), SVSM_EINVAL);
	page.gpa.v = AT;
	ck_assert_int_eq(svsm_paging_map(slot(0), &page), SVSM_EINVAL);
	check_tables(0);
	map_ok(0, AT);
	ck_assert_int_eq(map(0, AT + PAGE, SVSM_MAP_READ), SVSM_EEXIST);
	page.gpa.v = HUGE;
	ck_assert_int_eq(svsm_paging_map(slot(0), &page), SVSM_EEXIST);
	check_tables(3);
	fake_oracle(0);
}
END_TEST

START_TEST(two_megabytes_are_one_entry)
{
	struct svsm_mapping large = { { HUGE }, SVSM_PAGE_2M, SVSM_MAP_WRITE };
	struct svsm_mapping was;

	fake_make_svsm(HUGE, HUGE);
	ck_assert_int_eq(svsm_paging_map(slot(512), &large), SVSM_OK);
	check_tables(2);
	*(volatile uint64_t *)slot(512 + 511) = 7;
	ck_assert_uint_eq(*(uint64_t *)fake_peek_private(HUGE + 511 * PAGE), 7);
	ck_assert_int_eq(map(513, AT, SVSM_MAP_READ), SVSM_EEXIST);
	ck_assert_int_eq(svsm_paging_unmap(slot(513), &was), SVSM_EINVAL);
	ck_assert_int_eq(svsm_paging_find(slot(700), &was), SVSM_OK);
	ck_assert_uint_eq(was.gpa.v, HUGE);
	ck_assert_int_eq(was.size, SVSM_PAGE_2M);
	ck_assert_int_eq(svsm_paging_unmap(slot(512), &was), SVSM_OK);
	ck_assert_int_eq(svsm_paging_flush(), SVSM_OK);
	check_tables(0);
}
END_TEST

/* The page directory is the caller's: nobody maps through it, it stays. */
START_TEST(a_hooked_directory_is_left_alone)
{
	uint64_t *directory = fake_region(TABLES + 8 * PAGE);
	uintptr_t hook = ((uintptr_t)fake_arena() & ~((HUGE << 9) - 1)) +
			 2 * (HUGE << 9);
	struct svsm_mapping page = { { AT }, SVSM_PAGE_4K, SVSM_MAP_WRITE };
	struct svsm_mapping found;

	ck_assert_int_eq(svsm_paging_hook((void *)(hook + HUGE), directory),
			 SVSM_EINVAL);
	ck_assert_int_eq(svsm_paging_hook(NULL, directory), SVSM_EINVAL);
	ck_assert_int_eq(svsm_paging_hook((void *)SVSM_PAGING_END, directory),
			 SVSM_EINVAL);
	ck_assert_int_eq(svsm_paging_hook((void *)hook, directory), SVSM_OK);
	ck_assert_int_eq(svsm_paging_hook((void *)hook, directory),
			 SVSM_EEXIST);
	ck_assert_int_eq(svsm_paging_map((void *)hook, &page), SVSM_EEXIST);
	ck_assert_int_eq(svsm_paging_find((void *)hook, &found), SVSM_ENOENT);
	directory[0] = svsm_pte_make(&(struct svsm_mapping){
		{ HUGE }, SVSM_PAGE_2M, SVSM_MAP_READ }, fake_cbit_mask());
	ck_assert_int_eq(svsm_paging_find((void *)hook, &found), SVSM_OK);
	ck_assert_int_eq(svsm_paging_unmap((void *)hook, NULL), SVSM_EINVAL);
	map_ok(0, AT);
	unmap_ok(0);
	ck_assert_int_eq(svsm_paging_flush(), SVSM_OK);
	ck_assert_int_eq(svsm_paging_find((void *)hook, &found), SVSM_OK);
}
END_TEST

/* Whatever is asked for, no entry is writable and executable. */
START_TEST(nothing_is_writable_and_executable)
{
	uint64_t cbit = fake_cbit_mask();

	for (int size = SVSM_PAGE_4K; size <= SVSM_PAGE_2M; size++) {
		for (int what = SVSM_MAP_READ; what <= SVSM_MAP_SHARED;
		     what++) {
			struct svsm_mapping mapping = { { HUGE },
				(enum svsm_page_size)size,
				(enum svsm_map)what };
			uint64_t entry = svsm_pte_make(&mapping, cbit);
			struct svsm_mapping back = svsm_pte_read(entry, cbit);

			ck_assert(!(entry & SVSM_PTE_WRITE) ||
				  (entry & SVSM_PTE_NX));
			ck_assert(!(entry & 4));
			ck_assert((what == SVSM_MAP_SHARED) ==
				  !(entry & cbit));
			ck_assert_uint_eq(back.gpa.v, HUGE);
			ck_assert_int_eq(back.size, size);
			ck_assert_int_eq(back.map, what);
		}
	}
}
END_TEST

static struct svsm_page_account hog = SVSM_PAGE_ACCOUNT(&machine_pool, "hog");

/* No memory for the n-th table, for all n. */
START_TEST(without_memory_for_tables_nothing_is_mapped)
{
	size_t leave = 0;
	enum svsm_status status;
	void *block[256];
	size_t n = 0;

	while (n < 256 && svsm_page_alloc(&hog, 0, &block[n]) == SVSM_OK)
		n++;
	do {
		size_t free = svsm_page_count_free(&machine_pool);

		ck_assert_uint_eq(free, leave);
		status = map(0, AT, SVSM_MAP_WRITE);
		if (status != SVSM_OK) {
			struct svsm_mapping found;

			ck_assert_int_eq(status, SVSM_ENOMEM);
			ck_assert_uint_eq(svsm_page_count_free(&machine_pool),
					  free);
			ck_assert_uint_eq(svsm_paging_tables(), 0);
			ck_assert_int_eq(svsm_paging_find(slot(0), &found),
					 SVSM_ENOENT);
			ck_assert_int_eq(svsm_page_free(&hog, block[--n], 0),
					 SVSM_OK);
			leave++;
		}
	} while (status != SVSM_OK);
	ck_assert_uint_eq(leave, 3);
	fake_oracle(0);
}
END_TEST

/* Boot maps before there is a pool. */
START_TEST(before_there_are_pages_no_table_is_made)
{
	struct svsm_mapping found;

	svsm_paging_set_pages(NULL);
	ck_assert_int_eq(map(0, AT, SVSM_MAP_WRITE), SVSM_ENOMEM);
	ck_assert_int_eq(svsm_paging_find(slot(0), &found), SVSM_ENOENT);
	check_tables(0);
	svsm_paging_set_pages(&machine_account);
	map_ok(0, AT);
	check_tables(3);
}
END_TEST

START_TEST(only_a_small_page_that_is_mapped_changes_its_c_bit)
{
	unsigned writes = fake_counters().pte_sets;

	ck_assert_int_eq(svsm_paging_set_private(slot(0), false), SVSM_ENOENT);
	ck_assert_int_eq(svsm_paging_set_private(fake_region(HUGE), false),
			 SVSM_ESIZE);
	ck_assert_int_eq(svsm_paging_set_private(fake_region(POOL + 8), false),
			 SVSM_EINVAL);
	ck_assert_uint_eq(fake_counters().pte_sets, writes);
	ck_assert_int_eq(svsm_paging_set_private(fake_region(POOL), true),
			 SVSM_OK);
	ck_assert(*machine_pte(fake_region(POOL)) & fake_cbit_mask());
	fake_oracle(0);
}
END_TEST

/* --------------------------------------------------------------- other CPUs */

static volatile bool stop, up, done;

/* A CPU at work that answers only when it waits. */
static void wait_about(void *arg)
{
	(void)arg;
	svsm_tlb_join();
	up = true;
	while (!stop)
		svsm_plat_pause();
}

static void be_away(void *arg)
{
	bool before;

	(void)arg;
	svsm_tlb_join();
	before = svsm_tlb_leave();
	up = true;
	while (!stop)
		sched_yield();
	svsm_tlb_return(before);
}

static void work_hard(void *arg)
{
	(void)arg;
	svsm_tlb_join();
	up = true;
	while (!stop)
		sched_yield();
	svsm_tlb_poll();
}

static void start(void (*fn)(void *arg))
{
	stop = up = done = false;
	fake_cpu_start(1, 1, fn, NULL);
	while (!up)
		sched_yield();
}

static void finish(void)
{
	stop = true;
	ck_assert_int_eq(fake_cpu_join(1), FAKE_NO_TERMINATION);
}

START_TEST(a_cpu_that_waits_answers)
{
	fake_no_broadcast = true;
	start(wait_about);
	map_ok(0, AT);
	unmap_ok(0);
	ck_assert_int_eq(svsm_paging_flush(), SVSM_OK);
	ck_assert_uint_eq(fake_counters().own_flushes, 2);
	map_ok(0, AT + PAGE);
	finish();
}
END_TEST

/* Nobody waits for a CPU in the guest; it flushes before it does anything. */
START_TEST(a_cpu_in_the_guest_flushes_when_it_is_back)
{
	fake_no_broadcast = true;
	start(be_away);
	map_ok(0, AT);
	unmap_ok(0);
	ck_assert_int_eq(svsm_paging_flush(), SVSM_OK);
	ck_assert_uint_eq(fake_counters().own_flushes, 1);
	finish();
	ck_assert_uint_eq(fake_counters().own_flushes, 2);
}
END_TEST

/* It ends, and what was unmapped stays out of use. */
START_TEST(a_cpu_that_does_not_answer_is_not_waited_for_without_end)
{
	fake_no_broadcast = true;
	fake_tsc_step = 1 << 20;
	start(work_hard);
	map_ok(0, AT);
	unmap_ok(0);
	ck_assert_int_eq(svsm_paging_flush(), SVSM_ETIME);
	check_tables(3);
	ck_assert_int_eq(map(0, AT, SVSM_MAP_WRITE), SVSM_ETIME);
	check_tables(3);
	finish();
	ck_assert_int_eq(svsm_paging_flush(), SVSM_OK);
	check_tables(0);
}
END_TEST

START_TEST(a_broadcast_needs_no_answers)
{
	fake_no_broadcast = false;
	start(work_hard);
	map_ok(0, AT);
	unmap_ok(0);
	ck_assert_int_eq(svsm_paging_flush(), SVSM_OK);
	ck_assert_uint_eq(fake_counters().broadcasts, 1);
	ck_assert_uint_eq(fake_counters().own_flushes, 0);
	finish();
}
END_TEST

START_TEST(a_flush_is_made_once_and_only_when_needed)
{
	fake_no_broadcast = false;
	start(work_hard);
	for (unsigned i = 0; i < 32; i++)
		map_ok(i, AT + i * PAGE);
	ck_assert_int_eq(svsm_paging_flush(), SVSM_OK);
	ck_assert_uint_eq(fake_counters().broadcasts, 0);
	for (unsigned i = 0; i < 32; i++)
		unmap_ok(i);
	ck_assert_int_eq(svsm_paging_flush(), SVSM_OK);
	ck_assert_int_eq(svsm_paging_flush(), SVSM_OK);
	ck_assert_uint_eq(fake_counters().broadcasts, 1);
	finish();
}
END_TEST

/* Both wait for the other, and answer from there. */
static void flush_often(void *arg)
{
	(void)arg;
	svsm_tlb_join();
	up = true;
	for (unsigned i = 0; i < 2000; i++)
		ck_assert_int_eq(svsm_tlb_flush(), SVSM_OK);
	done = true;
	while (!stop)
		svsm_plat_pause();
}

START_TEST(two_that_flush_answer_each_other)
{
	fake_no_broadcast = true;
	start(flush_often);
	for (unsigned i = 0; i < 2000; i++)
		ck_assert_int_eq(svsm_tlb_flush(), SVSM_OK);
	while (__atomic_load_n(&done, __ATOMIC_SEQ_CST) == 0)
		svsm_plat_pause();
	finish();
}
END_TEST

/* An exception that exits strikes while the CPU is leaving. */
START_TEST(only_the_outer_return_comes_back)
{
	bool outer = svsm_tlb_leave(), inner = svsm_tlb_leave();

	ck_assert(!outer && inner);
	svsm_tlb_return(inner);
	ck_assert(svsm_plat_cpu()->tlb_away);
	svsm_tlb_return(outer);
	ck_assert(!svsm_plat_cpu()->tlb_away);
}
END_TEST

UNIT_MAIN("paging", setup, machine_teardown,
	  a_page_is_found_where_it_was_mapped,
	  unmapping_tells_what_was_there_and_gives_tables_back,
	  what_is_refused_changes_nothing, two_megabytes_are_one_entry,
	  a_hooked_directory_is_left_alone, nothing_is_writable_and_executable,
	  without_memory_for_tables_nothing_is_mapped,
	  before_there_are_pages_no_table_is_made,
	  only_a_small_page_that_is_mapped_changes_its_c_bit,
	  a_cpu_that_waits_answers, a_cpu_in_the_guest_flushes_when_it_is_back,
	  a_cpu_that_does_not_answer_is_not_waited_for_without_end,
	  a_broadcast_needs_no_answers,
	  a_flush_is_made_once_and_only_when_needed,
	  two_that_flush_answer_each_other, only_the_outer_return_comes_back)
