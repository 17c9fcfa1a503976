/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Schedules find what they are there for: a race, a lock that is left held.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <svsm/lock.h>

#include "fake.h"
#include "unit.h"

static struct svsm_lock lock;
static unsigned sum, lost;
static struct fake_part part[3];
static struct fake_explore explore;

static void add_one(void)
{
	unsigned old = sum;

	fake_step();
	sum = old + 1;
}

static void add(void *arg)
{
	(void)arg;
	add_one();
}

static void add_locked(void *arg)
{
	(void)arg;
	svsm_lock_acquire(&lock);
	add_one();
	svsm_lock_release(&lock);
}

static void clear(void)
{
	sum = 0;
}

static void count_lost(void)
{
	lost += sum != explore.schedule.parts;
}

static void explore_all(void (*fn)(void *arg), unsigned parts, unsigned turns)
{
	for (unsigned i = 0; i < parts; i++)
		part[i] = (struct fake_part){ .index = i + 1, .apic_id = i + 1,
			.fn = fn };
	explore = (struct fake_explore){
		.schedule = { .part = part, .parts = parts },
		.before = clear, .after = count_lost,
		.most_turns = turns, .limit = 10000, .at_least = 300,
	};
	lost = 0;
	fake_explore(&explore);
	ck_assert_uint_ge(explore.count, 300);
}

START_TEST(an_update_without_lock_is_lost_in_some_schedule)
{
	explore_all(add, 2, 1);
	ck_assert_uint_gt(lost, 0);
	ck_assert_uint_lt(lost, explore.count);
}
END_TEST

START_TEST(an_update_with_lock_is_lost_in_none)
{
	for (unsigned parts = 1; parts <= 3; parts++) {
		explore_all(add_locked, parts, 3);
		ck_assert_uint_eq(lost, 0);
	}
}
END_TEST

START_TEST(the_same_turns_give_the_same_run)
{
	static const unsigned turn[] = { 1 };
	struct fake_schedule s = { .part = part, .parts = 2, .turn = turn,
		.turns = 1 };

	explore_all(add, 2, 0);
	sum = 0;
	fake_schedule_run(&s);
	ck_assert_uint_eq(sum, 1);
	ck_assert_uint_eq(part[1].ended, 2);
	s.turns = 0;
	sum = 0;
	fake_schedule_run(&s);
	ck_assert_uint_eq(sum, 2);
	ck_assert_uint_eq(svsm_plat_cpu()->index, 0);
}
END_TEST

static void end_vm(void *arg)
{
	(void)arg;
	svsm_plat_pause();
	svsm_terminate(SVSM_REASON_SMP);
}

START_TEST(a_termination_ends_its_own_cpu_only)
{
	struct fake_schedule s = { .part = part, .parts = 2 };

	part[0] = (struct fake_part){ .index = 1, .fn = end_vm };
	part[1] = (struct fake_part){ .index = 2, .fn = add };
	sum = 0;
	fake_schedule_run(&s);
	ck_assert_int_eq(part[0].reason, SVSM_REASON_SMP);
	ck_assert_int_eq(part[1].reason, FAKE_NO_TERMINATION);
	ck_assert_uint_eq(sum, 1);
}
END_TEST

/* The oracle's vCPU needs the lock. */
static int status_of_oracle(bool held)
{
	int status;
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		fake_oracle_vcpu(5, 5, add_locked, NULL, 100);
		if (held)
			svsm_lock_acquire(&lock);
		fake_oracle(0);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return status;
}

START_TEST(the_oracle_finds_a_lock_that_was_left_held)
{
	ck_assert_int_eq(status_of_oracle(false), 0);
	ck_assert(WIFSIGNALED(status_of_oracle(true)));
	ck_assert_int_eq(WTERMSIG(status_of_oracle(true)), SIGABRT);
}
END_TEST

UNIT_MAIN("schedule", fake_setup, fake_teardown,
	an_update_without_lock_is_lost_in_some_schedule,
	an_update_with_lock_is_lost_in_none,
	the_same_turns_give_the_same_run,
	a_termination_ends_its_own_cpu_only,
	the_oracle_finds_a_lock_that_was_left_held)
