/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Hostile cases, group C: answers to page state changes.
 */
#include <string.h>

#include <svsm/log.h>
#include <svsm/psc.h>
#include <svsm/rmp.h>

#include "fake.h"
#include "requests.h"
#include "unit.h"

#define START	0x400000ull

static struct svsm_abi_psc_header *header(const struct fake_exit *exit)
{
	return (void *)exit->ghcb->buffer;
}

static uint64_t *entries(const struct fake_exit *exit)
{
	return (uint64_t *)(exit->ghcb->buffer + 8);
}

static enum svsm_status change(uint64_t pages, unsigned op,
		enum svsm_page_size max)
{
	struct svsm_range range = { { START }, pages * SVSM_PAGE_BYTES };

	return svsm_psc(&requests_ghcb, &range, 1, op, max);
}

/* The reason with which a change to shared pages ends the VM. */
static int reason_of(uint64_t pages, enum svsm_page_size max)
{
	int reason = fake_reason_of(fake_ignore(change(pages,
			SVSM_PSC_OP_SHARED, max)));

	requests_ghcb.busy = false;
	return reason;
}

/* --------------------------------------------------------------------- C-01 */

static bool claim_success(struct fake_exit *exit)
{
	fake_ghcb_answer(exit->ghcb, 0, 0);
	return true;
}

START_TEST(c01_success_without_progress_ends_after_a_bounded_number_of_tries)
{
	unsigned before = fake_counters().exits;

	fake_before_exit = claim_success;
	ck_assert_int_eq(reason_of(3, SVSM_PAGE_4K), SVSM_REASON_PSC);
	ck_assert_uint_eq(fake_counters().exits - before, SVSM_PSC_IDLE_MAX);
	fake_oracle(SVSM_PSC_IDLE_MAX + 1);
}
END_TEST

/* The host lies for n exits and works then: the operation succeeds. */
static unsigned lies;

static bool lie_at_first(struct fake_exit *exit)
{
	if (!lies)
		return false;
	lies--;
	return claim_success(exit);
}

START_TEST(c01_host_that_works_at_last_is_forgiven)
{
	fake_before_exit = lie_at_first;
	for (unsigned n = 0; n < SVSM_PSC_IDLE_MAX; n++) {
		lies = n;
		fake_make_invalid(START, 3 * SVSM_PAGE_BYTES);
		ck_assert_int_eq(change(3, SVSM_PSC_OP_SHARED, SVSM_PAGE_4K),
				SVSM_OK);
		ck_assert(!fake_rmp(START + 0x2000)->assigned);
	}
	fake_oracle(200);
}
END_TEST

/* One page per exit: slow, but honest. */
static bool one_at_a_time(struct fake_exit *exit)
{
	struct svsm_abi_psc_header *h = header(exit);

	h->cur_entry++;
	fake_ghcb_answer(exit->ghcb, 0, 0);
	return true;
}

START_TEST(c01_slow_progress_is_progress)
{
	fake_before_exit = one_at_a_time;
	ck_assert_int_eq(change(250, SVSM_PSC_OP_SHARED, SVSM_PAGE_4K),
			SVSM_OK);
	fake_oracle(252);
}
END_TEST

/* Idle for a while before each step. */
static bool idle_between(struct fake_exit *exit)
{
	if (exit->nr % (SVSM_PSC_IDLE_MAX / 2))
		return claim_success(exit);
	return one_at_a_time(exit);
}

START_TEST(c01_patience_begins_anew_with_each_step)
{
	fake_before_exit = idle_between;
	ck_assert_int_eq(change(20, SVSM_PSC_OP_SHARED, SVSM_PAGE_4K),
			SVSM_OK);
	fake_oracle(20 * SVSM_PSC_IDLE_MAX / 2 + 1);
}
END_TEST

/* --------------------------------------------------------------------- C-02 */

static unsigned lie_cur, lie_end, lie_reserved;
static unsigned honest_exits;

static bool lie_in_header(struct fake_exit *exit)
{
	struct svsm_abi_psc_header *h = header(exit);

	if (honest_exits) {
		honest_exits--;
		return one_at_a_time(exit);
	}
	h->cur_entry = (uint16_t)lie_cur;
	h->end_entry = (uint16_t)lie_end;
	h->reserved = lie_reserved;
	fake_ghcb_answer(exit->ghcb, 0, 0);
	return true;
}

START_TEST(c02_impossible_header_ends_the_vm)
{
	/* three of ten entries are done: the present list has 0 to 6 */
	static const struct {
		unsigned cur, end, reserved;
	} cases[] = {
		{ 2, 9, 0 }, { 0, 9, 0 },	/* as if nothing were done */
		{ 8, 6, 0 }, { 0xffff, 6, 0 },	/* beyond the end */
		{ 4, 5, 0 }, { 4, 7, 0 }, { 4, 252, 0 }, { 4, 0xffff, 0 },
		{ 4, 0, 0 }, { 7, 0xffff, 0 },	/* another end */
		{ 4, 6, 1 }, { 7, 6, 0x80000000 },	/* reserved field */
	};

	fake_before_exit = lie_in_header;
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(cases); i++) {
		honest_exits = 3;
		lie_cur = cases[i].cur;
		lie_end = cases[i].end;
		lie_reserved = cases[i].reserved;
		ck_assert_int_eq(reason_of(10, SVSM_PAGE_4K),
				SVSM_REASON_PSC);
	}
	fake_oracle(4 * SVSM_ARRAY_SIZE(cases) + 1);
}
END_TEST

/* --------------------------------------------------------------------- C-03 */

static unsigned spoiled;

/* Does the first entry, then rewrites the whole list. */
static bool rewrite(struct fake_exit *exit)
{
	struct svsm_abi_psc_header *h = header(exit);
	uint64_t *e = entries(exit);
	unsigned left = 20 - spoiled;

	ck_assert_uint_eq(h->cur_entry, 0);
	ck_assert_uint_eq(h->end_entry, left - 1);
	for (unsigned i = 0; i < left; i++)
		ck_assert_uint_eq(e[i], (START + (spoiled + i) * 0x1000) |
				(uint64_t)SVSM_PSC_OP_SHARED <<
				SVSM_PSC_OP_SHIFT);
	h->cur_entry++;
	for (unsigned i = 0; i < SVSM_PSC_ENTRIES; i++)
		e[i] = 0x8002000ull | (uint64_t)SVSM_PSC_OP_SHARED <<
			SVSM_PSC_OP_SHIFT | SVSM_PSC_HUGE;
	spoiled++;
	fake_ghcb_answer(exit->ghcb, 0, 0);
	return true;
}

START_TEST(c03_rewritten_list_is_written_anew_from_our_own)
{
	fake_before_exit = rewrite;
	ck_assert_int_eq(change(20, SVSM_PSC_OP_SHARED, SVSM_PAGE_4K),
			SVSM_OK);
	ck_assert_uint_eq(spoiled, 20);
	fake_oracle(21);
}
END_TEST

START_TEST(c03_claimed_private_page_is_not_believed_before_pvalidate)
{
	void *va = fake_map(START, SVSM_PAGE_4K, true);

	fake_make_shared(START, SVSM_PAGE_BYTES);
	fake_before_exit = one_at_a_time;
	ck_assert_int_eq(change(1, SVSM_PSC_OP_PRIVATE, SVSM_PAGE_4K),
			SVSM_OK);
	ck_assert_int_eq(fake_reason_of(fake_ignore(svsm_rmp_validate(va,
				SVSM_PAGE_4K))), FAKE_STALL);
	ck_assert(!fake_rmp(START)->validated);
	fake_oracle(2);
}
END_TEST

/* --------------------------------------------------------------------- C-04 */

static unsigned inner;
static unsigned inner_step;
static bool inner_is_a_lie;

static bool huge_in_steps(struct fake_exit *exit)
{
	struct svsm_abi_psc_header *h = header(exit);
	uint64_t *e = &entries(exit)[h->cur_entry];

	/* the guest goes on from where the host said it was */
	if (!inner_is_a_lie)
		ck_assert_uint_eq(*e & SVSM_PSC_CUR_PAGE_MASK, inner);
	inner += inner_step;
	*e = (*e & ~SVSM_PSC_CUR_PAGE_MASK) | (inner & SVSM_PSC_CUR_PAGE_MASK);
	if (inner == 512) {
		h->cur_entry++;
		inner = 0;
	}
	fake_ghcb_answer(exit->ghcb, 0, 0);
	return true;
}

static int huge_reason(unsigned from, unsigned step)
{
	inner = from;
	inner_step = step;
	return reason_of(1024, SVSM_PAGE_2M);
}

START_TEST(c04_inner_counter_that_moves_is_progress)
{
	fake_before_exit = huge_in_steps;
	ck_assert_int_eq(huge_reason(0, 64), FAKE_NO_TERMINATION);
	ck_assert_int_eq(huge_reason(0, 1), FAKE_NO_TERMINATION);
	fake_oracle(16 + 1024 + 1);
}
END_TEST

START_TEST(c04_inner_counter_that_stands_still_or_is_too_big_ends_the_vm)
{
	inner_is_a_lie = true;
	fake_before_exit = huge_in_steps;
	ck_assert_int_eq(huge_reason(100, 0), SVSM_REASON_PSC);
	fake_oracle(SVSM_PSC_IDLE_MAX + 2);
	/* too big: found at the first exit */
	ck_assert_int_eq(huge_reason(513, 0), SVSM_REASON_PSC);
	fake_oracle(1);
	ck_assert_int_eq(huge_reason(4095, 0), SVSM_REASON_PSC);
	fake_oracle(1);
	/* 300, then 200: found at the second */
	ck_assert_int_eq(huge_reason(400, -100u), SVSM_REASON_PSC);
	fake_oracle(2);
}
END_TEST

/* A 4 KiB page has one part: it is done, or it is not begun. */
static bool small_in_parts(struct fake_exit *exit)
{
	*entries(exit) |= inner;
	fake_ghcb_answer(exit->ghcb, 0, 0);
	return true;
}

START_TEST(c04_small_page_has_no_more_than_one_part)
{
	fake_before_exit = small_in_parts;
	inner = 2;
	ck_assert_int_eq(reason_of(3, SVSM_PAGE_4K), SVSM_REASON_PSC);
	fake_oracle(2);
	/* One is possible once, and then no progress. */
	inner = 1;
	ck_assert_int_eq(reason_of(3, SVSM_PAGE_4K), SVSM_REASON_PSC);
	fake_oracle(SVSM_PSC_IDLE_MAX + 1);
	ck_assert(fake_rmp(START)->assigned);
}
END_TEST

/* The list is done, and the entry behind it says that it is begun. */
static bool done_and_more(struct fake_exit *exit)
{
	struct svsm_abi_psc_header *h = header(exit);

	memset(entries(exit), 0xff, SVSM_PSC_ENTRIES * 8);
	h->cur_entry = (uint16_t)(h->end_entry + 1);
	fake_ghcb_answer(exit->ghcb, 0, 0);
	return true;
}

START_TEST(c04_nothing_is_read_behind_a_list_that_is_done)
{
	unsigned before = fake_counters().exits;

	fake_before_exit = done_and_more;
	ck_assert_int_eq(change(SVSM_PSC_ENTRIES, SVSM_PSC_OP_SHARED,
				SVSM_PAGE_4K), SVSM_OK);
	ck_assert_int_eq(change(SVSM_PSC_ENTRIES + 1, SVSM_PSC_OP_SHARED,
				SVSM_PAGE_4K), SVSM_OK);
	ck_assert_uint_eq(fake_counters().exits - before, 3);
	fake_oracle(4);
}
END_TEST

/* --------------------------------------------------------------------- C-05 */

static char logged[1024];
static size_t logged_len;

static void keep_log(void *ctx, const char *line, size_t len)
{
	(void)ctx;
	if (len < sizeof(logged) - logged_len) {
		memcpy(logged + logged_len, line, len);
		logged_len += len;
	}
}

static uint64_t error;

static bool refuse(struct fake_exit *exit)
{
	fake_ghcb_answer(exit->ghcb, 0, error);
	return true;
}

START_TEST(c05_error_of_any_class_is_denied_and_logged_whole)
{
	static const uint64_t errors[] = { 1, 1ull << 32 | 1, 1ull << 32 | 2,
		0x100ull << 32, 0x12345678abcdull, ~0ull };

	svsm_log_init(keep_log, NULL, SVSM_LOG_INFO);
	fake_before_exit = refuse;
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(errors); i++) {
		error = errors[i];
		ck_assert_int_eq(change(3, SVSM_PSC_OP_PRIVATE, SVSM_PAGE_4K),
				SVSM_EHOST);
	}
	ck_assert_ptr_nonnull(strstr(logged, "1234 5678abcd"));
	ck_assert_ptr_nonnull(strstr(logged, "100 0"));
	fake_oracle(SVSM_ARRAY_SIZE(errors) + 1);
}
END_TEST

START_TEST(c05_refusal_by_the_msr_protocol_is_denied)
{
	struct svsm_range range = { { 0x7f0000000000 }, SVSM_PAGE_BYTES };

	ck_assert_int_eq(svsm_psc_early(&range, SVSM_PSC_OP_PRIVATE),
			SVSM_EHOST);
	fake_oracle(2);
}
END_TEST

/* --------------------------------------------------------------------- C-08 */

static unsigned lists, longest, total;

static void count_list(struct fake_exit *exit)
{
	unsigned n;

	if (exit->msr_protocol || exit->code != SVSM_NAE_PSC)
		return;
	n = header(exit)->end_entry + 1u;
	lists++;
	total += n;
	longest = n > longest ? n : longest;
}

START_TEST(c08_lists_are_split_at_the_buffer_and_empty_ones_never_sent)
{
	static const struct {
		unsigned pages, lists;
	} cases[] = {
		{ 0, 0 }, { 1, 1 }, { 252, 1 }, { 253, 1 }, { 254, 2 },
		{ 506, 2 }, { 507, 3 }, { 1000, 4 },
	};

	fake_after_exit = count_list;
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(cases); i++) {
		lists = total = longest = 0;
		ck_assert_int_eq(change(cases[i].pages, SVSM_PSC_OP_SHARED,
				SVSM_PAGE_4K), SVSM_OK);
		ck_assert_uint_eq(lists, cases[i].lists);
		ck_assert_uint_eq(total, cases[i].pages);
		ck_assert_uint_le(longest, SVSM_PSC_ENTRIES);
	}
	fake_oracle(20);
}
END_TEST

START_TEST(c08_empty_ranges_and_no_ranges_are_done_at_once)
{
	struct svsm_range none[3] = { { { START }, 0 }, { { 0 }, 0 },
		{ { START }, 0 } };
	unsigned before = fake_counters().exits;

	ck_assert_int_eq(svsm_psc(&requests_ghcb, none, 3, SVSM_PSC_OP_SHARED,
				SVSM_PAGE_4K), SVSM_OK);
	ck_assert_int_eq(svsm_psc(&requests_ghcb, NULL, 0, SVSM_PSC_OP_SHARED,
				SVSM_PAGE_4K), SVSM_OK);
	ck_assert_uint_eq(fake_counters().exits, before);
}
END_TEST

UNIT_MAIN("hostile C", requests_setup, fake_teardown,
	c01_success_without_progress_ends_after_a_bounded_number_of_tries,
	c01_host_that_works_at_last_is_forgiven,
	c01_slow_progress_is_progress,
	c01_patience_begins_anew_with_each_step,
	c02_impossible_header_ends_the_vm,
	c03_rewritten_list_is_written_anew_from_our_own,
	c03_claimed_private_page_is_not_believed_before_pvalidate,
	c04_inner_counter_that_moves_is_progress,
	c04_inner_counter_that_stands_still_or_is_too_big_ends_the_vm,
	c04_small_page_has_no_more_than_one_part,
	c04_nothing_is_read_behind_a_list_that_is_done,
	c05_error_of_any_class_is_denied_and_logged_whole,
	c05_refusal_by_the_msr_protocol_is_denied,
	c08_lists_are_split_at_the_buffer_and_empty_ones_never_sent,
	c08_empty_ranges_and_no_ranges_are_done_at_once)
