/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The commands that are compared.
 */
#include "tpm_bench.h"

/* Three slots for objects: the keys take one each while they are used. */
static void key_of_owner(struct side *side, bool rsa)
{
	uint32_t code = rsa ?
		tpm_primary_rsa(&side->t, 2048, TPM_SIGN_DECRYPT, &side->rsa) :
		tpm_primary_ecc(&side->t, TPM_P256, TPM_SIGN_DECRYPT,
			&side->ecc);

	if (code)
		bench_fail("no key");
}

/* Two ways may lead to one TPM: its keys are made once. */
void side_prepare(struct side *side)
{
	static const struct tpm_library *library;
	static struct side first;

	if (library && side->t.library->terminate == library->terminate) {
		side->ecc = first.ecc;
		side->rsa = first.rsa;
		side->ecc_signature = first.ecc_signature;
		side->rsa_signature = first.rsa_signature;
		return;
	}
	key_of_owner(side, false);
	key_of_owner(side, true);
	if (tpm_sign(&side->t, side->ecc, TPM_ECDSA, TPM_SHA256,
		    &side->ecc_signature) ||
	    tpm_sign(&side->t, side->rsa, TPM_RSASSA, TPM_SHA256,
		    &side->rsa_signature))
		bench_fail("no signature");
	library = side->t.library;
	first = *side;
}

static void extend(struct side *side)
{
	struct tpm *t = &side->t;

	tpm_begin(t, TPM_SESSIONS, 0x182);
	tpm_u32(t, 16);
	tpm_password(t);
	tpm_u32(t, 1);
	tpm_u16(t, TPM_SHA256);
	for (unsigned i = 0; i < 32; i++)
		tpm_u8(t, i);
}

static void pcr_read(struct side *side)
{
	tpm_begin(&side->t, TPM_NO_SESSIONS, 0x17e);
	tpm_u32(&side->t, 1);
	tpm_u16(&side->t, TPM_SHA256);
	tpm_u32(&side->t, 0x03ffffff);
}

static void get_random(struct side *side)
{
	tpm_begin(&side->t, TPM_NO_SESSIONS, 0x17b);
	tpm_u16(&side->t, 32);
}

static void hash(struct side *side)
{
	static const unsigned char data[1000];

	tpm_begin(&side->t, TPM_NO_SESSIONS, 0x17d);
	tpm_sized(&side->t, data, sizeof(data));
	tpm_u16(&side->t, TPM_SHA256);
	tpm_u32(&side->t, TPM_NULL_HIERARCHY);
}

static void self_test(struct side *side)
{
	tpm_begin(&side->t, TPM_NO_SESSIONS, 0x143);
	tpm_u8(&side->t, 1);
}

static void primary_end(struct side *side)
{
	tpm_u16(&side->t, 0);
	tpm_u32(&side->t, 0);
}

static void primary_p256(struct side *side)
{
	tpm_primary_begin(&side->t, TPM_OWNER);
	tpm_template_ecc(&side->t, TPM_P256, TPM_STORAGE);
	primary_end(side);
}

static void primary_p384(struct side *side)
{
	tpm_primary_begin(&side->t, TPM_OWNER);
	tpm_template_ecc(&side->t, TPM_P384, TPM_SIGN_DECRYPT);
	primary_end(side);
}

static void primary_p521(struct side *side)
{
	tpm_primary_begin(&side->t, TPM_OWNER);
	tpm_template_ecc(&side->t, TPM_P521, TPM_SIGN_DECRYPT);
	primary_end(side);
}

static void primary_rsa(struct side *side)
{
	tpm_primary_begin(&side->t, TPM_OWNER);
	tpm_template_rsa(&side->t, 2048, TPM_STORAGE);
	primary_end(side);
}

static void primary_ek(struct side *side)
{
	tpm_primary_begin(&side->t, TPM_ENDORSEMENT);
	tpm_template_rsa(&side->t, 2048, TPM_STORAGE);
	primary_end(side);
}

static void quote_with(struct side *side, uint32_t key, unsigned scheme)
{
	struct tpm *t = &side->t;

	tpm_begin(t, TPM_SESSIONS, 0x158);
	tpm_u32(t, key);
	tpm_password(t);
	tpm_sized(t, "a nonce", 7);
	tpm_u16(t, scheme);
	tpm_u16(t, TPM_SHA256);
	tpm_u32(t, 1);
	tpm_u16(t, TPM_SHA256);
	tpm_u32(t, 0x03ffffff);
}

static void quote_p256(struct side *side)
{
	quote_with(side, side->ecc, TPM_ECDSA);
}

static void quote_rsa(struct side *side)
{
	quote_with(side, side->rsa, TPM_RSASSA);
}

static void verify(struct side *side, uint32_t key,
	const struct tpm_signature *signature)
{
	unsigned char digest[32] = { 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9 };

	tpm_begin(&side->t, TPM_NO_SESSIONS, 0x177);
	tpm_u32(&side->t, key);
	tpm_sized(&side->t, digest, sizeof(digest));
	tpm_bytes(&side->t, signature->bytes, signature->len);
}

static void verify_p256(struct side *side)
{
	verify(side, side->ecc, &side->ecc_signature);
}

static void verify_rsa(struct side *side)
{
	verify(side, side->rsa, &side->rsa_signature);
}

const struct bench_command bench_commands[] = {
	{ "PCR_Extend", extend, false },
	{ "PCR_Read", pcr_read, false },
	{ "GetRandom, 32 bytes", get_random, false },
	{ "Hash, 1000 bytes", hash, false },
	{ "CreatePrimary P-256", primary_p256, true },
	{ "CreatePrimary P-384", primary_p384, true },
	{ "CreatePrimary P-521", primary_p521, true },
	{ "CreatePrimary RSA-2048", primary_rsa, true },
	{ "CreatePrimary RSA-2048, EK", primary_ek, true },
	{ "Quote P-256", quote_p256, false },
	{ "Quote RSA-2048", quote_rsa, false },
	{ "VerifySignature P-256", verify_p256, false },
	{ "VerifySignature RSA-2048", verify_rsa, false },
	{ "SelfTest", self_test, false },
	{ .name = NULL },
};
