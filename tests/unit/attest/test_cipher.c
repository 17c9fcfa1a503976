/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Ciphers and hashes against OpenSSL's, and known answers of Camellia.
 */
#include <string.h>

#include "openssl.h"
#include "unit.h"
#include "vtpm/sha256.h"

#define MOST	300

struct cipher {
	const char *name;
	const EVP_CIPHER *(*ours)(void);
	size_t theirs;		/* where in the table */
};

static const struct cipher ciphers[] = {
#define ROW(name) { #name, name, offsetof(struct openssl, name) },
	OPENSSL_CIPHERS(ROW)
#undef ROW
};

static const EVP_CIPHER *theirs_of(const struct cipher *cipher)
{
	const EVP_CIPHER *(*function)(void);

	memcpy(&function, (char *)&openssl + cipher->theirs, sizeof(function));
	return function();
}

/* Whole blocks where the mode is ECB or CBC. */
static int usable(const struct cipher *cipher, unsigned len)
{
	if (strstr(cipher->name, "ecb") || strstr(cipher->name, "cbc"))
		return (int)(len / 16 * 16);
	return (int)len;
}

struct input {
	unsigned char key[32], iv[16], text[MOST];
	int first, rest;	/* bytes of the two calls */
};

static void random_input(struct input *in, const struct cipher *cipher)
{
	random_bytes(in, sizeof(*in));
	/* A counter that is about to be carried. */
	if (random_below(3) == 0)
		memset(in->iv, 0xff, 15);
	in->first = usable(cipher, random_below(MOST / 2));
	in->rest = usable(cipher, random_below(MOST / 2));
}

/* As libtpms asks from 0.10 on. */
static void check_iv_by_name(EVP_CIPHER_CTX *ours, EVP_CIPHER_CTX *theirs)
{
	unsigned char x[16] = { 0 };
	unsigned char y[16] = { 0 };
	OSSL_PARAM a[] = {
		OSSL_PARAM_octet_string("updated-iv", x, sizeof(x)),
		OSSL_PARAM_END
	};
	OSSL_PARAM b[] = {
		OSSL_PARAM_octet_string("updated-iv", y, sizeof(y)),
		OSSL_PARAM_END
	};

	CHECK(EVP_CIPHER_CTX_get_params(ours, a) == 1);
	CHECK(openssl.EVP_CIPHER_CTX_get_params(theirs, b) == 1);
	CHECK(a[0].return_size == b[0].return_size);
	CHECK(memcmp(x, y, sizeof(x)) == 0);
}

static void check_iv(EVP_CIPHER_CTX *ours, EVP_CIPHER_CTX *theirs)
{
	int len = EVP_CIPHER_CTX_get_iv_length(ours);

	CHECK(len == openssl.EVP_CIPHER_CTX_get_iv_length(theirs));
	CHECK(memcmp(EVP_CIPHER_CTX_iv(ours),
		openssl.EVP_CIPHER_CTX_iv(theirs), (size_t)len) == 0);
	check_iv_by_name(ours, theirs);
}

static void compare(const struct cipher *cipher, const struct input *in,
	bool encrypt)
{
	EVP_CIPHER_CTX *a = EVP_CIPHER_CTX_new();
	EVP_CIPHER_CTX *b = openssl.EVP_CIPHER_CTX_new();
	unsigned char x[MOST] = { 0 };
	unsigned char y[MOST] = { 0 };
	int n = 0;
	int m = 0;

	CHECK((encrypt ? EVP_EncryptInit_ex : EVP_DecryptInit_ex)(a,
		cipher->ours(), NULL, in->key, in->iv) == 1);
	(encrypt ? openssl.EVP_EncryptInit_ex : openssl.EVP_DecryptInit_ex)(b,
		theirs_of(cipher), NULL, in->key, in->iv);
	EVP_CIPHER_CTX_set_padding(a, 0);
	openssl.EVP_CIPHER_CTX_set_padding(b, 0);
	for (int part = 0, at = 0; part < 2; at += n, part++) {
		int len = part ? in->rest : in->first;

		CHECK((encrypt ? EVP_EncryptUpdate : EVP_DecryptUpdate)(a, x,
			&n, in->text + at, len) == 1);
		(encrypt ? openssl.EVP_EncryptUpdate :
			   openssl.EVP_DecryptUpdate)(b, y, &m, in->text + at,
			len);
		CHECK(n == len && m == len);
		CHECK(memcmp(x, y, (size_t)len) == 0);
		check_iv(a, b);
	}
	EVP_CIPHER_CTX_free(a);
	openssl.EVP_CIPHER_CTX_free(b);
}

START_TEST(ciphers_are_those_of_openssl)
{
	unsigned long rounds = unit_steps(40, 5);
	struct input in;
	size_t i;

	for (i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++) {
		for (unsigned long n = 0; n < rounds; n++) {
			random_input(&in, &ciphers[i]);
			compare(&ciphers[i], &in, n & 1);
		}
	}
}
END_TEST

START_TEST(single_blocks_are_those_of_openssl)
{
	unsigned char key[32];
	unsigned char in[16];
	unsigned char x[16];
	unsigned char y[16];
	CAMELLIA_KEY camellia;
	AES_KEY aes;

	for (int i = 0; i < 300; i++) {
		int bits = 128 + 64 * (i % 3);

		random_bytes(key, sizeof(key));
		random_bytes(in, sizeof(in));
		CHECK(AES_set_encrypt_key(key, bits, &aes) == 0);
		AES_encrypt(in, x, &aes);
		openssl.AES_set_encrypt_key(key, bits, &aes);
		openssl.AES_encrypt(in, y, &aes);
		CHECK(memcmp(x, y, 16) == 0);
		CHECK(Camellia_set_key(key, bits, &camellia) == 0);
		Camellia_encrypt(in, x, &camellia);
		openssl.Camellia_set_key(key, bits, &camellia);
		openssl.Camellia_encrypt(in, y, &camellia);
		CHECK(memcmp(x, y, 16) == 0);
	}
}
END_TEST

static void compare_des3(DES_cblock key[3])
{
	DES_key_schedule ours[3];
	DES_key_schedule theirs[3];
	DES_cblock in = { 0 };
	DES_cblock x;
	DES_cblock y;

	random_bytes(in, sizeof(in));
	for (int i = 0; i < 3; i++) {
		DES_set_key_unchecked(&key[i], &ours[i]);
		openssl.DES_set_key_unchecked(&key[i], &theirs[i]);
	}
	for (int enc = 0; enc < 2; enc++) {
		DES_ecb3_encrypt(&in, &x, &ours[0], &ours[1], &ours[2], enc);
		openssl.DES_ecb3_encrypt(&in, &y, &theirs[0], &theirs[1],
			&theirs[2], enc);
		CHECK(memcmp(x, y, sizeof(x)) == 0);
	}
}

START_TEST(random_keys_of_des_are_good_ones)
{
	DES_key_schedule schedule;
	DES_cblock key[3];

	for (int i = 0; i < 200; i++) {
		for (int k = 0; k < 3; k++) {
			CHECK(DES_random_key(&key[k]) == 1);
			CHECK(openssl.DES_set_key_checked(&key[k], &schedule) ==
				0);
		}
		compare_des3(key);
	}
}
END_TEST

/* The way of libtpms 0.10: a context that knows its cipher makes a key. */
START_TEST(a_context_makes_a_key_and_does_not_use_it)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	DES_key_schedule schedule;
	unsigned char block[8] = { 0 };
	DES_cblock key[3] = { 0 };
	int len;

	ck_assert_int_eq(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_RAND_KEY, 0, key), 0);
	ck_assert_int_eq(EVP_CipherInit_ex(c, NULL, NULL, NULL, NULL, 0), 0);
	ck_assert_int_eq(EVP_CipherInit_ex(c, EVP_aes_128_cbc(), NULL, NULL,
		NULL, 0), 1);
	ck_assert_int_eq(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_RAND_KEY, 0, key), 0);
	ck_assert_int_eq(EVP_CipherInit_ex(c, EVP_des_ede3(), NULL, NULL, NULL,
		0), 1);
	ck_assert_int_eq(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_RAND_KEY, 0, key), 1);
	for (int k = 0; k < 3; k++)
		ck_assert_int_eq(openssl.DES_set_key_checked(&key[k],
			&schedule), 0);
	ck_assert_int_eq(EVP_EncryptUpdate(c, block, &len, block, 8), 0);
	EVP_CIPHER_CTX_free(c);
}
END_TEST

START_TEST(a_direction_may_be_a_number)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	unsigned char key[16] = { 1 };
	unsigned char in[16] = { 2 };
	unsigned char out[16];
	int len = 0;

	for (int enc = 1; enc >= 0; enc--) {
		ck_assert_int_eq(EVP_CipherInit_ex(c, EVP_aes_128_ecb(), NULL,
			key, NULL, enc), 1);
		ck_assert_int_eq((enc ? EVP_EncryptUpdate : EVP_DecryptUpdate)(
			c, out, &len, enc ? in : out, 16), 1);
	}
	ck_assert_mem_eq(in, out, sizeof(in));
	EVP_CIPHER_CTX_free(c);
}
END_TEST

/* RFC 3713, appendix A. */
START_TEST(camellia_gives_the_answers_of_its_rfc)
{
	static const unsigned char in[32] = {
		0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
		0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10,
		0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
		0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff
	};
	static const unsigned char want[3][16] = {
		{ 0x67, 0x67, 0x31, 0x38, 0x54, 0x96, 0x69, 0x73,
		  0x08, 0x57, 0x06, 0x56, 0x48, 0xea, 0xbe, 0x43 },
		{ 0xb4, 0x99, 0x34, 0x01, 0xb3, 0xe9, 0x96, 0xf8,
		  0x4e, 0xe5, 0xce, 0xe7, 0xd7, 0x9b, 0x09, 0xb9 },
		{ 0x9a, 0xcc, 0x23, 0x7d, 0xff, 0x16, 0xd7, 0x6c,
		  0x20, 0xef, 0x7c, 0x91, 0x9e, 0x3a, 0x75, 0x09 },
	};
	unsigned char out[16];
	CAMELLIA_KEY key;

	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(Camellia_set_key(in, 128 + 64 * i, &key), 0);
		Camellia_encrypt(in, out, &key);
		ck_assert_mem_eq(out, want[i], 16);
	}
}
END_TEST

/* FIPS 180-4 of "abc". */
static const unsigned char abc_SHA1[] = {
	0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a,
	0xba, 0x3e, 0x25, 0x71, 0x78, 0x50, 0xc2, 0x6c,
	0x9c, 0xd0, 0xd8, 0x9d,
};

static const unsigned char abc_SHA256[] = {
	0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
	0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
	0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
	0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
};

static const unsigned char abc_SHA384[] = {
	0xcb, 0x00, 0x75, 0x3f, 0x45, 0xa3, 0x5e, 0x8b,
	0xb5, 0xa0, 0x3d, 0x69, 0x9a, 0xc6, 0x50, 0x07,
	0x27, 0x2c, 0x32, 0xab, 0x0e, 0xde, 0xd1, 0x63,
	0x1a, 0x8b, 0x60, 0x5a, 0x43, 0xff, 0x5b, 0xed,
	0x80, 0x86, 0x07, 0x2b, 0xa1, 0xe7, 0xcc, 0x23,
	0x58, 0xba, 0xec, 0xa1, 0x34, 0xc8, 0x25, 0xa7,
};

static const unsigned char abc_SHA512[] = {
	0xdd, 0xaf, 0x35, 0xa1, 0x93, 0x61, 0x7a, 0xba,
	0xcc, 0x41, 0x73, 0x49, 0xae, 0x20, 0x41, 0x31,
	0x12, 0xe6, 0xfa, 0x4e, 0x89, 0xa9, 0x7e, 0xa2,
	0x0a, 0x9e, 0xee, 0xe6, 0x4b, 0x55, 0xd3, 0x9a,
	0x21, 0x92, 0x99, 0x2a, 0x27, 0x4f, 0xc1, 0xa8,
	0x36, 0xba, 0x3c, 0x23, 0xa3, 0xfe, 0xeb, 0xbd,
	0x45, 0x4d, 0x44, 0x23, 0x64, 0x3c, 0xe8, 0x0e,
	0x2a, 0x9a, 0xc9, 0x4f, 0xa5, 0x4c, 0xa4, 0x9f,
};

#define KNOWN_HASH(name, context) \
	do { \
		unsigned char out[sizeof(abc_##name)]; \
		context c; \
\
		ck_assert_int_eq(name##_Init(&c), 1); \
		ck_assert_int_eq(name##_Update(&c, "abc", 3), 1); \
		ck_assert_int_eq(name##_Final(out, &c), 1); \
		ck_assert_mem_eq(out, abc_##name, sizeof(out)); \
	} while (0)

/* SHA-256 also as on a CPU without instructions for it. */
START_TEST(hashes_give_the_answers_of_their_standard)
{
	KNOWN_HASH(SHA256, SHA256_CTX);
	vtpm_sha256_way = VTPM_SHA256_PLAIN;
	KNOWN_HASH(SHA1, SHA_CTX);
	KNOWN_HASH(SHA256, SHA256_CTX);
	KNOWN_HASH(SHA384, SHA512_CTX);
	KNOWN_HASH(SHA512, SHA512_CTX);
}
END_TEST

/* SP 800-67, appendix B. */
START_TEST(triple_des_gives_the_answers_of_its_standard)
{
	static const unsigned char key[24] = {
		0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
		0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01,
		0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23,
	};
	static const unsigned char want[24] = {
		0xa8, 0x26, 0xfd, 0x8c, 0xe5, 0x3b, 0x85, 0x5f,
		0xcc, 0xe2, 0x1c, 0x81, 0x12, 0x25, 0x6f, 0xe6,
		0x68, 0xd5, 0xc0, 0x5d, 0xd9, 0xb6, 0xb9, 0x00,
	};
	const unsigned char *in = (const unsigned char *)
		"The qufck brown fox jump";
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	unsigned char out[24];
	int len = 0;

	ck_assert_int_eq(EVP_EncryptInit_ex(c, EVP_des_ede3_ecb(), NULL, key,
		NULL), 1);
	EVP_CIPHER_CTX_set_padding(c, 0);
	ck_assert_int_eq(EVP_EncryptUpdate(c, out, &len, in, 24), 1);
	ck_assert_int_eq(len, 24);
	ck_assert_mem_eq(out, want, sizeof(want));
	EVP_CIPHER_CTX_free(c);
}
END_TEST

/* The states are compared, too: libtpms stores them. */
#define COMPARE_HASH(name, context, size) \
	static void compare_##name(const unsigned char *data, size_t len) \
	{ \
		context a = { 0 }; \
		context b = { 0 }; \
		unsigned char x[64]; \
		unsigned char y[64]; \
		size_t half = random_below((unsigned)len + 1); \
\
		CHECK(name##_Init(&a) && openssl.name##_Init(&b)); \
		CHECK(memcmp(&a, &b, sizeof(a)) == 0); \
		name##_Update(&a, data, half); \
		openssl.name##_Update(&b, data, half); \
		CHECK(a.num == b.num && a.Nl == b.Nl && a.Nh == b.Nh); \
		name##_Update(&a, data + half, len - half); \
		openssl.name##_Update(&b, data + half, len - half); \
		/* Each goes on with the other's state. */ \
		openssl.name##_Final(x, &a); \
		name##_Final(y, &b); \
		CHECK(memcmp(x, y, size) == 0); \
	}

COMPARE_HASH(SHA1, SHA_CTX, 20)
COMPARE_HASH(SHA256, SHA256_CTX, 32)
COMPARE_HASH(SHA384, SHA512_CTX, 48)
COMPARE_HASH(SHA512, SHA512_CTX, 64)

START_TEST(hashes_are_those_of_openssl)
{
	unsigned char data[MOST];

	for (unsigned len = 0; len < MOST; len++) {
		random_bytes(data, sizeof(data));
		compare_SHA1(data, len);
		vtpm_sha256_way = VTPM_SHA256_UNKNOWN;
		compare_SHA256(data, len);
		vtpm_sha256_way = VTPM_SHA256_PLAIN;
		compare_SHA256(data, len);
		compare_SHA384(data, len);
		compare_SHA512(data, len);
	}
}
END_TEST

START_TEST(digests_have_the_names_of_openssl)
{
	ck_assert_ptr_null(EVP_get_digestbyname("md5"));
	ck_assert_ptr_null(EVP_get_digestbyname(NULL));
	ck_assert_int_eq(EVP_MD_get_size(EVP_get_digestbyname("sha384")), 48);
	ck_assert_int_eq(EVP_MD_get_size(NULL), -1);
}
END_TEST

START_TEST(a_cipher_refuses_what_it_cannot_do)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	unsigned char bytes[32] = { 0 };
	int len;

	ck_assert_int_eq(EVP_CIPHER_CTX_get_iv_length(c), -1);
	ck_assert_int_eq(EVP_EncryptUpdate(c, bytes, &len, bytes, 16), 0);
	ck_assert_int_eq(EVP_EncryptInit_ex(c, EVP_aes_128_cbc(), NULL, bytes,
		NULL), 0);
	ck_assert_int_eq(EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL, bytes,
		NULL), 1);
	ck_assert_int_eq(EVP_EncryptUpdate(c, bytes, &len, bytes, 17), 0);
	ck_assert_int_eq(EVP_EncryptFinal_ex(c, bytes, &len), 0);
	EVP_CIPHER_CTX_free(c);
}
END_TEST

START_TEST(an_iv_that_does_not_fit_is_not_given)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	unsigned char bytes[16] = { 0 };
	OSSL_PARAM list[] = {
		OSSL_PARAM_octet_string("updated-iv", bytes, 15),
		OSSL_PARAM_END
	};

	ck_assert_int_eq(EVP_CIPHER_CTX_get_params(c, list), 0);
	ck_assert_int_eq(EVP_EncryptInit_ex(c, EVP_aes_128_cfb128(), NULL,
		bytes, bytes), 1);
	ck_assert_int_eq(EVP_CIPHER_CTX_get_params(c, list), 0);
	list[0].data_size = sizeof(bytes);
	ck_assert_int_eq(EVP_CIPHER_CTX_get_params(c, list), 1);
	list[0].key = "nonsense";
	ck_assert_int_eq(EVP_CIPHER_CTX_get_params(c, list), 0);
	EVP_CIPHER_CTX_free(c);
}
END_TEST

START_TEST(enough_was_compared)
{
	ck_assert_uint_ge(*checks_made, 33000);
}
END_TEST

UNIT_MAIN("vtpm ciphers", openssl_load, NULL,
	ciphers_are_those_of_openssl,
	single_blocks_are_those_of_openssl,
	random_keys_of_des_are_good_ones,
	a_context_makes_a_key_and_does_not_use_it,
	a_direction_may_be_a_number,
	camellia_gives_the_answers_of_its_rfc,
	hashes_give_the_answers_of_their_standard,
	triple_des_gives_the_answers_of_its_standard,
	hashes_are_those_of_openssl,
	digests_have_the_names_of_openssl,
	a_cipher_refuses_what_it_cannot_do,
	an_iv_that_does_not_fit_is_not_given,
	enough_was_compared)
