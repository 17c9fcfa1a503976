/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What a TPM proves to others, beside libtpms with OpenSSL: credentials that
 * one makes and the other one takes, statements that one signs and the other
 * one checks.
 */
#include <string.h>

#include "sides.h"
#include "openssl.h"
#include "unit.h"

#define ECSCHNORR	0x1c
#define NAME_BYTES	34u

static void setup(void)
{
	openssl_load();
	sides_setup();
}

static void read_name(struct tpm *t, uint32_t handle, uint8_t name[NAME_BYTES])
{
	uint32_t at;

	tpm_begin(t, TPM_NO_SESSIONS, 0x173);
	tpm_u32(t, handle);
	ck_assert_uint_eq(tpm_run(t), 0);
	at = 12 + tpm_get16(t, 10);
	ck_assert_uint_eq(tpm_get16(t, at), NAME_BYTES);
	memcpy(name, t->response + at + 2, NAME_BYTES);
}

/* ------------------------------------------------------------- credentials */

static const uint8_t credential[16] = "for this TPM!";

static void make_credential(struct tpm *t, uint32_t key,
	const uint8_t name[NAME_BYTES], struct blob *b)
{
	tpm_begin(t, TPM_NO_SESSIONS, 0x168);
	tpm_u32(t, key);
	tpm_sized(t, credential, sizeof(credential));
	tpm_sized(t, name, NAME_BYTES);
	ck_assert_uint_eq(tpm_run(t), 0);
	b->len = t->rlen - 10;
	ck_assert_uint_le(b->len, sizeof(b->bytes));
	memcpy(b->bytes, t->response + 10, b->len);
}

static uint32_t activate(struct tpm *t, uint32_t object, uint32_t key,
	const struct blob *b)
{
	tpm_begin(t, TPM_SESSIONS, 0x147);
	tpm_u32(t, object);
	tpm_u32(t, key);
	tpm_passwords(t, 2);
	tpm_bytes(t, b->bytes, b->len);
	return tpm_run(t);
}

/* The one that the name is of gets it; with a bit changed, or for another
 * object, nobody does. */
static void give_credential(struct tpm *from, struct tpm *to, uint32_t object,
	uint32_t key)
{
	uint8_t name[NAME_BYTES];
	struct blob b;

	read_name(from, object, name);
	make_credential(from, key, name, &b);
	ck_assert_uint_eq(activate(to, object, key, &b), 0);
	ck_assert_uint_eq(tpm_get16(to, 14), sizeof(credential));
	ck_assert_mem_eq(to->response + 16, credential, sizeof(credential));
	for (size_t at = 2; at < b.len; at += 37) {
		b.bytes[at] ^= 1;
		ck_assert_uint_ne(activate(to, object, key, &b), 0);
		b.bytes[at] ^= 1;
	}
	ck_assert_uint_ne(activate(to, key, key, &b), 0);
	name[NAME_BYTES - 1] ^= 1;
	make_credential(from, key, name, &b);
	ck_assert_uint_ne(activate(to, object, key, &b), 0);
}

static void credentials(uint32_t key)
{
	uint32_t object = same_ecc(TPM_P256, TPM_SIGN_DECRYPT);

	give_credential(&ours, &theirs, object, key);
	give_credential(&theirs, &ours, object, key);
	flush_both(object);
	flush_both(key);
}

START_TEST(credentials_come_back_from_the_other_side)
{
	credentials(same_rsa(2048, TPM_STORAGE));
	for (unsigned curve = TPM_P256; curve <= TPM_P521; curve++)
		credentials(same_ecc(curve, TPM_STORAGE));
}
END_TEST

/* -------------------------------------------------------------- statements */

static const uint8_t nonce[20] = "what the asker says";

/** What was signed, and the signature. */
struct statement {
	uint8_t bytes[500];
	size_t len;
	struct tpm_signature signature;
};

static void take_statement(const struct tpm *t, struct statement *s)
{
	uint32_t at;

	s->len = tpm_get16(t, 14);
	ck_assert_uint_le(s->len, sizeof(s->bytes));
	memcpy(s->bytes, t->response + 16, s->len);
	at = 16 + (uint32_t)s->len;
	s->signature.len = 14 + tpm_get32(t, 10) - at;
	ck_assert_uint_le(s->signature.len, sizeof(s->signature.bytes));
	memcpy(s->signature.bytes, t->response + at, s->signature.len);
}

static uint32_t check(struct tpm *t, uint32_t key, const struct statement *s)
{
	uint8_t digest[32];

	openssl_sha256(s->bytes, s->len, digest);
	tpm_begin(t, TPM_NO_SESSIONS, 0x177);
	tpm_u32(t, key);
	tpm_sized(t, digest, sizeof(digest));
	tpm_bytes(t, s->signature.bytes, s->signature.len);
	return tpm_run(t);
}

static bool contains(const struct statement *s, const void *what, size_t len)
{
	for (size_t at = 0; at + len <= s->len; at++)
		if (memcmp(s->bytes + at, what, len) == 0)
			return true;
	return false;
}

static void expect_statement(struct tpm *from, struct tpm *to, uint32_t key,
	const void *about, size_t len)
{
	static const uint8_t magic[] = { 0xff, 'T', 'C', 'G' };
	struct statement s;

	take_statement(from, &s);
	ck_assert_mem_eq(s.bytes, magic, sizeof(magic));
	ck_assert(contains(&s, nonce, sizeof(nonce)));
	ck_assert(contains(&s, about, len));
	ck_assert_uint_eq(check(to, key, &s), 0);
	s.bytes[s.len - 1] ^= 1;
	ck_assert_uint_ne(check(to, key, &s), 0);
}

static void certify(struct tpm *from, struct tpm *to, uint32_t object,
	uint32_t key, unsigned scheme)
{
	uint8_t name[NAME_BYTES];

	read_name(to, object, name);
	tpm_begin(from, TPM_SESSIONS, 0x148);
	tpm_u32(from, object);
	tpm_u32(from, key);
	tpm_passwords(from, 2);
	tpm_sized(from, nonce, sizeof(nonce));
	tpm_u16(from, scheme);
	tpm_u16(from, TPM_SHA256);
	ck_assert_uint_eq(tpm_run(from), 0);
	expect_statement(from, to, key, name, sizeof(name));
}

/* PCR 10's bank is all zero: what is quoted is the hash of 32 zeros. */
static void quote(struct tpm *from, struct tpm *to, uint32_t key,
	unsigned scheme)
{
	static const uint8_t zeros[32];
	uint8_t digest[32];

	openssl_sha256(zeros, sizeof(zeros), digest);
	tpm_begin(from, TPM_SESSIONS, 0x158);
	tpm_u32(from, key);
	tpm_password(from);
	tpm_sized(from, nonce, sizeof(nonce));
	tpm_u16(from, scheme);
	tpm_u16(from, TPM_SHA256);
	tpm_u32(from, 1);
	tpm_u16(from, TPM_SHA256);
	tpm_u32(from, 0x03000400);
	ck_assert_uint_eq(tpm_run(from), 0);
	expect_statement(from, to, key, digest, sizeof(digest));
}

static void statements(uint32_t key, unsigned scheme)
{
	uint32_t object = same_ecc(TPM_P384, TPM_SIGN_DECRYPT);

	certify(&ours, &theirs, object, key, scheme);
	certify(&theirs, &ours, object, key, scheme);
	quote(&ours, &theirs, key, scheme);
	quote(&theirs, &ours, key, scheme);
	flush_both(object);
}

START_TEST(each_side_believes_what_the_other_one_certifies_and_quotes)
{
	uint32_t key = same_rsa(2048, TPM_SIGN_DECRYPT);

	statements(key, TPM_RSASSA);
	statements(key, TPM_RSAPSS);
	flush_both(key);
	for (unsigned curve = TPM_P256; curve <= TPM_P521; curve++) {
		key = same_ecc(curve, TPM_SIGN_DECRYPT);
		statements(key, TPM_ECDSA);
		statements(key, ECSCHNORR);
		flush_both(key);
	}
}
END_TEST

UNIT_MAIN("vtpm, what it proves", setup, sides_teardown,
	credentials_come_back_from_the_other_side,
	each_side_believes_what_the_other_one_certifies_and_quotes)
