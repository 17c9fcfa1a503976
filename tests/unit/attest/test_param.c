/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What libtpms calls from 0.10 on, against OpenSSL: lists of parameters, keys
 * made of them, key derivation, numbers in texts. Lists have the same form on
 * both sides, so each side takes the other's.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "openssl.h"
#include "unit.h"

#define MOST	512

unsigned long __isoc23_strtoul(const char *text, char **end, int base);

static const char *const numbers[] = {
	OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D,
	OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
	OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
	OSSL_PKEY_PARAM_RSA_COEFFICIENT1
};

#define NUMBERS	(sizeof(numbers) / sizeof(numbers[0]))
#define D	2
#define P	3
#define DP	5

/** A key of OpenSSL's, and its numbers on both sides. */
struct parts {
	EVP_PKEY *key;
	BIGNUM *ours[NUMBERS], *theirs[NUMBERS];
};

static void parts_make(struct parts *p, int bits)
{
	RSA *rsa = openssl.RSA_new();
	BIGNUM *e = openssl.BN_new();

	memset(p, 0, sizeof(*p));
	openssl.BN_set_word(e, 65537);
	ck_assert_int_eq(openssl.RSA_generate_key_ex(rsa, bits, e, NULL), 1);
	openssl.BN_free(e);
	p->key = openssl.EVP_PKEY_new();
	openssl.EVP_PKEY_assign(p->key, EVP_PKEY_RSA, rsa);
	for (size_t i = 0; i < NUMBERS; i++) {
		ck_assert_int_eq(openssl.EVP_PKEY_get_bn_param(p->key,
			numbers[i], &p->theirs[i]), 1);
		p->ours[i] = ours_of(p->theirs[i]);
	}
}

static void parts_free(struct parts *p)
{
	for (size_t i = 0; i < NUMBERS; i++) {
		openssl.BN_free(p->theirs[i]);
		BN_clear_free(p->ours[i]);
	}
	openssl.EVP_PKEY_free(p->key);
}

static OSSL_PARAM *our_list(const struct parts *p, size_t n)
{
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	OSSL_PARAM *list;

	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(OSSL_PARAM_BLD_push_BN(b, numbers[i],
			p->ours[i]), 1);
	list = OSSL_PARAM_BLD_to_param(b);
	OSSL_PARAM_BLD_free(b);
	return list;
}

static OSSL_PARAM *their_list(const struct parts *p, size_t n)
{
	OSSL_PARAM_BLD *b = openssl.OSSL_PARAM_BLD_new();
	OSSL_PARAM *list;

	for (size_t i = 0; i < n; i++)
		openssl.OSSL_PARAM_BLD_push_BN(b, numbers[i], p->theirs[i]);
	list = openssl.OSSL_PARAM_BLD_to_param(b);
	openssl.OSSL_PARAM_BLD_free(b);
	return list;
}

static EVP_PKEY *our_key(OSSL_PARAM *list)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *k = NULL;

	ck_assert_int_eq(EVP_PKEY_fromdata_init(c), 1);
	ck_assert_int_eq(EVP_PKEY_fromdata(c, &k, EVP_PKEY_KEYPAIR, list), 1);
	EVP_PKEY_CTX_free(c);
	return k;
}

static EVP_PKEY *their_key(OSSL_PARAM *list)
{
	EVP_PKEY_CTX *c = openssl.EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *k = NULL;

	ck_assert_int_eq(openssl.EVP_PKEY_fromdata_init(c), 1);
	ck_assert_int_eq(openssl.EVP_PKEY_fromdata(c, &k, EVP_PKEY_KEYPAIR,
		list), 1);
	openssl.EVP_PKEY_CTX_free(c);
	return k;
}

static void check_numbers(const struct parts *p, EVP_PKEY *ours,
	EVP_PKEY *theirs)
{
	for (size_t i = 0; i < NUMBERS; i++) {
		BIGNUM *a = NULL;
		BIGNUM *b = NULL;

		CHECK(EVP_PKEY_get_bn_param(ours, numbers[i], &a) == 1);
		check_same(a, p->theirs[i]);
		/* Also into a number that is there. */
		CHECK(EVP_PKEY_get_bn_param(ours, numbers[i], &a) == 1);
		CHECK(openssl.EVP_PKEY_get_bn_param(theirs, numbers[i], &b) ==
			1);
		check_same(a, b);
		BN_clear_free(a);
		openssl.BN_free(b);
	}
}

START_TEST(keys_made_of_parameters_are_those_of_openssl)
{
	static const int sizes[] = { 1024, 1025, 2048 };
	OSSL_PARAM *mine;
	OSSL_PARAM *other;
	struct parts p;

	for (size_t i = 0; i < 3; i++) {
		parts_make(&p, sizes[i]);
		mine = our_list(&p, NUMBERS);
		other = their_list(&p, NUMBERS);
		EVP_PKEY *ours = our_key(other);
		EVP_PKEY *theirs = their_key(mine);
		check_numbers(&p, ours, theirs);
		EVP_PKEY_free(ours);
		openssl.EVP_PKEY_free(theirs);
		OSSL_PARAM_free(mine);
		openssl.OSSL_PARAM_free(other);
		parts_free(&p);
	}
}
END_TEST

/* Without padding: what the numbers alone do. */
static void decrypt_ours(EVP_PKEY *k, const unsigned char *in,
	unsigned char *out, size_t len)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(k, NULL);

	EVP_PKEY_decrypt_init(c);
	EVP_PKEY_CTX_set_rsa_padding(c, RSA_NO_PADDING);
	CHECK(EVP_PKEY_decrypt(c, out, &len, in, len) == 1);
	EVP_PKEY_CTX_free(c);
}

static void decrypt_theirs(EVP_PKEY *k, const unsigned char *in,
	unsigned char *out, size_t len)
{
	EVP_PKEY_CTX *c = openssl.EVP_PKEY_CTX_new(k, NULL);

	openssl.EVP_PKEY_decrypt_init(c);
	openssl.EVP_PKEY_CTX_set_rsa_padding(c, RSA_NO_PADDING);
	CHECK(openssl.EVP_PKEY_decrypt(c, out, &len, in, len) == 1);
	openssl.EVP_PKEY_CTX_free(c);
}

/* Where the parts do not fit together the exponent alone has to do, and nothing
 * may come out that would tell a factor. */
static void compare_decrypting(struct parts *p, size_t n, size_t damaged)
{
	unsigned char in[MOST];
	unsigned char x[MOST];
	unsigned char y[MOST];
	OSSL_PARAM *list;
	EVP_PKEY *k;

	random_bytes(in, 128);
	in[0] = 0;
	if (damaged)
		BN_add_word(p->ours[damaged], 2);
	list = our_list(p, n);
	k = our_key(list);
	decrypt_ours(k, in, x, 128);
	decrypt_theirs(p->key, in, y, 128);
	CHECK(memcmp(x, y, 128) == 0);
	EVP_PKEY_free(k);
	OSSL_PARAM_free(list);
}

START_TEST(a_key_works_with_and_without_its_factors)
{
	struct parts p;

	parts_make(&p, 1024);
	for (unsigned i = 0; i < 10; i++) {
		compare_decrypting(&p, NUMBERS, 0);
		compare_decrypting(&p, D + 1, 0);
	}
	for (size_t i = DP; i < NUMBERS; i++)
		compare_decrypting(&p, NUMBERS, i);
	parts_free(&p);
}
END_TEST

/* With factors that are right the exponent is not needed. libtpms hands them
 * over in either order. */
START_TEST(the_factors_are_used)
{
	struct parts p;
	BIGNUM *larger;
	BIGNUM *d;

	parts_make(&p, 1024);
	d = p.ours[D];
	p.ours[D] = BN_new();
	BN_set_word(p.ours[D], 1);
	compare_decrypting(&p, NUMBERS, 0);
	larger = p.ours[P];
	p.ours[P] = p.ours[P + 1];
	p.ours[P + 1] = larger;
	compare_decrypting(&p, NUMBERS, 0);
	BN_clear_free(d);
	parts_free(&p);
}
END_TEST

START_TEST(a_key_without_a_modulus_is_none)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	unsigned char text[MOST] = { 0 };
	OSSL_PARAM none = OSSL_PARAM_construct_end();
	size_t len = sizeof(text);
	EVP_PKEY *k = NULL;

	ck_assert_ptr_null(EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL));
	ck_assert_int_eq(EVP_PKEY_fromdata(c, &k, EVP_PKEY_KEYPAIR, &none), 0);
	ck_assert_ptr_null(k);
	EVP_PKEY_encrypt_init(c);
	ck_assert_int_eq(EVP_PKEY_encrypt(c, text, &len, text, 4), 0);
	EVP_PKEY_CTX_free(c);
}
END_TEST

static OSSL_PARAM *wish(unsigned bits, unsigned long exponent)
{
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	BIGNUM *e = BN_new();
	OSSL_PARAM *list;

	BN_set_word(e, exponent);
	ck_assert_int_eq(OSSL_PARAM_BLD_push_BN(b, "e", e), 1);
	if (bits)
		ck_assert_int_eq(OSSL_PARAM_BLD_push_uint(b, "bits", bits), 1);
	list = OSSL_PARAM_BLD_to_param(b);
	OSSL_PARAM_BLD_free(b);
	BN_clear_free(e);
	return list;
}

/* NULL: there is no such key. */
static EVP_PKEY *generate(unsigned bits, unsigned long exponent)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *list = wish(bits, exponent);
	EVP_PKEY *k = NULL;

	ck_assert_int_eq(EVP_PKEY_keygen_init(c), 1);
	ck_assert_int_eq(EVP_PKEY_generate(c, &k), 0);
	if (EVP_PKEY_CTX_set_params(c, list) != 1 ||
	    EVP_PKEY_generate(c, &k) != 1)
		ck_assert_ptr_null(k);
	OSSL_PARAM_free(list);
	EVP_PKEY_CTX_free(c);
	return k;
}

START_TEST(a_key_is_generated_as_it_is_wanted)
{
	EVP_PKEY *k = generate(1024, 65537);
	unsigned char bytes[MOST];
	BIGNUM *n = NULL;
	BIGNUM *p = NULL;
	BIGNUM *rest = BN_new();
	BIGNUM *prime;

	ck_assert_ptr_nonnull(k);
	ck_assert_int_eq(EVP_PKEY_get_bn_param(k, "n", &n), 1);
	ck_assert_int_eq(EVP_PKEY_get_bn_param(k, "rsa-factor1", &p), 1);
	ck_assert_int_eq(EVP_PKEY_get_bn_param(k, "d", &rest), 0);
	ck_assert_int_eq(EVP_PKEY_get_bn_param(k, "nonsense", &rest), 0);
	ck_assert_int_eq(BN_num_bits(n), 1024);
	ck_assert_int_eq(BN_div(NULL, rest, n, p, NULL), 1);
	ck_assert(BN_is_zero(rest));
	prime = openssl.BN_bin2bn(bytes, BN_bn2bin(p, bytes), NULL);
	ck_assert_int_eq(openssl.BN_check_prime(prime, NULL, NULL), 1);
	openssl.BN_free(prime);
	BN_clear_free(n);
	BN_clear_free(p);
	BN_clear_free(rest);
	EVP_PKEY_free(k);
}
END_TEST

START_TEST(a_key_that_cannot_be_is_not_generated)
{
	ck_assert_ptr_null(generate(0, 65537));
	ck_assert_ptr_null(generate(512, 65537));
	ck_assert_ptr_null(generate(1024, 65536));
	ck_assert_ptr_null(generate(UINT_MAX, 65537));
}
END_TEST

START_TEST(a_list_that_is_full_takes_no_more)
{
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	BIGNUM *minus = BN_new();
	OSSL_PARAM *list;
	int n = 0;

	BN_sub(minus, minus, BN_value_one());
	ck_assert_int_eq(OSSL_PARAM_BLD_push_BN(b, "minus", minus), 0);
	while (OSSL_PARAM_BLD_push_uint(b, "number", 7))
		ck_assert_int_lt(++n, 100);
	list = OSSL_PARAM_BLD_to_param(b);
	for (int i = 0; i < n; i++)
		ck_assert_str_eq(list[i].key, "number");
	ck_assert_ptr_null(list[n].key);
	OSSL_PARAM_free(list);
	/* It is empty again. */
	ck_assert_int_eq(OSSL_PARAM_BLD_push_uint(b, "number", 7), 1);
	OSSL_PARAM_BLD_free(b);
	BN_clear_free(minus);
}
END_TEST

/** A derivation: what goes in. */
struct derivation {
	char digest[16];
	const char *secret_name;
	unsigned char secret[80], info[80];
	size_t secret_len, info_len, len;
	bool with_info;
};

#define DERIVER(name, table) \
	static int name##_derive(struct derivation *v, unsigned char *out) \
	{ \
		EVP_KDF *kdf = table EVP_KDF_fetch(NULL, "SSKDF", NULL); \
		EVP_KDF_CTX *c = table EVP_KDF_CTX_new(kdf); \
		OSSL_PARAM list[4]; \
		OSSL_PARAM *p = list; \
		int done; \
\
		*p++ = table OSSL_PARAM_construct_utf8_string("digest", \
			v->digest, 0); \
		*p++ = table OSSL_PARAM_construct_octet_string( \
			v->secret_name, v->secret, v->secret_len); \
		if (v->with_info) \
			*p++ = table OSSL_PARAM_construct_octet_string( \
				"info", v->info, v->info_len); \
		*p = table OSSL_PARAM_construct_end(); \
		done = table EVP_KDF_derive(c, out, v->len, list); \
		table EVP_KDF_CTX_free(c); \
		table EVP_KDF_free(kdf); \
		return done; \
	}

DERIVER(our, )
DERIVER(their, openssl.)

static void random_derivation(struct derivation *v)
{
	static const char *const digests[] = {
		"sha1", "sha256", "sha384", "sha512"
	};

	random_bytes(v, sizeof(*v));
	strcpy(v->digest, digests[random_below(4)]);
	v->secret_name = random_below(4) ? "secret" : "key";
	v->secret_len = 1 + random_below(sizeof(v->secret));
	v->info_len = 1 + random_below(sizeof(v->info));
	v->with_info = random_below(4) != 0;
	v->len = 1 + random_below(300);
}

START_TEST(derived_keys_are_those_of_openssl)
{
	unsigned char x[20000];
	unsigned char y[20000];
	struct derivation v;

	for (unsigned i = 0; i < 1000; i++) {
		random_derivation(&v);
		if (i % 100 == 0)	/* a counter of more than a byte */
			v.len = sizeof(x);
		CHECK(our_derive(&v, x) == 1);
		CHECK(their_derive(&v, y) == 1);
		CHECK(memcmp(x, y, v.len) == 0);
	}
}
END_TEST

START_TEST(what_cannot_be_derived_is_refused)
{
	unsigned char out[64];
	struct derivation v;

	random_derivation(&v);
	v.len = 0;
	ck_assert_int_eq(our_derive(&v, out), 0);
	v.len = sizeof(out);
	v.secret_name = "info";
	ck_assert_int_eq(our_derive(&v, out), 0);
	v.secret_name = "secret";
	strcpy(v.digest, "nonsense");
	ck_assert_int_eq(our_derive(&v, out), 0);
	ck_assert_ptr_null(EVP_KDF_fetch(NULL, "HKDF", NULL));
	ck_assert_ptr_null(EVP_KDF_CTX_new(NULL));
}
END_TEST

static void compare_text(const char *text, int base)
{
	char *ours;
	char *theirs;
	unsigned long value;
	int error;

	errno = 0;
	value = strtoul(text, &theirs, base);
	error = errno;
	errno = 0;
	CHECK(__isoc23_strtoul(text, &ours, base) == value);
	CHECK(ours == theirs);
	CHECK(errno == error);
}

START_TEST(numbers_in_texts_are_those_of_the_c_library)
{
	static const char *const texts[] = {
		"", "0", "1024", "0x11f-0x122", "0X1Fg", "0x", "0xg", "017",
		"089", " \t42,", "+7", "-7", "- 7", "-0x10", "x", "99zZ",
		"18446744073709551615", "18446744073709551616",
		"-18446744073709551616", "0x10000000000000000"
	};
	static const int bases[] = { 0, 2, 8, 10, 16, 36 };
	char *end;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (size_t b = 0; b < sizeof(bases) / sizeof(bases[0]); b++)
			compare_text(texts[i], bases[b]);
	/* What C23 has and older C libraries have not. */
	ck_assert_uint_eq(__isoc23_strtoul("0b101,", &end, 0), 5);
	ck_assert_str_eq(end, ",");
	ck_assert_uint_eq(__isoc23_strtoul("0b2", &end, 0), 0);
	ck_assert_str_eq(end, "b2");
}
END_TEST

START_TEST(enough_was_compared)
{
	ck_assert_uint_ge(*checks_made, 3400);
}
END_TEST

UNIT_MAIN("vtpm parameters", openssl_load, NULL,
	keys_made_of_parameters_are_those_of_openssl,
	a_key_works_with_and_without_its_factors,
	the_factors_are_used,
	a_key_without_a_modulus_is_none,
	a_key_is_generated_as_it_is_wanted,
	a_key_that_cannot_be_is_not_generated,
	a_list_that_is_full_takes_no_more,
	derived_keys_are_those_of_openssl,
	what_cannot_be_derived_is_refused,
	numbers_in_texts_are_those_of_the_c_library,
	enough_was_compared)
