/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * RSA as EVP_PKEY has it: encrypt, decrypt, sign, verify, with a padding.
 */
#include <inner.h>
#include <openssl/rsa.h>

#include "pkey.h"

struct evp_pkey_st {
	RSA *rsa;
};

EVP_PKEY *EVP_PKEY_new(void)
{
	return vtpm_zalloc(sizeof(EVP_PKEY));
}

void EVP_PKEY_free(EVP_PKEY *k)
{
	if (!k)
		return;
	RSA_free(k->rsa);
	free(k);
}

int EVP_PKEY_assign(EVP_PKEY *k, int type, void *key)
{
	if (!k || type != EVP_PKEY_RSA || !key)
		return 0;
	RSA_free(k->rsa);
	k->rsa = key;
	return 1;
}

RSA *EVP_PKEY_get1_RSA(EVP_PKEY *k)
{
	if (!k || !k->rsa)
		return NULL;
	k->rsa->ref++;
	return k->rsa;
}

EVP_PKEY_CTX *EVP_PKEY_CTX_new(EVP_PKEY *k, ENGINE *e)
{
	EVP_PKEY_CTX *c;

	(void)e;
	if (!k || !k->rsa)
		return NULL;
	c = vtpm_zalloc(sizeof(*c));
	c->rsa = EVP_PKEY_get1_RSA(k);
	c->padding = RSA_PKCS1_PADDING;
	c->saltlen = -2;
	return c;
}

void EVP_PKEY_CTX_free(EVP_PKEY_CTX *c)
{
	if (!c)
		return;
	RSA_free(c->rsa);
	free((void *)c->label.data);
	free(c);
}

int EVP_PKEY_encrypt_init(EVP_PKEY_CTX *c)
{
	c->operation = ENCRYPT;
	return 1;
}

int EVP_PKEY_decrypt_init(EVP_PKEY_CTX *c)
{
	c->operation = DECRYPT;
	return 1;
}

int EVP_PKEY_sign_init(EVP_PKEY_CTX *c)
{
	c->operation = SIGN;
	return 1;
}

int EVP_PKEY_verify_init(EVP_PKEY_CTX *c)
{
	c->operation = VERIFY;
	return 1;
}

int EVP_PKEY_CTX_set_rsa_padding(EVP_PKEY_CTX *c, int pad)
{
	bool signs = c->operation == SIGN || c->operation == VERIFY;

	if (pad != RSA_PKCS1_PADDING && pad != RSA_NO_PADDING &&
	    pad != RSA_PKCS1_OAEP_PADDING && pad != RSA_PKCS1_PSS_PADDING)
		return -2;
	if (pad != RSA_PKCS1_PADDING && signs != (pad == RSA_PKCS1_PSS_PADDING))
		return -2;
	c->padding = pad;
	return 1;
}

int EVP_PKEY_CTX_set_rsa_oaep_md(EVP_PKEY_CTX *c, const EVP_MD *md)
{
	c->oaep_md = md;
	return 1;
}

int EVP_PKEY_CTX_set_signature_md(EVP_PKEY_CTX *c, const EVP_MD *md)
{
	c->md = md;
	return 1;
}

int EVP_PKEY_CTX_set_rsa_pss_saltlen(EVP_PKEY_CTX *c, int len)
{
	c->saltlen = len;
	return 1;
}

/* The label is ours from now on. */
int EVP_PKEY_CTX_set0_rsa_oaep_label(EVP_PKEY_CTX *c, void *label, int len)
{
	if (len < 0)
		return 0;
	free((void *)c->label.data);
	c->label.data = label;
	c->label.len = label ? (size_t)len : 0;
	return 1;
}

/* The key of an operation that was chosen; 0: none that works. */
static size_t modulus_bits(const EVP_PKEY_CTX *c, enum operation operation)
{
	if (!c || c->operation != operation || !rsa_is_sane(c->rsa))
		return 0;
	return (size_t)BN_num_bits(c->rsa->n);
}

static bool pad(const EVP_PKEY_CTX *c, unsigned char *em, size_t len,
	const unsigned char *in, size_t inlen)
{
	if (c->padding == RSA_PKCS1_PADDING)
		return pkcs1_pad(em, len, in, inlen);
	if (c->padding == RSA_PKCS1_OAEP_PADDING)
		return c->oaep_md && oaep_pad(c->oaep_md, &c->label, em, len,
			in, inlen);
	if (inlen != len)
		return false;
	memcpy(em, in, len);
	return true;
}

int EVP_PKEY_encrypt(EVP_PKEY_CTX *c, unsigned char *out, size_t *outlen,
	const unsigned char *in, size_t inlen)
{
	size_t len = (modulus_bits(c, ENCRYPT) + 7) / 8;
	unsigned char em[BN_MOD_BYTES];
	bool done;

	if (len == 0 || *outlen < len)
		return 0;
	done = pad(c, em, len, in, inlen) &&
		rsa_raw(c->rsa, c->rsa->e, em, len);
	if (done) {
		memcpy(out, em, len);
		*outlen = len;
	}
	svsm_wipe(em, sizeof(em));
	return done;
}

static bool unpad(const EVP_PKEY_CTX *c, unsigned char *em, size_t *len)
{
	const EVP_MD *md = c->oaep_md;

	if (c->padding == RSA_NO_PADDING)
		return true;
	if (c->padding == RSA_PKCS1_PADDING)
		return pkcs1_unpad(em, *len, len);
	return md && *len >= 2 * md->size + 2 &&
		br_rsa_oaep_unpad(md->hash, c->label.data, c->label.len, em,
			len);
}

int EVP_PKEY_decrypt(EVP_PKEY_CTX *c, unsigned char *out, size_t *outlen,
	const unsigned char *in, size_t inlen)
{
	size_t len = (modulus_bits(c, DECRYPT) + 7) / 8;
	unsigned char em[BN_MOD_BYTES];
	bool done;

	if (len == 0 || inlen != len || !c->rsa->d)
		return 0;
	memcpy(em, in, len);
	done = rsa_private(c->rsa, em, len) && unpad(c, em, &len) &&
		len <= *outlen;
	if (done) {
		memcpy(out, em, len);
		*outlen = len;
	}
	svsm_wipe(em, sizeof(em));
	return done;
}

/* PSS has a bit less than the modulus, which may be a byte less. */
static bool encode(const EVP_PKEY_CTX *c, const unsigned char *hash,
	unsigned char *em, size_t bits)
{
	size_t skip = bits % 8 == 1;

	if (c->padding == RSA_PKCS1_PADDING)
		return br_rsa_pkcs1_sig_pad(c->md->oid, hash, c->md->size,
			(uint32_t)bits, em);
	em[0] = 0;
	return pss_encode(c->md, hash, c->saltlen, em + skip, bits - 1);
}

int EVP_PKEY_sign(EVP_PKEY_CTX *c, unsigned char *sig, size_t *siglen,
	const unsigned char *tbs, size_t tbslen)
{
	size_t bits = modulus_bits(c, SIGN);
	size_t len = (bits + 7) / 8;
	unsigned char em[BN_MOD_BYTES];
	bool done;

	if (len == 0 || *siglen < len || !c->rsa->d || !c->md ||
	    tbslen != c->md->size)
		return 0;
	done = encode(c, tbs, em, bits) && rsa_private(c->rsa, em, len);
	if (done) {
		memcpy(sig, em, len);
		*siglen = len;
	}
	svsm_wipe(em, sizeof(em));
	return done;
}

/* Of PKCS #1 there is one right block: it is made and compared. */
static bool check(const EVP_PKEY_CTX *c, const unsigned char *hash,
	unsigned char *em, size_t bits)
{
	size_t skip = bits % 8 == 1;
	unsigned char want[BN_MOD_BYTES];

	if (c->padding == RSA_PKCS1_PADDING)
		return encode(c, hash, want, bits) &&
			memcmp(em, want, (bits + 7) / 8) == 0;
	return !(skip && em[0]) && pss_check(c->md, hash, em + skip, bits - 1);
}

int EVP_PKEY_verify(EVP_PKEY_CTX *c, const unsigned char *sig, size_t siglen,
	const unsigned char *tbs, size_t tbslen)
{
	size_t bits = modulus_bits(c, VERIFY);
	size_t len = (bits + 7) / 8;
	unsigned char em[BN_MOD_BYTES];

	if (len == 0 || siglen != len || !c->md || tbslen != c->md->size)
		return 0;
	memcpy(em, sig, len);
	return rsa_raw(c->rsa, c->rsa->e, em, len) && check(c, tbs, em, bits);
}
