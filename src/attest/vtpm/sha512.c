/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * SHA-384 and SHA-512: one state, which says how much of it is the digest.
 */
#include <openssl/sha.h>

#include "provider.h"

static void sha512_in(br_sha512_context *b, const SHA512_CTX *c)
{
	b->vtable = &br_sha512_vtable;
	memcpy(b->val, c->h, sizeof(b->val));
	b->count = c->Nl >> 3 | c->Nh << 61;
	memcpy(b->buf, c->u.p, sizeof(b->buf));
}

static void sha512_out(SHA512_CTX *c, br_sha512_context *b)
{
	memcpy(c->h, b->val, sizeof(b->val));
	c->Nl = b->count << 3;
	c->Nh = b->count >> 61;
	c->num = (uint32_t)b->count & 127;
	memcpy(c->u.p, b->buf, sizeof(b->buf));
	wipe_words(b, sizeof(*b));
}

int SHA512_Init(SHA512_CTX *c)
{
	br_sha512_context b = { 0 };

	br_sha512_init(&b);
	sha512_out(c, &b);
	c->md_len = br_sha512_SIZE;
	return 1;
}

int SHA384_Init(SHA512_CTX *c)
{
	br_sha384_context b = { 0 };

	br_sha384_init(&b);
	sha512_out(c, &b);
	c->md_len = br_sha384_SIZE;
	return 1;
}

int SHA512_Update(SHA512_CTX *c, const void *data, size_t len)
{
	br_sha512_context b;

	sha512_in(&b, c);
	br_sha512_update(&b, data, len);
	sha512_out(c, &b);
	return 1;
}

int SHA384_Update(SHA512_CTX *c, const void *data, size_t len)
{
	return SHA512_Update(c, data, len);
}

/* The two differ in where they begin and in how much they tell. */
int SHA512_Final(unsigned char *md, SHA512_CTX *c)
{
	unsigned char full[br_sha512_SIZE];
	br_sha512_context b;

	sha512_in(&b, c);
	br_sha512_out(&b, full);
	memcpy(md, full, c->md_len == br_sha384_SIZE ? br_sha384_SIZE :
			 br_sha512_SIZE);
	svsm_wipe(full, sizeof(full));
	wipe_words(&b, sizeof(b));
	wipe_words(c, sizeof(*c));
	return 1;
}

int SHA384_Final(unsigned char *md, SHA512_CTX *c)
{
	return SHA512_Final(md, c);
}

_Static_assert(sizeof(SHA512_CTX) == 216, "libtpms' binary interface");
