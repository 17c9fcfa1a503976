/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Keys that nobody would make, beside libtpms with OpenSSL: the same code for
 * each, and no memory that is lost.
 */
#include <string.h>

#include "sides.h"
#include "unit.h"

#define RC_SIGNATURE	0x2dbu
#define RSAES		0x15
#define NO_SCHEME	0x10
#define MODULUS		256u
#define ROUNDS		40u

size_t __sanitizer_get_current_allocated_bytes(void);

/* --------------------------------------------------------------------- RSA */

/** The first and the last byte of a modulus, and the exponent; 0: 65537. */
struct odd_key {
	uint8_t first, last;
	uint32_t exponent;
};

static const struct odd_key odd_keys[] = {
	{ 0xc1, 0x11, 0 }, { 0xc1, 0x10, 0 }, { 0, 0x11, 0 }, { 0, 0, 0 },
	{ 0xc1, 0x11, 3 }, { 0xc1, 0x11, 65539 }, { 0xff, 0xff, 0xfffffffb },
	{ 0xc1, 0x11, 1 }, { 0xc1, 0x11, 2 },
};

static uint32_t load_rsa(const struct odd_key *key)
{
	tpm_begin(&ours, TPM_NO_SESSIONS, 0x167);
	tpm_u16(&ours, 0);
	tpm_u16(&ours, 20 + 2 + MODULUS);
	tpm_u16(&ours, 1);
	tpm_u16(&ours, TPM_SHA256);
	tpm_u32(&ours, 0x60440);
	tpm_u16(&ours, 0);
	tpm_u16(&ours, 0x10);
	tpm_u16(&ours, 0x10);
	tpm_u16(&ours, MODULUS * 8);
	tpm_u32(&ours, key->exponent);
	tpm_u16(&ours, MODULUS);
	tpm_u8(&ours, key->first);
	for (unsigned i = 1; i < MODULUS - 1; i++)
		tpm_u8(&ours, i);
	tpm_u8(&ours, key->last);
	tpm_u32(&ours, TPM_NULL_HIERARCHY);
	return agree();
}

static void put_encrypt(uint32_t key, unsigned scheme, unsigned hash,
	const void *text, size_t len)
{
	tpm_begin(&ours, TPM_NO_SESSIONS, 0x174);
	tpm_u32(&ours, key);
	tpm_sized(&ours, text, len);
	tpm_u16(&ours, scheme);
	if (scheme == TPM_OAEP)
		tpm_u16(&ours, hash);
	tpm_u16(&ours, 0);
}

static void encrypt_all(uint32_t key)
{
	static const uint8_t text[200] = { 1, 2, 3, 4 };

	put_encrypt(key, NO_SCHEME, 0, text, 4);
	if (agree() == 0)
		ck_assert_mem_eq(ours.response, theirs.response, ours.rlen);
	put_encrypt(key, TPM_OAEP, TPM_SHA256, text, 4);
	(void)agree();
	put_encrypt(key, RSAES, 0, text, 4);
	(void)agree();
	/* Longer than there is room for. */
	put_encrypt(key, TPM_OAEP, TPM_SHA512, text, sizeof(text));
	ck_assert_uint_ne(agree(), 0);
}

/* No signature: any bytes, one above the modulus, zero. */
static void verify_all(uint32_t key)
{
	static const uint8_t fillings[] = { 0x33, 0xff, 0 };

	for (size_t i = 0; i < 2 * sizeof(fillings); i++) {
		uint8_t digest[32] = { 0x42 };
		uint8_t bytes[MODULUS];

		memset(bytes, fillings[i / 2], sizeof(bytes));
		tpm_begin(&ours, TPM_NO_SESSIONS, 0x177);
		tpm_u32(&ours, key);
		tpm_sized(&ours, digest, sizeof(digest));
		tpm_u16(&ours, i % 2 ? TPM_RSAPSS : TPM_RSASSA);
		tpm_u16(&ours, TPM_SHA256);
		tpm_sized(&ours, bytes, sizeof(bytes));
		ck_assert_uint_eq(agree(), RC_SIGNATURE);
	}
}

START_TEST(odd_rsa_keys_get_the_same_answers)
{
	unsigned loaded = 0;

	for (size_t i = 0; i < sizeof(odd_keys) / sizeof(odd_keys[0]); i++) {
		uint32_t key;

		if (load_rsa(&odd_keys[i]) != 0)
			continue;
		loaded++;
		key = tpm_get32(&ours, 10);
		encrypt_all(key);
		verify_all(key);
		flush_both(key);
	}
	ck_assert_uint_ge(loaded, 2);
}
END_TEST

/* ------------------------------------------------------------------ curves */

static void put_ecc(unsigned curve, unsigned bytes, unsigned pattern)
{
	tpm_begin(&ours, TPM_NO_SESSIONS, 0x167);
	tpm_u16(&ours, 0);
	tpm_u16(&ours, 18 + 2 * (2 + bytes));
	tpm_u16(&ours, 0x23);
	tpm_u16(&ours, TPM_SHA256);
	tpm_u32(&ours, 0x40440);
	tpm_u16(&ours, 0);
	tpm_u16(&ours, 0x10);
	tpm_u16(&ours, 0x10);
	tpm_u16(&ours, curve);
	tpm_u16(&ours, 0x10);
	for (unsigned i = 0; i < 2; i++) {
		tpm_u16(&ours, bytes);
		for (unsigned j = 0; j < bytes; j++)
			tpm_u8(&ours, pattern == 0 ? i + j : pattern == 1 ? 0 :
				0xff);
	}
	tpm_u32(&ours, TPM_NULL_HIERARCHY);
}

/* Somewhere, the origin, above the prime. */
START_TEST(points_that_are_on_no_curve_are_refused_by_both)
{
	static const unsigned bytes[] = { 32, 48, 66 };

	for (unsigned curve = TPM_P256; curve <= TPM_P521; curve++)
		for (unsigned pattern = 0; pattern < 3; pattern++) {
			put_ecc(curve, bytes[curve - TPM_P256], pattern);
			ck_assert_uint_ne(agree(), 0);
		}
}
END_TEST

/* P-192, P-224, BN, SM2: libtpms with OpenSSL has some of them. */
START_TEST(other_curves_are_refused)
{
	static const unsigned curves[] = { 1, 2, 0x10, 0x11, 0x20, 0, 0xffff };
	uint32_t key;

	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		put_ecc(curves[i], 32, 0);
		ck_assert_uint_ne(tpm_run(&ours), 0);
		ck_assert_uint_ne(tpm_primary_ecc(&ours, curves[i],
			TPM_SIGN_DECRYPT, &key), 0);
		tpm_begin(&ours, TPM_NO_SESSIONS, 0x18e);
		tpm_u16(&ours, curves[i]);
		ck_assert_uint_ne(tpm_run(&ours), 0);
	}
}
END_TEST

/* ------------------------------------------------------------------ memory */

static void exchange_with_no_point(uint32_t key)
{
	tpm_begin(&ours, TPM_SESSIONS, 0x154);
	tpm_u32(&ours, key);
	tpm_password(&ours);
	tpm_u16(&ours, 2 * (2 + 32));
	for (unsigned i = 0; i < 2; i++) {
		tpm_u16(&ours, 32);
		for (unsigned j = 0; j < 32; j++)
			tpm_u8(&ours, j);
	}
	ck_assert_uint_ne(tpm_run(&ours), 0);
}

/* Another one each time: what makes it unique is four bytes, not none. */
static void begin_another_rsa_key(void)
{
	static uint32_t number;

	tpm_primary_begin(&ours, TPM_NULL_HIERARCHY);
	tpm_template_rsa(&ours, 1024, TPM_SIGN_DECRYPT);
	ours.len -= 2;
	tpm_u16(&ours, 4);
	tpm_u32(&ours, number++);
	ours.command[ours.mark + 1] += 4;
}

/* Errors among them: what was allocated on the way there. */
static void round_of_work(void)
{
	struct tpm_signature s;
	uint32_t key;

	ck_assert_uint_ne(tpm_primary_ecc(&ours, 0x10, TPM_SIGN_DECRYPT, &key),
		0);
	put_ecc(TPM_P384, 48, 0);
	ck_assert_uint_ne(tpm_run(&ours), 0);
	ck_assert_uint_eq(tpm_primary_ecc(&ours, TPM_P256, TPM_SIGN_DECRYPT,
		&key), 0);
	exchange_with_no_point(key);
	ck_assert_uint_eq(tpm_sign(&ours, key, TPM_ECDSA, TPM_SHA256, &s), 0);
	s.bytes[20] ^= 1;
	ck_assert_uint_ne(tpm_verify(&ours, key, TPM_SHA256, &s), 0);
	ck_assert_uint_eq(tpm_flush(&ours, key), 0);
	begin_another_rsa_key();
	ck_assert_uint_eq(tpm_primary_end(&ours, &key), 0);
	ck_assert_uint_eq(tpm_sign(&ours, key, TPM_RSASSA, TPM_SHA256, &s), 0);
	ck_assert_uint_eq(tpm_flush(&ours, key), 0);
}

START_TEST(commands_leave_no_memory_behind)
{
	size_t before;

	for (unsigned i = 0; i < 3; i++)
		round_of_work();
	before = __sanitizer_get_current_allocated_bytes();
	for (unsigned i = 0; i < ROUNDS; i++)
		round_of_work();
	ck_assert_uint_le(__sanitizer_get_current_allocated_bytes(), before);
}
END_TEST

UNIT_MAIN("vtpm, odd keys", sides_setup, sides_teardown,
	odd_rsa_keys_get_the_same_answers,
	points_that_are_on_no_curve_are_refused_by_both,
	other_curves_are_refused,
	commands_leave_no_memory_behind)
