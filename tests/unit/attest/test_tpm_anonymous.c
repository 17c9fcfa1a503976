/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Curves in two steps, beside libtpms with OpenSSL: ECDAA, whose signatures
 * libcrypto checks point by point, and an exchange of keys that each side has
 * half of.
 */
#include <string.h>

#include "sides.h"
#include "openssl.h"
#include "unit.h"

#define ECDAA		0x1a
#define ECDH		0x19
#define DECRYPT		0x20472u
#define SIGN		0x40472u

static EC_GROUP *group;
static BN_CTX *ctx;

static void setup(void)
{
	openssl_load();
	sides_setup();
	group = openssl.EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	ctx = openssl.BN_CTX_new();
}

static void teardown(void)
{
	openssl.EC_GROUP_free(group);
	openssl.BN_CTX_free(ctx);
	sides_teardown();
}

/* ------------------------------------------------------------------ points */

/** As the TPM writes it: two lengths of coordinates behind that of both. */
struct point {
	uint8_t bytes[80];
	size_t len;
};

/* At @at of the response; what comes behind it. */
static uint32_t take_point(const struct tpm *t, uint32_t at, struct point *p)
{
	p->len = 2 + tpm_get16(t, at);
	ck_assert_uint_le(p->len, sizeof(p->bytes));
	memcpy(p->bytes, t->response + at, p->len);
	return at + (uint32_t)p->len;
}

static const uint8_t *coordinate(const uint8_t *at, BIGNUM **value)
{
	int len = at[0] << 8 | at[1];

	*value = openssl.BN_bin2bn(at + 2, len, NULL);
	return at + 2 + len;
}

static EC_POINT *point_of(const struct point *p)
{
	EC_POINT *point = openssl.EC_POINT_new(group);
	BIGNUM *x, *y;

	coordinate(coordinate(p->bytes + 2, &x), &y);
	/* Refuses what is not on the curve. */
	ck_assert_int_eq(openssl.EC_POINT_set_affine_coordinates(group, point,
		x, y, ctx), 1);
	openssl.BN_free(x);
	openssl.BN_free(y);
	return point;
}

static void put_point(struct tpm *t, const EC_POINT *point)
{
	BIGNUM *x = openssl.BN_new();
	BIGNUM *y = openssl.BN_new();
	uint8_t bytes[32];

	openssl.EC_POINT_get_affine_coordinates(group, point, x, y, ctx);
	tpm_u16(t, 2 * (2 + sizeof(bytes)));
	openssl.BN_bn2binpad(x, bytes, sizeof(bytes));
	tpm_sized(t, bytes, sizeof(bytes));
	openssl.BN_bn2binpad(y, bytes, sizeof(bytes));
	tpm_sized(t, bytes, sizeof(bytes));
	openssl.BN_free(x);
	openssl.BN_free(y);
}

/* The point of a key. */
static void read_point(struct tpm *t, uint32_t key, size_t before,
	struct point *p)
{
	tpm_begin(t, TPM_NO_SESSIONS, 0x173);
	tpm_u32(t, key);
	ck_assert_uint_eq(tpm_run(t), 0);
	p->len = 2 + 2 * (2 + 32);
	p->bytes[0] = 0;
	p->bytes[1] = (uint8_t)(p->len - 2);
	memcpy(p->bytes + 2, t->response + 12 + before, p->len - 2);
}

/* ------------------------------------------------------------------- ECDAA */

/** What TPM2_Commit gave, and what TPM2_Sign made of it. */
struct commitment {
	struct point k, l, e;
	unsigned counter;
	uint8_t nonce[32];
	size_t nonce_len;
	BIGNUM *s;
};

/* A point whose x is the hash of what is given to the TPM. */
static EC_POINT *hashed_point(uint8_t *seed, BIGNUM *y)
{
	EC_POINT *point = openssl.EC_POINT_new(group);
	BIGNUM *x = NULL;
	uint8_t digest[32];

	for (*seed = 0; ; (*seed)++) {
		openssl_sha256(seed, 1, digest);
		x = openssl.BN_bin2bn(digest, sizeof(digest), x);
		if (openssl.EC_POINT_set_compressed_coordinates(group, point,
			x, 1, ctx) == 1)
			break;
		ck_assert_uint_lt(*seed, 100);
	}
	openssl.EC_POINT_get_affine_coordinates(group, point, x, y, ctx);
	openssl.BN_free(x);
	return point;
}

static void commit(struct tpm *t, uint32_t key, uint8_t seed, const BIGNUM *y,
	struct commitment *c)
{
	uint8_t bytes[32];
	uint32_t at;

	openssl.BN_bn2binpad(y, bytes, sizeof(bytes));
	tpm_begin(t, TPM_SESSIONS, 0x18b);
	tpm_u32(t, key);
	tpm_password(t);
	put_point(t, openssl.EC_GROUP_get0_generator(group));
	tpm_sized(t, &seed, 1);
	tpm_sized(t, bytes, sizeof(bytes));
	ck_assert_uint_eq(tpm_run(t), 0);
	at = take_point(t, 14, &c->k);
	at = take_point(t, at, &c->l);
	at = take_point(t, at, &c->e);
	c->counter = tpm_get16(t, at);
}

static const uint8_t message[32] = "signed by somebody of a group";

static uint32_t sign(struct tpm *t, uint32_t key, unsigned counter)
{
	tpm_begin(t, TPM_SESSIONS, 0x15d);
	tpm_u32(t, key);
	tpm_password(t);
	tpm_sized(t, message, sizeof(message));
	tpm_u16(t, ECDAA);
	tpm_u16(t, TPM_SHA256);
	tpm_u16(t, counter);
	tpm_u16(t, 0x8024);
	tpm_u32(t, TPM_NULL_HIERARCHY);
	tpm_u16(t, 0);
	return tpm_run(t);
}

static void take_signature(const struct tpm *t, struct commitment *c)
{
	c->nonce_len = tpm_get16(t, 18);
	ck_assert_uint_le(c->nonce_len, sizeof(c->nonce));
	memcpy(c->nonce, t->response + 20, c->nonce_len);
	coordinate(t->response + 20 + c->nonce_len, &c->s);
}

/* The hash of nonce and message, a number below the group's order. */
static BIGNUM *challenge(const struct commitment *c)
{
	uint8_t both[sizeof(c->nonce) + sizeof(message)];
	BIGNUM *number = openssl.BN_new();
	BIGNUM *whole;
	uint8_t digest[32];

	memcpy(both, c->nonce, c->nonce_len);
	memcpy(both + c->nonce_len, message, sizeof(message));
	openssl_sha256(both, c->nonce_len + sizeof(message), digest);
	whole = openssl.BN_bin2bn(digest, sizeof(digest), NULL);
	openssl.BN_div(NULL, number, whole,
		openssl.EC_GROUP_get0_order(group), ctx);
	openssl.BN_free(whole);
	return number;
}

/* s * base == committed + t * public, as points. */
static void check_equation(const BIGNUM *s, const EC_POINT *base,
	const struct point *committed, const BIGNUM *t,
	const struct point *public)
{
	EC_POINT *left = openssl.EC_POINT_new(group);
	EC_POINT *right = openssl.EC_POINT_new(group);
	EC_POINT *key = point_of(public);
	EC_POINT *before = point_of(committed);

	openssl.EC_POINT_mul(group, left, NULL, base, s, ctx);
	openssl.EC_POINT_mul(group, right, NULL, key, t, ctx);
	openssl.EC_POINT_add(group, right, right, before, ctx);
	ck_assert_int_eq(openssl.EC_POINT_cmp(group, left, right, ctx), 0);
	openssl.EC_POINT_free(left);
	openssl.EC_POINT_free(right);
	openssl.EC_POINT_free(key);
	openssl.EC_POINT_free(before);
}

static uint32_t ecdaa_key(void)
{
	tpm_primary_begin(&ours, TPM_OWNER);
	tpm_u16(&ours, 26);
	tpm_u16(&ours, 0x23);
	tpm_u16(&ours, TPM_SHA256);
	tpm_u32(&ours, SIGN);
	tpm_u16(&ours, 0);
	tpm_u16(&ours, 0x10);
	tpm_u16(&ours, ECDAA);
	tpm_u16(&ours, TPM_SHA256);
	tpm_u16(&ours, 0);
	tpm_u16(&ours, TPM_P256);
	tpm_u16(&ours, 0x10);
	tpm_u32(&ours, 0);
	return same_primary();
}

/* A commitment serves once. */
static void commit_and_sign(struct tpm *t, uint32_t key, struct point *k)
{
	BIGNUM *y = openssl.BN_new();
	struct commitment c;
	EC_POINT *hashed;
	struct point public;
	BIGNUM *number;
	uint8_t seed;

	hashed = hashed_point(&seed, y);
	commit(t, key, seed, y, &c);
	ck_assert_uint_eq(sign(t, key, c.counter), 0);
	take_signature(t, &c);
	ck_assert_uint_ne(sign(t, key, c.counter), 0);
	read_point(t, key, 22, &public);
	number = challenge(&c);
	check_equation(c.s, openssl.EC_GROUP_get0_generator(group), &c.e,
		number, &public);
	check_equation(c.s, hashed, &c.l, number, &c.k);
	*k = c.k;
	openssl.BN_free(number);
	openssl.BN_free(c.s);
	openssl.BN_free(y);
	openssl.EC_POINT_free(hashed);
}

START_TEST(ecdaa_signatures_are_what_libcrypto_computes)
{
	uint32_t key = ecdaa_key();
	struct point a, b;

	for (unsigned i = 0; i < 5; i++) {
		commit_and_sign(&ours, key, &a);
		commit_and_sign(&theirs, key, &b);
		ck_assert_uint_eq(a.len, b.len);
		ck_assert_mem_eq(a.bytes, b.bytes, a.len);
	}
	ck_assert_uint_ne(sign(&ours, key, 0x1234), 0);
}
END_TEST

/* --------------------------------------------------- an exchange in halves */

/** One side: its key, and a point for once. */
struct half {
	uint32_t key;
	struct point lasting, once;
	unsigned counter;
	uint8_t secrets[160];
	size_t len;
};

static void begin_half(struct tpm *t, uint32_t key, struct half *h)
{
	h->key = key;
	read_point(t, key, 18, &h->lasting);
	tpm_begin(t, TPM_NO_SESSIONS, 0x18e);
	tpm_u16(t, TPM_P256);
	ck_assert_uint_eq(tpm_run(t), 0);
	h->counter = tpm_get16(t, take_point(t, 10, &h->once));
}

static uint32_t end_half(struct tpm *t, struct half *h,
	const struct half *other)
{
	uint32_t code;

	tpm_begin(t, TPM_SESSIONS, 0x18d);
	tpm_u32(t, h->key);
	tpm_password(t);
	tpm_bytes(t, other->lasting.bytes, other->lasting.len);
	tpm_bytes(t, other->once.bytes, other->once.len);
	tpm_u16(t, ECDH);
	tpm_u16(t, h->counter);
	code = tpm_run(t);
	if (code)
		return code;
	h->len = tpm_get32(t, 10);
	ck_assert_uint_le(h->len, sizeof(h->secrets));
	memcpy(h->secrets, t->response + 14, h->len);
	return 0;
}

START_TEST(both_halves_of_an_exchange_come_to_the_same_secrets)
{
	uint32_t first = same_ecc(TPM_P256, TPM_SIGN_DECRYPT);
	uint32_t second = same_ecc(TPM_P256, DECRYPT);
	struct half a, b;

	begin_half(&ours, first, &a);
	begin_half(&theirs, second, &b);
	ck_assert_mem_ne(a.lasting.bytes, b.lasting.bytes, a.lasting.len);
	ck_assert_uint_eq(end_half(&ours, &a, &b), 0);
	ck_assert_uint_eq(end_half(&theirs, &b, &a), 0);
	ck_assert_uint_eq(a.len, b.len);
	ck_assert_mem_eq(a.secrets, b.secrets, a.len);
	/* The point was for once. */
	ck_assert_uint_ne(end_half(&ours, &a, &b), 0);
}
END_TEST

START_TEST(the_curves_have_the_same_parameters)
{
	for (unsigned curve = TPM_P256; curve <= TPM_P521; curve++) {
		tpm_begin(&ours, TPM_NO_SESSIONS, 0x178);
		tpm_u16(&ours, curve);
		same(0);
	}
}
END_TEST

UNIT_MAIN("vtpm, curves in two steps", setup, teardown,
	ecdaa_signatures_are_what_libcrypto_computes,
	both_halves_of_an_exchange_come_to_the_same_secrets,
	the_curves_have_the_same_parameters)
