/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Deposits while another vCPU writes the page, or deposits and withdraws as
 * well: K-07, K-08. Schedules as in test_schedules.c.
 */
#include <svsm/platform.h>
#include <svsm/tlb.h>

#include "deposits.h"
#include "player.h"

/* -------------------------------------------------------------------- K-07 */

static uint64_t dirty_at;

static void deposit_part(void *arg)
{
	(void)arg;
	ck_assert_uint_eq(deposit_at(LIST), SVSM_SUCCESS);
}

/* Another vCPU's stores: until one is refused, all the time. */
static void write_part(void *arg)
{
	const uint64_t word = 0xbad;
	unsigned *refused = arg;

	for (unsigned i = 0; i < 60; i++) {
		if (!fake_guest_write(dirty_at, &word, sizeof(word)))
			++*refused;
		fake_step();
	}
}

static unsigned refused_before, refused, ends;

static void before_deposit(void)
{
	deposit_restart();
	dirty_at = FREE_PAGES + 8;
	guest_give(FREE_PAGES, 1);
	guest_list_pages(LIST, 1, FREE_PAGES, 0);
}

static void after_deposit(void)
{
	uint8_t byte = 1;

	ck_assert_int_eq(guest_owner(FREE_PAGES), SVSM_OWN_DEPOSIT);
	ck_assert(guest_is_clear(FREE_PAGES, PAGE));
	ck_assert(!fake_guest_write(FREE_PAGES, &byte, 1));
	refused_before += refused != 0;
	refused = 0;
	guest_expect_pages();
	if (++ends % 64 == 0)
		guest_oracle();
}

START_TEST(K_07_a_deposited_page_does_not_change_by_a_guest_that_goes_on)
{
	struct fake_part part[] = {
		{ .index = 2, .apic_id = 0, .fn = deposit_part },
		{ .index = 3, .apic_id = 1, .fn = write_part,
		  .arg = &refused },
	};
	struct fake_explore explore = {
		.schedule = { .part = part, .parts = 2 },
		.before = before_deposit, .after = after_deposit,
		.most_turns = 2, .limit = 500, .at_least = 600, .seed = 7,
	};

	fake_explore(&explore);
	ck_assert_uint_ge(explore.count, 600);
	/* In most of them the guest was still writing when it was revoked. */
	ck_assert_uint_gt(refused_before, 100);
}
END_TEST

/* -------------------------------------------------------------------- K-08 */

#define EACH		2u	/* pages that a vCPU begins with */
#define PAGES		(2 * EACH)
#define ROUNDS		3u

/** Where the pages are that two vCPUs hand to and fro. */
#define HANDS	0x30000ull

/** Pages that a vCPU has just now. */
static struct hand {
	struct player *player;
	uint64_t page[PAGES];
	unsigned count;
} hand[2];

/* Calls that met a flush: no lock is held then. */
static unsigned busy;

/* How many entries of the list are done. */
static unsigned call_with_list(struct hand *h, uint32_t fn, unsigned count)
{
	struct player *p = h->player;

	guest_list(p->list, count, 0, h->page);
	p->rax = CORE(fn);
	p->rcx = p->list;
	/* Busy: the other one's pages are being flushed. */
	for (player_call(p); p->result == SVSM_ERR_BUSY; player_call(p)) {
		busy++;
		svsm_plat_pause();
	}
	ck_assert_uint_eq(p->result, SVSM_SUCCESS);
	return *(uint16_t *)fake_peek_private(p->list);
}

/* What comes back may be what the other one gave. */
static void come_and_go(void *arg)
{
	struct hand *h = arg;
	const uint64_t *list = fake_peek_private(h->player->list);

	svsm_tlb_join();
	for (unsigned round = 0; round < ROUNDS; round++) {
		if (h->count)
			call_with_list(h, SVSM_CORE_DEPOSIT_MEM, h->count);
		h->count = call_with_list(h, SVSM_CORE_WITHDRAW_MEM, EACH);
		for (unsigned i = 0; i < h->count; i++)
			h->page[i] = list[1 + i];
	}
}

static void before_hands(void)
{
	guest_teardown();
	players_setup();
	deposit_place();
	svsm_tlb_join();
	guest_give(HANDS, PAGES);
	for (unsigned i = 0; i < PAGES; i++) {
		hand[i / EACH].page[i % EACH] = HANDS + i * PAGE;
		hand[i / EACH].count = EACH;
		hand[i / EACH].player = &players[i / EACH];
	}
}

static unsigned mixed;

/* Each page is in one hand or in the pool, and the counts say so. */
static void after_hands(void)
{
	unsigned in_hand[PAGES] = { 0 };

	for (unsigned i = 0; i < 2; i++) {
		for (unsigned j = 0; j < hand[i].count; j++) {
			size_t n = (hand[i].page[j] - HANDS) / PAGE;

			ck_assert_uint_lt(n, PAGES);
			in_hand[n]++;
			mixed += n / EACH != i;
		}
	}
	for (unsigned n = 0; n < PAGES; n++) {
		ck_assert_uint_le(in_hand[n], 1);
		ck_assert_int_eq(guest_owner(HANDS + n * PAGE),
				 in_hand[n] ? SVSM_OWN_GUEST :
				 SVSM_OWN_DEPOSIT);
	}
	ck_assert_uint_eq(deposits() + hand[0].count + hand[1].count, PAGES);
	guest_expect_pages();
	if (++ends % 64 == 0)
		guest_oracle();
}

START_TEST(K_08_two_vcpus_deposit_and_withdraw_at_once)
{
	struct fake_part part[] = {
		{ .index = 2, .apic_id = 1, .fn = come_and_go,
		  .arg = &hand[0] },
		{ .index = 3, .apic_id = 2, .fn = come_and_go,
		  .arg = &hand[1] },
	};
	struct fake_explore explore = {
		.schedule = { .part = part, .parts = 2 },
		.before = before_hands, .after = after_hands,
		.most_turns = 1, .limit = 200, .at_least = 300, .seed = 8,
	};

	fake_explore(&explore);
	ck_assert_uint_ge(explore.count, 300);
	ck_assert_uint_gt(mixed, 0);
	ck_assert_uint_gt(busy, 0);
}
END_TEST

UNIT_MAIN("deposit_races", deposit_setup, guest_teardown,
	K_07_a_deposited_page_does_not_change_by_a_guest_that_goes_on,
	K_08_two_vcpus_deposit_and_withdraw_at_once)
