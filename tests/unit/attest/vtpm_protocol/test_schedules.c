/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A command on one vCPU while another one calls, interrupted by each other at
 * chosen steps: M-06, M-21. Every schedule with up to two turns, then random
 * ones.
 */
#include <stdio.h>

#include <svsm/platform.h>

#include "player.h"
#include "stand_in.h"

#define SCHEDULES	(unit_long() ? 40000u : 1500u)
#define ORACLE_EVERY	256u
#define BUFFER		0x30000ull
#define SIZE		300u

static struct fake_part part[2];
static struct fake_explore explore;
static unsigned ends[2];

static void setup(void)
{
	stand_in_setup();
	for (unsigned i = 0; i < 2; i++) {
		uint64_t vmsa = 0x20000 + i * 4 * PAGE;

		players[i] = (struct player){
			.apic_id = i + 1, .vmsa = vmsa, .ca = vmsa + PAGE,
			.list = vmsa + 2 * PAGE,
		};
		ck_assert_uint_eq(guest_create(i + 1, vmsa, vmsa + PAGE),
				  SVSM_SUCCESS);
		guest_give(vmsa + 2 * PAGE, 1);
	}
	guest_give(BUFFER, 4);
}

/* As Linux: again and again. */
static void call_until_over(void *arg)
{
	struct player *player = arg;

	do {
		svsm_plat_pause();
		player_call(player);
	} while (player->result == SVSM_ERR_BUSY ||
		 player->result == SVSM_ERR_INCOMPLETE);
}

static void will_command(struct player *player, uint64_t gpa, unsigned seed)
{
	put_request(gpa, SIZE, seed);
	player->rax = CMD;
	player->rcx = gpa;
}

static void run(const char *what, void (*before)(void), void (*after)(void))
{
	uint64_t sum = 0;

	for (unsigned first = 0; first < 2; first++) {
		for (unsigned i = 0; i < 2; i++)
			part[i ^ first] = (struct fake_part){
				.index = (i ^ first) + 1, .apic_id = i + 1,
				.fn = call_until_over, .arg = &players[i],
			};
		explore = (struct fake_explore){
			.schedule = { .part = part, .parts = 2 },
			.before = before, .after = after, .most_turns = 2,
			.limit = SCHEDULES / 2, .at_least = SCHEDULES / 2,
			.seed = first + 1,
		};
		fake_explore(&explore);
		sum += explore.count;
	}
	guest_oracle();
	ck_assert_uint_gt(ends[0], 0);
	ck_assert_uint_gt(ends[1], 0);
	printf("# %s: %lu schedules, ends %u and %u\n", what,
	       (unsigned long)sum, ends[0], ends[1]);
}

static void count_end(unsigned end)
{
	ends[end]++;
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(part[i].reason, FAKE_NO_TERMINATION);
	ck_assert_int_eq(svsm_vtpm_cell.state, SVSM_CELL_IDLE);
	if (explore.count % ORACLE_EVERY == 0)
		guest_oracle();
}

/* ------------------------------------------------------------ two commands */

static void before_two_commands(void)
{
	stand_in.requests = 0;
	stand_in.yields = 1;
	will_command(&players[0], BUFFER, 1);
	will_command(&players[1], BUFFER + PAGE, 2);
}

/* Whose was it that came last? */
static void after_two_commands(void)
{
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(players[i].result, SVSM_SUCCESS);
		ck_assert(has_response(BUFFER + i * PAGE, SIZE, i + 1));
	}
	ck_assert_uint_eq(stand_in.requests, 2);
	put_request(BUFFER, SIZE, 1);
	count_end(guest_has(BUFFER + 9, stand_in.command, SIZE));
}

START_TEST(M_21_two_commands_each_get_their_own_answer)
{
	run("M-21", before_two_commands, after_two_commands);
}
END_TEST

/* ----------------------------------------------- a buffer that is given up */

static void before_rescind(void)
{
	guest_give(BUFFER, 2);
	stand_in.requests = 0;
	stand_in.yields = 1;
	will_command(&players[0], BUFFER + 500, 1);
	player_will_pvalidate(&players[1], BUFFER + PAGE);
}

/* All of the response, or an error; nothing in the page that is gone. */
static void after_rescind(void)
{
	bool answered = players[0].result == SVSM_SUCCESS;

	ck_assert_uint_eq(players[1].result, SVSM_SUCCESS);
	ck_assert_int_eq(guest_owner(BUFFER + PAGE), SVSM_OWN_INVALID);
	if (answered)
		ck_assert(has_response_part(BUFFER + 500, SIZE, 1, PAGE - 500));
	else
		ck_assert_uint_eq(players[0].result, SVSM_ERR_INVALID_ADDRESS);
	ck_assert_uint_le(stand_in.requests, 1);
	ck_assert_uint_ge(stand_in.requests, answered);
	count_end(answered);
}

START_TEST(M_06_a_page_of_the_buffer_is_given_up_meanwhile)
{
	run("M-06", before_rescind, after_rescind);
}
END_TEST

UNIT_MAIN("vtpm-schedules", setup, stand_in_teardown,
	M_21_two_commands_each_get_their_own_answer,
	M_06_a_page_of_the_buffer_is_given_up_meanwhile)
