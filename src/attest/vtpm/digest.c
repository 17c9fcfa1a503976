/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Digests by name, with what signatures write in front of them (DER).
 */
#include "provider.h"

static const EVP_MD table[] = {
	{ "sha1", &br_sha1_vtable, br_sha1_SIZE,
		{ 5, 0x2b, 0x0e, 0x03, 0x02, 0x1a } },
	{ "sha256", &br_sha256_vtable, br_sha256_SIZE,
		{ 9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01 } },
	{ "sha384", &br_sha384_vtable, br_sha384_SIZE,
		{ 9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02 } },
	{ "sha512", &br_sha512_vtable, br_sha512_SIZE,
		{ 9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03 } },
};

#define DIGESTS	(sizeof(table) / sizeof(table[0]))

const EVP_MD *EVP_get_digestbyname(const char *name)
{
	size_t i;

	for (i = 0; name && i < DIGESTS; i++) {
		if (strcmp(name, table[i].name) == 0)
			return &table[i];
	}
	return NULL;
}

const EVP_MD *digest_of_size(size_t size)
{
	size_t i;

	for (i = 0; i < DIGESTS; i++) {
		if (table[i].size == size)
			return &table[i];
	}
	return NULL;
}

int EVP_MD_get_size(const EVP_MD *md)
{
	return md ? (int)md->size : -1;
}

void digest(const EVP_MD *md, const struct piece *piece, size_t n,
	unsigned char *out)
{
	br_hash_compat_context h;
	size_t i;

	md->hash->init(&h.vtable);
	for (i = 0; i < n; i++)
		md->hash->update(&h.vtable, piece[i].data, piece[i].len);
	md->hash->out(&h.vtable, out);
	svsm_wipe(&h, sizeof(h));
}
