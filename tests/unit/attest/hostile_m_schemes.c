/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Group M, M-13: each kind of key with each scheme.
 */
#include "guarded.h"
#include "tpm.h"
#include "unit.h"

static struct tpm t;
static struct guarded g;

static void setup(void)
{
	tpm_new(&t);
}

static void teardown(void)
{
	tpm_stop(&t);
}

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

UNIT_MAIN("hostile M schemes", setup, teardown,
	M_13_a_key_signs_with_its_own_schemes_only,
	M_13_hmac_takes_hmac_keys_only)
