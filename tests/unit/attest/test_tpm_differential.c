/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The TPM against the distribution's shared libtpms, which is linked with
 * OpenSSL, or the one that the build has made of another libtpms: the same
 * answers where nothing is random, and each side takes what the other one made.
 * They have the same seeds: one starts with the storage that the other one
 * wrote.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "tpm.h"
#include "unit.h"

static struct tpm_library shared;
static struct tpm ours;
static struct tpm theirs;

static void find(void *library, const char *name, void *out)
{
	void *symbol = dlsym(library, name);

	ck_assert_msg(symbol != NULL, "libtpms has no %s", name);
	memcpy(out, &symbol, sizeof(symbol));
}

static void load_shared(void)
{
	const char *name = getenv("SVSM_TEST_LIBTPMS");
	void *library = dlopen(name ? name : "libtpms.so.0",
		RTLD_NOW | RTLD_LOCAL);

	ck_assert_msg(library != NULL, "%s", dlerror());
	find(library, "TPMLIB_ChooseTPMVersion", &shared.choose);
	find(library, "TPMLIB_RegisterCallbacks", &shared.callbacks);
	find(library, "TPMLIB_MainInit", &shared.init);
	find(library, "TPMLIB_Process", &shared.process);
	find(library, "TPMLIB_Terminate", &shared.terminate);
	find(library, "TPMLIB_GetState", &shared.get_state);
	find(library, "TPMLIB_SetState", &shared.set_state);
	ck_assert(shared.process != tpm_linked.process);
}

static void setup(void)
{
	load_shared();
	tpm_nv_len = 0;
	ck_assert_uint_eq(tpm_start(&ours, &tpm_linked), TPM_SUCCESS);
	ck_assert_uint_eq(tpm_start(&theirs, &shared), TPM_SUCCESS);
	ck_assert_uint_eq(tpm_power_on(&ours), 0);
	ck_assert_uint_eq(tpm_power_on(&theirs), 0);
}

static void teardown(void)
{
	tpm_stop(&ours);
	tpm_stop(&theirs);
}

/* The command that was built for us, on both: the same answer. */
static void same(uint32_t want)
{
	memcpy(theirs.command, ours.command, ours.len);
	theirs.len = ours.len;
	ck_assert_uint_eq(tpm_run(&ours), want);
	ck_assert_uint_eq(tpm_run(&theirs), want);
	ck_assert_uint_eq(ours.rlen, theirs.rlen);
	ck_assert_mem_eq(ours.response, theirs.response, ours.rlen);
}

/* The same primary key in both; its handle. */
static uint32_t same_primary(void)
{
	tpm_u16(&ours, 0);
	tpm_u32(&ours, 0);
	same(0);
	return tpm_get32(&ours, 10);
}

static uint32_t same_ecc(unsigned curve, uint32_t attributes)
{
	tpm_primary_begin(&ours, TPM_OWNER);
	tpm_template_ecc(&ours, curve, attributes);
	return same_primary();
}

static uint32_t same_rsa(unsigned bits, uint32_t attributes)
{
	tpm_primary_begin(&ours, TPM_OWNER);
	tpm_template_rsa(&ours, bits, attributes);
	return same_primary();
}

static void flush_both(uint32_t key)
{
	ck_assert_uint_eq(tpm_flush(&ours, key), 0);
	ck_assert_uint_eq(tpm_flush(&theirs, key), 0);
}

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
	static const unsigned banks[] = {
		TPM_SHA1, TPM_SHA256, TPM_SHA384, TPM_SHA512
	};

	for (size_t i = 0; i < 4; i++)
		compare_bank(banks[i]);
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

START_TEST(rsa_gives_the_same_keys_and_takes_each_others_results)
{
	for (unsigned bits = 1024; bits <= 3072; bits += 1024) {
		uint32_t key = same_rsa(bits, TPM_SIGN_DECRYPT);

		for (unsigned hash = TPM_SHA256; hash <= TPM_SHA512; hash++) {
			same_signature(key, hash);
			cross_both(key, TPM_RSASSA, hash);
			cross_both(key, TPM_RSAPSS, hash);
		}
		oaep(&ours, &theirs, key, TPM_SHA256);
		oaep(&theirs, &ours, key, TPM_SHA256);
		flush_both(key);
	}
}
END_TEST

/** What TPM2_Create gives, to load it again: private and public area. */
struct blob {
	unsigned char bytes[2000];
	size_t len;
};

/* After a response that begins with both areas. */
static void take_blob(const struct tpm *t, struct blob *b)
{
	uint32_t private = 2 + tpm_get16(t, 14);
	uint32_t public = 2 + tpm_get16(t, 14 + private);

	b->len = private + public;
	ck_assert_uint_le(b->len, sizeof(b->bytes));
	memcpy(b->bytes, t->response + 14, b->len);
}

static void create_begin(struct tpm *t, uint32_t parent, const char *data)
{
	tpm_begin(t, TPM_SESSIONS, 0x153);
	tpm_u32(t, parent);
	tpm_password(t);
	tpm_u16(t, (unsigned)(4 + strlen(data)));
	tpm_u16(t, 0);
	tpm_sized(t, data, strlen(data));
}

static void create_end(struct tpm *t, struct blob *b)
{
	tpm_u16(t, 0);
	tpm_u32(t, 0);
	ck_assert_uint_eq(tpm_run(t), 0);
	take_blob(t, b);
}

static uint32_t load_blob(struct tpm *t, uint32_t parent, const struct blob *b)
{
	tpm_begin(t, TPM_SESSIONS, 0x157);
	tpm_u32(t, parent);
	tpm_password(t);
	tpm_bytes(t, b->bytes, b->len);
	ck_assert_uint_eq(tpm_run(t), 0);
	return tpm_get32(t, 10);
}

static void move_key(struct tpm *from, struct tpm *to, uint32_t parent,
	unsigned bits)
{
	struct tpm_signature s;
	struct blob b;
	uint32_t key;

	create_begin(from, parent, "");
	if (bits)
		tpm_template_rsa(from, bits, TPM_SIGN_DECRYPT);
	else
		tpm_template_ecc(from, TPM_P256, TPM_SIGN_DECRYPT);
	create_end(from, &b);
	key = load_blob(to, parent, &b);
	ck_assert_uint_eq(tpm_sign(to, key, bits ? TPM_RSAPSS : TPM_ECDSA,
		TPM_SHA256, &s), 0);
	ck_assert_uint_eq(tpm_verify(to, key, TPM_SHA256, &s), 0);
	ck_assert_uint_eq(tpm_flush(to, key), 0);
}

static void move_secret(struct tpm *from, struct tpm *to, uint32_t parent)
{
	struct blob b;
	uint32_t object;

	create_begin(from, parent, "sealed");
	tpm_u16(from, 14);
	tpm_u16(from, 8);
	tpm_u16(from, TPM_SHA256);
	tpm_u32(from, 0x452);
	tpm_u16(from, 0);
	tpm_u16(from, 0x10);
	tpm_u16(from, 0);
	create_end(from, &b);
	object = load_blob(to, parent, &b);
	tpm_begin(to, TPM_SESSIONS, 0x15e);
	tpm_u32(to, object);
	tpm_password(to);
	ck_assert_uint_eq(tpm_run(to), 0);
	ck_assert_mem_eq(to->response + 16, "sealed", 6);
	ck_assert_uint_eq(tpm_flush(to, object), 0);
}

START_TEST(each_side_loads_what_the_other_created)
{
	uint32_t parent = same_ecc(TPM_P256, TPM_STORAGE);

	move_key(&ours, &theirs, parent, 0);
	move_key(&theirs, &ours, parent, 0);
	move_key(&ours, &theirs, parent, 2048);
	move_key(&theirs, &ours, parent, 2048);
	move_secret(&ours, &theirs, parent);
	move_secret(&theirs, &ours, parent);
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

/* What was loaded, saved and half done is there on the other side. */
static void move_state(struct tpm *from, struct tpm *to)
{
	struct tpm_signature s;
	struct blob key;
	struct blob sequence;
	uint32_t handle;

	ck_assert_uint_eq(tpm_primary_ecc(from, TPM_P384, TPM_SIGN_DECRYPT,
		&handle), 0);
	ck_assert_uint_eq(tpm_sign(from, handle, TPM_ECDSA, TPM_SHA384, &s),
		0);
	save(from, handle, &key);
	save(from, begin_sequence(from, TPM_SHA384), &sequence);
	hand_over(from, to);
	ck_assert_uint_eq(tpm_verify(to, handle, TPM_SHA384, &s), 0);
	ck_assert_uint_eq(tpm_flush(to, handle), 0);
	ck_assert_uint_eq(tpm_verify(to, restore(to, &key), TPM_SHA384, &s), 0);
	end_sequence(to, restore(to, &sequence));
	end_sequence(from, restore(from, &sequence));
	ck_assert_uint_eq(from->rlen, to->rlen);
	ck_assert_mem_eq(from->response + 14, to->response + 14, 50);
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

UNIT_MAIN("vtpm and libtpms with OpenSSL", setup, teardown,
	hashes_and_pcrs_are_the_same,
	ciphers_are_the_same,
	curves_give_the_same_keys_and_take_each_others_signatures,
	rsa_gives_the_same_keys_and_takes_each_others_results,
	each_side_loads_what_the_other_created,
	openssl_goes_on_with_our_state,
	we_go_on_with_the_state_of_openssl)
