/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Endorsement keys, which are there as soon as somebody asks for them.
 */
#include <string.h>

#include "lives.h"
#include "unit.h"
#include "vtpm/ek.h"

#define T	(&tpm_alive)

#define RC_HANDLE_1		0x18bu
#define RC_OBJECT_MEMORY	0x902u

static void setup(void)
{
	lives_begin();
}

static void teardown(void)
{
}

static uint32_t read_public(uint32_t handle)
{
	tpm_begin(T, TPM_NO_SESSIONS, 0x173);
	tpm_u32(T, handle);
	return tpm_run(T);
}

/* How many persistent handles there are from one on, the first two of them. */
static uint32_t list_from(uint32_t handle, uint32_t found[2])
{
	tpm_begin(T, TPM_NO_SESSIONS, 0x17a);
	tpm_u32(T, 1);
	tpm_u32(T, handle);
	tpm_u32(T, 16);
	WANT(tpm_run(T), 0);
	for (uint32_t i = 0; i < 2 && i < tpm_get32(T, 15); i++)
		found[i] = tpm_get32(T, 19 + 4 * i);
	return tpm_get32(T, 15);
}

static uint32_t evict(uint32_t object, uint32_t handle)
{
	tpm_begin(T, TPM_SESSIONS, 0x120);
	tpm_u32(T, TPM_OWNER);
	tpm_u32(T, object);
	tpm_password(T);
	tpm_u32(T, handle);
	return tpm_run(T);
}

/* What is public of a key begins at byte 10 of TPM2_ReadPublic's response:
 * its length, then type, hash, attributes, the policy, and so on. */
static void check_public(unsigned type, const unsigned char *rest, size_t len)
{
	static const unsigned char policy[] = {
		0x00, 0x20,
		0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8,
		0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24,
		0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64,
		0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa,
	};

	WANT(tpm_get16(T, 12), type);
	WANT(tpm_get16(T, 14), TPM_SHA256);
	WANT(tpm_get32(T, 16), 0x300b2);
	WANT(memcmp(T->response + 20, policy, sizeof(policy)), 0);
	WANT(memcmp(T->response + 54, rest, len), 0);
}

static void has_both(void)
{
	static const unsigned char rsa[] = {
		0, 6, 0, 128, 0, 0x43, 0, 0x10, 8, 0, 0, 0, 0, 0, 1, 0,
	};
	static const unsigned char ecc[] = {
		0, 6, 0, 128, 0, 0x43, 0, 0x10, 0, 3, 0, 0x10, 0, 32,
	};

	WANT(lives_startup(0), 0);
	WANT(read_public(VTPM_EK_RSA), 0);
	check_public(1, rsa, sizeof(rsa));
	WANT(read_public(VTPM_EK_ECC), 0);
	check_public(0x23, ecc, sizeof(ecc));
}

START_TEST(both_follow_their_templates)
{
	live(has_both);
}
END_TEST

static void shows_its_ecc(void)
{
	WANT(read_public(VTPM_EK_ECC), 0);
	memcpy(lives_note->bytes, T->response, T->rlen);
	lives_note->number = T->rlen;
}

static void shows_the_same(void)
{
	WANT(read_public(VTPM_EK_ECC), 0);
	WANT(T->rlen, lives_note->number);
	WANT(memcmp(T->response, lives_note->bytes, T->rlen), 0);
}

static void makes_it(void)
{
	WANT(lives_startup(0), 0);
	shows_its_ecc();
}

static void starts_with_the_same(void)
{
	WANT(lives_startup(0), 0);
	shows_the_same();
}

START_TEST(a_key_is_the_same_in_the_next_boot)
{
	live(makes_it);
	live(shows_the_same);
	platform_storage_permanent();
	live(starts_with_the_same);
}
END_TEST

static void evicts_it(void)
{
	makes_it();
	WANT(evict(VTPM_EK_ECC, VTPM_EK_ECC), 0);
	shows_the_same();
}

START_TEST(one_that_was_evicted_comes_back_as_it_was)
{
	live(evicts_it);
}
END_TEST

static void makes_none_in_a_boot(void)
{
	size_t before;

	WANT(lives_startup(0), 0);
	before = platform_storage->slot[0].len;
	tpm_begin(T, TPM_NO_SESSIONS, 0x143);
	tpm_u8(T, 1);
	WANT(tpm_run(T), 0);
	WANT(read_public(0x81000001), RC_HANDLE_1);
	WANT(platform_storage->slot[0].len == before, true);
}

START_TEST(nobody_waits_for_a_key_that_is_not_wanted)
{
	live(makes_none_in_a_boot);
}
END_TEST

static void lists_them(void)
{
	uint32_t found[2] = { 0 };

	WANT(lives_startup(0), 0);
	WANT(list_from(0x81010003, found), 0);
	WANT(list_from(0x81000000, found), 2);
	WANT(found[0], VTPM_EK_RSA);
	WANT(found[1], VTPM_EK_ECC);
}

START_TEST(who_lists_the_handles_sees_them)
{
	live(lists_them);
}
END_TEST

static void has_an_owner_with_a_password(void)
{
	WANT(lives_startup(0), 0);
	tpm_begin(T, TPM_SESSIONS, 0x129);
	tpm_u32(T, TPM_OWNER);
	tpm_password(T);
	tpm_sized(T, "secret", 6);
	WANT(tpm_run(T), 0);
	WANT(read_public(VTPM_EK_ECC), RC_HANDLE_1);
}

/* Nothing is done in the owner's name that he has not allowed. */
START_TEST(an_owner_with_a_password_makes_his_own)
{
	live(has_an_owner_with_a_password);
}
END_TEST

static void has_no_room(void)
{
	uint32_t key[3] = { 0 };

	WANT(lives_startup(0), 0);
	for (unsigned i = 0; i < 3; i++)
		WANT(tpm_primary_ecc(T, TPM_P256, TPM_SIGN_DECRYPT, &key[i]),
			0);
	WANT(read_public(VTPM_EK_ECC), RC_OBJECT_MEMORY);
	WANT(tpm_flush(T, key[1]), 0);
	WANT(read_public(VTPM_EK_ECC), 0);
	for (unsigned i = 0; i < 3; i += 2)
		WANT(read_public(key[i]), 0);
}

START_TEST(without_a_free_slot_the_guest_is_told_so)
{
	live(has_no_room);
}
END_TEST

static void is_not_switched_on(void)
{
	WANT(read_public(VTPM_EK_ECC), 0x100);
}

START_TEST(before_its_startup_it_has_none)
{
	live(is_not_switched_on);
}
END_TEST

/* Handles in the middle of what is too short for them. */
static void gets_short_commands(void)
{
	WANT(lives_startup(0), 0);
	for (uint32_t len = 10; len < 18; len++) {
		tpm_begin(T, TPM_NO_SESSIONS, 0x173);
		tpm_u32(T, VTPM_EK_ECC);
		tpm_u32(T, VTPM_EK_ECC);
		T->len = len;
		WANT(tpm_run(T) == 0, len == 14);
	}
}

START_TEST(short_commands_are_the_tpms_business)
{
	live(gets_short_commands);
}
END_TEST

UNIT_MAIN("vtpm, its endorsement keys", setup, teardown,
	both_follow_their_templates,
	a_key_is_the_same_in_the_next_boot,
	one_that_was_evicted_comes_back_as_it_was,
	nobody_waits_for_a_key_that_is_not_wanted,
	who_lists_the_handles_sees_them,
	an_owner_with_a_password_makes_his_own,
	without_a_free_slot_the_guest_is_told_so,
	before_its_startup_it_has_none,
	short_commands_are_the_tpms_business)
