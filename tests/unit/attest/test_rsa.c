/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * RSA against OpenSSL's: each side takes what the other one made.
 */
#include <string.h>

#include "openssl.h"
#include "platform.h"
#include "unit.h"

#define MOST	512

/** The same key on both sides. */
struct keys {
	EVP_PKEY *ours, *theirs;
	size_t len;
};

static const char *const names[] = { "sha1", "sha256", "sha384", "sha512" };

/* One byte more or less than the length of PSS, too. */
static const int sizes[] = { 1024, 1025, 1026, 2048 };

static void keys_make(struct keys *k, int bits, unsigned long exponent)
{
	RSA *theirs = openssl.RSA_new();
	RSA *ours = RSA_new();
	BIGNUM *e = openssl.BN_new();
	const BIGNUM *part[3];

	openssl.BN_set_word(e, exponent);
	ck_assert_int_eq(openssl.RSA_generate_key_ex(theirs, bits, e, NULL), 1);
	openssl.BN_free(e);
	openssl.RSA_get0_key(theirs, &part[0], &part[1], &part[2]);
	RSA_set0_key(ours, ours_of(part[0]), ours_of(part[1]),
		ours_of(part[2]));
	k->ours = EVP_PKEY_new();
	k->theirs = openssl.EVP_PKEY_new();
	EVP_PKEY_assign(k->ours, EVP_PKEY_RSA, ours);
	openssl.EVP_PKEY_assign(k->theirs, EVP_PKEY_RSA, theirs);
	k->len = ((size_t)bits + 7) / 8;
}

static void keys_free(struct keys *k)
{
	EVP_PKEY_free(k->ours);
	openssl.EVP_PKEY_free(k->theirs);
}

/** What is signed or encrypted, and how. */
struct job {
	const struct keys *keys;
	const char *digest;
	int padding, saltlen;
	const char *label;
	unsigned char in[MOST];
	size_t len;
};

#define SIGNER(name, table) \
	static size_t name##_sign(const struct job *j, EVP_PKEY *key, \
		unsigned char *out) \
	{ \
		EVP_PKEY_CTX *c = table EVP_PKEY_CTX_new(key, NULL); \
		size_t len = MOST; \
		bool done; \
\
		table EVP_PKEY_sign_init(c); \
		table EVP_PKEY_CTX_set_rsa_padding(c, j->padding); \
		table EVP_PKEY_CTX_set_signature_md(c, \
			table EVP_get_digestbyname(j->digest)); \
		if (j->padding == RSA_PKCS1_PSS_PADDING) \
			table EVP_PKEY_CTX_set_rsa_pss_saltlen(c, j->saltlen); \
		done = table EVP_PKEY_sign(c, out, &len, j->in, j->len) > 0; \
		table EVP_PKEY_CTX_free(c); \
		return done ? len : 0; \
	} \
\
	static bool name##_verify(const struct job *j, EVP_PKEY *key, \
		const unsigned char *sig, size_t len) \
	{ \
		EVP_PKEY_CTX *c = table EVP_PKEY_CTX_new(key, NULL); \
		bool done; \
\
		table EVP_PKEY_verify_init(c); \
		table EVP_PKEY_CTX_set_rsa_padding(c, j->padding); \
		table EVP_PKEY_CTX_set_signature_md(c, \
			table EVP_get_digestbyname(j->digest)); \
		done = table EVP_PKEY_verify(c, sig, len, j->in, j->len) > 0; \
		table EVP_PKEY_CTX_free(c); \
		return done; \
	}

#define CRYPTER(name, table, what) \
	static size_t name##_##what(const struct job *j, EVP_PKEY *key, \
		const unsigned char *in, size_t inlen, unsigned char *out) \
	{ \
		EVP_PKEY_CTX *c = table EVP_PKEY_CTX_new(key, NULL); \
		size_t len = MOST; \
		bool done; \
\
		table EVP_PKEY_##what##_init(c); \
		table EVP_PKEY_CTX_set_rsa_padding(c, j->padding); \
		if (j->padding == RSA_PKCS1_OAEP_PADDING) { \
			table EVP_PKEY_CTX_set_rsa_oaep_md(c, \
				table EVP_get_digestbyname(j->digest)); \
			table EVP_PKEY_CTX_set0_rsa_oaep_label(c, \
				j->label ? strdup(j->label) : NULL, \
				j->label ? (int)strlen(j->label) : 0); \
		} \
		done = table EVP_PKEY_##what(c, out, &len, in, inlen) > 0; \
		table EVP_PKEY_CTX_free(c); \
		return done ? len : SIZE_MAX; \
	}

#define OURS
#define THEIRS	openssl.
SIGNER(ours, OURS)
SIGNER(theirs, THEIRS)
CRYPTER(ours, OURS, encrypt)
CRYPTER(ours, OURS, decrypt)
CRYPTER(theirs, THEIRS, encrypt)
CRYPTER(theirs, THEIRS, decrypt)

static void check_both(const struct job *j, const unsigned char *sig,
	size_t len, bool good)
{
	CHECK(ours_verify(j, j->keys->ours, sig, len) == good);
	CHECK(theirs_verify(j, j->keys->theirs, sig, len) == good);
}

/* Either both can sign with this or none. PKCS #1 gives the same bytes. */
static void compare_signatures(struct job *j)
{
	unsigned char ours[MOST];
	unsigned char theirs[MOST];
	size_t len = ours_sign(j, j->keys->ours, ours);

	CHECK(len == theirs_sign(j, j->keys->theirs, theirs));
	if (len == 0)
		return;
	if (j->padding == RSA_PKCS1_PADDING)
		CHECK(memcmp(ours, theirs, len) == 0);
	check_both(j, ours, len, true);
	check_both(j, theirs, len, true);
	check_both(j, ours, len - 1, false);
	ours[random_below((unsigned)len)] ^= 4;
	check_both(j, ours, len, false);
	j->in[0] ^= 1;
	check_both(j, theirs, len, false);
}

static void compare_signing(const struct keys *keys)
{
	static const int salts[] = { -1, -2, 0, 20 };
	struct job j = { .keys = keys };

	for (size_t i = 0; i < 4; i++) {
		j.digest = names[i];
		j.len = i ? 16 + 16 * i : 20;
		random_bytes(j.in, j.len);
		j.padding = RSA_PKCS1_PADDING;
		compare_signatures(&j);
		j.padding = RSA_PKCS1_PSS_PADDING;
		for (size_t s = 0; s < 4; s++) {
			j.saltlen = salts[s];
			compare_signatures(&j);
		}
	}
}

START_TEST(each_side_takes_the_others_signatures)
{
	struct keys k;

	for (size_t i = 0; i < 4; i++) {
		keys_make(&k, sizes[i], i == 1 ? 3 : 65537);
		compare_signing(&k);
		keys_free(&k);
	}
}
END_TEST

static void check_plain(const struct job *j, const unsigned char *cipher)
{
	unsigned char out[MOST];

	CHECK(ours_decrypt(j, j->keys->ours, cipher, j->keys->len, out) ==
		j->len);
	CHECK(memcmp(out, j->in, j->len) == 0);
	CHECK(theirs_decrypt(j, j->keys->theirs, cipher, j->keys->len, out) ==
		j->len);
	CHECK(memcmp(out, j->in, j->len) == 0);
}

static void compare_messages(const struct job *j)
{
	unsigned char cipher[MOST];
	size_t len = ours_encrypt(j, j->keys->ours, j->in, j->len, cipher);
	bool done = len == j->keys->len;

	if (done)
		check_plain(j, cipher);
	len = theirs_encrypt(j, j->keys->theirs, j->in, j->len, cipher);
	CHECK(done == (len == j->keys->len));
	if (done)
		check_plain(j, cipher);
}

static void compare_crypting(const struct keys *keys)
{
	struct job j = { .keys = keys };

	random_bytes(j.in, sizeof(j.in));
	j.padding = RSA_PKCS1_PADDING;
	for (j.len = 1; j.len < keys->len; j.len += 23)
		compare_messages(&j);
	j.padding = RSA_PKCS1_OAEP_PADDING;
	for (size_t i = 0; i < 8; i++) {
		j.digest = names[i / 2];
		j.label = i & 1 ? "a label" : NULL;
		for (j.len = 1; j.len < keys->len; j.len += 67)
			compare_messages(&j);
	}
	j.padding = RSA_NO_PADDING;
	j.len = keys->len;
	j.in[0] = 0;
	compare_messages(&j);
}

START_TEST(each_side_reads_what_the_other_encrypted)
{
	struct keys k;

	keys_make(&k, 1024, 65537);
	compare_crypting(&k);
	keys_free(&k);
	keys_make(&k, 2048, 3);
	compare_crypting(&k);
	keys_free(&k);
}
END_TEST

/* A block of PKCS #1 with something wrong: both refuse, or both do not. */
static void compare_damaged(const struct keys *keys, unsigned what)
{
	struct job raw = { .keys = keys, .padding = RSA_NO_PADDING };
	struct job j = { .keys = keys, .padding = RSA_PKCS1_PADDING };
	unsigned char em[MOST];
	unsigned char cipher[MOST];
	unsigned char x[MOST];
	unsigned char y[MOST];
	size_t len;

	memset(em, 0x77, keys->len);
	em[0] = 0;
	em[1] = what == 1 ? 1 : 2;
	em[keys->len - 5] = what == 2 ? 7 : 0;
	if (what > 2)
		em[what - 1] = 0;
	ours_encrypt(&raw, keys->ours, em, keys->len, cipher);
	len = ours_decrypt(&j, keys->ours, cipher, keys->len, x);
	CHECK(len == theirs_decrypt(&j, keys->theirs, cipher, keys->len, y));
	if (len != SIZE_MAX)
		CHECK(memcmp(x, y, len) == 0);
}

START_TEST(damaged_padding_is_refused_as_openssl_does)
{
	struct keys k;

	keys_make(&k, 1024, 65537);
	for (unsigned what = 0; what < 16; what++)
		compare_damaged(&k, what);
	keys_free(&k);
}
END_TEST

START_TEST(what_is_no_less_than_the_modulus_is_refused)
{
	struct keys k;
	struct job j = { .keys = &k, .padding = RSA_NO_PADDING };
	unsigned char out[MOST];

	keys_make(&k, 1024, 65537);
	memset(j.in, 0xff, sizeof(j.in));
	ck_assert_uint_eq(ours_encrypt(&j, k.ours, j.in, k.len, out), SIZE_MAX);
	ck_assert_uint_eq(ours_decrypt(&j, k.ours, j.in, k.len, out), SIZE_MAX);
	ck_assert_uint_eq(ours_encrypt(&j, k.ours, j.in, 5, out), SIZE_MAX);
	keys_free(&k);
}
END_TEST

START_TEST(a_generated_key_has_two_primes)
{
	RSA *ours = RSA_new();
	BIGNUM *e = BN_new();
	const BIGNUM *n;
	const BIGNUM *p;
	const BIGNUM *q;
	BIGNUM *product = BN_new();
	unsigned char bytes[MOST];
	BIGNUM *prime;

	BN_set_word(e, 65537);
	ck_assert_int_eq(RSA_generate_key_ex(ours, 512, e, NULL), 0);
	ck_assert_int_eq(RSA_generate_key_ex(ours, 2048, e, NULL), 1);
	RSA_get0_key(ours, &n, NULL, NULL);
	RSA_get0_factors(ours, &p, &q);
	ck_assert_int_eq(BN_num_bits(n), 2048);
	BN_mul(product, p, q, NULL);
	ck_assert_int_eq(BN_cmp(product, n), 0);
	for (int i = 0; i < 2; i++) {
		prime = openssl.BN_bin2bn(bytes, BN_bn2bin(i ? p : q, bytes),
			NULL);
		ck_assert_int_eq(openssl.BN_check_prime(prime, NULL, NULL), 1);
		openssl.BN_free(prime);
	}
	BN_clear_free(product);
	BN_clear_free(e);
	RSA_free(ours);
}
END_TEST

/* Each power of a prime's size has some two hundred windows. */
START_TEST(others_run_while_a_key_is_made_and_used)
{
	struct keys k;
	struct job j = { .keys = &k, .padding = RSA_PKCS1_PADDING };
	unsigned char out[MOST];
	unsigned long before = platform_yields;
	RSA *ours = RSA_new();
	BIGNUM *e = BN_new();

	BN_set_word(e, 65537);
	ck_assert_int_eq(RSA_generate_key_ex(ours, 1024, e, NULL), 1);
	ck_assert_uint_gt(platform_yields - before, 20 * 100);
	keys_make(&k, 2048, 65537);
	before = platform_yields;
	(void)ours_decrypt(&j, k.ours, j.in, k.len, out);
	ck_assert_uint_gt(platform_yields - before, 400);
	keys_free(&k);
	BN_clear_free(e);
	RSA_free(ours);
}
END_TEST

/* libtpms frees a key before the context that was made of it. */
START_TEST(a_context_keeps_its_key)
{
	struct keys k;
	struct job j = { .keys = &k, .padding = RSA_PKCS1_PADDING };
	unsigned char out[MOST];
	size_t len = sizeof(out);
	EVP_PKEY_CTX *c;

	keys_make(&k, 1024, 65537);
	c = EVP_PKEY_CTX_new(k.ours, NULL);
	keys_free(&k);
	EVP_PKEY_encrypt_init(c);
	ck_assert_int_eq(EVP_PKEY_encrypt(c, out, &len, j.in, 8), 1);
	ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING),
		-2);
	EVP_PKEY_CTX_free(c);
}
END_TEST

START_TEST(enough_was_compared)
{
	ck_assert_uint_ge(*checks_made, 1300);
}
END_TEST

UNIT_MAIN("vtpm RSA", openssl_load, NULL,
	each_side_takes_the_others_signatures,
	each_side_reads_what_the_other_encrypted,
	damaged_padding_is_refused_as_openssl_does,
	what_is_no_less_than_the_modulus_is_refused,
	a_generated_key_has_two_primes,
	others_run_while_a_key_is_made_and_used,
	a_context_keeps_its_key,
	enough_was_compared)
