/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Hostile cases, group A: what the host answers in the GHCB page.
 */
#include <string.h>

#include <svsm/abi/snp.h>
#include <svsm/ghcb_msr.h>

#include "fake.h"
#include "requests.h"
#include "unit.h"

#define GHCB_GPA 0x8001000ull

static struct svsm_abi_ghcb *page(void)
{
	return fake_peek_shared(GHCB_GPA);
}

static uint64_t result_info1, result_info2;

static void spoil_result(struct fake_exit *exit)
{
	if (!exit->msr_protocol) {
		exit->ghcb->sw_exitinfo1 = result_info1;
		exit->ghcb->sw_exitinfo2 = result_info2;
	}
}

static size_t clear_bit;

static void spoil_valid(struct fake_exit *exit)
{
	if (!exit->msr_protocol)
		exit->ghcb->valid_bitmap[clear_bit / 64] &=
			~(1ull << (clear_bit % 64));
}

/* The table's page state change wants its pages back as they were. */
static void restore(void)
{
	fake_make_invalid(REQUESTS_PAGE, 2 * SVSM_PAGE_BYTES);
}

static void all_are_denied(void)
{
	for (unsigned i = 0; i < request_count; i++) {
		enum svsm_status status = requests[i].make();

		ck_assert_msg(status == SVSM_EHOST, "%s: %s", requests[i].name,
				svsm_status_name(status));
		ck_assert(!requests_ghcb.busy);
		restore();
	}
}

START_TEST(honest_host_gets_every_request_done)
{
	for (unsigned i = 0; i < request_count; i++)
		ck_assert_msg(requests[i].make() == SVSM_OK, "%s",
				requests[i].name);
	fake_oracle(request_count + 1);
}
END_TEST

/* --------------------------------------------------------------------- */

START_TEST(a06_exception_that_the_host_wants_is_not_raised)
{
	static const uint64_t events[] = { 0x80000b0d, 0x80000306, 0x8000031d,
		0x80000002, 0, ~0ull };

	fake_after_exit = spoil_result;
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(events); i++) {
		result_info1 = SVSM_GHCB_RESULT_EXCEPTION;
		result_info2 = events[i];
		all_are_denied();
	}
	fake_oracle(6 * request_count + 1);
}
END_TEST

START_TEST(a06_unknown_results_are_denied)
{
	static const uint64_t results[] = { 2, 3, 0xffff, 0x80000000,
		0xffffffff };

	fake_after_exit = spoil_result;
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(results); i++) {
		result_info1 = results[i];
		result_info2 = 5;
		all_are_denied();
	}
	fake_oracle(5 * request_count + 1);
}
END_TEST

/* --------------------------------------------------------------- */

START_TEST(a07_register_that_is_not_marked_is_denied)
{
	uint64_t value = 7;
	uint32_t small = 7;

	fake_after_exit = spoil_valid;
	clear_bit = SVSM_GHCB_BIT(rax);
	ck_assert_int_eq(svsm_ghcb_msr_read(&requests_ghcb, 1, &value),
			SVSM_EHOST);
	ck_assert_int_eq(svsm_ghcb_io_in(&requests_ghcb, 1, 1, &small),
			SVSM_EHOST);
	clear_bit = SVSM_GHCB_BIT(rdx);
	ck_assert_int_eq(svsm_ghcb_msr_read(&requests_ghcb, 1, &value),
			SVSM_EHOST);
	ck_assert_uint_eq(value, 7);
	ck_assert_uint_eq(small, 7);
	fake_oracle(4);
}
END_TEST

START_TEST(a08_exit_info_that_is_not_marked_is_denied_everywhere)
{
	fake_after_exit = spoil_valid;
	clear_bit = SVSM_GHCB_BIT(sw_exitinfo1);
	all_are_denied();
	clear_bit = SVSM_GHCB_BIT(sw_exitinfo2);
	all_are_denied();
	fake_oracle(2 * request_count + 1);
}
END_TEST

START_TEST(a08_guest_request_without_answer_reports_no_error_code)
{
	uint64_t errors = 0;

	fake_after_exit = spoil_valid;
	clear_bit = SVSM_GHCB_BIT(sw_exitinfo2);
	ck_assert_int_eq(
		svsm_ghcb_guest_request(&requests_ghcb, svsm_gpa(0x4000),
			svsm_gpa(0x5000), &errors), SVSM_EHOST);
	ck_assert_uint_eq(errors, UINT64_MAX);
}
END_TEST

/* --------------------------------------------------------------------- */

static void flip_behind(uint64_t gpa, void *bytes, size_t n)
{
	uint8_t *p = bytes;

	(void)gpa;
	for (size_t i = 0; i < n; i++)
		p[i] ^= 0xff;
}

START_TEST(a09_field_that_flips_after_it_was_read_changes_nothing)
{
	for (unsigned i = 0; i < request_count; i++) {
		uint64_t expected, where;

		requests_result = 0;
		ck_assert_int_eq(requests[i].make(), SVSM_OK);
		expected = requests_result;
		restore();
		requests_result = 0;
		fake_after_fetch = flip_behind;
		ck_assert_msg(requests[i].make() == SVSM_OK, "%s",
				requests[i].name);
		fake_after_fetch = NULL;
		ck_assert_uint_eq(requests_result, expected);
		ck_assert_msg(fake_fetch_max(&where) <= 1,
				"%s fetches %#lx twice", requests[i].name,
				(unsigned long)where);
		restore();
	}
	fake_oracle(2 * request_count + 1);
}
END_TEST

/* One field changes at the first fetch: read before or after, but once. */
static size_t flip_field;
static bool flipped;

static void flip_elsewhere(uint64_t gpa, void *bytes, size_t n)
{
	uint8_t *p = (uint8_t *)page() + flip_field;

	(void)gpa;
	(void)bytes;
	(void)n;
	if (flipped)
		return;
	flipped = true;
	for (unsigned i = 0; i < 8; i++)
		p[i] ^= 0xff;
}

START_TEST(a09_field_that_flips_early_gives_one_snapshot_or_denial)
{
	static const size_t fields[] = {
		offsetof(struct svsm_abi_ghcb, rax),
		offsetof(struct svsm_abi_ghcb, rdx),
		offsetof(struct svsm_abi_ghcb, sw_exitcode),
		offsetof(struct svsm_abi_ghcb, sw_exitinfo1),
		offsetof(struct svsm_abi_ghcb, sw_exitinfo2),
		offsetof(struct svsm_abi_ghcb, valid_bitmap),
		offsetof(struct svsm_abi_ghcb, valid_bitmap) + 8,
		offsetof(struct svsm_abi_ghcb, version) - 2,
	};
	const uint32_t low = (uint32_t)REQUESTS_VALUE;
	const uint32_t high = REQUESTS_VALUE >> 32;

	fake_after_fetch = flip_elsewhere;
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(fields); i++) {
		uint64_t value = 0;
		enum svsm_status status;

		flip_field = fields[i];
		flipped = false;
		status = svsm_ghcb_msr_read(&requests_ghcb, 1, &value);
		if (status == SVSM_EHOST)
			continue;
		ck_assert_int_eq(status, SVSM_OK);
		ck_assert((uint32_t)value == low || (uint32_t)value == ~low);
		ck_assert(value >> 32 == high ||
				(uint32_t)(value >> 32) == ~high);
	}
	fake_oracle(SVSM_ARRAY_SIZE(fields) + 1);
}
END_TEST

/* --------------------------------------------------------- */

static void spoil_what_is_not_read(struct fake_exit *exit)
{
	if (exit->msr_protocol)
		return;
	exit->ghcb->version = 0xffff;
	exit->ghcb->usage = 0xffffffff;
	exit->ghcb->sw_exitcode = ~0ull;
	exit->ghcb->sw_scratch = 0x8002000;
	exit->ghcb->rcx = ~0ull;
	exit->ghcb->rbx = ~0ull;
	exit->ghcb->cpl = 3;
}

START_TEST(a10_a11_version_usage_code_and_scratch_are_not_read_back)
{
	uint64_t value;

	fake_after_exit = spoil_what_is_not_read;
	for (unsigned i = 0; i < request_count; i++)
		ck_assert_msg(requests[i].make() == SVSM_OK, "%s",
				requests[i].name);
	ck_assert_int_eq(svsm_ghcb_mmio_read(&requests_ghcb,
				svsm_gpa(0xfec00000), 8, &value), SVSM_OK);
	ck_assert_uint_eq(value, REQUESTS_VALUE);
	ck_assert_uint_eq(fake_fetch_count(GHCB_GPA +
			offsetof(struct svsm_abi_ghcb, sw_scratch), false), 0);
	fake_oracle(request_count + 2);
}
END_TEST

static void fill_buffer(struct fake_exit *exit)
{
	if (!exit->msr_protocol)
		memset(exit->ghcb->buffer, 0xaa, sizeof(exit->ghcb->buffer));
}

START_TEST(a12_only_the_bytes_asked_for_come_back)
{
	fake_after_exit = fill_buffer;
	for (unsigned size = 1; size <= 8; size *= 2) {
		uint64_t value = ~0ull;

		ck_assert_int_eq(svsm_ghcb_mmio_read(&requests_ghcb,
				svsm_gpa(0xfec00000), size, &value), SVSM_OK);
		ck_assert_uint_eq(value,
			0xaaaaaaaaaaaaaaaaull >> (64 - size * 8));
		ck_assert_uint_eq(fake_fetch_count(GHCB_GPA + 0x800 + size - 1,
				false), 1);
		ck_assert_uint_eq(fake_fetch_count(GHCB_GPA + 0x800 + size,
				false), 0);
	}
	fake_oracle(5);
}
END_TEST

/* --------------------------------------------------------------------- */

static enum svsm_status nested_status;
static uint64_t nested_features;

/* What an #HV or NMI handler would do between our write and our read. */
static void strike(struct fake_exit *exit)
{
	uint64_t value;

	if (exit->msr_protocol)
		return;
	fake_after_exit = NULL;
	nested_status = svsm_ghcb_msr_read(&requests_ghcb, 2, &value);
	nested_features = svsm_ghcb_msr_features();
	fake_after_exit = strike;
}

START_TEST(a13_nested_use_takes_nothing_from_the_outer_exit)
{
	for (unsigned i = 0; i < request_count; i++) {
		uint64_t expected;

		requests_result = 0;
		ck_assert_int_eq(requests[i].make(), SVSM_OK);
		expected = requests_result;
		restore();
		nested_status = SVSM_OK;
		fake_after_exit = strike;
		ck_assert_msg(requests[i].make() == SVSM_OK, "%s",
				requests[i].name);
		fake_after_exit = NULL;
		ck_assert_int_eq(nested_status, SVSM_EBUSY);
		ck_assert_uint_eq(nested_features & SVSM_HV_SNP, SVSM_HV_SNP);
		ck_assert_uint_eq(requests_result, expected);
		restore();
	}
	fake_oracle(3 * request_count + 1);
}
END_TEST

/* --------------------------------------------------------------------- */

static bool do_nothing(struct fake_exit *exit)
{
	(void)exit;
	return true;
}

START_TEST(a14_host_that_does_nothing_is_given_up)
{
	fake_before_exit = do_nothing;
	for (unsigned i = 0; i < request_count; i++) {
		unsigned before = fake_counters().exits;
		int reason = fake_reason_of(fake_ignore(requests[i].make()));

		ck_assert(reason == FAKE_NO_TERMINATION ||
				reason == SVSM_REASON_PSC);
		ck_assert_uint_le(fake_counters().exits - before, 16);
	}
	fake_oracle(request_count + 17);
}
END_TEST

START_TEST(a14_registers_need_an_answer_even_from_an_idle_host)
{
	uint64_t value = 7;
	uint32_t small = 7;

	fake_before_exit = do_nothing;
	for (unsigned i = 0; i < 1000; i++) {
		ck_assert_int_eq(svsm_ghcb_msr_read(&requests_ghcb, 1, &value),
				SVSM_EHOST);
		ck_assert_int_eq(svsm_ghcb_io_in(&requests_ghcb, 1, 1, &small),
				SVSM_EHOST);
	}
	ck_assert_uint_eq(value, 7);
	ck_assert_uint_eq(small, 7);
	fake_oracle(2001);
}
END_TEST

/* --------------------------------------------------------- */

static uint64_t hostile_value;

static uint64_t hostile_msr(uint32_t number, bool write, uint64_t value)
{
	(void)number;
	return write ? value : hostile_value;
}

START_TEST(a15_msr_values_are_numbers_and_nothing_else)
{
	static const uint64_t values[] = { 0, 1, ~0ull, 1ull << 63,
		0x8002000, 0xdeadbeef00000000ull };

	fake_msr = hostile_msr;
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(values); i++) {
		uint64_t value;

		hostile_value = values[i];
		ck_assert_int_eq(svsm_ghcb_msr_read(&requests_ghcb, 0x10,
				&value), SVSM_OK);
		ck_assert_uint_eq(value, values[i]);
	}
	fake_oracle(7);
}
END_TEST

/* RAX wider than the access: the upper bits are the host's invention. */
static void widen(struct fake_exit *exit)
{
	if (exit->ghcb)
		exit->ghcb->rax = hostile_value | 0xabcdef0000000000ull;
}

START_TEST(a16_a17_port_values_are_cut_to_the_access)
{
	fake_after_exit = widen;
	for (uint32_t v = 0; v < 0x10000; v++) {
		unsigned size = 1u << v % 3;
		uint32_t value = 0;

		hostile_value = v * 0x10001ull;
		ck_assert_int_eq(svsm_ghcb_io_in(&requests_ghcb, 0x402, size,
				&value), SVSM_OK);
		ck_assert_uint_eq(value, size == 4 ? v * 0x10001u :
				v & (size == 2 ? 0xffff : 0xff));
	}
	fake_oracle(0x10001);
}
END_TEST

START_TEST(a17_mmio_and_msr_values_are_cut_to_their_width)
{
	uint64_t value;

	fake_after_exit = widen;
	hostile_value = 0x11223344;
	ck_assert_int_eq(svsm_ghcb_msr_read(&requests_ghcb, 1, &value),
			SVSM_OK);
	ck_assert_uint_eq(value, REQUESTS_VALUE >> 32 << 32 | 0x11223344);
}
END_TEST

UNIT_MAIN("hostile A, page", requests_setup, fake_teardown,
	honest_host_gets_every_request_done,
	a06_exception_that_the_host_wants_is_not_raised,
	a06_unknown_results_are_denied,
	a07_register_that_is_not_marked_is_denied,
	a08_exit_info_that_is_not_marked_is_denied_everywhere,
	a08_guest_request_without_answer_reports_no_error_code,
	a09_field_that_flips_after_it_was_read_changes_nothing,
	a09_field_that_flips_early_gives_one_snapshot_or_denial,
	a10_a11_version_usage_code_and_scratch_are_not_read_back,
	a12_only_the_bytes_asked_for_come_back,
	a13_nested_use_takes_nothing_from_the_outer_exit,
	a14_host_that_does_nothing_is_given_up,
	a14_registers_need_an_answer_even_from_an_idle_host,
	a15_msr_values_are_numbers_and_nothing_else,
	a16_a17_port_values_are_cut_to_the_access,
	a17_mmio_and_msr_values_are_cut_to_their_width)
