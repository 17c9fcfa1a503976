/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The machine gives way below shared memory: pages that go or come at the
 * worst moment, copies that fault, a CPU that does not flush. Linked with
 * --wrap for the copies and PVALIDATE.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include <svsm/abi/snp.h>
#include <svsm/pool.h>
#include <svsm/share.h>
#include <svsm/tlb.h>

#include "machine.h"

#define ORDER	2u
#define PAGES	(1u << ORDER)
#define LEN	((size_t)PAGE * PAGES)
#define NO_CODE	UINT32_MAX

/* What happens before a PVALIDATE, and what it answers. */
static void (*before_pvalidate)(uint64_t gpa);
static uint32_t answer = NO_CODE;

struct svsm_pvalidate_out
__real_svsm_plat_pvalidate(void *va, bool huge, bool valid);
struct svsm_pvalidate_out
__wrap_svsm_plat_pvalidate(void *va, bool huge, bool valid);
bool __real_svsm_plat_copy(void *dst, const void *src, size_t n);
bool __wrap_svsm_plat_copy(void *dst, const void *src, size_t n);

struct svsm_pvalidate_out
__wrap_svsm_plat_pvalidate(void *va, bool huge, bool valid)
{
	if (answer != NO_CODE)
		return (struct svsm_pvalidate_out){ .code = answer };
	if (before_pvalidate)
		before_pvalidate((uintptr_t)va);
	return __real_svsm_plat_pvalidate(va, huge, valid);
}

bool __wrap_svsm_plat_copy(void *dst, const void *src, size_t n)
{
	return !fake_fail_now() && __real_svsm_plat_copy(dst, src, n);
}

static void setup(void)
{
	machine_setup();
	svsm_tlb_join();
}

static void *block_of_ours(void)
{
	void *block;

	ck_assert_int_eq(svsm_page_alloc(&machine_account, ORDER, &block),
			 SVSM_OK);
	return block;
}

static void *shared_block(void)
{
	void *block;

	ck_assert_int_eq(svsm_share_alloc(&machine_account, ORDER, &block),
			 SVSM_OK);
	return block;
}

static int end_of_share(void *block)
{
	return fake_reason_of(fake_ignore(svsm_share(block, LEN / PAGE)));
}

static int end_of_unshare(void *block)
{
	return fake_reason_of(fake_ignore(svsm_unshare(block, LEN / PAGE)));
}

/* ------------------------------------------------------------- PVALIDATE */

START_TEST(a_page_that_goes_before_it_is_rescinded_ends_the_vm)
{
	void *block = block_of_ours();

	memcpy(block, fake_canary, sizeof(fake_canary));
	before_pvalidate = fake_host_invalidate;
	ck_assert_int_eq(end_of_share(block), SVSM_REASON_PAGE_LOST);
	ck_assert_uint_eq(fake_counters().exits, 0);
	fake_oracle(0);
}
END_TEST

/* Validated when it comes back: somebody else did that. */
static void validate_first(uint64_t gpa)
{
	fake_rmp(gpa)->validated = true;
}

START_TEST(a_page_that_comes_back_valid_ends_the_vm)
{
	void *block = shared_block();

	before_pvalidate = validate_first;
	ck_assert_int_eq(end_of_unshare(block), SVSM_REASON_DOUBLE_VALIDATE);
}
END_TEST

START_TEST(a_page_that_cannot_be_validated_ends_the_vm)
{
	void *block = shared_block();

	answer = SVSM_RMP_SIZE;
	ck_assert_int_eq(end_of_unshare(block), SVSM_REASON_PAGE_LOST);
	ck_assert(!fake_rmp((uintptr_t)block)->validated);
}
END_TEST

/* ----------------------------------------------------------------- copies */

/* The n-th copy of a call to shared pages, for all n: it ends the VM. */
static void check_each_copy(int (*call)(void))
{
	unsigned n = 0;
	int reason;

	for (;;) {
		fake_fail_at(++n);
		reason = call();
		if (!fake_fail_fired())
			break;
		ck_assert_int_eq(reason, SVSM_REASON_PAGE_LOST);
		fake_oracle(64);
	}
	ck_assert_int_eq(reason, FAKE_NO_TERMINATION);
	ck_assert_uint_gt(n, 1);
}

static struct svsm_pool pool;

static int free_a_block(void)
{
	struct svsm_umem block;
	int reason;

	ck_assert_int_eq(svsm_pool_alloc(&pool, 200, &block), SVSM_OK);
	reason = fake_reason_of(ck_assert_int_eq(svsm_pool_free(&pool, &block),
						 SVSM_OK));
	pool.lock = (struct svsm_lock){ 0 };	/* it was held */
	return reason;
}

START_TEST(a_block_that_cannot_be_cleared_is_never_used_again)
{
	size_t used;

	ck_assert_int_eq(svsm_pool_init(&pool, &machine_account, ORDER),
			 SVSM_OK);
	used = svsm_pool_used(&pool);
	check_each_copy(free_a_block);
	/* each of the four units once */
	ck_assert_uint_eq(svsm_pool_used(&pool) - used, 4 * 256);
}
END_TEST

/* Behind the copies of the page state change. */
START_TEST(shared_pages_that_cannot_be_cleared_end_the_vm)
{
	const unsigned in_page = 16;	/* copies that clear one */
	unsigned first = fake_counters().copies;

	(void)shared_block();
	first = fake_counters().copies - first - PAGES * in_page;
	for (unsigned n = 1; n <= PAGES; n++) {
		void *block = block_of_ours();

		fake_fail_at(first + n * in_page);
		ck_assert_int_eq(end_of_share(block), SVSM_REASON_PAGE_LOST);
		ck_assert(fake_fail_fired());
		fake_oracle(4 * n + 4);
	}
}
END_TEST

START_TEST(H_11_a_fault_in_shared_memory_is_a_status)
{
	struct svsm_umem umem;
	uint8_t bytes[2 * PAGE];

	ck_assert_int_eq(svsm_umem_open_shared(&umem, shared_block(), LEN,
					       SVSM_READ_WRITE), SVSM_OK);
	memset(bytes, 0x55, sizeof(bytes));
	ck_assert_int_eq(svsm_umem_write(&umem, 0, bytes, sizeof(bytes)),
			 SVSM_OK);
	fake_fail_at(2);
	ck_assert_int_eq(svsm_umem_read(&umem, 0, bytes, sizeof(bytes)),
			 SVSM_EFAULT);
	for (size_t i = 0; i < sizeof(bytes); i++)
		ck_assert_uint_eq(bytes[i], i < PAGE ? 0x55 : 0);
	fake_fail_at(1);
	ck_assert_int_eq(svsm_umem_write(&umem, 0, bytes, 8), SVSM_EFAULT);
	fake_oracle(4);
}
END_TEST

/* ------------------------------------------------------------ other CPUs */

static volatile bool stop, up;

static void never_flush(void *arg)
{
	(void)arg;
	svsm_tlb_join();
	up = true;
	while (!stop)
		usleep(1000);
}

static void start_deaf_cpu(void)
{
	fake_no_broadcast = true;
	fake_tsc_step = 1 << 20;
	fake_cpu_start(1, 1, never_flush, NULL);
	while (!up)
		sched_yield();
}

static void stop_deaf_cpu(void)
{
	stop = true;
	ck_assert_int_eq(fake_cpu_join(1), FAKE_NO_TERMINATION);
}

START_TEST(pages_that_a_cpu_may_still_see_private_are_lost)
{
	size_t before = svsm_page_count_free(&machine_pool);
	void *block = NULL;

	start_deaf_cpu();
	ck_assert_int_eq(svsm_share_alloc(&machine_account, ORDER, &block),
			 SVSM_ESTATE);
	ck_assert_ptr_null(block);
	ck_assert_uint_eq(svsm_page_count_free(&machine_pool),
			  before - LEN / PAGE);
	stop_deaf_cpu();
	fake_oracle(4);
}
END_TEST

START_TEST(pages_that_a_cpu_may_still_see_shared_are_lost)
{
	void *block = shared_block();
	size_t before = svsm_page_count_free(&machine_pool);

	start_deaf_cpu();
	ck_assert_int_eq(svsm_share_free(&machine_account, block, ORDER),
			 SVSM_ESTATE);
	ck_assert_uint_eq(svsm_page_count_free(&machine_pool), before);
	ck_assert(!fake_rmp((uintptr_t)block)->validated);
	stop_deaf_cpu();
}
END_TEST

UNIT_MAIN("faults", setup, machine_teardown,
	  a_page_that_goes_before_it_is_rescinded_ends_the_vm,
	  a_page_that_comes_back_valid_ends_the_vm,
	  a_page_that_cannot_be_validated_ends_the_vm,
	  a_block_that_cannot_be_cleared_is_never_used_again,
	  shared_pages_that_cannot_be_cleared_end_the_vm,
	  H_11_a_fault_in_shared_memory_is_a_status,
	  pages_that_a_cpu_may_still_see_private_are_lost,
	  pages_that_a_cpu_may_still_see_shared_are_lost)
