/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What one of the TPM and libtpms with OpenSSL (sides.h) creates, the other one
 * loads: keys, secrets, credentials.
 */
#include <string.h>

#include "sides.h"
#include "unit.h"

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

/* Its key is random: libtpms asks for it in a way of its own. */
static void move_cipher(struct tpm *from, struct tpm *to, uint32_t parent,
	unsigned bits)
{
	struct blob b;
	uint32_t key;

	create_begin(from, parent, "");
	tpm_u16(from, 18);
	tpm_u16(from, 0x25);
	tpm_u16(from, TPM_SHA256);
	tpm_u32(from, TPM_SIGN_DECRYPT);
	tpm_u16(from, 0);
	tpm_u16(from, 3);
	tpm_u16(from, bits);
	tpm_u16(from, 0x43);
	tpm_u16(from, 0);
	create_end(from, &b);
	key = load_blob(to, parent, &b);
	ck_assert_uint_eq(tpm_flush(to, key), 0);
}

START_TEST(each_side_loads_the_others_triple_des_keys)
{
	uint32_t parent = same_ecc(TPM_P256, TPM_STORAGE);

	for (unsigned bits = 128; bits <= 192; bits += 64) {
		move_cipher(&ours, &theirs, parent, bits);
		move_cipher(&theirs, &ours, parent, bits);
	}
}
END_TEST

/* For the key with this name; what TPM2_ActivateCredential takes. */
static void make_credential(struct tpm *t, uint32_t key, struct blob *b)
{
	unsigned char name[34];

	tpm_begin(t, TPM_NO_SESSIONS, 0x173);
	tpm_u32(t, key);
	ck_assert_uint_eq(tpm_run(t), 0);
	memcpy(name, t->response + 14 + tpm_get16(t, 10), sizeof(name));
	tpm_begin(t, TPM_NO_SESSIONS, 0x168);
	tpm_u32(t, key);
	tpm_sized(t, "credential", 10);
	tpm_sized(t, name, sizeof(name));
	ck_assert_uint_eq(tpm_run(t), 0);
	b->len = t->rlen - 10;
	memcpy(b->bytes, t->response + 10, b->len);
}

static void activate(struct tpm *t, uint32_t key, const struct blob *b)
{
	tpm_begin(t, TPM_SESSIONS, 0x147);
	tpm_u32(t, key);
	tpm_u32(t, key);
	tpm_u32(t, 2 * 9);
	for (unsigned i = 0; i < 2; i++) {
		tpm_u32(t, 0x40000009);
		tpm_u32(t, 0);
		tpm_u8(t, 0);
	}
	tpm_bytes(t, b->bytes, b->len);
	ck_assert_uint_eq(tpm_run(t), 0);
	ck_assert_uint_eq(tpm_get16(t, 14), 10);
	ck_assert_mem_eq(t->response + 16, "credential", 10);
}

/* The seed comes out of both sides' key derivation (an ECC key's), or is
 * encrypted (an RSA key's). */
static void exchange_credentials(uint32_t key)
{
	struct blob b;

	make_credential(&ours, key, &b);
	activate(&theirs, key, &b);
	make_credential(&theirs, key, &b);
	activate(&ours, key, &b);
	flush_both(key);
}

START_TEST(each_side_activates_the_others_credentials)
{
	for (unsigned curve = TPM_P256; curve <= TPM_P521; curve++)
		exchange_credentials(same_ecc(curve, TPM_STORAGE));
	exchange_credentials(same_rsa(2048, TPM_STORAGE));
}
END_TEST

UNIT_MAIN("vtpm and what libtpms with OpenSSL made", sides_setup,
	sides_teardown,
	each_side_loads_what_the_other_created,
	each_side_loads_the_others_triple_des_keys,
	each_side_activates_the_others_credentials)
