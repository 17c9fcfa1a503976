/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Commands that take several slices: who goes on with them, what happens to
 * their buffers and callers meanwhile. The TPM is a stand-in.
 */
#include <stdio.h>
#include <string.h>

#include <svsm/platform.h>

#include "dice.h"
#include "stand_in.h"

#define BUFFER		FREE_PAGES
#define OTHER		(FREE_PAGES + PAGE)
#define SPARE		(FREE_PAGES + 2 * PAGE)
#define SIZE		100u

/* APIC ID 0 has asked once, for a command of so many slices more. */
static void begin(unsigned slices)
{
	put_request(BUFFER, SIZE, 1);
	stand_in.yields = slices;
	ck_assert_uint_eq(cmd(BUFFER), SVSM_ERR_INCOMPLETE);
	ck_assert_int_eq(svsm_vtpm_cell.state, SVSM_CELL_SUSPENDED);
}

/* APIC ID 1. */
static void add_vcpu(void)
{
	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
}

static void expect_served_by(uint32_t apic_id, uint64_t gpa, unsigned seed)
{
	unsigned calls;

	put_request(gpa, SIZE, seed);
	ck_assert_uint_eq(cmd_until_over(apic_id, gpa, &calls), SVSM_SUCCESS);
	expect_command(SIZE, seed);
	ck_assert(has_response(gpa, SIZE, seed));
}

/* Whoever calls next does not wait for the one that is away. */
static void lose_patience(void)
{
	svsm_vtpm_cell.config.patience = 1;
}

static void regain_patience(void)
{
	svsm_vtpm_cell.config.patience = SVSM_CELL_PATIENCE;
}

/* ------------------------------------------------------------- going on */

START_TEST(a_long_command_goes_on_with_each_call)
{
	begin(5);
	for (unsigned i = 1; i < 5; i++)
		ck_assert_uint_eq(cmd(BUFFER), SVSM_ERR_INCOMPLETE);
	ck_assert(has_request(BUFFER, SIZE, 1));
	ck_assert_uint_eq(cmd(BUFFER), SVSM_SUCCESS);
	ck_assert(has_response(BUFFER, SIZE, 1));
	ck_assert_uint_eq(stand_in.requests, 1);
	expect_command(SIZE, 1);
	guest_oracle();
}
END_TEST

/* Other commands, sizes that are none, other localities, noise. */
START_TEST(what_the_buffer_says_between_two_calls_does_not_matter)
{
	unsigned fetched = 0;

	begin(5);
	put_request(BUFFER, 4000, 2);
	ck_assert_uint_eq(cmd(BUFFER), SVSM_ERR_INCOMPLETE);
	put_head(BUFFER, SVSM_VTPM_SEND_COMMAND, 3, 0xffffffff);
	ck_assert_uint_eq(cmd(BUFFER), SVSM_ERR_INCOMPLETE);
	put_head(BUFFER, 99, 0, 0);
	ck_assert_uint_eq(cmd(BUFFER), SVSM_ERR_INCOMPLETE);
	guest_fill(BUFFER, 0xff, PAGE);
	fake_fetch_reset();
	ck_assert_uint_eq(cmd(BUFFER), SVSM_ERR_INCOMPLETE);
	ck_assert_uint_eq(cmd(BUFFER), SVSM_SUCCESS);
	for (uint64_t i = 0; i < PAGE; i++)
		fetched += fake_fetch_count(BUFFER + i, true);
	ck_assert_uint_eq(fetched, 0);
	expect_command(SIZE, 1);
	ck_assert(has_response(BUFFER, SIZE, 1));
}
END_TEST

START_TEST(M_21_others_are_busy_and_their_other_calls_are_answered)
{
	add_vcpu();
	begin(2);
	put_request(OTHER, SIZE, 2);
	ck_assert_uint_eq(cmd_by(1, OTHER), SVSM_ERR_BUSY);
	ck_assert_uint_eq(cmd_by(1, BUFFER), SVSM_ERR_BUSY);
	guest_oracle();
	ck_assert_uint_eq(cmd(BUFFER), SVSM_ERR_INCOMPLETE);
	ck_assert_uint_eq(cmd_by(1, OTHER), SVSM_ERR_BUSY);
	ck_assert_uint_eq(cmd(BUFFER), SVSM_SUCCESS);
	ck_assert(has_response(BUFFER, SIZE, 1));
	ck_assert(has_request(OTHER, SIZE, 2));
	expect_served_by(1, OTHER, 2);
	ck_assert_uint_eq(stand_in.requests, 2);
}
END_TEST

/* It does not want the first one's response any more. */
START_TEST(another_buffer_comes_after_the_command_that_was_left)
{
	begin(2);
	put_request(OTHER, SIZE, 2);
	ck_assert_uint_eq(cmd(OTHER), SVSM_ERR_INCOMPLETE);
	ck_assert_uint_eq(cmd(OTHER), SVSM_ERR_INCOMPLETE);
	ck_assert_uint_eq(stand_in.finished, 1);
	expect_command(SIZE, 1);
	stand_in.yields = 0;
	ck_assert_uint_eq(cmd(OTHER), SVSM_SUCCESS);
	ck_assert(has_response(OTHER, SIZE, 2));
	ck_assert(has_request(BUFFER, SIZE, 1));
	/* It left it: a new call is a new command. */
	expect_served_by(0, BUFFER, 3);
	ck_assert_uint_eq(stand_in.requests, 3);
}
END_TEST

/* It gave the first one up itself, so it wants another one. */
START_TEST(who_changes_his_mind_twice_begins_anew)
{
	begin(2);
	ck_assert_uint_eq(cmd(OTHER), SVSM_ERR_INCOMPLETE);
	ck_assert_uint_eq(cmd(BUFFER), SVSM_ERR_INCOMPLETE);
	ck_assert_uint_eq(stand_in.finished, 1);
	stand_in.yields = 0;
	ck_assert_uint_eq(cmd(BUFFER), SVSM_SUCCESS);
	ck_assert(has_response(BUFFER, SIZE, 1));
	ck_assert_uint_eq(stand_in.requests, 2);
}
END_TEST

START_TEST(calls_that_are_refused_leave_a_long_command_alone)
{
	begin(2);
	ck_assert_uint_eq(cmd(0), SVSM_ERR_INVALID_PARAMETER);
	ck_assert_uint_eq(cmd(~0ull), SVSM_ERR_INVALID_ADDRESS);
	ck_assert_uint_eq(guest_call(VTPM(7), BUFFER, 0, 0),
			  SVSM_ERR_UNSUPPORTED_CALL);
	ck_assert_uint_eq(cmd(BUFFER), SVSM_ERR_INCOMPLETE);
	ck_assert_uint_eq(cmd(BUFFER), SVSM_SUCCESS);
	ck_assert_uint_eq(stand_in.requests, 1);
}
END_TEST

/* -------------------------------------------------------- staying away */

START_TEST(a_caller_that_stays_away_does_not_keep_the_tpm)
{
	add_vcpu();
	begin(1);
	put_request(OTHER, SIZE, 2);
	ck_assert_uint_eq(cmd_by(1, OTHER), SVSM_ERR_BUSY);
	lose_patience();
	ck_assert_uint_eq(cmd_by(1, OTHER), SVSM_ERR_INCOMPLETE);
	ck_assert_uint_eq(stand_in.finished, 1);
	expect_served_by(1, OTHER, 2);
	ck_assert(has_request(BUFFER, SIZE, 1));
}
END_TEST

/* A host that holds a CPU back must not be able to double an extend. */
START_TEST(a_command_that_others_have_finished_is_not_begun_again)
{
	add_vcpu();
	begin(1);
	lose_patience();
	expect_served_by(1, OTHER, 2);
	regain_patience();
	ck_assert_uint_eq(stand_in.requests, 2);
	ck_assert_uint_eq(cmd(BUFFER), SVSM_ERR_INVALID_REQUEST);
	ck_assert_uint_eq(stand_in.requests, 2);
	ck_assert(has_request(BUFFER, SIZE, 1));
	ck_assert_int_eq(svsm_vtpm_cell.state, SVSM_CELL_IDLE);
	/* It knows now. */
	expect_served_by(0, BUFFER, 3);
	ck_assert_uint_eq(stand_in.requests, 3);
	guest_oracle();
}
END_TEST

START_TEST(who_comes_back_while_others_finish_his_command_hears_it_later)
{
	add_vcpu();
	begin(3);
	lose_patience();
	put_request(OTHER, SIZE, 2);
	ck_assert_uint_eq(cmd_by(1, OTHER), SVSM_ERR_INCOMPLETE);
	regain_patience();
	ck_assert_uint_eq(cmd(BUFFER), SVSM_ERR_BUSY);
	ck_assert_uint_eq(cmd_by(1, OTHER), SVSM_ERR_INCOMPLETE);
	ck_assert_uint_eq(cmd_by(1, OTHER), SVSM_ERR_INCOMPLETE);
	ck_assert_uint_eq(stand_in.finished, 1);
	ck_assert_uint_eq(cmd(BUFFER), SVSM_ERR_INVALID_REQUEST);
	expect_served_by(1, OTHER, 2);
	ck_assert_uint_eq(stand_in.requests, 2);
	ck_assert(has_request(BUFFER, SIZE, 1));
}
END_TEST

/* Both take it from each other: it was dropped at the first time. */
START_TEST(a_command_that_was_dropped_stays_dropped)
{
	add_vcpu();
	begin(3);
	lose_patience();
	put_request(OTHER, SIZE, 2);
	ck_assert_uint_eq(cmd_by(1, OTHER), SVSM_ERR_INCOMPLETE);
	ck_assert_uint_eq(cmd(BUFFER), SVSM_ERR_INCOMPLETE);
	ck_assert_uint_eq(cmd(BUFFER), SVSM_ERR_INCOMPLETE);
	ck_assert_uint_eq(stand_in.finished, 1);
	ck_assert_uint_eq(cmd(BUFFER), SVSM_ERR_INVALID_REQUEST);
	regain_patience();
	/* The other one's was never begun, so nothing of it is lost. */
	expect_served_by(1, OTHER, 2);
	ck_assert_uint_eq(stand_in.requests, 2);
}
END_TEST

START_TEST(J_08_a_vcpu_in_the_same_page_is_another_caller)
{
	add_vcpu();
	put_request(BUFFER, SIZE, 1);
	stand_in.yields = 1;
	ck_assert_uint_eq(cmd_by(1, BUFFER), SVSM_ERR_INCOMPLETE);
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_DELETE_VCPU), VMSA1, 0, 0),
			  SVSM_SUCCESS);
	add_vcpu();
	put_request(BUFFER, SIZE, 2);
	ck_assert_uint_eq(cmd_by(1, BUFFER), SVSM_ERR_BUSY);
	lose_patience();
	ck_assert_uint_eq(cmd_by(1, BUFFER), SVSM_ERR_INCOMPLETE);
	ck_assert(has_request(BUFFER, SIZE, 2));
	expect_served_by(1, BUFFER, 2);
	ck_assert_uint_eq(stand_in.requests, 2);
	guest_oracle();
}
END_TEST

/* -------------------------------------------------- what the buffer becomes */

static void become_invalid(void)
{
	ck_assert_uint_eq(guest_pvalidate(BUFFER), SVSM_SUCCESS);
}

static void become_vmsa(void)
{
	guest_make_vmsa(BUFFER);
	guest_give(CA1, 1);
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_CREATE_VCPU), BUFFER, CA1,
				     1), SVSM_SUCCESS);
}

static void become_calling_area(void)
{
	guest_give(VMSA1, 1);
	guest_make_vmsa(VMSA1);
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_CREATE_VCPU), VMSA1,
				     BUFFER, 1), SVSM_SUCCESS);
}

static void become_own_calling_area(void)
{
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_REMAP_CA), BUFFER, 0, 0),
			  SVSM_SUCCESS);
}

static void become_the_hosts(void)
{
	fake_host_invalidate(BUFFER);
}

static void try_loss(void (*lose)(void))
{
	uint8_t before[PAGE];

	stand_in_restart();
	begin(1);
	lose();
	memcpy(before, guest_byte(BUFFER), sizeof(before));
	ck_assert_int_eq(fake_reason_of(
		ck_assert_uint_eq(cmd(BUFFER), SVSM_ERR_INVALID_ADDRESS)),
		FAKE_NO_TERMINATION);
	/* The calling area's first byte is the call's own. */
	before[0] = *guest_byte(BUFFER);
	ck_assert(guest_has(BUFFER, before, sizeof(before)));
	ck_assert_uint_eq(stand_in.finished, 1);
	ck_assert_int_eq(svsm_vtpm_cell.state, SVSM_CELL_IDLE);
	stand_in.yields = 0;
	expect_served_by(0, OTHER, 2);
}

START_TEST(M_06_a_buffer_that_is_lost_meanwhile_gets_no_response)
{
	void (*const losses[])(void) = {
		become_invalid, become_vmsa, become_calling_area,
		become_own_calling_area, become_the_hosts,
	};

	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(losses); i++) {
		try_loss(losses[i]);
		if (losses[i] != become_the_hosts)
			guest_oracle();
	}
}
END_TEST

/* ------------------------------------------------------------------- death */

START_TEST(a_tpm_that_dies_is_an_error_for_its_caller_and_comes_back)
{
	for (unsigned i = 0; i < 2; i++) {
		begin(1);
		stand_in.dies = 14;
		ck_assert_uint_eq(cmd(BUFFER), SVSM_ERR_INVALID_REQUEST);
		ck_assert_int_eq(svsm_vtpm_cell.state, SVSM_CELL_DEAD);
		ck_assert(has_request(BUFFER, SIZE, 1));
		guest_oracle();
		stand_in.dies = 0;
		expect_served_by(0, BUFFER, 2);
	}
}
END_TEST

START_TEST(a_tpm_that_is_dead_for_good_answers_with_an_error)
{
	struct regs query = { .rax = VTPM(SVSM_VTPM_QUERY) };

	stand_in.dies = 14;
	for (unsigned i = 0; i < 10; i++) {
		put_request(BUFFER, SIZE, i);
		ck_assert_uint_eq(cmd(BUFFER), SVSM_ERR_INVALID_REQUEST);
		ck_assert(has_request(BUFFER, SIZE, i));
	}
	ck_assert_uint_eq(stand_in.requests, 3);
	ck_assert_int_eq(guest_call_by(0, &query), SVSM_VCPU_RUN);
	ck_assert_uint_eq(query.rax, SVSM_SUCCESS);
	guest_oracle();
}
END_TEST

/* The next call of its owner must not begin it anew in a TPM that has
 * forgotten everything. */
START_TEST(a_command_that_died_in_the_hands_of_others_is_not_begun_again)
{
	add_vcpu();
	begin(1);
	stand_in.dies = 14;
	lose_patience();
	put_request(OTHER, SIZE, 2);
	ck_assert_uint_eq(cmd_by(1, OTHER), SVSM_ERR_INCOMPLETE);
	ck_assert_int_eq(svsm_vtpm_cell.state, SVSM_CELL_DEAD);
	stand_in.dies = 0;
	regain_patience();
	ck_assert_uint_eq(cmd(BUFFER), SVSM_ERR_INVALID_REQUEST);
	ck_assert_uint_eq(stand_in.requests, 1);
	expect_served_by(1, OTHER, 2);
	guest_oracle();
}
END_TEST

/* ------------------------------------------------------------- many at once */

#define CALLERS		5u	/* APIC IDs 1 to 5 */
#define ROUNDS		unit_steps(20000, 10)

static struct caller {
	uint64_t gpa;
	uint32_t size;
	unsigned seed;		/* 0: has nothing to ask at the moment */
} callers[CALLERS];

static void add_callers(void)
{
	for (unsigned i = 0; i < CALLERS; i++) {
		uint64_t pages = 0x40000 + i * 4 * PAGE;

		ck_assert_uint_eq(guest_create(1 + i, pages, pages + PAGE),
				  SVSM_SUCCESS);
		guest_give(pages + 2 * PAGE, 2);
		callers[i] = (struct caller){ .gpa = pages + 2 * PAGE };
	}
}

/* One call of one of them; was it answered? */
static bool play(struct caller *caller, unsigned seed)
{
	uint64_t result;

	if (!caller->seed) {
		*caller = (struct caller){
			svsm_align_down(caller->gpa, PAGE) +
				dice(PAGE),
			10 + (uint32_t)dice(4000), seed,
		};
		put_request(caller->gpa, caller->size, seed);
	}
	stand_in.yields = (unsigned)dice(4);
	result = cmd_by((uint32_t)(caller - callers) + 1, caller->gpa);
	if (result == SVSM_ERR_BUSY || result == SVSM_ERR_INCOMPLETE)
		return false;
	ck_assert_uint_eq(result, SVSM_SUCCESS);
	ck_assert(has_response(caller->gpa, caller->size, caller->seed));
	caller->seed = 0;
	return true;
}

START_TEST(M_21_answers_of_many_vcpus_are_never_mixed)
{
	unsigned answers = 0;

	add_callers();
	(void)dice_start(DICE_CLOCK);
	for (unsigned i = 1; i <= ROUNDS; i++)
		answers += play(&callers[dice(CALLERS)], i);
	ck_assert_uint_gt(answers, ROUNDS / 50);
	ck_assert_uint_eq(stand_in.finished, answers);
	guest_oracle();
	printf("# %u answers in %lu calls\n", answers, ROUNDS);
}
END_TEST

UNIT_MAIN("vtpm-long", stand_in_setup, stand_in_teardown,
	a_long_command_goes_on_with_each_call,
	what_the_buffer_says_between_two_calls_does_not_matter,
	M_21_others_are_busy_and_their_other_calls_are_answered,
	another_buffer_comes_after_the_command_that_was_left,
	who_changes_his_mind_twice_begins_anew,
	calls_that_are_refused_leave_a_long_command_alone,
	a_caller_that_stays_away_does_not_keep_the_tpm,
	a_command_that_others_have_finished_is_not_begun_again,
	who_comes_back_while_others_finish_his_command_hears_it_later,
	a_command_that_was_dropped_stays_dropped,
	J_08_a_vcpu_in_the_same_page_is_another_caller,
	M_06_a_buffer_that_is_lost_meanwhile_gets_no_response,
	a_tpm_that_dies_is_an_error_for_its_caller_and_comes_back,
	a_tpm_that_is_dead_for_good_answers_with_an_error,
	a_command_that_died_in_the_hands_of_others_is_not_begun_again,
	M_21_answers_of_many_vcpus_are_never_mixed)
