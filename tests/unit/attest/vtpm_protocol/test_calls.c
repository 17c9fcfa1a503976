/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * QUERY and CMD: what is passed on, what is refused, what the buffer has
 * afterwards. The TPM is a stand-in.
 */
#include <string.h>

#include "stand_in.h"

#define BUFFER		FREE_PAGES
#define MAX		((uint32_t)SVSM_VTPM_COMMAND_MAX)

/* ------------------------------------------------------------------- query */

static struct regs query(void)
{
	struct regs regs = { VTPM(SVSM_VTPM_QUERY), 0x11, 0x22, 0x33, 0x44 };

	ck_assert_int_eq(guest_call_by(0, &regs), SVSM_VCPU_RUN);
	ck_assert_uint_eq(regs.rax, SVSM_SUCCESS);
	ck_assert_uint_eq(regs.rdx, 0);
	ck_assert_uint_eq(regs.r8, 0x33);
	ck_assert_uint_eq(regs.r9, 0x44);
	return regs;
}

START_TEST(query_names_the_one_platform_command_and_no_feature)
{
	ck_assert_uint_eq(query().rcx, 1u << 8);
	ck_assert_uint_eq(stand_in.requests, 0);
}
END_TEST

START_TEST(query_names_nothing_when_there_is_no_tpm)
{
	stand_in_teardown();
	stand_in_setup_without();
	put_request(BUFFER, 20, 1);
	ck_assert_uint_eq(query().rcx, 0);
	ck_assert_uint_eq(cmd(BUFFER), SVSM_ERR_INVALID_REQUEST);
	ck_assert(has_request(BUFFER, 20, 1));
}
END_TEST

START_TEST(the_protocol_has_version_1_and_two_calls)
{
	struct regs regs = {
		CORE(SVSM_CORE_QUERY_PROTOCOL), 2ull << 32 | 1, 0, 0, 0,
	};

	ck_assert_int_eq(guest_call_by(0, &regs), SVSM_VCPU_RUN);
	ck_assert_uint_eq(regs.rcx, 1ull << 32 | 1);
	put_request(BUFFER, 20, 1);
	for (uint64_t fn = 2; fn < 70; fn++)
		ck_assert_uint_eq(guest_call(VTPM(fn), BUFFER, 0, 0),
				  SVSM_ERR_UNSUPPORTED_CALL);
	ck_assert_uint_eq(guest_call(VTPM(0xffffffff), BUFFER, 0, 0),
			  SVSM_ERR_UNSUPPORTED_CALL);
	ck_assert_uint_eq(stand_in.requests, 0);
}
END_TEST

/* ------------------------------------------------------------------- sizes */

static void expect_served(uint64_t gpa, uint32_t size, unsigned seed)
{
	put_request(gpa, size, seed);
	ck_assert_uint_eq(cmd(gpa), SVSM_SUCCESS);
	expect_command(size, seed);
	ck_assert(has_response(gpa, size, seed));
}

/* Whatever is in the command, its own header too, is the TPM's business. */
START_TEST(M_02_M_03_commands_of_every_size_reach_the_tpm_as_they_are)
{
	for (uint32_t size = 10; size <= MAX; size++)
		expect_served(BUFFER, size, size);
	ck_assert_uint_eq(stand_in.finished, MAX - 9);
	guest_oracle();
}
END_TEST

static void expect_refused(uint64_t result)
{
	uint8_t before[SVSM_VTPM_BUFFER];

	memcpy(before, guest_byte(BUFFER), sizeof(before));
	ck_assert_uint_eq(cmd(BUFFER), result);
	ck_assert_mem_eq(before, guest_byte(BUFFER), sizeof(before));
	ck_assert_uint_eq(stand_in.requests, 0);
	ck_assert_int_eq(svsm_vtpm_cell.state, SVSM_CELL_IDLE);
}

START_TEST(M_01_a_size_that_is_no_commands_is_refused)
{
	static const uint32_t more[] = {
		MAX + 1, MAX + 2, 4096, 4097, 0x7fffffff, 0x80000000,
		0xfffffff6, 0xffffffff,
	};

	for (uint32_t size = 0; size < 10; size++) {
		put_head(BUFFER, SVSM_VTPM_SEND_COMMAND, 0, size);
		expect_refused(SVSM_ERR_INVALID_PARAMETER);
	}
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(more); i++) {
		put_head(BUFFER, SVSM_VTPM_SEND_COMMAND, 0, more[i]);
		expect_refused(SVSM_ERR_INVALID_PARAMETER);
	}
	guest_oracle();
	expect_served(BUFFER, 10, 1);
}
END_TEST

START_TEST(M_04_a_locality_but_0_is_refused)
{
	for (unsigned locality = 1; locality < 256; locality++) {
		put_head(BUFFER, SVSM_VTPM_SEND_COMMAND, (uint8_t)locality,
			 20);
		expect_refused(SVSM_ERR_INVALID_PARAMETER);
	}
	expect_served(BUFFER, 20, 1);
}
END_TEST

START_TEST(M_05_a_platform_command_but_send_command_is_refused)
{
	static const uint32_t unknown[] = {
		64, 65, 8 + 64, 8 + 256, 8 + 65536, 0x80000008, 0xffffffff,
	};

	for (uint32_t command = 0; command < 64; command++) {
		if (command == SVSM_VTPM_SEND_COMMAND)
			continue;
		put_head(BUFFER, command, 0, 20);
		expect_refused(SVSM_ERR_UNSUPPORTED_CALL);
	}
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(unknown); i++) {
		put_head(BUFFER, unknown[i], 0, 20);
		expect_refused(SVSM_ERR_INVALID_PARAMETER);
	}
	expect_served(BUFFER, 20, 1);
}
END_TEST

/* ----------------------------------------------------------------- buffers */

START_TEST(M_06_a_buffer_that_is_not_all_the_guests_is_refused)
{
	/* Around the pages of BUFFER: nothing validated, no memory, ours. */
	const uint64_t bad[] = {
		REGION, REGION + 0x5000, REGION + REGION_LEN - PAGE, VMSA0,
		REGION - PAGE, MEMORY, MEMORY - PAGE + 1, CA0, CA0 + 1, CA0 + 8,
		CA0 - 1, CA0 - 4095, CA1, VMSA1, BUFFER - 1, BUFFER - 4095,
		BUFFER + 3 * PAGE + 1, BUFFER + 4 * PAGE - 1, BUFFER + 4 * PAGE,
		BEYOND, 1, 1ull << 47, 1ull << 63, 0xfffffffffffff000ull,
		0xffffffffffffefffull, 0xfffffffffffff001ull, ~0ull,
	};

	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	guest_give(MEMORY - PAGE, 1);
	put_request(BUFFER, 20, 1);
	put_request(BUFFER + 3 * PAGE + 1, 20, 1);
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(bad); i++) {
		ck_assert_uint_eq(cmd(bad[i]), SVSM_ERR_INVALID_ADDRESS);
		ck_assert_int_eq(svsm_vtpm_cell.state, SVSM_CELL_IDLE);
	}
	ck_assert_uint_eq(stand_in.requests, 0);
	ck_assert(has_request(BUFFER, 20, 1));
	ck_assert(has_request(BUFFER + 3 * PAGE + 1, 20, 1));
	guest_oracle();
	ck_assert_uint_eq(cmd(0), SVSM_ERR_INVALID_PARAMETER);
	expect_served(MEMORY - PAGE, 20, 2);
}
END_TEST

/* Bytes before and behind are not touched. */
static void expect_served_within(uint64_t gpa, uint32_t size)
{
	uint8_t around[PAGE];

	memset(around, 0x5a, sizeof(around));
	guest_fill(BUFFER, 0x5a, 2 * PAGE);
	expect_served(gpa, size, (unsigned)gpa);
	ck_assert(guest_has(BUFFER, around, gpa - BUFFER));
	ck_assert(guest_has(gpa + PAGE, around, BUFFER + PAGE - gpa));
}

START_TEST(M_06_a_buffer_may_lie_across_two_pages)
{
	for (unsigned offset = 1; offset < PAGE;
	     offset += offset < 16 || offset > PAGE - 16 ? 1 : 61) {
		expect_served_within(BUFFER + offset, 10);
		expect_served_within(BUFFER + offset, MAX);
	}
	guest_oracle();
}
END_TEST

/* --------------------------------------------------------------- responses */

START_TEST(M_10_what_is_behind_a_response_is_zero)
{
	static const uint8_t zero[SVSM_VTPM_BUFFER];

	for (uint32_t len = 10; len <= SVSM_VTPM_RESPONSE_MAX; len++) {
		guest_fill(BUFFER, 0xff, PAGE);
		put_request(BUFFER, 10 + len % 4000, 3);
		stand_in.reply = len;
		ck_assert_uint_eq(cmd(BUFFER), SVSM_SUCCESS);
		ck_assert(guest_has(BUFFER, &len, sizeof(len)));
		ck_assert_uint_eq(*guest_byte(BUFFER + 8), len >> 8);
		ck_assert_uint_eq(*guest_byte(BUFFER + 9), len & 0xff);
		ck_assert(guest_has(BUFFER + 4 + len, zero, 4092 - len));
		ck_assert_int_eq(svsm_vtpm_cell.state, SVSM_CELL_IDLE);
	}
	guest_oracle();
}
END_TEST

/* The request stays as it was: nothing of such a reply is shown. */
START_TEST(M_07_a_reply_that_is_no_response_is_not_passed_on)
{
	static const struct {
		size_t reply;
		uint32_t said;
	} bad[] = {
		{ 1, 0 }, { 9, 0 }, { 4093, 0 }, { 4096, 0 }, { 20, 19 },
		{ 20, 21 }, { 20, 4096 }, { 20, 0xffffffff }, { 4092, 4093 },
	};

	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(bad); i++) {
		put_request(BUFFER, 100, i);
		stand_in.reply = bad[i].reply;
		stand_in.said = bad[i].said;
		ck_assert_uint_eq(cmd(BUFFER), SVSM_ERR_INVALID_REQUEST);
		ck_assert(has_request(BUFFER, 100, i));
		stand_in.reply = stand_in.said = 0;
		expect_served(BUFFER, 20, i);
	}
	guest_oracle();
}
END_TEST

/* ------------------------------------------------------------------- races */

START_TEST(each_byte_is_fetched_once_and_none_behind_the_command)
{
	put_request(BUFFER + 100, 300, 1);
	fake_fetch_reset();
	ck_assert_uint_eq(cmd(BUFFER + 100), SVSM_SUCCESS);
	ck_assert_uint_eq(fake_fetch_max(NULL), 1);
	for (uint64_t i = 0; i < PAGE; i++)
		if (fake_fetch_count(BUFFER + 100 + i, true) != (i < 309))
			ck_abort_msg("byte %lu", (unsigned long)i);
}
END_TEST

/* The guest's other CPU, after each fetch: all else that could be there. */
static void flip(uint64_t gpa, void *bytes, size_t n)
{
	(void)gpa;
	memset(bytes, 0xff, n);
}

START_TEST(what_changes_after_its_fetch_is_not_seen)
{
	put_request(BUFFER, 300, 1);
	fake_after_fetch = flip;
	ck_assert_uint_eq(cmd(BUFFER), SVSM_SUCCESS);
	fake_after_fetch = NULL;
	expect_command(300, 1);
	ck_assert(has_response(BUFFER, 300, 1));
}
END_TEST

static unsigned fetches_left;

/* The guest gives the second page up, between two fetches. */
static void give_up(uint64_t gpa, void *bytes, size_t n)
{
	(void)gpa;
	(void)bytes;
	(void)n;
	if (fetches_left-- != 0)
		return;
	fake_after_fetch = NULL;
	/* The lock is held here: what is changed is the map alone. */
	guest_set_owner(BUFFER + PAGE, 1, SVSM_OWN_DEPOSIT);
}

START_TEST(H_11_a_page_that_goes_between_two_fetches_ends_the_call)
{
	for (unsigned n = 0; n < 2; n++) {
		put_request(BUFFER + PAGE - 9 - n, 300, 1);
		fetches_left = n;
		fake_after_fetch = give_up;
		ck_assert_uint_eq(cmd(BUFFER + PAGE - 9 - n),
				  SVSM_ERR_INVALID_ADDRESS);
		ck_assert_uint_eq(stand_in.requests, 0);
		guest_set_owner(BUFFER + PAGE, 1, SVSM_OWN_GUEST);
		ck_assert(has_request(BUFFER + PAGE - 9 - n, 300, 1));
	}
	guest_oracle();
	expect_served(BUFFER + PAGE - 9, 300, 2);
}
END_TEST

START_TEST(a_page_that_the_host_took_ends_the_call)
{
	put_request(BUFFER, 300, 1);
	fake_host_invalidate(BUFFER);
	ck_assert_int_eq(fake_reason_of(
		ck_assert_uint_eq(cmd(BUFFER), SVSM_ERR_INVALID_ADDRESS)),
		FAKE_NO_TERMINATION);
	ck_assert_uint_eq(stand_in.requests, 0);
	ck_assert_int_eq(svsm_vtpm_cell.state, SVSM_CELL_IDLE);
	expect_served(BUFFER + PAGE, 20, 1);
}
END_TEST

UNIT_MAIN("vtpm-calls", stand_in_setup, stand_in_teardown,
	query_names_the_one_platform_command_and_no_feature,
	query_names_nothing_when_there_is_no_tpm,
	the_protocol_has_version_1_and_two_calls,
	M_02_M_03_commands_of_every_size_reach_the_tpm_as_they_are,
	M_01_a_size_that_is_no_commands_is_refused,
	M_04_a_locality_but_0_is_refused,
	M_05_a_platform_command_but_send_command_is_refused,
	M_06_a_buffer_that_is_not_all_the_guests_is_refused,
	M_06_a_buffer_may_lie_across_two_pages,
	M_10_what_is_behind_a_response_is_zero,
	M_07_a_reply_that_is_no_response_is_not_passed_on,
	each_byte_is_fetched_once_and_none_behind_the_command,
	what_changes_after_its_fetch_is_not_seen,
	H_11_a_page_that_goes_between_two_fetches_ends_the_call,
	a_page_that_the_host_took_ends_the_call)
