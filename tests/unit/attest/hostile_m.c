/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Group M, commands: sizes, codes, handles and parameters that a guest may send
 * to its TPM. Each test has the id of a case.
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

static struct tpm t;
static struct guarded g;

/* A clock that runs is stored by libtpms every few seconds: a change that no
 * command made. */
static void setup(void)
{
	platform_stop_clock();
	tpm_new(&t);
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

		tpm_session_begin(&t, cipher);
		ck_assert_uint_eq(guarded_command(&g, &t), 0);
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

UNIT_MAIN("hostile M", setup, teardown,
	M_02_a_size_that_is_not_the_commands_is_refused,
	M_03_unknown_tags_and_commands_change_nothing,
	M_03_reserved_handles_are_refused,
	random_commands_of_every_length_are_answered,
	certify_x509_is_off,
	certify_x509_is_not_listed,
	as_many_commands_are_listed_as_there_are_said_to_be,
	M_07_no_response_is_longer_than_its_buffer,
	M_12_an_encrypted_parameter_that_is_short_is_refused)
