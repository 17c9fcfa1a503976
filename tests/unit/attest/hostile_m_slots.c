/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Group M, M-16 and M-17: places for objects, sessions and indices that run
 * out, and contexts that were outside.
 */
#include "guarded.h"
#include "tpm.h"
#include "unit.h"

#define RC_NV_SPACE		0x14b
#define RC_OBJECT_MEMORY	0x902
#define RC_SESSION_MEMORY	0x903
#define RC_SESSION_HANDLES	0x905

static struct tpm t;
static struct guarded g;

static void setup(void)
{
	tpm_new(&t);
}

static void teardown(void)
{
	tpm_stop(&t);
}

/* An HMAC session whose parameters are not encrypted. */
static uint32_t start_session(void)
{
	tpm_session_begin(&t, 0x10);
	return guarded_command(&g, &t);
}

static uint32_t make_key(void)
{
	uint32_t key = 0;

	ck_assert_uint_eq(tpm_primary_ecc(&t, TPM_P256, TPM_SIGN_DECRYPT,
		&key), 0);
	return key;
}

START_TEST(M_16_objects_run_out_and_come_back)
{
	uint32_t key[8];
	unsigned n = 0;

	while (n < 8 && tpm_primary_ecc(&t, TPM_P256, TPM_SIGN_DECRYPT,
			&key[n]) == 0)
		n++;
	ck_assert_uint_eq(n, 3);
	for (unsigned round = 0; round < 10; round++) {
		uint32_t none = 0;

		ck_assert_uint_eq(tpm_primary_ecc(&t, TPM_P256,
			TPM_SIGN_DECRYPT, &none), RC_OBJECT_MEMORY);
		ck_assert_uint_eq(tpm_flush(&t, key[round % 3]), 0);
		ck_assert_uint_eq(tpm_primary_ecc(&t, TPM_P256,
			TPM_SIGN_DECRYPT, &key[round % 3]), 0);
	}
}
END_TEST

static uint32_t context_save(uint32_t handle)
{
	tpm_begin(&t, TPM_NO_SESSIONS, 0x162);
	tpm_u32(&t, handle);
	return guarded_command(&g, &t);
}

static uint32_t context_load(const struct guarded *saved)
{
	tpm_begin(&t, TPM_NO_SESSIONS, 0x161);
	tpm_bytes(&t, saved->response + 10, saved->rlen - 10);
	return guarded_command(&g, &t);
}

START_TEST(M_16_sessions_run_out_and_come_back)
{
	uint32_t session[80];
	unsigned n = 0;
	uint32_t code;

	while (n < 80 && start_session() == 0)
		session[n++] = guarded_get32(&g, 10);
	ck_assert_uint_eq(n, 3);
	ck_assert_uint_eq(start_session(), RC_SESSION_MEMORY);
	for (unsigned i = 0; i < n; i++)
		ck_assert_uint_eq(context_save(session[i]), 0);
	while (n < 80) {
		code = start_session();
		if (code)
			break;
		session[n++] = guarded_get32(&g, 10);
		ck_assert_uint_eq(context_save(session[n - 1]), 0);
	}
	ck_assert_uint_eq(n, 64);
	ck_assert_uint_eq(code, RC_SESSION_HANDLES);
	for (unsigned i = 0; i < n; i++)
		ck_assert_uint_eq(tpm_flush(&t, session[i]), 0);
	ck_assert_uint_eq(start_session(), 0);
}
END_TEST

static uint32_t define(uint32_t index, unsigned bytes)
{
	tpm_define_index(&t, index, TPM_NV_NO_LOCKOUT, bytes);
	return guarded_command(&g, &t);
}

static uint32_t undefine(uint32_t index)
{
	tpm_begin(&t, TPM_SESSIONS, 0x122);
	tpm_u32(&t, TPM_OWNER);
	tpm_u32(&t, index);
	tpm_password(&t);
	return guarded_command(&g, &t);
}

START_TEST(M_16_storage_runs_out_and_comes_back)
{
	unsigned n = 0;
	uint32_t code = 0;

	while (n < 1000) {
		code = define(0x01500000 + n, 2048);
		if (code)
			break;
		n++;
	}
	ck_assert_uint_eq(code, RC_NV_SPACE);
	ck_assert_uint_ge(n, 10);
	for (unsigned i = 0; i < n; i++)
		ck_assert_uint_eq(undefine(0x01500000 + i), 0);
	for (unsigned i = 0; i < n; i++)
		ck_assert_uint_eq(define(0x01500000 + i, 2048), 0);
	ck_assert_uint_eq(define(0x01500000 + n, 2048), RC_NV_SPACE);
	guarded_still_works();
}
END_TEST

START_TEST(M_17_a_forged_context_is_refused)
{
	static struct guarded saved;
	uint32_t key = make_key();

	ck_assert_uint_eq(context_save(key), 0);
	saved = g;
	ck_assert_uint_eq(tpm_flush(&t, key), 0);
	for (size_t i = 10; i < saved.rlen; i++) {
		uint8_t bit = (uint8_t)(1 << i % 8);

		saved.response[i] ^= bit;
		ck_assert_msg(context_load(&saved) != 0, "byte %zu", i);
		saved.response[i] ^= bit;
	}
	ck_assert_uint_eq(context_load(&saved), 0);
	guarded_still_works();
}
END_TEST

START_TEST(M_17_an_old_session_is_loaded_once)
{
	static struct guarded saved;
	uint32_t session;

	ck_assert_uint_eq(start_session(), 0);
	session = guarded_get32(&g, 10);
	ck_assert_uint_eq(context_save(session), 0);
	saved = g;
	ck_assert_uint_eq(context_load(&saved), 0);
	ck_assert_uint_ne(context_load(&saved), 0);
	ck_assert_uint_eq(context_save(session), 0);
	/* Saved again: the first one is old. */
	ck_assert_uint_ne(context_load(&saved), 0);
	guarded_still_works();
}
END_TEST

START_TEST(M_17_a_context_of_another_boot_is_refused)
{
	static struct guarded object;
	static struct guarded session;

	ck_assert_uint_eq(context_save(make_key()), 0);
	object = g;
	ck_assert_uint_eq(start_session(), 0);
	ck_assert_uint_eq(context_save(guarded_get32(&g, 10)), 0);
	session = g;
	tpm_stop(&t);
	ck_assert_uint_eq(tpm_start(&t, &tpm_linked), TPM_SUCCESS);
	ck_assert_uint_eq(tpm_power_on(&t), 0);
	ck_assert_uint_ne(context_load(&object), 0);
	ck_assert_uint_ne(context_load(&session), 0);
	guarded_still_works();
}
END_TEST

UNIT_MAIN("hostile M slots", setup, teardown,
	M_16_objects_run_out_and_come_back,
	M_16_sessions_run_out_and_come_back,
	M_16_storage_runs_out_and_comes_back,
	M_17_a_forged_context_is_refused,
	M_17_an_old_session_is_loaded_once,
	M_17_a_context_of_another_boot_is_refused)
