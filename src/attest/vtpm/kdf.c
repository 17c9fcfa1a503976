/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The one-step key derivation of [SP800-56C] with a hash, which is the TPM's
 * KDFe: hashes of a counter, the shared secret and what the key is for.
 */
#include <openssl/core_names.h>
#include <openssl/kdf.h>

#include "param.h"
#include "provider.h"

/* More than any TPM's key, and fewer than the counter counts. */
#define BLOCKS_MAX	0xffffu

struct evp_kdf_st {
	const char *name;
};

struct evp_kdf_ctx_st {
	const EVP_KDF *kdf;
};

EVP_KDF *EVP_KDF_fetch(OSSL_LIB_CTX *lib, const char *name,
	const char *properties)
{
	static EVP_KDF kdf = { OSSL_KDF_NAME_SSKDF };

	(void)lib;
	(void)properties;
	return name && strcmp(name, kdf.name) == 0 ? &kdf : NULL;
}

void EVP_KDF_free(EVP_KDF *kdf)
{
	(void)kdf;
}

EVP_KDF_CTX *EVP_KDF_CTX_new(EVP_KDF *kdf)
{
	EVP_KDF_CTX *c;

	if (!kdf)
		return NULL;
	c = vtpm_zalloc(sizeof(*c));
	c->kdf = kdf;
	return c;
}

void EVP_KDF_CTX_free(EVP_KDF_CTX *c)
{
	vtpm_zfree(c, sizeof(*c));
}

static const EVP_MD *digest_of(const OSSL_PARAM *list)
{
	const OSSL_PARAM *p = param_find(list, OSSL_KDF_PARAM_DIGEST,
		OSSL_PARAM_UTF8_STRING);

	return p ? EVP_get_digestbyname(p->data) : NULL;
}

static bool piece_of(const OSSL_PARAM *list, const char *key, struct piece *out)
{
	const OSSL_PARAM *p = param_find(list, key, OSSL_PARAM_OCTET_STRING);

	*out = (struct piece){ 0 };
	if (p)
		*out = (struct piece){ p->data, p->data_size };
	return p != NULL;
}

/** What a key is derived from. */
struct input {
	const EVP_MD *md;
	struct piece secret, info;
};

static void derive(const struct input *in, unsigned char *out, size_t len)
{
	unsigned char block[br_sha512_SIZE];
	unsigned char counter[4] = { 0 };
	const struct piece piece[] = {
		{ counter, sizeof(counter) }, in->secret, in->info
	};

	while (len) {
		size_t n = len < in->md->size ? len : in->md->size;

		if (++counter[3] == 0)
			counter[2]++;
		digest(in->md, piece, 3, block);
		memcpy(out, block, n);
		out += n;
		len -= n;
	}
	svsm_wipe(block, sizeof(block));
}

/* The secret has two names. */
int EVP_KDF_derive(EVP_KDF_CTX *c, unsigned char *out, size_t len,
	const OSSL_PARAM list[])
{
	struct input in = { .md = digest_of(list) };

	if (!c || !in.md || len == 0 || len > BLOCKS_MAX * in.md->size)
		return 0;
	if (!piece_of(list, OSSL_KDF_PARAM_SECRET, &in.secret) &&
	    !piece_of(list, OSSL_KDF_PARAM_KEY, &in.secret))
		return 0;
	(void)piece_of(list, OSSL_KDF_PARAM_INFO, &in.info);
	derive(&in, out, len);
	return 1;
}
