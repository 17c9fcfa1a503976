/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * SHA-1. Its state stays in OpenSSL's layout, in which libtpms stores it: a
 * saved context is good for both.
 */
#include <openssl/sha.h>

#include "provider.h"

static void sha1_in(br_sha1_context *b, const SHA_CTX *c)
{
	b->vtable = &br_sha1_vtable;
	memcpy(b->val, &c->h0, sizeof(b->val));
	b->count = ((uint64_t)c->Nh << 32 | c->Nl) >> 3;
	memcpy(b->buf, c->data, sizeof(b->buf));
}

static void sha1_out(SHA_CTX *c, br_sha1_context *b)
{
	memcpy(&c->h0, b->val, sizeof(b->val));
	c->Nl = (uint32_t)(b->count << 3);
	c->Nh = (uint32_t)(b->count >> 29);
	c->num = (uint32_t)b->count & 63;
	memcpy(c->data, b->buf, sizeof(b->buf));
	wipe_words(b, sizeof(*b));
}

int SHA1_Init(SHA_CTX *c)
{
	br_sha1_context b = { 0 };

	br_sha1_init(&b);
	sha1_out(c, &b);
	return 1;
}

int SHA1_Update(SHA_CTX *c, const void *data, size_t len)
{
	br_sha1_context b;

	sha1_in(&b, c);
	br_sha1_update(&b, data, len);
	sha1_out(c, &b);
	return 1;
}

int SHA1_Final(unsigned char *md, SHA_CTX *c)
{
	br_sha1_context b;

	sha1_in(&b, c);
	br_sha1_out(&b, md);
	wipe_words(&b, sizeof(b));
	wipe_words(c, sizeof(*c));
	return 1;
}

_Static_assert(sizeof(SHA_CTX) == 96, "libtpms' binary interface");
