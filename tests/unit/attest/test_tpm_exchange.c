/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What one of the TPM and libtpms with OpenSSL (sides.h) creates, the other one
 * loads: keys and secrets.
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

UNIT_MAIN("vtpm and what libtpms with OpenSSL made", sides_setup,
	sides_teardown,
	each_side_loads_what_the_other_created,
	each_side_loads_the_others_triple_des_keys)
