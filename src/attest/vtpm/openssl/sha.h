/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * <openssl/sha.h>: hash states, whose layout libtpms knows and stores.
 */
#ifndef VTPM_OPENSSL_SHA_H
#define VTPM_OPENSSL_SHA_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
	uint32_t h0, h1, h2, h3, h4;
	uint32_t Nl, Nh;
	uint32_t data[16];
	uint32_t num;
} SHA_CTX;

typedef struct {
	uint32_t h[8];
	uint32_t Nl, Nh;
	uint32_t data[16];
	uint32_t num, md_len;
} SHA256_CTX;

typedef struct {
	unsigned long long h[8];
	unsigned long long Nl, Nh;
	union {
		unsigned long long d[16];
		unsigned char p[128];
	} u;
	uint32_t num, md_len;
} SHA512_CTX;

int SHA1_Init(SHA_CTX *c);
int SHA1_Update(SHA_CTX *c, const void *data, size_t len);
int SHA1_Final(unsigned char *md, SHA_CTX *c);
int SHA256_Init(SHA256_CTX *c);
int SHA256_Update(SHA256_CTX *c, const void *data, size_t len);
int SHA256_Final(unsigned char *md, SHA256_CTX *c);
int SHA384_Init(SHA512_CTX *c);
int SHA384_Update(SHA512_CTX *c, const void *data, size_t len);
int SHA384_Final(unsigned char *md, SHA512_CTX *c);
int SHA512_Init(SHA512_CTX *c);
int SHA512_Update(SHA512_CTX *c, const void *data, size_t len);
int SHA512_Final(unsigned char *md, SHA512_CTX *c);

#endif
