/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The TPM as a process: the sources of the image's, driven by commands.
 */
#include <string.h>

#include "tpm.h"
#include "unit.h"

#define INDEX	0x01500001

static struct tpm t;

static void setup(void)
{
	tpm_new(&t);
}

static void teardown(void)
{
	tpm_stop(&t);
}

/* The headers that the build found, and the archive that it links. */
START_TEST(it_is_the_libtpms_that_was_asked_for)
{
	ck_assert_uint_eq(TPMLIB_GetVersion(), TPM_LIBRARY_VERSION);
}
END_TEST

START_TEST(its_self_test_passes)
{
	tpm_begin(&t, TPM_NO_SESSIONS, 0x17c);
	ck_assert_uint_eq(tpm_run(&t), 0);
	ck_assert_uint_eq(tpm_get32(&t, t.rlen - 4), 0);
}
END_TEST

START_TEST(before_its_startup_it_refuses_commands)
{
	tpm_nv_len = 0;
	tpm_stop(&t);
	ck_assert_uint_eq(tpm_start(&t, &tpm_linked), TPM_SUCCESS);
	ck_assert_uint_gt(tpm_nv_len, 0);
	tpm_begin(&t, TPM_NO_SESSIONS, 0x17b);
	tpm_u16(&t, 8);
	ck_assert_uint_eq(tpm_run(&t), 0x100);
}
END_TEST

START_TEST(it_offers_the_curves_that_work)
{
	static const unsigned want[] = { TPM_P256, TPM_P384, TPM_P521 };

	tpm_begin(&t, TPM_NO_SESSIONS, 0x17a);
	tpm_u32(&t, 8);
	tpm_u32(&t, 0);
	tpm_u32(&t, 16);
	ck_assert_uint_eq(tpm_run(&t), 0);
	ck_assert_uint_eq(tpm_get32(&t, 15), 3);
	for (uint32_t i = 0; i < 3; i++)
		ck_assert_uint_eq(tpm_get16(&t, 19 + 2 * i), want[i]);
}
END_TEST

START_TEST(random_bytes_are_others_each_time)
{
	unsigned char first[32];

	tpm_begin(&t, TPM_NO_SESSIONS, 0x17b);
	tpm_u16(&t, sizeof(first));
	ck_assert_uint_eq(tpm_run(&t), 0);
	memcpy(first, t.response + 12, sizeof(first));
	ck_assert_uint_eq(tpm_run(&t), 0);
	ck_assert_mem_ne(first, t.response + 12, sizeof(first));
}
END_TEST

START_TEST(keys_sign_and_verify)
{
	uint32_t key;

	for (unsigned curve = TPM_P256; curve <= TPM_P521; curve++) {
		ck_assert_uint_eq(tpm_primary_ecc(&t, curve, TPM_SIGN_DECRYPT,
			&key), 0);
		ck_assert(tpm_signs(&t, key, TPM_ECDSA, TPM_SHA256));
		ck_assert_uint_eq(tpm_flush(&t, key), 0);
	}
	for (unsigned bits = 2048; bits <= 3072; bits += 1024) {
		ck_assert_uint_eq(tpm_primary_rsa(&t, bits, TPM_SIGN_DECRYPT,
			&key), 0);
		ck_assert(tpm_signs(&t, key, TPM_RSASSA, TPM_SHA256));
		ck_assert(tpm_signs(&t, key, TPM_RSAPSS, TPM_SHA512));
		ck_assert_uint_eq(tpm_flush(&t, key), 0);
	}
}
END_TEST

static void define_index(void)
{
	tpm_define_index(&t, INDEX, TPM_NV_NO_LOCKOUT, 64);
	ck_assert_uint_eq(tpm_run(&t), 0);
}

static void write_index(const char *text)
{
	tpm_begin(&t, TPM_SESSIONS, 0x137);
	tpm_u32(&t, INDEX);
	tpm_u32(&t, INDEX);
	tpm_password(&t);
	tpm_sized(&t, text, strlen(text));
	tpm_u16(&t, 0);
	ck_assert_uint_eq(tpm_run(&t), 0);
}

static void check_index(const char *text)
{
	tpm_begin(&t, TPM_SESSIONS, 0x14e);
	tpm_u32(&t, INDEX);
	tpm_u32(&t, INDEX);
	tpm_password(&t);
	tpm_u16(&t, (unsigned)strlen(text));
	tpm_u16(&t, 0);
	ck_assert_uint_eq(tpm_run(&t), 0);
	ck_assert_mem_eq(t.response + 16, text, strlen(text));
}

START_TEST(what_was_written_is_there_after_a_restart)
{
	define_index();
	write_index("kept");
	check_index("kept");
	tpm_stop(&t);
	ck_assert_uint_eq(tpm_start(&t, &tpm_linked), TPM_SUCCESS);
	ck_assert_uint_eq(tpm_power_on(&t), 0);
	check_index("kept");
}
END_TEST

/* Lengths that are not the command's, and every short one. */
START_TEST(a_damaged_command_gets_an_error)
{
	for (uint32_t len = 0; len < 64; len++) {
		tpm_begin(&t, TPM_NO_SESSIONS, 0x17b);
		while (t.len < 64)
			tpm_u8(&t, len);
		t.len = len;
		ck_assert_uint_ne(t.library->process(&t.response, &t.rlen,
			&t.room, t.command, len), UINT32_MAX);
		ck_assert_uint_ge(t.rlen, 10);
		ck_assert_uint_ne(tpm_get32(&t, 6), 0);
	}
	tpm_begin(&t, TPM_NO_SESSIONS, 0x999);
	ck_assert_uint_eq(tpm_run(&t), 0x143);
}
END_TEST

UNIT_MAIN("vtpm", setup, teardown,
	it_is_the_libtpms_that_was_asked_for,
	its_self_test_passes,
	before_its_startup_it_refuses_commands,
	it_offers_the_curves_that_work,
	random_bytes_are_others_each_time,
	keys_sign_and_verify,
	what_was_written_is_there_after_a_restart,
	a_damaged_command_gets_an_error)
