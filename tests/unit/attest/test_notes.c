/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * PCR extends are noted, and carried out again after a death: as many as there
 * were, whenever it comes.
 */
#include <string.h>

#include "lives.h"
#include "unit.h"
#include "vtpm/volatile.h"

#define T		(&tpm_alive)

/* More than are noted before the state is written again. */
#define MANY		250u

#define STATE		platform_storage->slot[SVSM_VTPM_VOLATILE]
#define NOTES		platform_storage->slot[SVSM_VTPM_NOTES]

static void setup(void)
{
	lives_begin();
}

static void teardown(void)
{
}

static void note_the_value(void)
{
	const unsigned char *value;

	WANT(lives_read_pcr(&value), 0);
	memcpy(lives_note->bytes, value, 32);
}

static void has_the_value(void)
{
	WANT(lives_pcr_is(lives_note->bytes), true);
}

static void starts(void)
{
	WANT(lives_startup(0), 0);
	note_the_value();
}

static void extends_once(void)
{
	has_the_value();
	WANT(lives_extend(), 0);
	note_the_value();
}

static void extends_often(void)
{
	for (unsigned i = 0; i < MANY; i++)
		WANT(lives_extend(), 0);
	note_the_value();
}

static void is_random_in_between(void)
{
	WANT(lives_random(), 0);
}

static void nothing(void)
{
}

/* ------------------------------------------------------------------- tests */

START_TEST(a_death_after_each_extend_changes_nothing)
{
	unsigned char wanted[32];

	live(starts);
	live(extends_often);
	memcpy(wanted, lives_note->bytes, sizeof(wanted));
	live(has_the_value);
	lives_begin();
	live(starts);
	for (unsigned i = 0; i < MANY; i++)
		live(extends_once);
	ck_assert_mem_eq(lives_note->bytes, wanted, sizeof(wanted));
}
END_TEST

/* This is what notes are for: hardly anything is written. */
START_TEST(an_extend_costs_its_own_length)
{
	static unsigned char before[PLATFORM_SLOT_BYTES];
	size_t len;

	live(starts);
	memcpy(before, STATE.bytes, STATE.len);
	len = NOTES.len;
	live(extends_once);
	ck_assert_mem_eq(before, STATE.bytes, STATE.len);
	ck_assert_uint_gt(NOTES.len, len);
	ck_assert_uint_lt(NOTES.len, len + 200);
	ck_assert_uint_lt(NOTES.len, 1025);
}
END_TEST

/* The notes are still there, and are no longer the state's. */
START_TEST(a_state_that_is_written_ends_its_notes)
{
	live(starts);
	live(extends_once);
	live(is_random_in_between);
	live(has_the_value);
	live(extends_once);
	live(has_the_value);
}
END_TEST

static void fails_to_extend(void)
{
	tpm_begin(T, TPM_SESSIONS, 0x182);
	tpm_u32(T, 10);
	tpm_password(T);
	tpm_u32(T, 1);
	tpm_u16(T, TPM_SHA256);
	WANT(tpm_run(T) != 0, true);
	has_the_value();
}

START_TEST(an_extend_that_was_refused_is_not_repeated)
{
	live(starts);
	live(extends_once);
	live(fails_to_extend);
	live(extends_once);
	live(has_the_value);
}
END_TEST

/* Another command, a length that leads nowhere, an end that is missing. */
START_TEST(damaged_notes_are_refused)
{
	for (unsigned kind = 0; kind < 4; kind++) {
		lives_begin();
		live(starts);
		live(extends_once);
		switch (kind) {
		case 0:
			NOTES.bytes[8 + 9] ^= 1;
			break;
		case 1:
			NOTES.bytes[8 + 4] = 0xff;
			break;
		case 2:
			NOTES.len--;
			break;
		default:
			NOTES.len = 7;
			break;
		}
		ck_assert_msg(lives_end_of(nothing) == LIVES_NO_START,
			"%u", kind);
	}
}
END_TEST

static bool repeatable(struct tpm *t)
{
	t->command[2] = t->command[3] = 0;
	t->command[4] = (unsigned char)(t->len >> 8);
	t->command[5] = (unsigned char)t->len;
	return vtpm_is_repeatable(t->command, t->len);
}

/* Not with a session, whose nonces are random; not with another length than
 * their own; no command whose answer is random or the time. */
START_TEST(few_commands_are_repeatable)
{
	struct tpm t;

	for (uint32_t code = 0; code < 0x200; code++) {
		tpm_begin(&t, TPM_NO_SESSIONS, code);
		ck_assert(repeatable(&t) == (code == 0x17e));
		tpm_begin(&t, TPM_SESSIONS, code);
		tpm_u32(&t, 10);
		tpm_password(&t);
		ck_assert(repeatable(&t) == (code == 0x182));
	}
	tpm_begin(&t, TPM_SESSIONS, 0x182);
	tpm_u32(&t, 10);
	tpm_password(&t);
	ck_assert(repeatable(&t));
	ck_assert(!vtpm_is_repeatable(t.command, t.len - 1));
	ck_assert(!vtpm_is_repeatable(t.command, t.len + 1));
	t.command[18] = 2;
	ck_assert(!repeatable(&t));
}
END_TEST

UNIT_MAIN("vtpm, its notes", setup, teardown,
	a_death_after_each_extend_changes_nothing,
	an_extend_costs_its_own_length,
	a_state_that_is_written_ends_its_notes,
	an_extend_that_was_refused_is_not_repeated,
	damaged_notes_are_refused,
	few_commands_are_repeatable)
