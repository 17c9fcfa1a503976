/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Sessions: their keys, codes and ciphers are computed here as part 1 of TCG's
 * TPM 2.0 Library tells, with libcrypto, and salts are encrypted by libtpms
 * with OpenSSL. That one is asked the same, so that a mistake here is not
 * blamed on ours.
 */
#include <string.h>

#include "sides.h"
#include "openssl.h"
#include "unit.h"

#define HASH		0x17du
#define START_SESSION	0x176u
#define DIGEST		32u
#define AES		6u
#define XOR		10u
#define CONTINUE	1u
#define DECRYPT		0x20u
#define ENCRYPT		0x40u

static void setup(void)
{
	openssl_load();
	sides_setup();
}

/** Some bytes that are put together. */
struct text {
	uint8_t bytes[700];
	size_t len;
};

static void add(struct text *t, const void *data, size_t len)
{
	ck_assert_uint_le(t->len + len, sizeof(t->bytes));
	memcpy(t->bytes + t->len, data, len);
	t->len += len;
}

static void add32(struct text *t, uint32_t v)
{
	const uint8_t bytes[] = {
		(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
		(uint8_t)v,
	};

	add(t, bytes, sizeof(bytes));
}

static void hmac(const struct text *key, const struct text *message,
	uint8_t code[DIGEST])
{
	ck_assert_ptr_nonnull(openssl.HMAC(openssl.EVP_sha256(), key->bytes,
		(int)key->len, message->bytes, message->len, code, NULL));
}

/* KDFa() with SHA-256; @len is a multiple of a digest. */
static void derive(const struct text *key, const char *label,
	const uint8_t *newer, const uint8_t *older, uint8_t *out, uint32_t bits)
{
	for (uint32_t i = 1; (i - 1) * DIGEST * 8 < bits; i++) {
		struct text message = { .len = 0 };

		add32(&message, i);
		add(&message, label, strlen(label) + 1);
		add(&message, newer, DIGEST);
		add(&message, older, DIGEST);
		add32(&message, bits);
		hmac(key, &message, out + (size_t)(i - 1) * DIGEST);
	}
}

/* --------------------------------------------------------------- a session */

struct session {
	struct tpm *tpm;
	uint32_t handle;
	unsigned cipher;
	struct text key;
	uint8_t caller[DIGEST], answer[DIGEST];	/* nonces */
};

static void fresh_nonce(struct session *s)
{
	random_bytes(s->caller, sizeof(s->caller));
}

static void put_cipher(struct tpm *t, unsigned cipher)
{
	tpm_u16(t, cipher);
	if (cipher == AES) {
		tpm_u16(t, 128);
		tpm_u16(t, 0x43);
	} else {
		tpm_u16(t, TPM_SHA256);
	}
}

/** What a session's key comes from. */
struct roots {
	uint32_t salt_key, bound_to;
	struct text encrypted;		/* salt, for the TPM */
	struct text secrets;		/* password, then salt */
};

static uint32_t start_session(struct session *s, const struct roots *r)
{
	struct tpm *t = s->tpm;
	uint32_t code;

	fresh_nonce(s);
	tpm_begin(t, TPM_NO_SESSIONS, START_SESSION);
	tpm_u32(t, r->salt_key);
	tpm_u32(t, r->bound_to);
	tpm_sized(t, s->caller, DIGEST);
	tpm_sized(t, r->encrypted.bytes, r->encrypted.len);
	tpm_u8(t, 0);
	put_cipher(t, s->cipher);
	tpm_u16(t, TPM_SHA256);
	code = tpm_run(t);
	if (code)
		return code;
	s->handle = tpm_get32(t, 10);
	ck_assert_uint_eq(tpm_get16(t, 14), DIGEST);
	memcpy(s->answer, t->response + 16, DIGEST);
	s->key.len = 0;
	if (r->secrets.len) {
		derive(&r->secrets, "ATH", s->answer, s->caller, s->key.bytes,
			DIGEST * 8);
		s->key.len = DIGEST;
	}
	return 0;
}

static void convert_aes(const struct session *s, const uint8_t *newer,
	const uint8_t *older, uint8_t *bytes, size_t len, bool encrypt)
{
	EVP_CIPHER_CTX *c = openssl.EVP_CIPHER_CTX_new();
	uint8_t key_and_iv[DIGEST];
	int n;

	derive(&s->key, "CFB", newer, older, key_and_iv, DIGEST * 8);
	if (encrypt) {
		openssl.EVP_EncryptInit_ex(c, openssl.EVP_aes_128_cfb128(),
			NULL, key_and_iv, key_and_iv + 16);
		openssl.EVP_EncryptUpdate(c, bytes, &n, bytes, (int)len);
	} else {
		openssl.EVP_DecryptInit_ex(c, openssl.EVP_aes_128_cfb128(),
			NULL, key_and_iv, key_and_iv + 16);
		openssl.EVP_DecryptUpdate(c, bytes, &n, bytes, (int)len);
	}
	openssl.EVP_CIPHER_CTX_free(c);
}

static void convert_xor(const struct session *s, const uint8_t *newer,
	const uint8_t *older, uint8_t *bytes, size_t len)
{
	uint8_t mask[8 * DIGEST];

	ck_assert_uint_le(len, sizeof(mask));
	derive(&s->key, "XOR", newer, older, mask, (uint32_t)len * 8);
	for (size_t i = 0; i < len; i++)
		bytes[i] ^= mask[i];
}

static void convert(const struct session *s, bool encrypt, uint8_t *bytes,
	size_t len)
{
	const uint8_t *newer = encrypt ? s->caller : s->answer;
	const uint8_t *older = encrypt ? s->answer : s->caller;

	if (s->cipher == AES)
		convert_aes(s, newer, older, bytes, len, encrypt);
	else
		convert_xor(s, newer, older, bytes, len);
}

/* --------------------------------------------------- a command that uses it */

static const uint8_t attributes[] = { CONTINUE | DECRYPT | ENCRYPT };

static void authorise(const struct session *s, const struct text *parameters,
	uint8_t code[DIGEST])
{
	struct text hashed = { .len = 0 };
	struct text message = { .len = DIGEST };

	add32(&hashed, HASH);
	add(&hashed, parameters->bytes, parameters->len);
	openssl_sha256(hashed.bytes, hashed.len, message.bytes);
	add(&message, s->caller, DIGEST);
	add(&message, s->answer, DIGEST);
	add(&message, attributes, 1);
	hmac(&s->key, &message, code);
}

/* The response's code of authentication is at its end, before it the
 * attributes and before these the nonce. */
static void check_response(struct session *s)
{
	const struct tpm *t = s->tpm;
	const uint8_t *end = t->response + t->rlen;
	struct text hashed = { .len = 0 };
	struct text message = { .len = DIGEST };
	uint8_t code[DIGEST];

	memcpy(s->answer, end - 2 - DIGEST - 1 - DIGEST, DIGEST);
	add32(&hashed, 0);
	add32(&hashed, HASH);
	add(&hashed, t->response + 14, tpm_get32(t, 10));
	openssl_sha256(hashed.bytes, hashed.len, message.bytes);
	add(&message, s->answer, DIGEST);
	add(&message, s->caller, DIGEST);
	add(&message, attributes, 1);
	hmac(&s->key, &message, code);
	ck_assert_mem_eq(end - DIGEST, code, DIGEST);
}

/* TPM2_Hash of 45 bytes, there and back under the session's cipher. */
static uint32_t ask(struct session *s)
{
	static const uint8_t algorithm[] = { 0, TPM_SHA256, 0x40, 0, 0, 7 };
	struct text parameters = { .len = 0 };
	struct tpm *t = s->tpm;
	uint8_t data[47] = { 0, 45, 'h', 'a', 's', 'h', ' ', 'm', 'e' };
	uint8_t wanted[DIGEST];
	uint8_t code[DIGEST];
	uint32_t result;

	openssl_sha256(data + 2, 45, wanted);
	fresh_nonce(s);
	convert(s, true, data + 2, 45);
	add(&parameters, data, sizeof(data));
	add(&parameters, algorithm, sizeof(algorithm));
	authorise(s, &parameters, code);
	tpm_begin(t, TPM_SESSIONS, HASH);
	tpm_u32(t, 4 + 2 + DIGEST + 1 + 2 + DIGEST);
	tpm_u32(t, s->handle);
	tpm_sized(t, s->caller, DIGEST);
	tpm_bytes(t, attributes, 1);
	tpm_sized(t, code, DIGEST);
	tpm_bytes(t, parameters.bytes, parameters.len);
	result = tpm_run(t);
	if (result)
		return result;
	check_response(s);
	ck_assert_uint_eq(tpm_get16(t, 14), DIGEST);
	convert(s, false, t->response + 16, DIGEST);
	ck_assert_mem_eq(t->response + 16, wanted, DIGEST);
	return 0;
}

/* It works, again and again; with another key it does not. */
static void use(struct tpm *t, const struct roots *r, unsigned cipher)
{
	struct session s = { .tpm = t, .cipher = cipher };

	ck_assert_uint_eq(start_session(&s, r), 0);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(ask(&s), 0);
	if (s.key.len) {
		s.key.bytes[0] ^= 1;
		ck_assert_uint_ne(ask(&s), 0);
		s.key.bytes[0] ^= 1;
		ck_assert_uint_eq(ask(&s), 0);
	}
	ck_assert_uint_eq(tpm_flush(t, s.handle), 0);
}

static void use_both(const struct roots *r)
{
	use(&theirs, r, AES);
	use(&ours, r, AES);
	use(&theirs, r, XOR);
	use(&ours, r, XOR);
}

/* -------------------------------------------------------------------- salts */

static const char label[] = "SECRET";

static void salt_by_rsa(struct roots *r)
{
	uint8_t salt[DIGEST];

	random_bytes(salt, sizeof(salt));
	tpm_begin(&theirs, TPM_NO_SESSIONS, 0x174);
	tpm_u32(&theirs, r->salt_key);
	tpm_sized(&theirs, salt, sizeof(salt));
	tpm_u16(&theirs, TPM_OAEP);
	tpm_u16(&theirs, TPM_SHA256);
	tpm_sized(&theirs, label, sizeof(label));
	ck_assert_uint_eq(tpm_run(&theirs), 0);
	add(&r->encrypted, theirs.response + 12, tpm_get16(&theirs, 10));
	add(&r->secrets, salt, sizeof(salt));
}

/* A coordinate with its length, at @at of the response. */
static uint32_t add_coordinate(struct text *to, uint32_t at, size_t bytes)
{
	uint32_t len = tpm_get16(&theirs, at);
	static const uint8_t zeros[66];

	ck_assert_uint_le(len, bytes);
	add(to, zeros, bytes - len);
	add(to, theirs.response + at + 2, len);
	return at + 2 + len;
}

/* KDFe() of the secret that the point and the key have. */
static void salt_by_ecc(struct roots *r, unsigned curve)
{
	static const size_t sizes[] = { 32, 48, 66 };
	size_t bytes = sizes[curve - TPM_P256];
	struct text message = { .len = 0 };
	struct text key = { .len = 0 };
	uint32_t point;

	tpm_begin(&theirs, TPM_NO_SESSIONS, 0x173);
	tpm_u32(&theirs, r->salt_key);
	ck_assert_uint_eq(tpm_run(&theirs), 0);
	/* Before it: attributes of a storage key, its cipher among them. */
	(void)add_coordinate(&key, 12 + 22, bytes);
	tpm_begin(&theirs, TPM_NO_SESSIONS, 0x163);
	tpm_u32(&theirs, r->salt_key);
	ck_assert_uint_eq(tpm_run(&theirs), 0);
	point = 12 + tpm_get16(&theirs, 10);
	add32(&message, 1);
	(void)add_coordinate(&message, 12, bytes);
	add(&message, label, sizeof(label));
	(void)add_coordinate(&message, point + 2, bytes);
	add(&message, key.bytes, key.len);
	openssl_sha256(message.bytes, message.len,
		r->secrets.bytes + r->secrets.len);
	r->secrets.len += DIGEST;
	add(&r->encrypted, theirs.response + point + 2,
		tpm_get16(&theirs, point));
}

static const struct roots none = {
	.salt_key = TPM_NULL_HIERARCHY, .bound_to = TPM_NULL_HIERARCHY,
};

START_TEST(without_salt_and_key)
{
	use_both(&none);
}
END_TEST

START_TEST(salted_by_rsa)
{
	struct roots r = none;

	r.salt_key = same_rsa(2048, TPM_STORAGE);
	salt_by_rsa(&r);
	use_both(&r);
}
END_TEST

START_TEST(salted_by_each_curve)
{
	for (unsigned curve = TPM_P256; curve <= TPM_P521; curve++) {
		struct roots r = none;

		r.salt_key = same_ecc(curve, TPM_STORAGE);
		salt_by_ecc(&r, curve);
		use_both(&r);
		flush_both(r.salt_key);
	}
}
END_TEST

/* A key with a password of five bytes. */
static uint32_t key_with_password(const char *password)
{
	tpm_begin(&ours, TPM_SESSIONS, 0x131);
	tpm_u32(&ours, TPM_OWNER);
	tpm_password(&ours);
	tpm_u16(&ours, 4 + (unsigned)strlen(password));
	tpm_sized(&ours, password, strlen(password));
	tpm_u16(&ours, 0);
	tpm_template_ecc(&ours, TPM_P256, TPM_SIGN_DECRYPT);
	return same_primary();
}

START_TEST(bound_and_salted_and_bound)
{
	struct roots r = none;

	r.bound_to = key_with_password("bound");
	add(&r.secrets, "bound", 5);
	use_both(&r);
	r.salt_key = same_rsa(2048, TPM_STORAGE);
	salt_by_rsa(&r);
	use_both(&r);
}
END_TEST

/* Each damaged byte of a salt: another key, or no session. */
START_TEST(a_damaged_salt_starts_no_session_or_another)
{
	struct session s = { .tpm = &ours, .cipher = AES };
	struct roots r = none;

	r.salt_key = same_ecc(TPM_P256, TPM_STORAGE);
	salt_by_ecc(&r, TPM_P256);
	for (size_t at = 0; at < r.encrypted.len; at++) {
		r.encrypted.bytes[at] ^= 1;
		/* Not a point of the curve any more. */
		ck_assert_uint_ne(start_session(&s, &r), 0);
		r.encrypted.bytes[at] ^= 1;
	}
	r = none;
	r.salt_key = same_rsa(1024, TPM_STORAGE);
	salt_by_rsa(&r);
	for (size_t at = 0; at < r.encrypted.len; at += 7) {
		r.encrypted.bytes[at] ^= 1;
		ck_assert_uint_ne(start_session(&s, &r), 0);
		r.encrypted.bytes[at] ^= 1;
	}
}
END_TEST

UNIT_MAIN("vtpm, sessions", setup, sides_teardown,
	without_salt_and_key,
	salted_by_rsa,
	salted_by_each_curve,
	bound_and_salted_and_bound,
	a_damaged_salt_starts_no_session_or_another)
