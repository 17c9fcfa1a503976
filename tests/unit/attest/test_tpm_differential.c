/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The TPM against libtpms with OpenSSL (sides.h): the same answers where
 * nothing is random, and each side takes what the other one made and goes on
 * with its state.
 */
#include <stdlib.h>
#include <string.h>

#include "sides.h"
#include "unit.h"

static const unsigned hashes[] = {
	TPM_SHA1, TPM_SHA256, TPM_SHA384, TPM_SHA512
};

#define HASHES	(sizeof(hashes) / sizeof(hashes[0]))

static void compare_bank(unsigned hash)
{
	unsigned char data[1000];

	memset(data, 'a', sizeof(data));
	tpm_begin(&ours, TPM_SESSIONS, 0x182);
	tpm_u32(&ours, 10);
	tpm_password(&ours);
	tpm_u32(&ours, 1);
	tpm_u16(&ours, hash);
	tpm_bytes(&ours, data, tpm_hash_bytes(hash));
	same(0);
	tpm_begin(&ours, TPM_NO_SESSIONS, 0x17e);
	tpm_u32(&ours, 1);
	tpm_u16(&ours, hash);
	tpm_u8(&ours, 3);
	tpm_u8(&ours, 0);
	tpm_u8(&ours, 4);
	tpm_u8(&ours, 0);
	same(0);
	tpm_begin(&ours, TPM_NO_SESSIONS, 0x17d);
	tpm_sized(&ours, data, sizeof(data));
	tpm_u16(&ours, hash);
	tpm_u32(&ours, TPM_NULL_HIERARCHY);
	same(0);
}

START_TEST(hashes_and_pcrs_are_the_same)
{
	for (size_t i = 0; i < HASHES; i++)
		compare_bank(hashes[i]);
}
END_TEST

static uint32_t same_cipher(unsigned cipher, unsigned bits, unsigned mode)
{
	tpm_primary_begin(&ours, TPM_OWNER);
	tpm_u16(&ours, 18);
	tpm_u16(&ours, 0x25);
	tpm_u16(&ours, TPM_SHA256);
	tpm_u32(&ours, TPM_SIGN_DECRYPT);
	tpm_u16(&ours, 0);
	tpm_u16(&ours, cipher);
	tpm_u16(&ours, bits);
	tpm_u16(&ours, mode);
	tpm_u16(&ours, 0);
	return same_primary();
}

/* Ciphertext and the IV that comes back. */
static void compare_cipher(uint32_t key, unsigned mode, size_t block)
{
	bool whole = mode == 0x42 || mode == 0x44;
	unsigned char text[77];
	unsigned char iv[16];

	memset(text, 0x5a, sizeof(text));
	memset(iv, 0xfe, sizeof(iv));
	for (unsigned decrypt = 0; decrypt < 2; decrypt++) {
		tpm_begin(&ours, TPM_SESSIONS, 0x193);
		tpm_u32(&ours, key);
		tpm_password(&ours);
		tpm_sized(&ours, text, whole ? 64 : sizeof(text));
		tpm_u8(&ours, decrypt);
		tpm_u16(&ours, mode);
		tpm_sized(&ours, iv, mode == 0x44 ? 0 : block);
		same(0);
	}
}

START_TEST(ciphers_are_the_same)
{
	static const unsigned ciphers[][3] = {
		{ 6, 128, 16 }, { 6, 256, 16 }, { 3, 128, 8 }, { 3, 192, 8 },
		{ 0x26, 128, 16 }, { 0x26, 256, 16 },
	};

	for (size_t i = 0; i < 6; i++) {
		for (unsigned mode = 0x40; mode <= 0x44; mode++) {
			uint32_t key;

			/* OpenSSL has no counter mode of triple DES. */
			if (ciphers[i][0] == 3 && mode == 0x40)
				continue;
			key = same_cipher(ciphers[i][0], ciphers[i][1], mode);
			compare_cipher(key, mode, ciphers[i][2]);
			flush_both(key);
		}
	}
}
END_TEST

/* Signed by the one, verified by the other; not with a bit changed. */
static void cross(struct tpm *signer, struct tpm *verifier, uint32_t key,
	unsigned scheme, unsigned hash)
{
	struct tpm_signature s;

	ck_assert_uint_eq(tpm_sign(signer, key, scheme, hash, &s), 0);
	ck_assert_uint_eq(tpm_verify(verifier, key, hash, &s), 0);
	s.bytes[s.len - 3] ^= 1;
	ck_assert_uint_eq(tpm_verify(verifier, key, hash, &s), 0x2db);
}

static void cross_both(uint32_t key, unsigned scheme, unsigned hash)
{
	cross(&ours, &theirs, key, scheme, hash);
	cross(&theirs, &ours, key, scheme, hash);
}

START_TEST(curves_give_the_same_keys_and_take_each_others_signatures)
{
	for (unsigned curve = TPM_P256; curve <= TPM_P521; curve++) {
		uint32_t key = same_ecc(curve, TPM_SIGN_DECRYPT);

		cross_both(key, TPM_ECDSA, TPM_SHA1);
		cross_both(key, TPM_ECDSA, TPM_SHA256 + curve - TPM_P256);
		flush_both(key);
	}
}
END_TEST

/* RSASSA is deterministic: the signatures are the same, too. */
static void same_signature(uint32_t key, unsigned hash)
{
	struct tpm_signature a;
	struct tpm_signature b;

	ck_assert_uint_eq(tpm_sign(&ours, key, TPM_RSASSA, hash, &a), 0);
	ck_assert_uint_eq(tpm_sign(&theirs, key, TPM_RSASSA, hash, &b), 0);
	ck_assert_uint_eq(a.len, b.len);
	ck_assert_mem_eq(a.bytes, b.bytes, a.len);
}

static void oaep(struct tpm *from, struct tpm *to, uint32_t key, unsigned hash)
{
	static const char secret[] = "a secret";

	tpm_begin(from, TPM_NO_SESSIONS, 0x174);
	tpm_u32(from, key);
	tpm_sized(from, secret, sizeof(secret));
	tpm_u16(from, TPM_OAEP);
	tpm_u16(from, hash);
	tpm_sized(from, "label", 6);
	ck_assert_uint_eq(tpm_run(from), 0);
	tpm_begin(to, TPM_SESSIONS, 0x159);
	tpm_u32(to, key);
	tpm_password(to);
	tpm_sized(to, from->response + 12, tpm_get16(from, 10));
	tpm_u16(to, TPM_OAEP);
	tpm_u16(to, hash);
	tpm_sized(to, "label", 6);
	ck_assert_uint_eq(tpm_run(to), 0);
	ck_assert_uint_eq(tpm_get16(to, 14), sizeof(secret));
	ck_assert_mem_eq(to->response + 16, secret, sizeof(secret));
}

/* Without padding, there and back: a number, with zeros before it. */
static void raw(uint32_t key, unsigned bytes)
{
	static const char number[] = "\1raw";

	tpm_begin(&ours, TPM_NO_SESSIONS, 0x174);
	tpm_u32(&ours, key);
	tpm_sized(&ours, number, sizeof(number));
	tpm_u16(&ours, 0x10);
	tpm_u16(&ours, 0);
	same(0);
	tpm_begin(&ours, TPM_SESSIONS, 0x159);
	tpm_u32(&ours, key);
	tpm_password(&ours);
	tpm_sized(&ours, theirs.response + 12, bytes);
	tpm_u16(&ours, 0x10);
	tpm_u16(&ours, 0);
	same(0);
	ck_assert_uint_eq(tpm_get16(&ours, 14), bytes);
	ck_assert_mem_eq(ours.response + 16 + bytes - sizeof(number), number,
		sizeof(number));
}

START_TEST(rsa_gives_the_same_keys_and_takes_each_others_results)
{
	for (unsigned bits = 1024; bits <= 3072; bits += 1024) {
		uint32_t key = same_rsa(bits, TPM_SIGN_DECRYPT);

		for (size_t i = 0; i < HASHES; i++) {
			same_signature(key, hashes[i]);
			cross_both(key, TPM_RSASSA, hashes[i]);
			cross_both(key, TPM_RSAPSS, hashes[i]);
			/* Two digests of 64 bytes fill 1024 bits. */
			if (bits == 1024 && hashes[i] == TPM_SHA512)
				continue;
			oaep(&ours, &theirs, key, hashes[i]);
			oaep(&theirs, &ours, key, hashes[i]);
		}
		raw(key, bits / 8);
		flush_both(key);
	}
}
END_TEST

static void save(struct tpm *t, uint32_t handle, struct blob *b)
{
	tpm_begin(t, TPM_NO_SESSIONS, 0x162);
	tpm_u32(t, handle);
	ck_assert_uint_eq(tpm_run(t), 0);
	b->len = t->rlen - 10;
	ck_assert_uint_le(b->len, sizeof(b->bytes));
	memcpy(b->bytes, t->response + 10, b->len);
}

static uint32_t restore(struct tpm *t, const struct blob *b)
{
	tpm_begin(t, TPM_NO_SESSIONS, 0x161);
	tpm_bytes(t, b->bytes, b->len);
	ck_assert_uint_eq(tpm_run(t), 0);
	return tpm_get32(t, 10);
}

/* A hash that is half done: its state is in OpenSSL's layout. */
static uint32_t begin_sequence(struct tpm *t, unsigned hash)
{
	unsigned char data[150];
	uint32_t sequence;

	memset(data, 'x', sizeof(data));
	tpm_begin(t, TPM_NO_SESSIONS, 0x186);
	tpm_u16(t, 0);
	tpm_u16(t, hash);
	ck_assert_uint_eq(tpm_run(t), 0);
	sequence = tpm_get32(t, 10);
	tpm_begin(t, TPM_SESSIONS, 0x15c);
	tpm_u32(t, sequence);
	tpm_password(t);
	tpm_sized(t, data, sizeof(data));
	ck_assert_uint_eq(tpm_run(t), 0);
	return sequence;
}

static void end_sequence(struct tpm *t, uint32_t sequence)
{
	tpm_begin(t, TPM_SESSIONS, 0x13e);
	tpm_u32(t, sequence);
	tpm_password(t);
	tpm_sized(t, "abc", 3);
	tpm_u32(t, TPM_NULL_HIERARCHY);
	ck_assert_uint_eq(tpm_run(t), 0);
}

static void hand_over(struct tpm *from, struct tpm *to)
{
	static const enum TPMLIB_StateType types[] = {
		TPMLIB_STATE_PERMANENT, TPMLIB_STATE_VOLATILE
	};
	const struct tpm_library *library = to->library;

	library->terminate();
	for (size_t i = 0; i < 2; i++) {
		unsigned char *data;
		uint32_t len;

		ck_assert_uint_eq(from->library->get_state(types[i], &data,
			&len), TPM_SUCCESS);
		ck_assert_uint_eq(library->set_state(types[i], data, len),
			TPM_SUCCESS);
		free(data);
	}
	ck_assert_uint_eq(library->init(), TPM_SUCCESS);
}

static void half_done(struct tpm *t, unsigned hash, struct blob *saved)
{
	uint32_t sequence = begin_sequence(t, hash);

	save(t, sequence, saved);
	ck_assert_uint_eq(tpm_flush(t, sequence), 0);
}

/* A sequence that has come to its end is gone. */
static void both_end(struct tpm *from, struct tpm *to, unsigned hash,
	const struct blob *saved)
{
	end_sequence(to, restore(to, saved));
	end_sequence(from, restore(from, saved));
	ck_assert_uint_eq(from->rlen, to->rlen);
	ck_assert_mem_eq(from->response + 14, to->response + 14,
		2 + tpm_hash_bytes(hash));
}

/* What was loaded, saved and half done is there on the other side. */
static void move_state(struct tpm *from, struct tpm *to)
{
	struct tpm_signature s;
	struct blob key;
	struct blob sequence[HASHES];
	uint32_t handle;

	ck_assert_uint_eq(tpm_primary_ecc(from, TPM_P384, TPM_SIGN_DECRYPT,
		&handle), 0);
	ck_assert_uint_eq(tpm_sign(from, handle, TPM_ECDSA, TPM_SHA384, &s),
		0);
	save(from, handle, &key);
	for (size_t i = 0; i < HASHES; i++)
		half_done(from, hashes[i], &sequence[i]);
	hand_over(from, to);
	ck_assert_uint_eq(tpm_verify(to, handle, TPM_SHA384, &s), 0);
	ck_assert_uint_eq(tpm_flush(to, handle), 0);
	ck_assert_uint_eq(tpm_verify(to, restore(to, &key), TPM_SHA384, &s), 0);
	for (size_t i = 0; i < HASHES; i++)
		both_end(from, to, hashes[i], &sequence[i]);
}

START_TEST(openssl_goes_on_with_our_state)
{
	move_state(&ours, &theirs);
}
END_TEST

START_TEST(we_go_on_with_the_state_of_openssl)
{
	move_state(&theirs, &ours);
}
END_TEST

UNIT_MAIN("vtpm and libtpms with OpenSSL", sides_setup, sides_teardown,
	hashes_and_pcrs_are_the_same,
	ciphers_are_the_same,
	curves_give_the_same_keys_and_take_each_others_signatures,
	rsa_gives_the_same_keys_and_takes_each_others_results,
	openssl_goes_on_with_our_state,
	we_go_on_with_the_state_of_openssl)
