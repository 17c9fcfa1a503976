/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What a guest leaves behind when it starts anew at any point, and what it can
 * make us log: S-10, S-03.
 */
#include <svsm/log.h>

#include "deposits.h"
#include "dice.h"

/** The guest's pages: for three vCPUs, a calling area, and some to give. */
#define PAGES		40u
#define VMSA(i)		(FREE_PAGES + (2 * (i) + 1) * PAGE)
#define CA(i)		(VMSA(i) + PAGE)
#define VCPUS		3u
#define OTHER_CA	(FREE_PAGES + 16 * PAGE)
#define GIVEN		(FREE_PAGES + 20 * PAGE)

static uint64_t core(uint32_t fn, uint64_t rcx)
{
	return guest_call(CORE(fn), rcx, 0, 0);
}

/* -------------------------------------------------------------------- S-10 */

static void create(unsigned i)
{
	struct regs regs = { CORE(SVSM_CORE_CREATE_VCPU), VMSA(i), CA(i), i,
			     0 };

	guest_make_vmsa(VMSA(i));
	ck_assert_int_eq(guest_call_by(0, &regs), SVSM_VCPU_RUN);
	ck_assert_uint_eq(regs.rax, SVSM_SUCCESS);
}

static void delete(unsigned i)
{
	ck_assert_uint_eq(core(SVSM_CORE_DELETE_VCPU, VMSA(i)), SVSM_SUCCESS);
}

static void remap(uint64_t ca)
{
	ck_assert_uint_eq(core(SVSM_CORE_REMAP_CA, ca), SVSM_SUCCESS);
}

static void deposit(uint64_t gpa)
{
	guest_list_pages(LIST, 8, gpa, 0);
	ck_assert_uint_eq(deposit_at(LIST), SVSM_SUCCESS);
}

/* What a kernel does from its boot on, step by step. */
static void live(unsigned steps)
{
	if (steps > 0)
		create(1);
	if (steps > 1)
		deposit(GIVEN);
	if (steps > 2)
		create(2);
	if (steps > 3)
		remap(OTHER_CA);
	if (steps > 4)
		delete(1);
	if (steps > 5)
		deposit(GIVEN + 8 * PAGE);
	if (steps > 6)
		create(1);
	if (steps > 7)
		create(3);
}

/* What the next one does that knows nothing of the one before. */
static void start_anew(void)
{
	for (unsigned i = 1; i <= VCPUS; i++)
		fake_ignore(core(SVSM_CORE_DELETE_VCPU, VMSA(i)) ==
			    SVSM_SUCCESS);
	remap(CA0);
	while (withdraw_pages(16) > 0)
		;
}

static void expect_all_back(size_t vcpus)
{
	ck_assert_uint_eq(svsm_vcpu_count(&svsm_guest.vcpus), vcpus);
	ck_assert_uint_eq(deposits(), 0);
	for (unsigned i = 0; i < PAGES; i++) {
		uint64_t gpa = FREE_PAGES + i * PAGE;

		ck_assert_int_eq(guest_owner(gpa), SVSM_OWN_GUEST);
		ck_assert(guest_can_write(gpa));
	}
}

START_TEST(S_10_all_of_a_guest_comes_back_wherever_it_stopped)
{
	for (unsigned steps = 0; steps <= 8; steps++) {
		size_t vcpus;

		deposit_restart();
		guest_give(FREE_PAGES, PAGES);
		vcpus = svsm_vcpu_count(&svsm_guest.vcpus);
		/* The first one leaves page tables, which are ours. */
		live(8);
		start_anew();
		expect_all_back(vcpus);
		guest_expect_pages();
		guest_oracle();
		/* All of it is possible once more, up to any point. */
		live(steps);
		start_anew();
		expect_all_back(vcpus);
		guest_oracle();
	}
}
END_TEST

/* -------------------------------------------------------------------- S-03 */

static unsigned lines;

static void count_line(void *ctx, const char *line, size_t len)
{
	(void)ctx;
	fake_oracle_log(line, len);
	lines++;
}

/* No call of a guest alone makes us write a line: nothing to limit. */
START_TEST(S_03_a_guest_cannot_flood_the_log)
{
	static const uint64_t odd[] = {
		0, 1, CA0, VMSA0, FREE_PAGES, VMSA(1), CA(1), REGION, MEMORY,
		BEYOND, ~0ull, LIST, LIST + 1,	/* the last: for lists only */
	};
	/* REMAP_CA and DELETE_VCPU of the caller's would end the flood. */
	static const uint32_t call[] = {
		SVSM_CORE_PVALIDATE, SVSM_CORE_CREATE_VCPU,
		SVSM_CORE_DEPOSIT_MEM, SVSM_CORE_WITHDRAW_MEM,
		SVSM_CORE_QUERY_PROTOCOL, SVSM_CORE_CONFIGURE_VTOM, 99,
	};
	unsigned long calls = unit_steps(20000, 50), succeeded = 0;

	dice_start(DICE_CLOCK);
	guest_give(FREE_PAGES, 16);
	svsm_log_init(count_line, NULL, SVSM_LOG_DEBUG);
	for (unsigned long i = 0; i < calls; i++) {
		const uint64_t entries[2] = {
			(FREE_PAGES + dice(16) * PAGE) | dice(8), odd[dice(11)],
		};
		struct regs regs = {
			.rax = CORE(call[dice(SVSM_ARRAY_SIZE(call))]),
			.rcx = odd[dice(13)], .rdx = odd[dice(11)],
			.r8 = dice(4),
		};

		guest_list(LIST, 1 + (unsigned)dice(2), 0, entries);
		ck_assert_int_eq(guest_call_by(0, &regs), SVSM_VCPU_RUN);
		succeeded += regs.rax == SVSM_SUCCESS;
	}
	ck_assert_uint_eq(lines, 0);
	ck_assert_uint_gt(succeeded, calls / 100);
	ck_assert_uint_lt(succeeded, calls);
	svsm_error("an earlier line is kept");
	ck_assert_uint_eq(lines, 1);
	svsm_log_init(NULL, NULL, SVSM_LOG_DEBUG);
}
END_TEST

UNIT_MAIN("reset", deposit_setup, guest_teardown,
	S_10_all_of_a_guest_comes_back_wherever_it_stopped,
	S_03_a_guest_cannot_flood_the_log)
