/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * OpenSSL by table, and what the tests of the provider share.
 */
#include <check.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "openssl.h"

#define BYTES	2100

struct openssl openssl;
unsigned long *checks_made;

/* Each test is a process; they count in one place. */
__attribute__((constructor)) static void share_count(void)
{
	checks_made = mmap(NULL, sizeof(*checks_made), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (checks_made == MAP_FAILED)
		abort();
}

static void *find(void *library, const char *name)
{
	void *symbol = dlsym(library, name);

	ck_assert_msg(symbol != NULL, "libcrypto has no %s", name);
	return symbol;
}

void openssl_load(void)
{
	void *library = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);

	ck_assert_msg(library != NULL, "%s", dlerror());
#define FIND(name) openssl.name = find(library, #name);
	OPENSSL_NAMES(FIND)
#undef FIND
}

void openssl_sha256(const void *data, size_t len, unsigned char digest[32])
{
	SHA256_CTX context;

	openssl.SHA256_Init(&context);
	openssl.SHA256_Update(&context, data, len);
	openssl.SHA256_Final(digest, &context);
}

void check_same(const BIGNUM *ours, const BIGNUM *theirs)
{
	unsigned char a[BYTES];
	unsigned char b[BYTES];
	int len = BN_bn2bin(ours, a);

	(*checks_made)++;
	ck_assert_int_eq(len, openssl.BN_bn2bin(theirs, b));
	ck_assert_mem_eq(a, b, (size_t)len);
	ck_assert_int_eq(BN_num_bits(ours), openssl.BN_num_bits(theirs));
}

BIGNUM *ours_of(const BIGNUM *theirs)
{
	unsigned char bytes[BYTES];

	return BN_bin2bn(bytes, openssl.BN_bn2bin(theirs, bytes), NULL);
}

static unsigned long long state = 0x123456789abcdef1;

static unsigned char next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned char)(state >> 24);
}

unsigned random_below(unsigned limit)
{
	return (next() << 16 | next() << 8 | next()) % limit;
}

void random_bytes(void *out, size_t len)
{
	unsigned char *byte = out;

	while (len--)
		*byte++ = next();
}
