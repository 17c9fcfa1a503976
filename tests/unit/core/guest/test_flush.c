/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Flushes on a machine without INVLPGB, where each lower VMSA keeps what it
 * knows until it is told to forget it.
 */
#include <string.h>

#include "player.h"

/** Free ones, behind the players'. */
#define PAGES	0x30000ull

static uint64_t pcpu_id(uint64_t vmsa)
{
	return guest_vmsa(vmsa)->pcpu_id;
}

START_TEST(every_lower_vmsa_flushes_when_it_runs_again)
{
	for (unsigned i = 0; i < PLAYERS; i++)
		guest_vmsa(players[i].vmsa)->pcpu_id = 7;
	guest_vmsa(VMSA0)->pcpu_id = 7;
	guest_give(PAGES, 1);
	ck_assert_uint_eq(guest_pvalidate(PAGES), SVSM_SUCCESS);
	for (unsigned i = 0; i < PLAYERS; i++)
		ck_assert_uint_eq(pcpu_id(players[i].vmsa), 0);
	ck_assert_uint_eq(pcpu_id(VMSA0), 0);
}
END_TEST

START_TEST(nothing_taken_away_needs_no_flush)
{
	fake_make_invalid(PAGES, PAGE);
	guest_vmsa(VMSA0)->pcpu_id = 7;
	ck_assert_uint_eq(guest_pvalidate(PAGES | VALIDATE), SVSM_SUCCESS);
	ck_assert_uint_eq(pcpu_id(VMSA0), 7);
}
END_TEST

START_TEST(a_broadcast_leaves_vmsas_alone)
{
	fake_no_broadcast = false;
	guest_give(PAGES, 1);
	ck_assert_uint_eq(guest_pvalidate(PAGES), SVSM_SUCCESS);
	ck_assert_uint_ne(pcpu_id(players[0].vmsa), 0);
	ck_assert_uint_eq(fake_counters().broadcasts, 1);
}
END_TEST

/* An old translation may be where the guest says that it last ran. */
START_TEST(a_new_vmsa_names_no_processor)
{
	guest_give(PRIZE, 2);
	guest_make_vmsa(PRIZE);
	guest_vmsa(PRIZE)->pcpu_id = 3;
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_CREATE_VCPU), PRIZE, OTHER,
				     6), SVSM_SUCCESS);
	ck_assert_uint_eq(pcpu_id(PRIZE), 0);
}
END_TEST

/* ------------------------------------------ a vCPU that goes in between */

static struct fake_part part[2];
static struct fake_explore explore;
static unsigned deleted, busy;

static void play(void *arg)
{
	player_call(arg);
}

/* The first two players' calls, in so many schedules. */
static void explore_two(void (*begin)(void), void (*end)(void),
			unsigned most_turns, uint64_t schedules)
{
	for (unsigned i = 0; i < 2; i++)
		part[i] = (struct fake_part){ .index = i + 1,
			.apic_id = players[i].apic_id, .fn = play,
			.arg = &players[i] };
	explore.schedule = (struct fake_schedule){ .part = part, .parts = 2 };
	explore.before = begin;
	explore.after = end;
	explore.most_turns = most_turns;
	explore.limit = explore.at_least = schedules;
	fake_explore(&explore);
}

static void before(void)
{
	ck_assert_uint_eq(guest_create(6, PRIZE, OTHER), SVSM_SUCCESS);
	guest_give(PAGES, 1);
	player_will_pvalidate(&players[0], PAGES);
	player_will_delete(&players[1], PRIZE);
}

static void after(void)
{
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(part[i].reason, FAKE_NO_TERMINATION);
	ck_assert_uint_eq(players[0].result, SVSM_SUCCESS);
	if (players[1].result == SVSM_SUCCESS) {
		deleted++;
		return;
	}
	busy++;
	ck_assert_uint_eq(players[1].result, SVSM_ERR_BUSY);
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_DELETE_VCPU), PRIZE, 0, 0),
			  SVSM_SUCCESS);
}

/* What a flush writes is a VMSA, not a page that is the guest's again. */
START_TEST(a_vcpu_is_not_deleted_below_a_flush)
{
	explore_two(before, after, 2, 2000);
	ck_assert_uint_gt(deleted, 0);
	ck_assert_uint_gt(busy, 0);
	guest_oracle();
}
END_TEST

/* ------------------------------- pages that are taken and given at once */

#define LONG_LIST	300u	/* more than are handled under one lock */

static uint64_t entry[LONG_LIST];
static unsigned waited;

static void before_long(void)
{
	guest_give(PAGES, LONG_LIST);
	for (unsigned i = 0; i < LONG_LIST; i++)
		entry[i] = PAGES + i * PAGE;
	guest_list(players[0].list, LONG_LIST, 0, entry);
	players[0].rax = CORE(SVSM_CORE_PVALIDATE);
	players[0].rcx = players[0].list;
	player_will_pvalidate(&players[1], PAGES | VALIDATE);
}

/* Validated before it was taken, after it was flushed, or told to wait. */
static void after_long(void)
{
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(part[i].reason, FAKE_NO_TERMINATION);
	ck_assert_uint_eq(players[0].result, SVSM_SUCCESS);
	if (players[1].result == SVSM_ERR_BUSY) {
		ck_assert_int_eq(guest_owner(PAGES), SVSM_OWN_INVALID);
		waited++;
	}
	if (players[1].result == SVSM_SUCCESS)
		ck_assert_uint_eq(guest_pvalidate(PAGES), SVSM_SUCCESS);
	ck_assert_ptr_null(svsm_guest.stale);
}

START_TEST(a_page_is_not_validated_again_before_it_is_flushed)
{
	explore_two(before_long, after_long, 1, 1500);
	ck_assert_uint_gt(waited, 0);
	guest_oracle();
}
END_TEST

UNIT_MAIN("flush", players_setup, guest_teardown,
	  every_lower_vmsa_flushes_when_it_runs_again,
	  nothing_taken_away_needs_no_flush,
	  a_broadcast_leaves_vmsas_alone,
	  a_new_vmsa_names_no_processor,
	  a_vcpu_is_not_deleted_below_a_flush,
	  a_page_is_not_validated_again_before_it_is_flushed)
