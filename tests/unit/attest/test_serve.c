/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What the TPM is after its program has died, after its VM was reset, and
 * when its storage fails.
 */
#include <string.h>

#include "lives.h"
#include "unit.h"

#define T		(&tpm_alive)
#define INDEX		0x01500001u

#define RC_INITIALIZE	0x100u
#define RC_FAILURE	0x101u

static void setup(void)
{
	lives_begin();
}

static void teardown(void)
{
}

static uint32_t shutdown(unsigned type)
{
	tpm_begin(T, TPM_NO_SESSIONS, 0x145);
	tpm_u16(T, type);
	return tpm_run(T);
}

static uint32_t define_index(void)
{
	tpm_define_index(T, INDEX, TPM_NV_PLAIN, 8);
	return tpm_run(T);
}

static uint32_t index_exists(void)
{
	tpm_begin(T, TPM_NO_SESSIONS, 0x169);
	tpm_u32(T, INDEX);
	return tpm_run(T);
}

/* ------------------------------------------------------------- lives of it */

static void measures(void)
{
	const unsigned char *value;

	WANT(lives_startup(0), 0);
	WANT(lives_extend(), 0);
	WANT(lives_read_pcr(&value), 0);
	memcpy(lives_note->bytes, value, 32);
}

static void still_has_what_was_measured(void)
{
	WANT(lives_pcr_is(lives_note->bytes), true);
}

static void was_started_already(void)
{
	WANT(lives_startup(0), RC_INITIALIZE);
	WANT(lives_startup(1), RC_INITIALIZE);
	still_has_what_was_measured();
}

/* Before it may be believed: extended, not answered. */
static void dies_while_it_extends(void)
{
	platform_storage->full[SVSM_VTPM_VOLATILE] = true;
	platform_storage->full[SVSM_VTPM_NOTES] = true;
	(void)lives_extend();
}

static void waits_for_its_startup(void)
{
	const unsigned char *value;

	WANT(lives_read_pcr(&value), RC_INITIALIZE);
	WANT(lives_startup(0), 0);
}

static void has_measured_nothing(void)
{
	static const unsigned char zero[32];

	waits_for_its_startup();
	WANT(lives_pcr_is(zero), true);
}

static void nothing(void)
{
}

/* ------------------------------------------------------------------- tests */

START_TEST(a_death_does_not_take_back_what_was_measured)
{
	live(measures);
	live(still_has_what_was_measured);
	live(was_started_already);
	live(still_has_what_was_measured);
}
END_TEST

START_TEST(a_command_that_was_not_answered_was_not_carried_out)
{
	live(measures);
	ck_assert_int_eq(lives_end_of(dies_while_it_extends), PLATFORM_DIED);
	platform_storage->full[SVSM_VTPM_VOLATILE] = false;
	platform_storage->full[SVSM_VTPM_NOTES] = false;
	live(still_has_what_was_measured);
}
END_TEST

START_TEST(only_a_reset_of_the_vm_clears_the_pcrs)
{
	live(measures);
	platform_storage_permanent();
	live(has_measured_nothing);
}
END_TEST

static void saves_its_state(void)
{
	measures();
	WANT(shutdown(1), 0);
}

static void resumes(void)
{
	WANT(lives_startup(1), 0);
	still_has_what_was_measured();
}

/* TPM2_Shutdown(STATE), then no power, then TPM2_Startup(STATE). */
START_TEST(a_guest_that_suspended_in_order_finds_its_pcrs)
{
	live(saves_its_state);
	platform_storage_permanent();
	live(resumes);
}
END_TEST

/* After TPM2_Shutdown() a death changes nothing either. */
START_TEST(a_death_between_shutdown_and_reset_does_not_start_it)
{
	live(saves_its_state);
	live(was_started_already);
}
END_TEST

static void says_random_bytes(void)
{
	WANT(lives_startup(0), 0);
	WANT(lives_random(), 0);
	memcpy(lives_note->bytes, T->response, T->rlen);
}

static void says_others(void)
{
	WANT(lives_random(), 0);
	WANT(memcmp(lives_note->bytes, T->response, T->rlen) != 0, true);
}

/* The platform's are the same in each life. */
START_TEST(random_bytes_do_not_come_again_after_a_death)
{
	live(says_random_bytes);
	live(says_others);
}
END_TEST

static void makes_a_key(void)
{
	WANT(lives_startup(0), 0);
	WANT(tpm_primary_ecc(T, TPM_P256, TPM_SIGN_DECRYPT,
		&lives_note->number), 0);
}

static void signs_with_it(void)
{
	struct tpm_signature s;

	WANT(tpm_sign(T, lives_note->number, TPM_ECDSA, TPM_SHA256, &s), 0);
	WANT(tpm_verify(T, lives_note->number, TPM_SHA256, &s), 0);
}

START_TEST(a_loaded_key_is_still_loaded_after_a_death)
{
	live(makes_a_key);
	live(signs_with_it);
}
END_TEST

static void defines_an_index(void)
{
	WANT(lives_startup(0), 0);
	WANT(define_index(), 0);
}

static void starts_and_has_it(void)
{
	WANT(lives_startup(0), 0);
	WANT(index_exists(), 0);
}

START_TEST(what_is_permanent_outlives_the_vm)
{
	live(defines_an_index);
	platform_storage_permanent();
	live(starts_and_has_it);
}
END_TEST

static void cannot_keep_an_index(void)
{
	WANT(lives_startup(0), 0);
	platform_storage->full[0] = true;
	WANT(define_index(), RC_FAILURE);
	WANT(lives_extend(), RC_FAILURE);
}

static void has_no_index(void)
{
	WANT(index_exists(), 0x18b);
	WANT(define_index(), 0);
}

/* The storage's failure is the TPM's; what it has kept is what was before. */
START_TEST(a_storage_that_is_full_is_a_failure_and_no_loss)
{
	live(cannot_keep_an_index);
	platform_storage->full[0] = false;
	live(has_no_index);
}
END_TEST

/* A new TPM in the place of one that cannot be read would be a loss, and one
 * without its PCRs a forgery. */
START_TEST(a_storage_that_cannot_be_read_makes_no_new_tpm)
{
	static struct platform_storage before;

	live(measures);
	for (unsigned slot = 0; slot < SVSM_VTPM_SLOTS; slot++) {
		platform_storage->broken[slot] = true;
		before = *platform_storage;
		ck_assert_int_eq(lives_end_of(nothing), LIVES_NO_START);
		ck_assert_mem_eq(platform_storage, &before, sizeof(before));
		platform_storage->broken[slot] = false;
	}
	live(still_has_what_was_measured);
}
END_TEST

/* One bit of the permanent state; a volatile one that is no such state. */
START_TEST(a_damaged_state_is_refused)
{
	for (unsigned slot = 0; slot < 2; slot++) {
		lives_begin();
		live(measures);
		platform_storage->slot[slot].bytes[slot ? 10 : 40] ^= 1;
		ck_assert_int_eq(lives_end_of(nothing), LIVES_NO_START);
	}
}
END_TEST

/* The number in the note is the allocation that finds no memory. */
static void works_until_memory_is_out(void)
{
	uint32_t key;

	platform_fail_at = platform_allocations + lives_note->number;
	still_has_what_was_measured();
	WANT(tpm_primary_ecc(T, TPM_P256, TPM_SIGN_DECRYPT, &key), 0);
	WANT(define_index(), 0);
}

static void forgets_what_it_made(void)
{
	for (uint32_t key = 0x80000000; key < 0x80000003; key++)
		(void)tpm_flush(T, key);
	tpm_begin(T, TPM_SESSIONS, 0x122);
	tpm_u32(T, TPM_OWNER);
	tpm_u32(T, INDEX);
	tpm_password(T);
	(void)tpm_run(T);
	still_has_what_was_measured();
}

START_TEST(out_of_memory_it_dies_and_the_next_start_goes_on)
{
	unsigned deaths = 0;
	int status;

	live(measures);
	do {
		lives_note->number++;
		status = lives_end_of(works_until_memory_is_out);
		ck_assert(status == 0 || status == PLATFORM_DIED);
		live(forgets_what_it_made);
		deaths += status != 0;
	} while (status != 0);
	ck_assert_uint_gt(deaths, 50);
}
END_TEST

UNIT_MAIN("vtpm, its lives", setup, teardown,
	a_death_does_not_take_back_what_was_measured,
	a_command_that_was_not_answered_was_not_carried_out,
	only_a_reset_of_the_vm_clears_the_pcrs,
	a_guest_that_suspended_in_order_finds_its_pcrs,
	a_death_between_shutdown_and_reset_does_not_start_it,
	random_bytes_do_not_come_again_after_a_death,
	a_loaded_key_is_still_loaded_after_a_death,
	what_is_permanent_outlives_the_vm,
	a_storage_that_is_full_is_a_failure_and_no_loss,
	a_storage_that_cannot_be_read_makes_no_new_tpm,
	a_damaged_state_is_refused,
	out_of_memory_it_dies_and_the_next_start_goes_on)
