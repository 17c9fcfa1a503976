/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Pages of ours, shared and back: the order, A-22, and a host that fails.
 */
#include <string.h>

#include <svsm/share.h>

#include "machine.h"

#define ORDER	2u
#define LEN	(PAGE << ORDER)

static void *shared(void)
{
	void *block;

	ck_assert_int_eq(svsm_share_alloc(&machine_account, ORDER, &block),
			 SVSM_OK);
	return block;
}

static bool is_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

START_TEST(shared_pages_are_the_hosts_and_show_nothing)
{
	void *block = shared();
	uint64_t gpa = (uintptr_t)block;
	uint8_t byte = 0x11;

	for (uint64_t at = 0; at < LEN; at += PAGE) {
		ck_assert(!fake_rmp(gpa + at)->assigned);
		ck_assert(is_zero(fake_peek_shared(gpa + at), PAGE));
		ck_assert(!(*machine_pte((char *)block + at) &
			    fake_cbit_mask()));
	}
	ck_assert(svsm_plat_copy(block, &byte, 1));
	ck_assert_uint_eq(*(uint8_t *)fake_peek_shared(gpa), 0x11);
	fake_oracle(4);
}
END_TEST

START_TEST(what_was_in_the_pages_is_never_shown)
{
	void *block;

	/* Free pages are zero by the pool's rule; break it. */
	ck_assert_int_eq(svsm_page_alloc(&machine_account, ORDER, &block),
			 SVSM_OK);
	for (size_t i = 0; i < LEN; i += sizeof(fake_canary))
		memcpy((char *)block + i, fake_canary, sizeof(fake_canary));
	ck_assert_int_eq(svsm_share(block, LEN / PAGE), SVSM_OK);
	fake_oracle(4);
	ck_assert_int_eq(svsm_unshare(block, LEN / PAGE), SVSM_OK);
	ck_assert(is_zero(block, LEN));
	ck_assert_int_eq(svsm_page_free(&machine_account, block, ORDER),
			 SVSM_OK);
	fake_oracle(4);
}
END_TEST

START_TEST(pages_come_back_private_and_clear)
{
	size_t before = svsm_page_count_free(&machine_pool);
	uint8_t byte = 0x99;
	void *block = shared();
	uint64_t gpa = (uintptr_t)block;

	ck_assert(svsm_plat_copy(block, &byte, 1));
	ck_assert_int_eq(svsm_share_free(&machine_account, block, ORDER),
			 SVSM_OK);
	for (uint64_t at = 0; at < LEN; at += PAGE) {
		ck_assert(fake_rmp(gpa + at)->validated);
		ck_assert(*machine_pte((char *)block + at) &
			  fake_cbit_mask());
	}
	ck_assert_uint_eq(svsm_page_count_free(&machine_pool), before);
	fake_oracle(8);
}
END_TEST

START_TEST(bad_arguments_change_nothing)
{
	void *nowhere = (void *)(uintptr_t)(REGION + 2 * HUGE), *block;

	ck_assert_int_eq(svsm_share((char *)fake_region(POOL) + 1, 1),
			 SVSM_EINVAL);
	ck_assert_int_eq(svsm_share(fake_region(HUGE), 1), SVSM_ESIZE);
	ck_assert_int_eq(svsm_unshare(fake_region(HUGE), 1), SVSM_ESIZE);
	ck_assert_int_eq(svsm_share(nowhere, 1), SVSM_ENOENT);
	ck_assert_int_eq(svsm_unshare(nowhere, 1), SVSM_ENOENT);
	ck_assert_int_eq(svsm_share_alloc(&machine_account, SVSM_PAGE_ORDERS,
					  &block), SVSM_EINVAL);
	ck_assert_int_eq(svsm_share_alloc(&machine_account, 8, &block),
			 SVSM_ENOMEM);
	ck_assert_uint_eq(fake_counters().exits, 0);
	fake_oracle(0);
}
END_TEST

static unsigned fail_exit;

static bool refuse_one(struct fake_exit *exit)
{
	if (exit->nr != fail_exit)
		return false;
	fake_ghcb_answer(exit->ghcb, 0, 1ull << 32);
	return true;
}

/* Does nothing and says that it cannot. */
START_TEST(A_22_a_refused_share_leaves_everything_as_it_was)
{
	size_t before = svsm_page_count_free(&machine_pool);
	void *block = NULL;

	fail_exit = fake_counters().exits + 1;
	fake_before_exit = refuse_one;
	ck_assert_int_eq(svsm_share_alloc(&machine_account, ORDER, &block),
			 SVSM_EHOST);
	fake_before_exit = NULL;
	ck_assert_ptr_null(block);
	ck_assert_uint_eq(svsm_page_count_free(&machine_pool), before);
	for (uint64_t at = POOL; at < POOL + POOL_LEN; at += PAGE) {
		ck_assert(fake_rmp(REGION + at)->validated);
		ck_assert(*machine_pte(fake_region(at)) & fake_cbit_mask());
	}
	fake_oracle(4);
	shared();
}
END_TEST

/* Half of the pages changed, then an error. */
static bool refuse_after_two(struct fake_exit *exit)
{
	struct svsm_abi_psc_header *header =
		(struct svsm_abi_psc_header *)exit->ghcb->buffer;
	uint64_t *entry = (uint64_t *)(header + 1);

	if (exit->nr != fail_exit)
		return false;
	for (unsigned i = 0; i < 2; i++)
		fake_make_shared(entry[i] & SVSM_PSC_FRAME_MASK, PAGE);
	header->cur_entry = 2;
	fake_ghcb_answer(exit->ghcb, 0, 1ull << 32);
	return true;
}

START_TEST(A_22_a_half_done_share_is_undone)
{
	size_t before = svsm_page_count_free(&machine_pool);
	void *block = NULL;

	fail_exit = fake_counters().exits + 1;
	fake_before_exit = refuse_after_two;
	ck_assert_int_eq(svsm_share_alloc(&machine_account, ORDER, &block),
			 SVSM_EHOST);
	fake_before_exit = NULL;
	ck_assert_uint_eq(svsm_page_count_free(&machine_pool), before);
	for (uint64_t at = POOL; at < POOL + POOL_LEN; at += PAGE)
		ck_assert(fake_rmp(REGION + at)->validated);
	fake_oracle(8);
}
END_TEST

static bool refuse_all(struct fake_exit *exit)
{
	fake_ghcb_answer(exit->ghcb, 0, 1ull << 32);
	return true;
}

/* Nothing was in them; they are not used again. */
START_TEST(pages_that_cannot_be_had_back_are_lost)
{
	size_t before = svsm_page_count_free(&machine_pool);
	void *block = NULL;

	fake_before_exit = refuse_all;
	ck_assert_int_eq(svsm_share_alloc(&machine_account, ORDER, &block),
			 SVSM_ESTATE);
	fake_before_exit = NULL;
	ck_assert_ptr_null(block);
	ck_assert_uint_eq(svsm_page_count_free(&machine_pool),
			  before - LEN / PAGE);
	shared();
}
END_TEST

START_TEST(a_refused_unshare_keeps_the_pages_shared)
{
	size_t before;
	void *block = shared();

	before = svsm_page_count_free(&machine_pool);
	fake_before_exit = refuse_all;
	ck_assert_int_eq(svsm_share_free(&machine_account, block, ORDER),
			 SVSM_EHOST);
	fake_before_exit = NULL;
	ck_assert_uint_eq(svsm_page_count_free(&machine_pool), before);
	ck_assert(!(*machine_pte(block) & fake_cbit_mask()));
	fake_oracle(8);
}
END_TEST

/* "Private again", and it is not: PVALIDATE finds out. */
static bool claim_done(struct fake_exit *exit)
{
	struct svsm_abi_psc_header *header =
		(struct svsm_abi_psc_header *)exit->ghcb->buffer;

	header->cur_entry = (uint16_t)(header->end_entry + 1);
	fake_ghcb_answer(exit->ghcb, 0, 0);
	return true;
}

START_TEST(C_01_a_page_that_did_not_come_back_is_never_used)
{
	void *block = shared();
	int reason;

	fake_before_exit = claim_done;
	reason = fake_reason_of(ck_assert_int_eq(
		svsm_share_free(&machine_account, block, ORDER), SVSM_OK));
	fake_before_exit = NULL;
	ck_assert_int_ne(reason, FAKE_NO_TERMINATION);
}
END_TEST

/* "Shared", and it is not: the VM stands still at most. */
START_TEST(C_06_a_page_that_only_the_host_says_is_shared_shows_nothing)
{
	void *block;
	int end;

	ck_assert_int_eq(svsm_page_alloc(&machine_account, ORDER, &block),
			 SVSM_OK);
	for (size_t i = 0; i < LEN; i += sizeof(fake_canary))
		memcpy((char *)block + i, fake_canary, sizeof(fake_canary));
	fake_before_exit = claim_done;
	end = fake_reason_of(fake_ignore(svsm_share(block, LEN / PAGE)));
	ck_assert_int_eq(end, FAKE_STALL);
	for (uint64_t at = 0; at < LEN; at += PAGE)
		ck_assert(is_zero(fake_peek_shared((uintptr_t)block + at),
				  PAGE));
	fake_oracle(4);
}
END_TEST

UNIT_MAIN("share", machine_setup, machine_teardown,
	  shared_pages_are_the_hosts_and_show_nothing,
	  what_was_in_the_pages_is_never_shown,
	  pages_come_back_private_and_clear, bad_arguments_change_nothing,
	  A_22_a_refused_share_leaves_everything_as_it_was,
	  A_22_a_half_done_share_is_undone,
	  pages_that_cannot_be_had_back_are_lost,
	  a_refused_unshare_keeps_the_pages_shared,
	  C_01_a_page_that_did_not_come_back_is_never_used,
	  C_06_a_page_that_only_the_host_says_is_shared_shows_nothing)
