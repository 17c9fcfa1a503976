/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Several CPUs on one thread that take turns at calls of the seam: the same
 * turns give the same run, and a turn costs less than a microsecond.
 */
#include <sanitizer/common_interface_defs.h>
#include <string.h>
#include <ucontext.h>

#include <svsm/tlb.h>

#include "internal.h"

#define STACK_BYTES	(256u << 10)
#define NOBODY		UINT32_MAX

struct fiber {
	ucontext_t context;
	void *shadow;		/* the sanitizer's, while another one runs */
	bool done;
	_Alignas(16) uint8_t stack[STACK_BYTES];
};

static struct fiber fibers[FAKE_MAX_PARTS];
static struct fake_schedule *schedule;
static unsigned current, alive, turns_taken;
static ucontext_t caller;
static void *caller_shadow;
static const void *caller_stack;
static size_t caller_bytes;

/* ------------------------------------------------------------------- turns */

static void arrive(void *shadow)
{
	__sanitizer_finish_switch_fiber(shadow, NULL, NULL);
	fake_be(schedule->part[current].index);
}

static void go_to(unsigned next)
{
	struct fiber *from = &fibers[current];

	current = next;
	__sanitizer_start_switch_fiber(&from->shadow, fibers[next].stack,
			STACK_BYTES);
	swapcontext(&from->context, &fibers[next].context);
	arrive(from->shadow);
}

static unsigned next_alive(void)
{
	for (unsigned i = 1; i < schedule->parts; i++) {
		unsigned next = (current + i) % schedule->parts;

		if (!fibers[next].done)
			return next;
	}
	return NOBODY;
}

static bool is_turn(void)
{
	if (turns_taken == schedule->turns ||
			schedule->turn[turns_taken] != schedule->steps)
		return false;
	turns_taken++;
	return true;
}

void fake_seam(unsigned pages)
{
	if (!schedule)
		return;
	schedule->steps++;
	schedule->work += pages;
	if (schedule->steps > schedule->limit)
		fake_violation("O5: CPU %u has not ended after %u steps",
				schedule->part[current].index,
				schedule->limit);
	if (is_turn() && alive > 1)
		go_to(next_alive());
}

bool fake_seam_wait(void)
{
	fake_seam(1);
	if (schedule && alive > 1)
		go_to(next_alive());
	return schedule;
}

bool fake_is_scheduled(void)
{
	return alive > 0;
}

void fake_step(void)
{
	fake_seam(1);
}

/* ------------------------------------------------------ beginning and end */

static void finish(void)
{
	struct fake_part *part = &schedule->part[current];
	unsigned next;

	part->ended = schedule->steps;
	part->work_ended = schedule->work;
	(void)svsm_tlb_leave();	/* for ever: nobody waits for it */
	fake_depart(part->index);
	fibers[current].done = true;
	if (--alive == 1)
		schedule->contended = schedule->steps;
	next = next_alive();
	if (next == NOBODY) {
		__sanitizer_start_switch_fiber(NULL, caller_stack,
				caller_bytes);
		setcontext(&caller);
	}
	current = next;
	__sanitizer_start_switch_fiber(NULL, fibers[next].stack, STACK_BYTES);
	setcontext(&fibers[next].context);
}

static int reason_of(const struct fake_part *part)
{
	return fake_reason_of(part->fn(part->arg));
}

static void fiber_main(void)
{
	const void **stack = caller_stack ? NULL : &caller_stack;
	struct fake_part *part = &schedule->part[current];

	__sanitizer_finish_switch_fiber(NULL, stack,
			stack ? &caller_bytes : NULL);
	fake_become(part->index, part->apic_id);
	part->began = schedule->steps;
	part->work_began = schedule->work;
	part->reason = reason_of(part);
	fake_locks_check_none("a CPU ends");
	finish();
}

static void make_fiber(struct fiber *fiber)
{
	fiber->done = false;
	fiber->shadow = NULL;
	getcontext(&fiber->context);
	fiber->context.uc_stack.ss_sp = fiber->stack;
	fiber->context.uc_stack.ss_size = STACK_BYTES;
	fiber->context.uc_link = NULL;
	makecontext(&fiber->context, fiber_main, 0);
}

void fake_schedule_run(struct fake_schedule *s)
{
	unsigned self = fake_self()->svsm.index;
	bool before = svsm_tlb_leave();	/* who runs it does nothing else */

	if (schedule || s->parts == 0 || s->parts > FAKE_MAX_PARTS)
		fake_violation("schedule of %u parts", s->parts);
	for (unsigned i = 0; i < s->parts; i++)
		make_fiber(&fibers[i]);
	s->steps = s->contended = 0;
	s->work = 0;
	if (!s->limit)
		s->limit = FAKE_STEPS;
	current = 0;
	turns_taken = 0;
	alive = s->parts;
	caller_stack = NULL;
	schedule = s;
	__sanitizer_start_switch_fiber(&caller_shadow, fibers[0].stack,
			STACK_BYTES);
	swapcontext(&caller, &fibers[0].context);
	__sanitizer_finish_switch_fiber(caller_shadow, NULL, NULL);
	schedule = NULL;
	fake_be(self);
	svsm_tlb_return(before);
}

/* ------------------------------------------------------------- exploration */

static void run_once(struct fake_explore *e, unsigned turns)
{
	e->schedule.turn = e->turn;
	e->schedule.turns = turns;
	e->before();
	fake_schedule_run(&e->schedule);
	e->count++;
	e->after();
}

/* All ways to go on from @turns turns, the last of them at @from. */
static void explore(struct fake_explore *e, unsigned turns, unsigned from)
{
	unsigned end;

	run_once(e, turns);
	end = e->schedule.contended;
	for (unsigned at = from + 1; turns < e->most_turns && at <= end &&
			e->count < e->limit; at++) {
		e->turn[turns] = at;
		explore(e, turns + 1, at);
	}
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Turns after a few steps each, as many as there is room for. */
static unsigned draw_turns(struct fake_explore *e, uint64_t *state)
{
	unsigned at = 0;

	for (unsigned i = 0; i < FAKE_MAX_TURNS; i++) {
		at += 1 + (unsigned)(next_random(state) % 8);
		e->turn[i] = at;
	}
	return FAKE_MAX_TURNS;
}

void fake_explore(struct fake_explore *e)
{
	uint64_t state = e->seed ? e->seed : 1;

	if (e->most_turns > FAKE_MAX_TURNS)
		fake_violation("%u turns are too many", e->most_turns);
	e->count = 0;
	explore(e, 0, 0);
	while (e->count < e->at_least)
		run_once(e, draw_turns(e, &state));
}
