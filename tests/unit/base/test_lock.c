/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The lock: exclusion between CPUs, bounded waits, misuse.
 */
#include <svsm/lock.h>

#include "fake.h"
#include "unit.h"

#define CPUS	4
#define TURNS	500

static struct {
	struct svsm_lock lock;
	unsigned count;
	unsigned inside;
	unsigned worst;
} shared;

static void count_up(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < TURNS; i++) {
		unsigned count;

		svsm_lock_acquire(&shared.lock);
		if (++shared.inside > shared.worst)
			shared.worst = shared.inside;
		count = shared.count;
		svsm_plat_pause();	/* let the others run into us */
		shared.count = count + 1;
		shared.inside--;
		svsm_lock_release(&shared.lock);
	}
}

START_TEST(one_cpu_at_a_time_is_inside)
{
	for (unsigned cpu = 1; cpu <= CPUS; cpu++)
		fake_cpu_start(cpu, cpu, count_up, NULL);
	for (unsigned cpu = 1; cpu <= CPUS; cpu++)
		ck_assert_int_eq(fake_cpu_join(cpu), FAKE_NO_TERMINATION);
	ck_assert_uint_eq(shared.count, CPUS * TURNS);
	ck_assert_uint_eq(shared.worst, 1);
}
END_TEST

START_TEST(interrupts_are_off_inside_and_as_before_behind)
{
	struct svsm_lock lock = SVSM_LOCK_INIT;

	svsm_plat_irq_restore(1);
	svsm_lock_acquire(&lock);
	ck_assert_uint_eq(svsm_plat_irq_save(), 0);
	svsm_lock_release(&lock);
	ck_assert_uint_eq(svsm_plat_irq_save(), 1);
	ck_assert(svsm_lock_try(&lock));
	ck_assert(!svsm_lock_try(&lock));
	svsm_lock_release(&lock);
	ck_assert_uint_eq(svsm_plat_irq_save(), 0);
}
END_TEST

START_TEST(bounded_wait_ends_and_leaves_nothing_behind)
{
	struct svsm_lock lock = SVSM_LOCK_INIT;

	svsm_lock_acquire(&lock);
	ck_assert_int_eq(svsm_lock_acquire_within(&lock, 100), SVSM_ETIME);
	ck_assert_int_eq(svsm_lock_acquire_within(&lock, 0), SVSM_ETIME);
	svsm_lock_release(&lock);
	ck_assert_int_eq(svsm_lock_acquire_within(&lock, 1), SVSM_OK);
	svsm_lock_release(&lock);
	svsm_lock_acquire(&lock);
	svsm_lock_release(&lock);
}
END_TEST

START_TEST(tickets_survive_the_wrap_of_their_counter)
{
	struct svsm_lock lock = { UINT32_MAX, UINT32_MAX, 0 };

	for (unsigned i = 0; i < 3; i++) {
		svsm_lock_acquire(&lock);
		ck_assert(!svsm_lock_try(&lock));
		svsm_lock_release(&lock);
		ck_assert(svsm_lock_try(&lock));
		svsm_lock_release(&lock);
	}
}
END_TEST

START_TEST(release_of_a_free_lock_is_an_assertion)
{
	struct svsm_lock lock = SVSM_LOCK_INIT;

	ck_assert_int_eq(fake_reason_of(svsm_lock_release(&lock)),
			SVSM_REASON_ASSERT);
}
END_TEST

UNIT_MAIN("lock", fake_setup, fake_teardown,
	one_cpu_at_a_time_is_inside,
	interrupts_are_off_inside_and_as_before_behind,
	bounded_wait_ends_and_leaves_nothing_behind,
	tickets_survive_the_wrap_of_their_counter,
	release_of_a_free_lock_is_an_assertion)
