/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Group M: what a guest may send to its TPM. Each test has the id of a case.
 */
#include <stdlib.h>
#include <string.h>

#include "guarded.h"
#include "platform.h"
#include "tpm.h"
#include "unit.h"

#define RC_INSUFFICIENT		0x09a
#define RC_VALUE		0x084
#define RC_COMMAND_SIZE		0x142
#define RC_BAD_TAG		0x01e
#define RC_NV_SPACE		0x14b
#define RC_OBJECT_MEMORY	0x902
#define RC_SESSION_MEMORY	0x903
#define RC_SESSION_HANDLES	0x905

static struct tpm t;
static struct guarded g;

/* A clock that runs is stored by libtpms every few seconds: a change that no
 * command made. */
static void setup(void)
{
	platform_stop_clock();
	tpm_nv_len = 0;
	ck_assert_uint_eq(tpm_start(&t, &tpm_linked), TPM_SUCCESS);
	ck_assert_uint_eq(tpm_power_on(&t), 0);
}

static void teardown(void)
{
	tpm_stop(&t);
}

/* A GetRandom whose size says something else. */
static uint32_t sized(uint32_t says, size_t len)
{
	static uint8_t command[GUARDED_BYTES] = {
		0x80, 1, 0, 0, 0, 0, 0, 0, 1, 0x7b, 0, 8
	};

	command[2] = (uint8_t)(says >> 24);
	command[3] = (uint8_t)(says >> 16);
	command[4] = (uint8_t)(says >> 8);
	command[5] = (uint8_t)says;
	return guarded_run(&g, command, len);
}

START_TEST(M_02_a_size_that_is_not_the_commands_is_refused)
{
	static const uint32_t odd[] = {
		0, 9, 11, 13, 4096, 4097, 0x8000000c, UINT32_MAX
	};

	for (uint32_t len = 0; len <= GUARDED_BYTES; len++) {
		uint32_t code = sized(len + 1, len);

		if (len < 2)
			ck_assert_uint_eq(code, RC_INSUFFICIENT);
		else
			ck_assert(code == RC_COMMAND_SIZE ||
				(len < 6 && code == RC_INSUFFICIENT));
	}
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		ck_assert_uint_eq(sized(odd[i], 12), RC_COMMAND_SIZE);
	for (uint32_t len = 4097; len <= GUARDED_BYTES; len++)
		ck_assert_uint_eq(sized(len, len), RC_COMMAND_SIZE);
	ck_assert_uint_eq(sized(12, 12), 0);
}
END_TEST

/** What a refused command must not change: all that is stored, and what
 *  handles there are. */
struct state {
	unsigned char *stored;
	uint32_t len;
	struct guarded handles;
};

static void state_take(struct state *s)
{
	ck_assert_uint_eq(TPMLIB_GetState(TPMLIB_STATE_PERMANENT, &s->stored,
		&s->len), TPM_SUCCESS);
	tpm_begin(&t, TPM_NO_SESSIONS, 0x17a);
	tpm_u32(&t, 1);
	tpm_u32(&t, 0x80000000);
	tpm_u32(&t, 100);
	ck_assert_uint_eq(guarded_command(&s->handles, &t), 0);
}

static void state_is_still(struct state *s)
{
	struct state now;

	state_take(&now);
	ck_assert_uint_eq(s->len, now.len);
	ck_assert_mem_eq(s->stored, now.stored, now.len);
	ck_assert_uint_eq(s->handles.rlen, now.handles.rlen);
	ck_assert_mem_eq(s->handles.response, now.handles.response,
		now.handles.rlen);
	free(s->stored);
	free(now.stored);
}

START_TEST(M_03_unknown_tags_and_commands_change_nothing)
{
	struct state before;
	uint32_t code;

	state_take(&before);
	for (unsigned tag = 0; tag < 0x10000; tag += 17) {
		if (tag == TPM_NO_SESSIONS || tag == TPM_SESSIONS)
			continue;
		tpm_begin(&t, tag, 0x17b);
		tpm_u16(&t, 8);
		code = guarded_command(&g, &t);
		ck_assert(code == RC_BAD_TAG || code == RC_VALUE);
	}
	for (code = 0; code < 0x2000; code++) {
		if (code >= 0x11f && code <= 0x197)
			continue;
		tpm_begin(&t, TPM_NO_SESSIONS, code << 19 | code);
		ck_assert_uint_ne(guarded_command(&g, &t), 0);
		tpm_begin(&t, TPM_NO_SESSIONS, code);
		ck_assert_uint_eq(guarded_command(&g, &t),
			VTPM_RC_COMMAND_CODE);
	}
	state_is_still(&before);
	guarded_still_works();
}
END_TEST

/* Every command with handles of every kind, and nothing behind them. */
START_TEST(M_03_reserved_handles_are_refused)
{
	static const uint32_t handles[] = {
		0x0fffffff, 0x20000000, 0x30000000, 0x50000000, 0x7fffffff,
		0x80000003, 0x80ffffff, 0x81000000, 0x82000000, 0xc0000000,
		0xffffffff, 0x40000000, 0x4000000f, 0x40ffffff
	};
	struct state before;

	state_take(&before);
	for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++) {
		for (uint32_t code = 0x11f; code <= 0x197; code++) {
			/* These have no handle, or do not mind which. */
			if (code == 0x143 || code == 0x145 || code == 0x144 ||
			    code == 0x17c || code == 0x181)
				continue;
			tpm_begin(&t, TPM_SESSIONS, code);
			tpm_u32(&t, handles[i]);
			tpm_password(&t);
			ck_assert_uint_ne(guarded_command(&g, &t), 0);
		}
	}
	state_is_still(&before);
	guarded_still_works();
}
END_TEST

static uint8_t random_byte(void)
{
	static uint32_t state = 1;

	state = state * 1664525 + 1013904223;
	return (uint8_t)(state >> 24);
}

/* The header is right, half of the time. */
START_TEST(random_commands_of_every_length_are_answered)
{
	uint8_t command[GUARDED_BYTES];

	for (uint32_t len = 0; len <= 4096; len++) {
		for (uint32_t i = 0; i < len; i++)
			command[i] = random_byte();
		if (len % 2 && len >= VTPM_HEADER_BYTES) {
			command[0] = 0x80;
			command[1] = (uint8_t)(1 + len / 2 % 2);
			command[2] = command[3] = 0;
			command[4] = (uint8_t)(len >> 8);
			command[5] = (uint8_t)len;
			command[6] = command[7] = 0;
			command[8] = 1;
			command[9] = (uint8_t)(0x1f + len % 0x79);
		}
		ck_assert_uint_ne(guarded_run(&g, command, len), UINT32_MAX);
		ck_assert_uint_le(g.rlen, 1100);
	}
	guarded_still_works();
}
END_TEST

START_TEST(certify_x509_is_off)
{
	tpm_begin(&t, TPM_SESSIONS, 0x197);
	ck_assert_uint_eq(guarded_command(&g, &t), VTPM_RC_COMMAND_CODE);
	ck_assert_uint_eq(g.rlen, VTPM_HEADER_BYTES);
}
END_TEST

/* Commands from one on; whether there are more. */
static unsigned list_commands(uint32_t from, uint32_t count)
{
	tpm_begin(&t, TPM_NO_SESSIONS, 0x17a);
	tpm_u32(&t, 2);
	tpm_u32(&t, from);
	tpm_u32(&t, count);
	ck_assert_uint_eq(guarded_command(&g, &t), 0);
	return g.response[10];
}

/* By any number at a time: those that there are, and "more" until the last. */
START_TEST(certify_x509_is_not_listed)
{
	uint32_t all[254];
	uint32_t n;

	ck_assert_uint_eq(list_commands(0, 254), 0);
	n = guarded_get32(&g, 15);
	ck_assert_uint_gt(n, 80);
	for (uint32_t i = 0; i < n; i++) {
		all[i] = guarded_get32(&g, 19 + 4 * i);
		ck_assert_uint_ne(all[i] & 0xffff, 0x197);
	}
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t count = 1; count < 4; count++) {
			bool more = i + count < n;
			uint32_t want = more ? count : n - i;

			ck_assert_uint_eq(list_commands(all[i] & 0x2000ffff,
				count), more);
			ck_assert_uint_eq(guarded_get32(&g, 15), want);
			ck_assert_uint_eq(guarded_get32(&g, 19), all[i]);
		}
	}
	ck_assert_uint_eq(list_commands(0x197, 1), 0);
}
END_TEST

static uint32_t tpm_property(uint32_t property)
{
	tpm_begin(&t, TPM_NO_SESSIONS, 0x17a);
	tpm_u32(&t, 6);
	tpm_u32(&t, property);
	tpm_u32(&t, 1);
	ck_assert_uint_eq(guarded_command(&g, &t), 0);
	ck_assert_uint_eq(guarded_get32(&g, 15), 1);
	ck_assert_uint_eq(guarded_get32(&g, 19), property);
	return guarded_get32(&g, 23);
}

/* Linux takes a TPM that lists more or fewer for one that failed. */
START_TEST(as_many_commands_are_listed_as_there_are_said_to_be)
{
	uint32_t total = tpm_property(0x129);

	ck_assert_uint_eq(list_commands(0, 254), 0);
	ck_assert_uint_eq(guarded_get32(&g, 15), total);
	ck_assert_uint_eq(tpm_property(0x12a) + tpm_property(0x12b), total);
}
END_TEST

/* Whoever asks for the most gets less than a buffer, or an error. */
START_TEST(M_07_no_response_is_longer_than_its_buffer)
{
	for (uint32_t capability = 0; capability < 12; capability++) {
		for (uint32_t property = 0; property < 0x400; property += 7) {
			tpm_begin(&t, TPM_NO_SESSIONS, 0x17a);
			tpm_u32(&t, capability);
			tpm_u32(&t, property);
			tpm_u32(&t, UINT32_MAX);
			(void)guarded_command(&g, &t);
			ck_assert_uint_le(g.rlen, 1100);
		}
	}
	for (unsigned n = 0; n < 0x10000; n += 51) {
		tpm_begin(&t, TPM_NO_SESSIONS, 0x17b);
		tpm_u16(&t, n);
		ck_assert_uint_eq(guarded_command(&g, &t), 0);
		ck_assert_uint_le(g.rlen, 12 + 64);
	}
	guarded_still_works();
}
END_TEST

/* An HMAC session without salt and key; @p cipher 10 is XOR. */
static uint32_t start_session(unsigned cipher)
{
	tpm_begin(&t, TPM_NO_SESSIONS, 0x176);
	tpm_u32(&t, TPM_NULL_HIERARCHY);
	tpm_u32(&t, TPM_NULL_HIERARCHY);
	tpm_u16(&t, 16);
	for (unsigned i = 0; i < 16; i++)
		tpm_u8(&t, i);
	tpm_u16(&t, 0);
	tpm_u8(&t, 0);
	tpm_u16(&t, cipher);
	if (cipher == 6) {
		tpm_u16(&t, 128);
		tpm_u16(&t, 0x43);
	} else if (cipher == 10) {
		tpm_u16(&t, TPM_SHA256);
	}
	tpm_u16(&t, TPM_SHA256);
	return guarded_command(&g, &t);
}

/* With its parameters encrypted, up to where the sized one would stand. */
static void begin_encrypted(uint32_t code, uint32_t session)
{
	tpm_begin(&t, TPM_SESSIONS, code);
	tpm_u32(&t, 4 + 2 + 16 + 1 + 2);
	tpm_u32(&t, session);
	tpm_u16(&t, 16);
	for (unsigned i = 0; i < 16; i++)
		tpm_u8(&t, i);
	tpm_u8(&t, 0x21);
	tpm_u16(&t, 0);
}

/* CVE-2023-1017 and -1018: the size was read, and decrypted by, without
 * looking whether it is there. */
static void short_parameters(uint32_t code, uint32_t session)
{
	for (unsigned len = 0; len < 40; len++) {
		for (unsigned says = 0; says < 0x10000;
		     says += says < 64 ? 1 : 0xfff) {
			if (says == len - 2)
				continue;
			begin_encrypted(code, session);
			if (len > 0)
				tpm_u8(&t, says >> 8);
			if (len > 1)
				tpm_u8(&t, says);
			for (unsigned i = 2; i < len; i++)
				tpm_u8(&t, i);
			ck_assert_uint_ne(guarded_command(&g, &t), 0);
			if (len < 2)
				break;
		}
	}
}

START_TEST(M_12_an_encrypted_parameter_that_is_short_is_refused)
{
	static const uint32_t codes[] = { 0x17d, 0x146, 0x186, 0x15b };

	for (unsigned cipher = 6; cipher <= 10; cipher += 4) {
		uint32_t session;

		ck_assert_uint_eq(start_session(cipher), 0);
		session = guarded_get32(&g, 10);
		for (size_t i = 0; i < 4; i++)
			short_parameters(codes[i], session);
		/* The whole one is taken: the session is right. */
		begin_encrypted(0x146, session);
		tpm_u16(&t, 4);
		tpm_u32(&t, 0x01020304);
		ck_assert_uint_eq(guarded_command(&g, &t), 0);
		ck_assert_uint_eq(tpm_flush(&t, session), 0);
	}
	guarded_still_works();
}
END_TEST

enum { KEY_RSA, KEY_ECC, KEY_HMAC, KEY_HMAC_ANY, KEY_CIPHER, KEYS };

static const unsigned schemes[] = {
	0x05, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x10
};

#define SCHEMES	(sizeof(schemes) / sizeof(schemes[0]))

static void template_hmac(bool any)
{
	tpm_u16(&t, any ? 14 : 16);
	tpm_u16(&t, 8);
	tpm_u16(&t, TPM_SHA256);
	tpm_u32(&t, any ? TPM_SIGN_DECRYPT : 0x40472);
	tpm_u16(&t, 0);
	if (any) {
		tpm_u16(&t, 0x10);
	} else {
		tpm_u16(&t, 5);
		tpm_u16(&t, TPM_SHA256);
	}
	tpm_u16(&t, 0);
}

static void template_cipher(void)
{
	tpm_u16(&t, 18);
	tpm_u16(&t, 0x25);
	tpm_u16(&t, TPM_SHA256);
	tpm_u32(&t, TPM_SIGN_DECRYPT);
	tpm_u16(&t, 0);
	tpm_u16(&t, 6);
	tpm_u16(&t, 128);
	tpm_u16(&t, 0x43);
	tpm_u16(&t, 0);
}

static uint32_t make_key(unsigned kind)
{
	uint32_t key = 0;

	tpm_primary_begin(&t, TPM_OWNER);
	if (kind == KEY_RSA)
		tpm_template_rsa(&t, 1024, TPM_SIGN_DECRYPT);
	else if (kind == KEY_ECC)
		tpm_template_ecc(&t, TPM_P256, TPM_SIGN_DECRYPT);
	else if (kind == KEY_CIPHER)
		template_cipher();
	else
		template_hmac(kind == KEY_HMAC_ANY);
	ck_assert_uint_eq(tpm_primary_end(&t, &key), 0);
	return key;
}

static bool signs(unsigned kind, unsigned scheme)
{
	switch (kind) {
	case KEY_RSA:
		return scheme == TPM_RSASSA || scheme == TPM_RSAPSS;
	case KEY_ECC:
		return scheme == TPM_ECDSA || scheme == 0x1b ||
			scheme == 0x1c;
	case KEY_HMAC:
		return scheme == 5 || scheme == 0x10;
	case KEY_HMAC_ANY:
		return scheme == 5;
	default:
		return false;
	}
}

static void scheme_of(unsigned scheme, unsigned hash)
{
	tpm_u16(&t, scheme);
	if (scheme == 0x10 || scheme == 0x15)
		return;
	tpm_u16(&t, hash);
	if (scheme == 0x1a)
		tpm_u16(&t, 0);
}

static void sign_with(uint32_t key, unsigned kind, unsigned scheme,
	unsigned hash)
{
	uint8_t digest[64] = { 1 };
	uint32_t code;

	tpm_begin(&t, TPM_SESSIONS, 0x15d);
	tpm_u32(&t, key);
	tpm_password(&t);
	tpm_sized(&t, digest, tpm_hash_bytes(hash));
	scheme_of(scheme, hash);
	tpm_u16(&t, 0x8024);
	tpm_u32(&t, TPM_NULL_HIERARCHY);
	tpm_u16(&t, 0);
	code = guarded_command(&g, &t);
	if (hash == TPM_SHA256)
		ck_assert_msg((code == 0) == signs(kind, scheme),
			"key %u, scheme %#x: %#x", kind, scheme, code);
	guarded_still_works();
}

/* What proves something with a key: Certify, Quote, GetTime; and what checks
 * a signature, with any signature. */
static void prove_with(uint32_t key, unsigned kind, unsigned scheme)
{
	uint8_t zeros[256] = { 0 };
	uint32_t code;

	tpm_begin(&t, TPM_SESSIONS, 0x158);
	tpm_u32(&t, key);
	tpm_password(&t);
	tpm_u16(&t, 0);
	scheme_of(scheme, TPM_SHA256);
	tpm_u32(&t, 0);
	code = guarded_command(&g, &t);
	ck_assert_msg((code == 0) == signs(kind, scheme),
		"quote: key %u, scheme %#x: %#x", kind, scheme, code);
	tpm_begin(&t, TPM_NO_SESSIONS, 0x177);
	tpm_u32(&t, key);
	tpm_sized(&t, zeros, 32);
	tpm_u16(&t, scheme);
	tpm_u16(&t, TPM_SHA256);
	tpm_sized(&t, zeros, 128);
	tpm_sized(&t, zeros, 32);
	ck_assert_uint_ne(guarded_command(&g, &t), 0);
	guarded_still_works();
}

/* CVE-2025-2884 and -49133: an HMAC key with a scheme of RSA's or EC's was
 * taken for a key of that kind. */
START_TEST(M_13_a_key_signs_with_its_own_schemes_only)
{
	for (unsigned kind = 0; kind < KEYS; kind++) {
		uint32_t key = make_key(kind);

		for (size_t i = 0; i < SCHEMES; i++) {
			for (unsigned h = TPM_SHA256; h <= TPM_SHA512; h++)
				sign_with(key, kind, schemes[i], h);
			prove_with(key, kind, schemes[i]);
		}
		ck_assert_uint_eq(tpm_flush(&t, key), 0);
	}
}
END_TEST

/* HMAC itself, of keys that are none, and with schemes that are no hash. */
START_TEST(M_13_hmac_takes_hmac_keys_only)
{
	for (unsigned kind = 0; kind < KEYS; kind++) {
		uint32_t key = make_key(kind);

		for (size_t i = 0; i < SCHEMES; i++) {
			tpm_begin(&t, TPM_SESSIONS, 0x155);
			tpm_u32(&t, key);
			tpm_password(&t);
			tpm_sized(&t, "text", 4);
			tpm_u16(&t, schemes[i]);
			if (guarded_command(&g, &t) == 0)
				ck_assert(kind == KEY_HMAC &&
					schemes[i] == 0x10);
			guarded_still_works();
		}
		ck_assert_uint_eq(tpm_flush(&t, key), 0);
	}
}
END_TEST

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

	while (n < 80 && start_session(0x10) == 0)
		session[n++] = guarded_get32(&g, 10);
	ck_assert_uint_eq(n, 3);
	ck_assert_uint_eq(start_session(0x10), RC_SESSION_MEMORY);
	for (unsigned i = 0; i < n; i++)
		ck_assert_uint_eq(context_save(session[i]), 0);
	while (n < 80) {
		code = start_session(0x10);
		if (code)
			break;
		session[n++] = guarded_get32(&g, 10);
		ck_assert_uint_eq(context_save(session[n - 1]), 0);
	}
	ck_assert_uint_eq(n, 64);
	ck_assert_uint_eq(code, RC_SESSION_HANDLES);
	for (unsigned i = 0; i < n; i++)
		ck_assert_uint_eq(tpm_flush(&t, session[i]), 0);
	ck_assert_uint_eq(start_session(0x10), 0);
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
	uint32_t key = make_key(KEY_ECC);

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

	ck_assert_uint_eq(start_session(0x10), 0);
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

	ck_assert_uint_eq(context_save(make_key(KEY_ECC)), 0);
	object = g;
	ck_assert_uint_eq(start_session(0x10), 0);
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

UNIT_MAIN("hostile M", setup, teardown,
	M_02_a_size_that_is_not_the_commands_is_refused,
	M_03_unknown_tags_and_commands_change_nothing,
	M_03_reserved_handles_are_refused,
	random_commands_of_every_length_are_answered,
	certify_x509_is_off,
	certify_x509_is_not_listed,
	as_many_commands_are_listed_as_there_are_said_to_be,
	M_07_no_response_is_longer_than_its_buffer,
	M_12_an_encrypted_parameter_that_is_short_is_refused,
	M_13_a_key_signs_with_its_own_schemes_only,
	M_13_hmac_takes_hmac_keys_only,
	M_16_objects_run_out_and_come_back,
	M_16_sessions_run_out_and_come_back,
	M_16_storage_runs_out_and_comes_back,
	M_17_a_forged_context_is_refused,
	M_17_an_old_session_is_loaded_once,
	M_17_a_context_of_another_boot_is_refused)
